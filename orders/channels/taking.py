"""Deliveries become orders: all that waits of one order of a shop at once, the newest state wins.

A shop delivers at least once and in any order, so a delivery is never replayed: each carries the whole order, and ours
is brought to the newest state by the shop's own clock. What is older, or the same again, changes nothing.
"""

import datetime as dt
import logging
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from erp.errors import BusinessError
from erp.transactions import verb
from erp.workflow import lock
from orders.channels import adapter_of
from orders.channels.applying import cancel, correct, enter, fingerprint, follow_payment, tell_refund
from orders.channels.base import Adapter, ChannelOrderInput, RefundInput, Unreadable, read_json
from orders.channels.matching import CannotTake
from orders.models import Channel, ChannelOrder, SalesOrder

log = logging.getLogger(__name__)
State, Kind = ChannelOrder.State, ChannelOrder.Kind

MOST_ATTEMPTS = 5
# A delivery nobody works on after so long was left behind; each attempt waits twice as long as the one before.
LEFT_BEHIND = dt.timedelta(seconds=60)
SWEEP = 200


def take(pk: int) -> None:
    """Take a waiting delivery and all that waits of the same order. Harmless when it is done already.

    What a person must mend is kept on the delivery; a technical failure leaves it waiting for the sweep.
    """
    waiting = ChannelOrder.objects.filter(pk=pk, state=State.WAITING)
    # Counted in a transaction of its own, so that a delivery which kills its worker is given up some day.
    if not waiting.update(attempts=F("attempts") + 1, tried_at=timezone.now()):
        return
    row = ChannelOrder.objects.select_related("channel").defer("body").get(pk=pk)
    try:
        _take_all(row.channel, row.source_id)
    except Exception as error:  # whatever it is, the delivery stays, with the reason
        log.exception("delivery %s of channel %s could not be taken", pk, row.channel.code)
        given_up = row.attempts >= MOST_ATTEMPTS
        waiting.update(
            error=f"{type(error).__name__}: {error}"[:2000],
            state=State.FAILED if given_up else State.WAITING,
            finding="technical" if given_up else "",
            values={"attempts": row.attempts} if given_up else {},
        )


@verb
def _take_all(channel: Channel, source_id: str) -> None:
    _Case(channel, source_id).take()


def sweep() -> int:
    """Take what a crash, a missing broker or a technical failure left behind; returns how many were tried."""
    now = timezone.now()
    late = Q(tried_at=None, received_at__lt=now - LEFT_BEHIND)
    for attempts in range(1, MOST_ATTEMPTS + 1):
        upper = Q(attempts=attempts) if attempts < MOST_ATTEMPTS else Q(attempts__gte=attempts)
        late |= upper & Q(tried_at__lt=now - LEFT_BEHIND * 2 ** (attempts - 1))
    ids = ChannelOrder.objects.filter(late, state=State.WAITING).order_by("pk").values_list("pk", flat=True)[:SWEEP]
    for pk in (tried := list(ids)):
        take(pk)
    return len(tried)


