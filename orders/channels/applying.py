"""One state of a shop's order put into ours: entered, corrected, cancelled, refunds told."""

import datetime as dt
import hashlib
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import TransitionRefused
from erp.models import Company, StatusChange
from erp.workflow import advance, lock, run_followers
from orders.channels.base import ChannelOrderInput, RefundInput
from orders.channels.matching import CannotTake, customer_for, fitted, lines_of
from orders.channels.proposing import propose_change
from orders.models import Channel, OrderLink, SalesOrder
from orders.services import (
    DuplicateExternalNumber,
    create_order,
    hold,
    release_hold,
    try_auto_approve,
    update_order,
)

UNPAID = gettext_noop("Not paid in the shop yet.")
CANCELLED = gettext_noop("Cancelled in the shop.")
CHANGED = gettext_noop("Changed in the shop after it was worked on here. Compare with the shop.")
RESTORED = gettext_noop("No longer cancelled in the shop. Enter it anew if it is to be delivered.")
HOLDABLE = (SalesOrder.Status.PENDING, *SalesOrder.FULFILLING)


def in_house_language(words: str) -> str:
    """Words for a column that everybody reads as it is."""
    with translation.override(settings.LANGUAGE_CODE):
        return _(words)


def fingerprint(one: ChannelOrderInput) -> str:
    """What of an order must be the same here and in the shop; payment, cancelling and refunds are told apart."""
    parts = [asdict(item) for item in one.items], [asdict(charge) for charge in one.charges]
    content = (parts, one.total, one.tax, one.currency, sorted(one.ship_to.items()), one.note)
    return hashlib.sha256(repr(content).encode()).hexdigest()


def enter(channel: Channel, one: ChannelOrderInput) -> tuple[SalesOrder, str]:
    """Make the order; `linked` when somebody has entered it before. Raises CannotTake or BusinessError."""
    lines = lines_of(channel, one)
    currency, rate = _currency(channel, one)
    customer = customer_for(channel, one.buyer, one.ship_to)
    reason = CANCELLED if one.cancelled else UNPAID if channel.hold_unpaid and not one.paid else ""
    now = timezone.now()
    try:
        order = create_order(
            customer=customer,
            channel=channel,
            external_number=one.number[:80],
            lines=lines,
            by=None,
            promised_date=timezone.localdate(max(now, one.ordered_at)) + dt.timedelta(days=channel.promise_days),
            warehouse=channel.warehouse,
            salesperson=channel.salesperson,
            ship_to=fitted(one.ship_to),
            customer_note=one.note[:2000],
            ordered_at=one.ordered_at,
            hold_reason=in_house_language(reason) if reason else "",
            currency=currency,
            rate=rate,
        )
    except DuplicateExternalNumber as known:
        return known.order, "linked"
    return order, "created"


def _currency(channel: Channel, one: ChannelOrderInput) -> tuple[str, Any]:
    if one.currency == Company.current().currency:
        return one.currency, 1
    if one.currency == channel.currency:
        return one.currency, channel.rate
    raise CannotTake("currency", currency=one.currency)


def correct(order: SalesOrder, channel: Channel, one: ChannelOrderInput, facts: dict[str, Any]) -> str:
    """Put changed contents into a locked order as long as nobody has worked on it; otherwise a person decides."""
    same = facts.get("fingerprint") in (None, fingerprint(one))
    if order.status == SalesOrder.Status.CANCELLED:
        if facts.get("cancelled") and not one.cancelled:
            tell(order, "shop_changed", RESTORED)
        elif not same and not one.cancelled and (heir := heir_of(order)) is not None:
            stop(heir, "shop_changed", CHANGED)
            return "person"
        return "noted"
    if same:
        return "noted"
    if order.status not in SalesOrder.EDITABLE or order.version != facts.get("version"):
        if not one.cancelled:
            stop(order, "shop_changed", CHANGED)
            # What a person has corrected here is not proposed away: only an order as the shop made it.
            if order.status in SalesOrder.FULFILLING and order.version == facts.get("version"):
                propose_change(order, channel, one)
        return "person"
    update_order(
        order,
        by=None,
        version=order.version,
        lines=lines_of(channel, one),
        ship_to=fitted(one.ship_to),
        customer_note=one.note[:2000],
    )
    if not one.cancelled:
        _approve(order)
    return "updated"


