"""Which people an order needs: the policies that match it, the steps asked of people, level after level."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from erp.models import StatusChange, User
from erp.money import ZERO
from erp.workdays import add_working_hours
from erp.workflow import run_followers
from inventory.models import Category, ProductCost
from orders.models import Amendment, ApprovalLevel, ApprovalPolicy, ApprovalStep, OrderCheck, OrderLine, SalesOrder
from orders.models.approval import role_label


@dataclass(slots=True)
class _Facts:
    """What policies look at. Amount in CNY, shares of 1; `margin` None: nothing is sold."""

    order: SalesOrder
    discount: Decimal = ZERO
    margin: Decimal | None = None
    categories: set[int] = field(default_factory=set)
    warned: set[str] = field(default_factory=set)
    credit_exceeded: bool = False

    @property
    def amount(self) -> Decimal:
        return self.order.total * self.order.rate

    @property
    def customer_days(self) -> int:
        return (self.order.ordered_at - self.order.customer.created_at).days


def matches(policy: ApprovalPolicy, facts: _Facts) -> bool:
    """Whether every condition that the policy fills in holds; needs its categories and channels."""
    categories = {category.pk for category in policy.categories.all()}
    channels = {channel.pk for channel in policy.channels.all()}
    holds = [
        policy.min_amount is None or facts.amount >= policy.min_amount,
        policy.discount_above is None or facts.discount > policy.discount_above,
        policy.margin_below is None or (facts.margin is not None and facts.margin < policy.margin_below),
        not policy.credit_exceeded or facts.credit_exceeded,
        policy.customer_days is None or facts.customer_days < policy.customer_days,
        not categories or bool(categories & facts.categories),
        not channels or facts.order.channel_id in channels,
        not policy.check_codes or bool(set(policy.check_codes) & facts.warned),
    ]
    return all(holds)


def _facts(orders: Sequence[SalesOrder], policies: Sequence[ApprovalPolicy]) -> list[_Facts]:
    """The facts of all orders: three queries, and one where a policy asks for product groups."""
    found = {order.pk: _Facts(order) for order in orders}
    lines: dict[int, list[OrderLine]] = defaultdict(list)
    for line in OrderLine.objects.filter(order__in=found).select_related("product"):
        lines[line.order_id].append(line)
    for check in OrderCheck.objects.filter(order__in=found).exclude(severity=OrderCheck.Severity.PASS):
        found[check.order_id].warned.add(check.code)
        found[check.order_id].credit_exceeded |= check.finding == "credit_exceeded"
    _look_at(found, lines, policies)
    return list(found.values())


def _look_at(
    found: Mapping[int, _Facts], lines: Mapping[int, Sequence[OrderLine]], policies: Sequence[ApprovalPolicy]
) -> None:
    """What the lines say. One query, and one where a policy asks for product groups."""
    groups = _groups() if any(policy.categories.all() for policy in policies) else {}
    costs = _costs([line for ours in lines.values() for line in ours])
    for pk, facts in found.items():
        ours = lines[pk]
        facts.discount = max((_discount(line) for line in ours), default=ZERO)
        facts.margin = _margin(facts.order, ours, costs)
        for line in ours:
            facts.categories |= groups.get(line.product.category_id, set())


def _discount(line: OrderLine) -> Decimal:
    """How far the price after discount lies below the list price, as a share."""
    if not line.list_price:
        return line.discount
    return 1 - line.unit_price * (1 - line.discount) / line.list_price


def _margin(order: SalesOrder, lines: Iterable[OrderLine], costs: dict[tuple[int, int], Decimal]) -> Decimal | None:
    sold = order.untaxed * order.rate
    if not sold:
        return None
    cost = ZERO
    for line in lines:
        unit = costs.get((line.product_id, order.warehouse_id), line.product.standard_cost)
        cost += line.quantity * unit
    return (sold - cost) / sold


def _costs(lines: Iterable[OrderLine]) -> dict[tuple[int, int], Decimal]:
    """Moving average by product and warehouse, CNY. One query."""
    rows = ProductCost.objects.filter(product__in={line.product_id for line in lines}, quantity__gt=0)
    return {(row.product_id, row.warehouse_id): row.value / row.quantity for row in rows}


def _groups() -> dict[int | None, set[int]]:
    """Each product group with all those above it. One query."""
    parents = dict(Category.objects.values_list("pk", "parent_id"))
    found: dict[int | None, set[int]] = {}
    for start in parents:
        group: int | None = start
        chain: set[int] = set()
        while group is not None and group not in chain:
            chain.add(group)
            group = parents.get(group)
        found[start] = chain
    return found


@dataclass(frozen=True, slots=True)
class Ask:
    """One decision that is needed: of whom, at which level, by which policy."""

    policy: ApprovalPolicy
    level: int
    roles: tuple[int, ...]
    people: tuple[int, ...]

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.policy.pk, self.level, self.roles, self.people)

    def names(self) -> list[str]:
        """Who it is asked of, in the reader's language. Two queries."""
        roles = [role_label(role) for role in Group.objects.filter(pk__in=self.roles)]
        return [str(person) for person in User.objects.filter(pk__in=self.people)] + roles


