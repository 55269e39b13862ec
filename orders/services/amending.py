"""Changing an order that people work on already: written and looked at, submitted, agreed to, applied or given up.

The order is locked before its amendment, as everywhere. What applying sets off is listed in `erp.process`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.effects import as_json, effects_of
from erp.errors import BusinessError, NotPermitted
from erp.models import Company, StatusChange, User
from erp.money import ZERO, line_amounts, round_quantity
from erp.splitting import billed_lines
from erp.transactions import verb
from erp.workflow import advance, lock, record_creation, require_writable
from orders.amendments import (
    AMOUNTS,
    HEADER,
    TERMS,
    Snapshot,
    as_amended,
    in_round_units,
    is_same,
    line_snapshot,
    needs_of,
    plan_of,
    snapshot,
    stops_shipping,
)
from orders.models import Amendment, ApprovalStep, OrderCheck, OrderLine, SalesOrder
from orders.models.amendment import MAY_CHANGE
from orders.models.approval import MAY_APPROVE, names_missing
from orders.services.approval import AUTO_NOTE, Decision, _decide_steps, _mine
from orders.services.checks import Facts, findings
from orders.services.entry import LineInput, build_line, input_of, validate_lines
from orders.services.policies import Ask, ask_of, demands, note_in_timeline, open_next_level, withdraw
from orders.services.pricing import prices_for

NO_MORE = gettext_noop("The order went on without it.")
CANCELLED = gettext_noop("The order was cancelled.")


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line as it is to be: `line` is the id of the present one, None a new one. Lines left out are removed."""

    entered: LineInput
    line: int | None = None


def keep(line: OrderLine, **changes: Any) -> LineChange:
    """A present line as it is, but for what is named (quantity, unit_price, discount, tax_rate, wish).

    In the unit in which it was entered, unless its pieces are no round number of those any more.
    """
    entered = input_of(line)
    if not in_round_units(line):
        entered = replace(entered, quantity=line.quantity, unit_price=line.unit_price, unit="", factor=Decimal(1))
    return LineChange(replace(entered, **changes), line.pk)


@verb
def propose(
    order: SalesOrder,
    *,
    by: User | None,
    version: int,
    lines: Sequence[LineChange],
    reason: str,
    promised_date: dt.date | None = None,
    priority: int | None = None,
    customer_note: str | None = None,
    ship_to: dict[str, str] | None = None,
    revision: int = 0,
) -> Amendment:
    """Write a change of a confirmed order as a draft, with what it would set off; the order itself stays untouched.

    None leaves a part as it is. `version` is the order's that was looked at; `revision` that of the open change that
    is written anew, 0 for a new one. Raises BusinessError naming the field.
    """
    _may_change(by)
    lock(order)
    require_writable(order, by=by)
    _check_amendable(order)
    open_one = _the_open_one(order, revision)
    if order.version != version:
        raise BusinessError(
            _("%(number)s was changed meanwhile; it is version %(version)s now.")
            % {"number": order.number, "version": order.version},
            hint=_("What you typed is kept. Compare it with the present version and save it again."),
            code="version_conflict",
        )
    if not reason.strip():
        raise BusinessError(_("Please say why the order is changed."), field="reason")
    current = list(order.lines.select_related("product__unit"))
    before = snapshot(order, current)
    rows = _new_lines(order, current, lines)
    after: Snapshot = {
        "header": _header(order, before, promised_date, priority, customer_note, ship_to),
        "totals": _totals(rows),
        "lines": rows,
    }
    if is_same(before, after):
        raise BusinessError(_("Nothing is changed."), hint=_("Change a line, the date or the address first."))
    return _write(order, open_one, before=before, after=after, reason=reason.strip(), by=by)


def _the_open_one(order: SalesOrder, revision: int) -> Amendment | None:
    """The change that is being written; nobody writes over what somebody else has written meanwhile."""
    amendment = order.amendments.open().select_for_update().first()
    if amendment is not None and amendment.revision != revision:
        raise BusinessError(
            _("%(number)s has a change already that is not in force yet: %(change)s.")
            % {"number": order.number, "change": amendment.number},
            hint=_("Open it and go on from there, or withdraw it first."),
            code="amendment_open",
        )
    if amendment is None and revision:
        raise BusinessError(
            _("This change is not open any more."), hint=_("Load the page again."), code="amendment_closed"
        )
    return amendment


def _may_change(by: User | None) -> None:
    if by is not None and not by.has_perm(MAY_CHANGE):
        raise NotPermitted(
            _("You do not have the right to change orders."),
            hint=_("Ask an administrator for the role that does this."),
        )


