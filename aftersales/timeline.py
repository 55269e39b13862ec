"""What was done about a service case, in its timeline."""

from django.utils.translation import gettext as _

from aftersales.models import ServiceCase
from erp.timeline import TimelineEntry


def of_case(document: ServiceCase) -> list[TimelineEntry]:
    """What was written down. One query."""
    return [
        TimelineEntry(
            at=one.at,
            who=str(one.by) if one.by_id else None,
            title=_("Handled"),
            text=one.text,
            kind="action",
            status="blue",
            icon="note",
        )
        for one in document.actions.select_related("by").order_by("id")
    ]
