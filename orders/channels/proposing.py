"""What a shop changed after people began to work on the order, written down as a change that a person decides about."""

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from orders.channels.base import ChannelOrderInput
from orders.channels.matching import CannotTake, fitted, lines_of
from orders.models import Amendment, Channel, SalesOrder
from orders.services import LineChange, LineInput, propose


def propose_change(order: SalesOrder, channel: Channel, one: ChannelOrderInput) -> Amendment | None:
    """A draft that would make a locked order what the shop has; None where that is not possible, or people write one.

    A draft of ours that nobody has submitted yet is written anew.
    """
    open_one = order.amendments.open().first()
    if open_one is not None and (open_one.created_by_id or open_one.status != Amendment.Status.DRAFT):
        return None
    with translation.override(settings.LANGUAGE_CODE):
        reason = _("Changed in the shop (%(channel)s).") % {"channel": channel}
    try:
        with transaction.atomic():
            return propose(
                order,
                by=None,
                version=order.version,
                revision=open_one.revision if open_one else 0,
                lines=_rows(order, lines_of(channel, one)),
                reason=reason,
                ship_to=fitted(one.ship_to),
                customer_note=one.note[:2000],
            )
    except (BusinessError, CannotTake):
        order.refresh_from_db()
        return None


def _rows(order: SalesOrder, wanted: list[LineInput]) -> list[LineChange]:
    """Each wanted line with the first present line of its product that is not taken yet."""
    free: dict[int, list[int]] = {}
    for pk, product in order.lines.values_list("pk", "product_id"):
        free.setdefault(product, []).append(pk)
    rows = []
    for entered in wanted:
        present = free.get(entered.product.pk)
        rows.append(LineChange(entered, present.pop(0) if present else None))
    return rows