def follow_payment(order: SalesOrder, one: ChannelOrderInput) -> None:
    """Let a locked order go on that was held only because the shop had no money for it."""
    for part in [order, *parts_of(order)]:
        if one.paid and part.hold_reason == in_house_language(UNPAID):
            release_hold(part, by=None)
            _approve(part)


def _approve(order: SalesOrder) -> None:
    if order.status == SalesOrder.Status.PENDING:
        try_auto_approve(order, change=None, by=None)


def cancel(order: SalesOrder, *, note: str = CANCELLED) -> None:
    """Cancel a locked order and its parts; where that is not possible any more they stop, and the salesperson is told.

    An order that has become part of another one stops that one: what else is in it was not cancelled.
    """
    for part in [order, *parts_of(order)]:
        _cancel_one(part, note=note)


def _cancel_one(order: SalesOrder, *, note: str) -> None:
    if order.status == SalesOrder.Status.CANCELLED:
        if (heir := heir_of(order)) is not None:
            stop(heir, "shop_cancelled", note)
        return
    if order.came_from.filter(kind=OrderLink.Kind.MERGE).exists():
        stop(order, "shop_cancelled", note)
        return
    try:
        with transaction.atomic():
            advance(order, "cancel", by=None, note=note)
    except TransitionRefused:
        order.refresh_from_db()
        stop(order, "shop_cancelled", note)


def stop(order: SalesOrder, event: str, words: str) -> None:
    """Hold a locked order if there is anything left to hold, and tell the people whose order it is."""
    text = in_house_language(words)
    if order.status in HOLDABLE and text not in order.hold_reason:
        hold(order, by=None, reason="; ".join(filter(None, [order.hold_reason, text])))
    tell(order, event, words)


def parts_of(order: SalesOrder) -> list[SalesOrder]:
    """What was split off a locked order, and off its parts, locked by id. One query a generation."""
    return _family(order, OrderLink.Kind.SPLIT)


def heir_of(order: SalesOrder) -> SalesOrder | None:
    """The order that a locked order has become part of, locked; None when it was merged with no other."""
    family = [one for one in _family(order, OrderLink.Kind.MERGE) if one.status != SalesOrder.Status.CANCELLED]
    return family[0] if family else None


def _family(order: SalesOrder, kind: str) -> list[SalesOrder]:
    found: set[int] = set()
    newest = {order.pk}
    while newest:
        links = OrderLink.objects.filter(kind=kind, source__in=newest)
        newest = set(links.values_list("target", flat=True)) - found
        found |= newest
    rows = SalesOrder.objects.select_for_update(of=("self",)).filter(pk__in=found).select_related("customer")
    return list(rows.order_by("id")) if found else []


def tell(order: SalesOrder, event: str, note: str) -> None:
    """A row in the timeline of what the shop did, and whatever `erp.process` lists for it."""
    change = StatusChange.objects.create(
        document_type=order._meta.label,
        document_id=order.pk,
        transition=event,
        source=order.status,
        target=order.status,
        by=None,
        note=note,
    )
    run_followers(order, event, change=change, by=None)


def tell_refund(order: SalesOrder, refund: RefundInput) -> None:
    """Note money that the shop gave back; nothing is booked."""
    lock(order)
    with translation.override(settings.LANGUAGE_CODE):
        text = _("Refund %(id)s in the shop: %(amount)s %(currency)s. %(reason)s") % {
            "id": refund.id,
            "amount": f"{refund.amount:,.2f}",
            "currency": order.currency,
            "reason": refund.reason,
        }
    tell(order, "shop_refunded", text.strip()[:2000])