def _check_amendable(order: SalesOrder) -> None:
    if order.status not in SalesOrder.FULFILLING:
        hint = _("Edit it instead.") if order.status in SalesOrder.EDITABLE else _("Open a return for what has left.")
        raise BusinessError(
            _("%(number)s is “%(status)s”; only confirmed orders that are still being fulfilled are changed this way.")
            % {"number": order.number, "status": order.get_status_display()},
            hint=hint if order.status != SalesOrder.Status.CANCELLED else "",
            code="not_amendable",
        )


def _new_lines(order: SalesOrder, current: Sequence[OrderLine], changes: Sequence[LineChange]) -> list[Snapshot]:
    """The lines as they would be, priced and rounded as always. Raises BusinessError at `lines.<index>.<column>`."""
    known = {line.pk: line for line in current}
    ids = [one.line for one in changes if one.line is not None]
    if set(ids) - set(known) or len(ids) != len(set(ids)):
        raise BusinessError(_("The lines have changed meanwhile."), hint=_("Load the page again."), field="lines")
    _validate(changes, known)
    amounts = billed_lines(order)
    for line in current:
        if line.pk not in ids:
            _check_removable(line)
    answers = prices_for(
        order.customer, [(one.entered.product, one.entered.stock_quantity) for one in changes], on=timezone.localdate()
    )
    default_tax = Company.current().default_tax_rate
    rows = []
    for place, (one, answer) in enumerate(zip(changes, answers, strict=True)):
        fresh = build_line(order, one.entered, answer, position=place + 1, default_tax=default_tax)
        if one.line is None:
            fresh.product = one.entered.product
            rows.append(line_snapshot(fresh))
        else:
            rows.append(_kept(known[one.line], fresh, amounts.get(one.line), place))
    return rows


def _validate(changes: Sequence[LineChange], known: dict[int, OrderLine]) -> None:
    """What no order can contain; a product that is not sold any more may stay."""
    if not changes:
        raise BusinessError(
            _("Nothing would be left of the order."), hint=_("Cancel the order instead."), field="lines"
        )
    for place, one in enumerate(changes):
        if one.line is not None and one.entered.product.pk != known[one.line].product_id:
            raise BusinessError(
                _("A line keeps its product."),
                hint=_("Remove the line and add another one."),
                field=f"lines.{place}.product",
            )
    validate_lines([one.entered for one in changes], staying={line.product_id for line in known.values()})


def _check_removable(line: OrderLine) -> None:
    if line.shipped or line.invoiced:
        raise BusinessError(
            _("%(product)s: %(quantity)s have left or are billed already, so the line stays.")
            % {"product": line.product.name, "quantity": _text(max(line.shipped, line.invoiced))},
            hint=_("Reduce its quantity to that instead."),
            field="lines",
        )


def _kept(line: OrderLine, fresh: OrderLine, billed: Any, place: int) -> Snapshot:
    """A present line with what is new about it; what has left or is billed is fixed."""
    where, floor = f"lines.{place}.", max(line.shipped, line.invoiced)
    if fresh.quantity < floor:
        raise BusinessError(
            _("%(product)s: %(quantity)s have left or are billed already; it cannot be less.")
            % {"product": line.product.name, "quantity": _text(floor)},
            hint=_("What has left comes back by a return."),
            field=f"{where}quantity",
        )
    fresh.pk, fresh.product = line.pk, line.product
    fresh.description, fresh.unit = line.description, line.unit
    in_another_unit = fresh.entered_unit not in ("", line.entered_unit) and not floor
    if all(getattr(line, name) == getattr(fresh, name) for name in TERMS) and not in_another_unit:
        return line_snapshot(_at_the_same_price(line, fresh, billed))
    if floor:
        raise BusinessError(
            _("%(product)s: part of it has left or is billed, so its price stays.") % {"product": line.product.name},
            hint=_("Reduce the line to %(quantity)s and add the rest as a new line.") % {"quantity": _text(floor)},
            field=f"{where}unit_price",
        )
    return line_snapshot(fresh)