def _asks(policies: Iterable[ApprovalPolicy], facts: _Facts) -> list[Ask]:
    return [
        ask
        for policy in policies
        if matches(policy, facts)
        for level in policy.levels.all()
        for ask in _asks_of(policy, level, facts.order)
    ]


def _asks_of(policy: ApprovalPolicy, level: ApprovalLevel, order: SalesOrder) -> list[Ask]:
    """Any of them is one decision; all of them is one for each role and person."""
    roles = sorted(role.pk for role in level.roles.all())
    people = {person.pk for person in level.people.all() if person.is_active}
    owner = order.customer.owner
    if level.by_owner and owner is not None and owner.is_active:
        people.add(owner.pk)
    if level.mode == ApprovalLevel.Mode.ANY or not (roles or people):
        return [Ask(policy, level.level, tuple(roles), tuple(sorted(people)))]
    each = [Ask(policy, level.level, (), (pk,)) for pk in sorted(people)]
    return each + [Ask(policy, level.level, (pk,), ()) for pk in roles]


def active_policies() -> list[ApprovalPolicy]:
    """Policies in force with all that belongs to them. One query while there are none."""
    rows = ApprovalPolicy.objects.filter(is_active=True)
    return list(rows.prefetch_related("levels__roles", "levels__people", "categories", "channels"))


def ask(orders: Sequence[SalesOrder], *, by: User | None, tell: bool, only_if_changed: bool = False) -> None:
    """Ask of the orders what the policies in force demand; what was asked before is withdrawn.

    Runs in the transaction of the act that made it necessary. `only_if_changed` leaves an order alone that is asked
    the same already. `tell` announces it to those who are asked. Orders need their customers.
    """
    policies = active_policies()
    before: dict[int, list[ApprovalStep]] = defaultdict(list)
    for step in ApprovalStep.objects.filter(order__in=orders).exclude(policy_name="").order_by("id"):
        before[step.order_id].append(step)
    wanted = {one.order.pk: _asks(policies, one) for one in (_facts(orders, policies) if policies else ())}
    for order in orders:
        asks, steps = wanted.get(order.pk, []), before[order.pk]
        if only_if_changed and _same(asks, steps):
            continue
        if any(not step.decision for step in steps):
            withdraw(order)
        if asks:
            _ask_one(order, asks, round_number=max((step.round for step in steps), default=0) + 1, by=by)
            if tell:
                note_in_timeline(order, "ask_approval", by=None)


def demands(order: SalesOrder, lines: Sequence[OrderLine], checks: Iterable[OrderCheck]) -> list[Ask]:
    """Whose agreement the policies in force would demand of an order that looks like this, saved or not."""
    policies = active_policies()
    if not policies:
        return []
    facts = _Facts(order)
    for check in checks:
        if check.severity != OrderCheck.Severity.PASS:
            facts.warned.add(check.code)
            facts.credit_exceeded |= check.finding == "credit_exceeded"
    _look_at({order.pk: facts}, {order.pk: lines}, policies)
    return _asks(policies, facts)