@dataclass
class _Case:
    """All deliveries of one order of a shop, worked on by one worker at a time. Runs in a transaction."""

    channel: Channel
    source_id: str
    order: SalesOrder | None = None
    # What the last taken delivery has put into the order: see ChannelOrder.facts.
    facts: dict[str, Any] = field(default_factory=dict)
    applied_at: dt.datetime | None = None

    @property
    def rows(self) -> QuerySet[ChannelOrder]:
        return ChannelOrder.objects.filter(channel=self.channel, source_id=self.source_id).delivered().order_by("pk")

    @property
    def adapter(self) -> Adapter:
        adapter = adapter_of(self.channel)
        if adapter is None:
            raise RuntimeError(f"channel {self.channel.code} has no shop system")
        return adapter

    def take(self) -> None:
        """Bring our order to what the shop has told so far."""
        # Two workers on the same order: every pair of deliveries shares a row, so the second waits here.
        list(self.rows.select_for_update().values_list("pk"))
        self._look_back()
        if newest := self._newest(self.rows.filter(state=State.WAITING, kind=Kind.ORDER)):
            self._bring_to(*newest)
        after = Q(state=State.WAITING) | Q(state=State.FAILED, finding="no_order")
        for row in self.rows.filter(after, kind__in=[Kind.DELETION, Kind.REFUND]):
            self._one_more(row)

    def _look_back(self) -> None:
        """Which order it is, and what the last delivery had put into it."""
        taken = self.rows.defer("body").filter(Q(state=State.TAKEN) | Q(finding="gone"))
        owned = taken.exclude(order=None).select_related("order__customer").last()
        self.order = owned.order if owned else None
        if last := taken.filter(kind=Kind.ORDER).order_by("source_updated_at", "pk").last():
            self.applied_at, self.facts = last.source_updated_at, last.facts

    def _newest(self, rows: QuerySet[ChannelOrder]) -> tuple[ChannelOrder, ChannelOrderInput] | None:
        """The newest state among what waits; all others are put aside."""
        read: list[tuple[ChannelOrder, ChannelOrderInput]] = []
        for row in rows:
            try:
                one = self.adapter.parse(read_json(row.body))
            except Unreadable as place:
                _fail(row, "shape", what=str(place))
                continue
            row.external_number, row.source_updated_at = one.number[:80], one.updated_at
            if one.test or not one.placed:
                _ignore(row, "test" if one.test else "draft")
            elif self._is_known(one):
                _ignore(row, "duplicate" if one.updated_at == self.applied_at else "older")
            else:
                read.append((row, one))
        if not read:
            return None
        # At the same moment, cancelled is the end; else what came last.
        newest = max(read, key=lambda pair: (pair[1].updated_at, pair[1].cancelled, pair[0].pk))
        for row, _one in read:
            if row is not newest[0]:
                _ignore(row, "older")
        return newest

    def _is_known(self, one: ChannelOrderInput) -> bool:
        """Whether the order has been brought to this state, or a later one, before."""
        if self.applied_at is None:
            return False
        if one.updated_at != self.applied_at:
            return one.updated_at < self.applied_at
        same = fingerprint(one) == self.facts.get("fingerprint") and one.paid == self.facts.get("paid")
        refunds = {refund.id for refund in one.refunds} <= set(self.facts.get("refunds", []))
        return (same and refunds and one.cancelled == self.facts.get("cancelled")) or (
            bool(self.facts.get("cancelled")) and not one.cancelled
        )

    def _bring_to(self, row: ChannelOrder, one: ChannelOrderInput) -> None:
        try:
            with transaction.atomic():
                order, finding = self._apply(one)
        except CannotTake as reason:
            if one.cancelled and self.order is None:
                row.facts = self._facts_of(one, version=None, told=[])
                _ignore(row, "gone")
            else:
                _fail(row, reason.finding, **reason.values)
            return
        except BusinessError as refusal:
            _fail(row, "refused", message=refusal.message, hint=refusal.hint)
            return
        self.order = order
        row.order, row.facts = order, self.facts
        _done(row, State.TAKEN, finding)
        # What a person was asked to mend is no longer wanted: this state is newer.
        for old in self.rows.filter(state=State.FAILED, kind=Kind.ORDER).exclude(pk=row.pk):
            if old.source_updated_at is None or old.source_updated_at <= one.updated_at:
                _ignore(old, "older")

    def _apply(self, one: ChannelOrderInput) -> tuple[SalesOrder, str]:
        if self.order is None:
            order, finding = enter(self.channel, one)
            lock(order)
        else:
            order = self.order
            lock(order)
            finding = correct(order, self.channel, one, self.facts)
        if one.cancelled:
            cancel(order)
        elif finding != "linked":
            follow_payment(order, one)
        told = self._tell_refunds(order, one.refunds)
        # Only what we wrote ourselves moves the version on: an order that a person corrected is not ours to correct.
        version = order.version if finding in ("created", "updated") else self.facts.get("version")
        self.facts = self._facts_of(one, version=version, told=told)
        return order, finding

    def _facts_of(self, one: ChannelOrderInput, *, version: int | None, told: list[str]) -> dict[str, Any]:
        return {
            "fingerprint": fingerprint(one),
            "version": version,
            "paid": one.paid,
            "cancelled": one.cancelled,
            "refunds": told,
        }

    def _tell_refunds(self, order: SalesOrder, refunds: list[RefundInput]) -> list[str]:
        """Tell those that nobody was told of yet; returns all that were."""
        kept = self.rows.exclude(facts={}).values_list("facts__refunds", flat=True)
        told = {known for ids in kept for known in ids}
        for refund in refunds:
            if refund.id not in told:
                tell_refund(order, refund)
                told.add(refund.id)
        return sorted(told)

    def _one_more(self, row: ChannelOrder) -> None:
        """A deletion or a refund: it says nothing of the order's contents, and waits until there is an order."""
        if self.order is None:
            _fail(row, "no_order")
            return
        row.order, row.external_number = self.order, self.order.external_number
        try:
            with transaction.atomic():
                lock(self.order)
                if row.kind == Kind.DELETION:
                    cancel(self.order)
                else:
                    refund = self.adapter.parse_refund(read_json(row.body))
                    row.facts = {"refunds": self._tell_refunds(self.order, [refund])}
        except Unreadable as place:
            _fail(row, "shape", what=str(place))
        else:
            _done(row, State.TAKEN, "deleted" if row.kind == Kind.DELETION else "refund")


def _done(row: ChannelOrder, state: str, finding: str, **values: Any) -> None:
    row.state, row.finding, row.values, row.error = state, finding, values, ""
    row.save(
        update_fields=[
            "state",
            "finding",
            "values",
            "error",
            "order",
            "facts",
            "external_number",
            "source_updated_at",
        ]
    )


def _fail(row: ChannelOrder, finding: str, **values: Any) -> None:
    _done(row, State.FAILED, finding, **values)


def _ignore(row: ChannelOrder, finding: str) -> None:
    _done(row, State.IGNORED, finding)