def _at_the_same_price(line: OrderLine, fresh: OrderLine, billed: Any) -> OrderLine:
    """Where the price came from stays, and so do amounts that somebody has stated to the cent."""
    for name in ("list_price", "price_rule_id", "price_source", "entered_unit", "factor", "entered_price"):
        setattr(fresh, name, getattr(line, name))
    if fresh.quantity == line.quantity:
        fresh.untaxed, fresh.tax, fresh.total = line.untaxed, line.tax, line.total
        return fresh
    if billed is not None and billed.quantity == fresh.quantity:  # nothing is left to bill
        fresh.untaxed, fresh.tax, fresh.total = billed.untaxed, billed.tax, billed.untaxed + billed.tax
        return fresh
    amounts = line_amounts(
        quantity=fresh.quantity / fresh.factor,
        unit_price=fresh.sold_price,
        discount=fresh.discount,
        tax_rate=fresh.tax_rate,
    )
    fresh.untaxed, fresh.tax, fresh.total = amounts.untaxed, amounts.tax, amounts.total
    return fresh


def _text(quantity: Decimal) -> str:
    return f"{round_quantity(quantity).normalize():f}"


def _header(
    order: SalesOrder,
    before: Snapshot,
    promised_date: dt.date | None,
    priority: int | None,
    customer_note: str | None,
    ship_to: dict[str, str] | None,
) -> dict[str, Any]:
    header = dict(before["header"])
    if promised_date is not None and promised_date != order.promised_date:
        if promised_date < timezone.localdate():
            raise BusinessError(
                _("The promised date has passed."), hint=_("Choose a later date."), field="promised_date"
            )
        header["promised_date"] = str(promised_date)
    if priority is not None:
        header["priority"] = int(priority)
    if customer_note is not None:
        header["customer_note"] = customer_note.strip()
    if ship_to is not None:
        header["ship_to"] = {**order.ship_to, **ship_to}
    assert set(header) == set(HEADER)
    return header


def _totals(rows: Sequence[Snapshot]) -> dict[str, str]:
    untaxed, tax = (sum((Decimal(row[name]) for row in rows), ZERO) for name in AMOUNTS[:2])
    return {"untaxed": str(untaxed), "tax": str(tax), "total": str(untaxed + tax)}


def _write(
    order: SalesOrder, amendment: Amendment | None, *, before: Snapshot, after: Snapshot, reason: str, by: User | None
) -> Amendment:
    if amendment is not None and amendment.status == Amendment.Status.SUBMITTED:
        withdraw(order)
        advance(amendment, "revise", by=by)
    is_new = amendment is None
    if amendment is None:
        serial = order.amendments.count() + 1
        amendment = Amendment(order=order, serial=serial, number=f"{order.number}-{serial}", created_by=by)
    amendment.order = order
    amendment.base_version, amendment.before, amendment.after, amendment.reason = order.version, before, after, reason
    amendment.needs, amendment.stops_shipping = needs_of(before, after), stops_shipping(before, after)
    amendment.effect = effect_of(amendment)
    amendment.revision += 1
    amendment.save()
    if is_new:
        record_creation(amendment, by=by)
    return amendment


# What it would set off


@dataclass(frozen=True, slots=True)
class Approval:
    """Whose agreement a change needs: of these people, of nobody (`auto`), or of whoever has the right."""

    asks: list[Ask]
    checks: list[OrderCheck]
    auto: bool

    @property
    def blocking(self) -> list[OrderCheck]:
        """Findings that make the changed order impossible."""
        return [check for check in self.checks if check.severity == OrderCheck.Severity.BLOCK]


def approval_of(amendment: Amendment) -> Approval:
    """Look at the changed order as at a new one: checks, policies, and the limit for the system. Writes nothing."""
    order = amendment.order
    twin, lines = as_amended(order, list(order.lines.select_related("product__unit")), amendment.after)
    facts = Facts(twin)
    facts.__dict__["lines"] = lines  # as they would be, not as they are kept
    checks = findings(facts, at=timezone.now())
    asks = demands(twin, lines, checks) if amendment.needs else []
    limit = twin.customer.auto_limit(Company.current().auto_approve_limit)
    within = limit is None or (limit > 0 and twin.total <= limit)
    passed = all(check.severity == OrderCheck.Severity.PASS for check in checks)
    return Approval(asks, checks, auto=not asks and within and passed and not order.hold_reason)


def effect_of(amendment: Amendment) -> list[dict[str, Any]]:
    """What the change would set off now, as it is kept and told; about twenty queries, nothing is written."""
    from orders.effects import of_approval

    order = amendment.order
    lines = list(order.lines.select_related("product__unit"))
    found = effects_of(plan_of(order, lines, amendment.after))
    return as_json([*found, *of_approval(amendment, approval_of(amendment))])


# Submitting and deciding


def _lock_with_order(amendment: Amendment, *, by: User | None) -> SalesOrder:
    order = SalesOrder.objects.select_for_update().get(pk=amendment.order_id)
    require_writable(order, by=by)
    lock(amendment)
    amendment.order = order
    return order