def ask_of(amendment: Amendment, asks: Sequence[Ask], *, by: User | None) -> None:
    """Ask these people about a change of an order; what was asked of it before is withdrawn."""
    order = amendment.order
    withdraw(order)
    rounds = order.approvals.filter(amendment=amendment).order_by("-round").values_list("round", flat=True)
    _ask_one(order, asks, round_number=(rounds.first() or 0) + 1, by=by, amendment=amendment)


def _same(asks: list[Ask], steps: list[ApprovalStep]) -> bool:
    last = max((step.round for step in steps), default=0)
    asked = sorted(
        (step.policy_id, step.level, tuple(step.demand["roles"]), tuple(step.demand["people"]))
        for step in steps
        if step.round == last and step.decision != ApprovalStep.Decision.WITHDRAWN
    )
    return asked == sorted(one.key for one in asks)


def _ask_one(
    order: SalesOrder, asks: Sequence[Ask], *, round_number: int, by: User | None, amendment: Amendment | None = None
) -> None:
    steps = ApprovalStep.objects.bulk_create(
        ApprovalStep(
            order=order,
            amendment=amendment,
            round=round_number,
            level=one.level,
            policy=one.policy,
            policy_name=one.policy.name,
            demand={"roles": list(one.roles), "people": list(one.people)},
            four_eyes=one.policy.four_eyes,
            asked_by=by,
            at=None,
        )
        for one in asks
    )
    pairs = list(zip(steps, asks, strict=True))
    roles, people = ApprovalStep.roles.through, ApprovalStep.people.through
    roles.objects.bulk_create(roles(approvalstep_id=s.pk, group_id=pk) for s, one in pairs for pk in one.roles)
    people.objects.bulk_create(people(approvalstep_id=s.pk, user_id=pk) for s, one in pairs for pk in one.people)
    open_next_level(order)


def open_next_level(order: SalesOrder) -> bool:
    """Ask the lowest level that is not decided yet, and set its due times; returns whether there is one."""
    rows = ApprovalStep.objects.filter(order=order, decision="", opened_at=None).select_related("policy")
    waiting = list(rows.order_by("level"))
    now = timezone.now()
    asked = [step for step in waiting if step.level == waiting[0].level]
    for step in asked:
        step.opened_at = now
        step.due_at = _later(now, step.policy.remind_after if step.policy else None)
        step.escalates_at = _later(now, step.policy.escalate_after if step.policy else None)
    ApprovalStep.objects.bulk_update(asked, ["opened_at", "due_at", "escalates_at"])
    return bool(asked)


def _later(now: dt.datetime, hours: int | None) -> dt.datetime | None:
    return None if hours is None else add_working_hours(now, hours)


def withdraw(order: SalesOrder) -> None:
    """Nobody is asked any more; what was decided stays."""
    rows = ApprovalStep.objects.filter(order=order, decision="")
    rows.update(decision=ApprovalStep.Decision.WITHDRAWN, at=timezone.now())


def note_in_timeline(document: SalesOrder | Amendment, event: str, *, by: User | None, note: str = "") -> None:
    """A row in the timeline that moves nothing, and what the process page lists for it."""
    change = StatusChange.objects.create(
        document_type=document._meta.label,
        document_id=document.pk,
        transition=event,
        source=document.status,
        target=document.status,
        by=by,
        note=note,
    )
    run_followers(document, event, change=change, by=by)


def ask_for_approval(order: SalesOrder, *, change: StatusChange | None, by: User | None) -> None:
    """Ask the people whom the policies demand (follower of “create” and “resubmit”)."""
    ask([order], by=by, tell=True)


def withdraw_approval(order: SalesOrder, *, change: StatusChange | None, by: User | None) -> None:
    """Take back what was asked of people (follower of “cancel”)."""
    withdraw(order)
