"""Reports from the floor: components leave, good pieces arrive with their cost, and whoever waits for them moves on."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_UP, Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp.errors import BusinessError, NotPermitted, OutOfStock, TransitionRefused
from erp.models import User
from erp.money import ZERO, round_money, round_quantity
from erp.transactions import verb
from erp.workflow import advance, lock
from inventory.models import Place, StockMove
from inventory.selectors import reservations_of
from inventory.services import Issue, Movement, cover_supply, issue_reserved, post_moves, receiving_place, virtual_place
from orders.models import OrderLine
from orders.services import allocate_waiting, lock_waiting, record_made
from production.models import OperationRun, ProductionComponent, ProductionOrder
from production.selectors import minute_rate
from production.services.components import HOLDER, reserve_components, supply_waiting
from production.services.locks import lock_stock

REASON = gettext_noop("production")  # of the movements
OVERPRODUCTION = Decimal("0.10")  # more than a tenth too many is more likely a typing error than luck


def most_good(order: ProductionOrder) -> Decimal:
    """How many more good pieces may be reported: what remains, and a tenth of the order (at least one piece)."""
    extra = max(Decimal(1), (order.quantity * OVERPRODUCTION).to_integral_value(ROUND_UP))
    return order.quantity + extra - order.good


@verb
def report(
    order: ProductionOrder,
    *,
    good: Decimal,
    scrap: Decimal = ZERO,
    minutes: Decimal = ZERO,
    by: User | None,
    key: str,
    note: str = "",
) -> OperationRun:
    """Book one report: `good` and `scrap` pieces (stock units) and the minutes they took.

    Components leave in proportion, scrap included. Good pieces enter the first bin at what they cost and go to the
    orders that wait. Scrap has to be made again. The order finishes by itself when enough good pieces are made. A
    repeat with the same `key` returns the first report. Raises BusinessError; then nothing has changed.
    """
    good, scrap, minutes = round_quantity(good), round_quantity(scrap), round_quantity(minutes)
    lock_waiting([order.product_id], warehouse_id=order.warehouse_id)
    lock(order)
    if (known := OperationRun.objects.filter(key=key).first()) is not None:
        return _repeat(known, order)
    _check(order, good=good, scrap=scrap, minutes=minutes, by=by)
    components = _lock_components(order)
    _provide(order, components, pieces=good + scrap, by=by)
    run = OperationRun(order=order, good=good, scrap=scrap, minutes=minutes, by=by, key=key, note=note)
    run.cost = _issue(order, components, pieces=good + scrap, by=by, key=key) + _labour(order, run)
    order.good, order.scrap, order.cost = order.good + good, order.scrap + scrap, order.cost + run.cost
    order.save(update_fields=["good", "scrap", "cost"])
    run.save()
    if good:
        _receive(order, good, by=by, key=key)
    _follow_up(order, components, good=good, scrap=scrap, by=by)
    return run


def _repeat(run: OperationRun, order: ProductionOrder) -> OperationRun:
    if run.order_id != order.pk:
        raise BusinessError(_("This report was already booked on another production order."), code="key_used")
    return run


def _check(order: ProductionOrder, *, good: Decimal, scrap: Decimal, minutes: Decimal, by: User | None) -> None:
    if by is not None and not by.has_perm("production.run_productionorder"):
        raise NotPermitted(_("Your role does not include reporting production."))
    if order.status != ProductionOrder.Status.IN_PROGRESS:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”; only work in progress can be reported.")
            % {"order": order, "status": order.get_status_display()},
            hint=_("Start the production order first.") if order.status == ProductionOrder.Status.PLANNED else "",
            code="wrong_state",
        )
    for name, value in (("good", good), ("scrap", scrap), ("minutes", minutes)):
        if value < 0:
            raise BusinessError(_("A number cannot be negative."), field=name)
    if not good and not scrap:
        raise BusinessError(_("Enter how many good or scrapped pieces there are."), field="good")
    if good > (most := most_good(order)):
        raise BusinessError(
            _("At most %(most)s good pieces can still be reported on this order.") % {"most": f"{most.normalize():f}"},
            hint=_("Check the number. For more, plan another production order."),
            field="good",
        )


def _lock_components(order: ProductionOrder) -> list[ProductionComponent]:
    products = list(order.components.values_list("product_id", flat=True))
    lock_stock([*products, order.product_id], order.warehouse_id)
    return list(order.components.select_related("product").order_by("product_id"))


def _due(order: ProductionOrder, component: ProductionComponent, pieces: Decimal) -> Decimal:
    """How much of a component these pieces use up; from the running total, so that roundings do not add up."""
    total = round_quantity(component.per_unit * (order.good + order.scrap + pieces))
    return max(ZERO, total - component.issued)


def _provide(
    order: ProductionOrder, components: Sequence[ProductionComponent], *, pieces: Decimal, by: User | None
) -> None:
    """See that enough is reserved for these pieces; more pieces than planned take free stock.

    Raises OutOfStock naming what is missing.
    """
    grown = []
    for component in components:
        needed = component.issued + _due(order, component, pieces)
        if needed > component.needed:
            component.needed = needed
            grown.append(component)
    if grown:
        ProductionComponent.objects.bulk_update(grown, ["needed"])
    if any(
        component.issued + _due(order, component, pieces) > component.issued + component.reserved
        for component in components
    ):
        reserve_components([order], by=by)
        _refresh(components)
    missing = [c for c in components if _due(order, c, pieces) > c.reserved]
    if missing:
        lacks = [f"{c.product.name} {(_due(order, c, pieces) - c.reserved).normalize():f}" for c in missing]
        raise OutOfStock(
            _("Components are missing for that many pieces: %(components)s.") % {"components": ", ".join(lacks)},
            hint=_("Report fewer pieces, or receive the components first."),
        )


def _refresh(components: Sequence[ProductionComponent]) -> None:
    now = dict(ProductionComponent.objects.filter(pk__in=[c.pk for c in components]).values_list("pk", "reserved"))
    for component in components:
        component.reserved = now[component.pk]


def _issue(
    order: ProductionOrder, components: Sequence[ProductionComponent], *, pieces: Decimal, by: User | None, key: str
) -> Decimal:
    """Take the components of these pieces out of stock. Returns what they are worth (CNY)."""
    held = defaultdict(list)
    for row in reservations_of(HOLDER, [component.pk for component in components]):
        held[row.holder_id].append(row)
    issues: list[Issue] = []
    for component in components:
        left = _due(order, component, pieces)
        component.issued += left
        component.reserved -= left
        for row in held[component.pk]:
            part = min(left, row.quantity)
            if part > 0:
                issues.append(
                    Issue(
                        component.pk,
                        row.item_id,
                        part,
                        key=f"run:{key}:{component.pk}:{row.item_id}",
                        line_id=component.pk,
                    )
                )
                left -= part
    if not issues:
        return ZERO
    target = virtual_place(Place.Kind.PRODUCTION)
    moved = issue_reserved(issues, holder_type=HOLDER, target=target, document=order, by=by, reason=REASON)
    ProductionComponent.objects.bulk_update(components, ["issued", "reserved"])
    return sum((move.value for move in moved), ZERO)


def _labour(order: ProductionOrder, run: OperationRun) -> Decimal:
    """What the work of a report costs (CNY); a product without a bill of materials costs its standard cost instead."""
    if not order.operations and not order.components.exists():
        return round_money(order.product.standard_cost * run.good)
    return round_money(run.minutes * minute_rate(order.operations))


def _receive(order: ProductionOrder, good: Decimal, *, by: User | None, key: str) -> None:
    """Put good pieces on the shelf with all cost that is booked on the order and not yet in stock."""
    before = StockMove.objects.filter(
        document_type=ProductionOrder._meta.label,
        document_id=order.pk,
        source__kind=Place.Kind.PRODUCTION,
        product_id=order.product_id,
    ).aggregate(value=Sum("value"))["value"]
    post_moves(
        [
            Movement(
                product_id=order.product_id,
                source_id=virtual_place(Place.Kind.PRODUCTION).pk,
                target_id=receiving_place(order.warehouse).pk,
                quantity=good,
                value=order.cost - (before or ZERO),
                key=f"run:{key}:good",
            )
        ],
        document=order,
        by=by,
        reason=REASON,
    )


def _follow_up(
    order: ProductionOrder,
    components: Sequence[ProductionComponent],
    *,
    good: Decimal,
    scrap: Decimal,
    by: User | None,
) -> None:
    if scrap and order.remaining:
        _need_again(order, components, by=by)
    if not good:
        return
    _credit(order, good)
    if order.remaining == 0:
        advance(order, "finish", by=None)
    allocate_waiting([order.product_id], warehouse_id=order.warehouse_id, by=by)
    supply_waiting([order.product_id], warehouse_id=order.warehouse_id, by=by)


def _need_again(order: ProductionOrder, components: Sequence[ProductionComponent], *, by: User | None) -> None:
    """Scrapped pieces have to be made again: their components are needed once more."""
    for component in components:
        component.needed = max(component.needed, round_quantity(component.per_unit * (order.quantity + order.scrap)))
    ProductionComponent.objects.bulk_update(components, ["needed"])
    reserve_components([order], by=by)


def _credit(order: ProductionOrder, good: Decimal) -> None:
    """Tell who waits: the need is covered, the order line has so many made. Surplus goes to free stock."""
    counted = min(order.good, order.quantity) - min(order.good - good, order.quantity)
    if order.request is None or counted <= 0:
        return
    cover_supply(order.request, counted)
    if order.request.holder_type == OrderLine._meta.label:
        record_made(order.request.holder_id, counted)