@verb
def submit(amendment: Amendment, *, by: User | None) -> Amendment:
    """Ask for a change: it is applied at once where nobody needs to agree, else whoever has to is asked.

    Raises TransitionRefused when the order has changed meanwhile, BusinessError when it would become impossible.
    """
    _lock_with_order(amendment, by=by)
    advance(amendment, "submit", by=by)
    return amendment


def ask_for_amendment(document: Amendment, *, change: StatusChange, by: User | None) -> None:
    """Ask whom the policies name, or apply what needs nobody's agreement (follower of “submit”)."""
    approval = approval_of(document)
    if approval.blocking:
        raise BusinessError(
            _("The order would become impossible: %(findings)s")
            % {"findings": " ".join(check.message for check in approval.blocking)},
            hint=_("Change it again, then submit it."),
            code="impossible",
        )
    document.effect = effect_of(document)
    document.save(update_fields=["effect"])
    if not document.needs:
        advance(document, "apply", by=by)
    elif approval.asks:
        ask_of(document, approval.asks, by=by)
        note_in_timeline(document, "ask_approval", by=None)
    elif approval.auto:
        _record(document, Decision.APPROVED, by=None, note=AUTO_NOTE)
        advance(document, "apply", by=None, note=AUTO_NOTE)
    elif by is not None and by.has_perm(MAY_APPROVE):
        _record(document, Decision.APPROVED, by=by, note="")
        advance(document, "apply", by=by)


@verb
def decide_amendment(amendment: Amendment, approve: bool, *, by: User, note: str = "") -> None:
    """Record a person's decision; the last agreement applies the change, any refusal leaves the order as it is.

    Raises NotPermitted for a person who is not asked now, and TransitionRefused, as `advance` does.
    """
    order = _lock_with_order(amendment, by=by)
    steps = list(amendment.approvals.open().select_related("order").prefetch_related("roles", "people").order_by("id"))
    mine = _mine(order, steps, by) if steps else []
    if steps and not mine and amendment.status == Amendment.Status.SUBMITTED:
        raise NotPermitted(
            _("%(number)s is not yours to decide now. Level %(level)s: %(who)s.")
            % {"number": amendment.number, "level": steps[0].level, "who": names_missing(steps)},
            hint=_("Who entered or corrected an order does not decide on it where the policy says so."),
        )
    if not approve:
        advance(amendment, "reject", by=by, note=note)
        if mine:
            _decide_steps(mine, Decision.REJECTED, by=by, note=note, seen=_seen(amendment))
        else:
            _record(amendment, Decision.REJECTED, by=by, note=note)
        withdraw(order)
        return
    if not steps:
        advance(amendment, "apply", by=by, note=note)
        _record(amendment, Decision.APPROVED, by=by, note=note)
        return
    _decide_steps(mine, Decision.APPROVED, by=by, note=note, seen=_seen(amendment))
    if len(mine) < len(steps):
        note_in_timeline(amendment, "agree", by=by, note=note)
    elif open_next_level(order):
        note_in_timeline(amendment, "agree_level", by=by, note=note)
        note_in_timeline(amendment, "ask_approval", by=None)
    else:
        advance(amendment, "apply", by=by, note=note)


def _seen(amendment: Amendment) -> dict[str, object]:
    return {"total": amendment.after["totals"]["total"], "version": amendment.base_version, "needs": amendment.needs}


def _record(amendment: Amendment, decision: str, *, by: User | None, note: str) -> None:
    """A decision by right, or by the system."""
    ApprovalStep.objects.create(
        order_id=amendment.order_id,
        amendment=amendment,
        decided_by=by,
        decision=decision,
        reason=note.strip(),
        seen=_seen(amendment),
        at=timezone.now(),
    )


@verb
def withdraw_amendment(amendment: Amendment, *, by: User | None, note: str = "") -> Amendment:
    """Give a change up; nobody is asked any more. Repeating it is harmless."""
    order = _lock_with_order(amendment, by=by)
    if amendment.status == Amendment.Status.WITHDRAWN:
        return amendment
    advance(amendment, "withdraw", by=by, note=note)
    withdraw(order)
    return amendment


def withdraw_amendments(order: SalesOrder, *, change: StatusChange, by: User | None) -> None:
    """An order that is cancelled or has left takes its open change with it (follower of “cancel” and “ship”)."""
    for amendment in order.amendments.open().order_by("id"):
        withdraw(order)
        advance(amendment, "withdraw", by=None, note=CANCELLED if change.transition == "cancel" else NO_MORE)
