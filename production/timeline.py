"""Reports from the floor in the timeline of a production order."""

from django.utils.translation import gettext as _

from erp.timeline import TimelineEntry
from erp.web.formats import qty
from production.models import ProductionOrder


def of_order(document: ProductionOrder) -> list[TimelineEntry]:
    """What was reported. One query."""
    entries = []
    for run in document.runs.select_related("by").order_by("id"):
        words = _("%(good)s good reported") % {"good": qty(run.good)}
        if run.scrap:
            words = _("%(good)s good, %(scrap)s scrap reported") % {"good": qty(run.good), "scrap": qty(run.scrap)}
        entries.append(
            TimelineEntry(
                at=run.at,
                who=str(run.by) if run.by_id else None,
                title=words,
                text=run.note,
                kind="report",
                status="violet",
                icon="hammer",
            )
        )
    return entries
