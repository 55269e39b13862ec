"""Counting stock: plan, snapshot, count (several people, several times), compare, and write the differences."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError, OutOfStock, TransitionRefused
from erp.models import Company, StatusChange, User
from erp.money import ZERO, round_quantity, round_unit_price
from erp.numbering import next_number
from erp.shelves import off_shelf
from erp.transactions import verb
from erp.workflow import advance, lock, record_creation
from inventory.models import (
    CountBin,
    CountEntry,
    CountLine,
    Lot,
    Place,
    Product,
    ProductCost,
    StockCount,
    StockItem,
    Warehouse,
)
from inventory.services.places import virtual_place
from inventory.services.rights import need_right
from inventory.services.stock import Movement, lock_items, post_moves

Status = StockCount.Status


@dataclass(frozen=True, slots=True)
class Found:
    """A product (and lot) that lay in a bin though the count does not list it there; stock units."""

    product: Product
    quantity: Decimal
    lot: str = ""


@verb
def plan_count(
    *,
    warehouse: Warehouse,
    by: User | None,
    places: Collection[Place] = (),
    products: Collection[Product] = (),
    blind: bool = True,
    freeze: bool = False,
    note: str = "",
) -> StockCount:
    """Draft a count: of the whole warehouse, of some bins, or of some products wherever they lie.

    Raises BusinessError for bins of another warehouse and services, NotPermitted without the right to plan.
    """
    need_right(by, "inventory.add_stockcount")
    _check_plan(warehouse, places, products)
    document = StockCount.objects.create(
        number=next_number("SC"),
        warehouse=warehouse,
        scope=StockCount.Scope.CYCLIC if places or products else StockCount.Scope.FULL,
        blind=blind,
        freeze=freeze,
        note=note.strip(),
        created_by=by,
    )
    document.products.set(products)
    bins = list(places) or _bins_of(warehouse, products)
    CountBin.objects.bulk_create(CountBin(document=document, place=place) for place in bins)
    record_creation(document, by=by)
    return document


def _check_plan(warehouse: Warehouse, places: Collection[Place], products: Collection[Product]) -> None:
    for place in places:
        if place.warehouse_id != warehouse.pk:
            raise BusinessError(
                _("%(place)s is not in warehouse %(warehouse)s.") % {"place": place.code, "warehouse": warehouse},
                field="places",
            )
    for product in products:
        if not product.is_stocked:
            raise BusinessError(
                _("%(product)s is a service and has no stock.") % {"product": product}, field="products"
            )


def _bins_of(warehouse: Warehouse, products: Collection[Product]) -> Sequence[Place]:
    """All places of the warehouse; for a count of products those in which they lie."""
    places = warehouse.places.filter(kind__in=Place.IN_WAREHOUSE)
    if products:
        places = places.filter(pk__in=StockItem.objects.filter(product__in=products, on_hand__gt=0).values("place_id"))
    return list(places)


@transaction.atomic
def open_bins(document: StockCount, *, change: StatusChange, by: User | None) -> None:
    """Take the bins and write down what the books say (follower of “start”).

    Raises BusinessError when a bin is in another running count.
    """
    try:
        with transaction.atomic():
            document.bins.update(open=True, frozen=document.freeze)
    except IntegrityError:
        raise _taken(document) from None
    items = _lock_stock(document)
    away = _away([item.pk for item in items])
    CountLine.objects.bulk_create(
        CountLine(
            document=document,
            place_id=item.place_id,
            product_id=item.product_id,
            lot_id=item.lot_id,
            snapshot=item.on_hand - away.get(item.pk, ZERO),
            book=item.on_hand - away.get(item.pk, ZERO),
        )
        for item in items
        if item.on_hand > 0
    )


def _taken(document: StockCount) -> BusinessError:
    rows = CountBin.objects.filter(place__in=document.bins.values("place_id"), open=True)
    other = rows.exclude(document=document).select_related("place", "document").first()
    values = {"place": other.place.code if other else "", "count": other.document.number if other else ""}
    return BusinessError(
        _("%(place)s is being counted already: stock count %(count)s.") % values,
        hint=_("Finish that count first, or leave the bin out."),
    )


def _lock_stock(document: StockCount) -> list[StockItem]:
    rows = StockItem.objects.filter(place__in=document.bins.values("place_id"))
    if document.products.exists():
        rows = rows.filter(product__in=document.products.values("pk"))
    return list(rows.select_for_update(of=("self",)).order_by("id"))


def _away(item_ids: Collection[int]) -> dict[int, Decimal]:
    """What was picked of each stock item and has not left the house."""
    sums: dict[int, Decimal] = {}
    for (_kind, _holder, item), quantity in off_shelf(item_ids).items():
        sums[item] = sums.get(item, ZERO) + quantity
    return sums


@verb
def enter_bin(
    document: StockCount,
    place: Place,
    *,
    counted: Mapping[int, Decimal],
    by: User | None,
    found: Sequence[Found] = (),
    reasons: Mapping[int, str] | None = None,
    done: bool = True,
    key: str = "",
) -> list[CountEntry]:
    """Record what lies in one bin: `{line id: stock units}`, and products that are not listed there.

    What the books say is taken at this very moment, so movements during the count are reckoned with. `done` says that
    nothing else is in the bin; it is refused while lines of it are not counted. `key` makes a repeat harmless. Raises
    BusinessError, TransitionRefused or NotPermitted.
    """
    need_right(by, "inventory.enter_stockcount")
    lock(document)
    if key and (known := list(CountEntry.objects.filter(line__document=document, key=key).order_by("id"))):
        return known
    if document.status != Status.COUNTING:
        raise TransitionRefused(
            _("%(count)s is “%(status)s”; nothing is counted for it now.")
            % {"count": document, "status": document.get_status_display()},
            code="wrong_state",
        )
    one = CountBin.objects.filter(document=document, place=place).first()
    if one is None:
        raise BusinessError(_("%(place)s is not part of this count.") % {"place": place.code}, field="place")
    lines = {line.pk: line for line in document.lines.filter(place=place).select_related("product").order_by("id")}
    quantities = _checked(lines, counted)
    for pk, quantity in _unlisted(document, place, found, lines).items():
        quantities[pk] = quantity
    entries = _record(lines, quantities, reasons or {}, by=by, key=key)
    if done:
        _finish_bin(one, lines.values(), by=by)
    return entries


def _checked(lines: Mapping[int, CountLine], counted: Mapping[int, Decimal]) -> dict[int, Decimal]:
    found = {}
    for pk, entered in counted.items():
        if pk not in lines:
            raise BusinessError(_("A line does not belong to this bin."), hint=_("Load the page again."))
        if not entered.is_finite() or entered < 0:
            raise BusinessError(
                _("%(product)s: a counted quantity cannot be less than zero.") % {"product": lines[pk].product},
                field=f"q{pk}",
            )
        found[pk] = round_quantity(entered)
    return found


def _unlisted(
    document: StockCount, place: Place, found: Sequence[Found], lines: dict[int, CountLine]
) -> dict[int, Decimal]:
    """Lines for what is not in the books here; added to `lines`. What is listed after all is counted there."""
    quantities: dict[int, Decimal] = {}
    for one in found:
        if not one.product.is_stocked:
            raise BusinessError(
                _("%(product)s is a service and has no stock.") % {"product": one.product}, field="product"
            )
        if not one.quantity.is_finite() or one.quantity <= 0:
            raise BusinessError(_("A quantity must be more than zero."), field="quantity")
        lot = Lot.objects.get_or_create(product=one.product, number=one.lot.strip())[0] if one.lot.strip() else None
        line, _made = CountLine.objects.get_or_create(
            document=document, place=place, product=one.product, lot=lot, defaults={}
        )
        line.product = one.product
        lines[line.pk] = line
        quantities[line.pk] = round_quantity(one.quantity)
    return quantities


def _record(
    lines: Mapping[int, CountLine],
    quantities: Mapping[int, Decimal],
    reasons: Mapping[int, str],
    *,
    by: User | None,
    key: str,
) -> list[CountEntry]:
    """Write what was counted beside what the books say now; the stock is locked, so nothing moves in between."""
    chosen = [lines[pk] for pk in sorted(quantities)]
    items = lock_items({(line.product_id, line.place_id, line.lot_id) for line in chosen}) if chosen else {}
    away = _away([item.pk for item in items.values()])
    now = timezone.now()
    entries = []
    for line in chosen:
        item = items[line.product_id, line.place_id, line.lot_id]
        line.book = item.on_hand - away.get(item.pk, ZERO)
        line.counted, line.counted_at = quantities[line.pk], now
        line.rounds += 1
        line.again = False
        line.reason = reasons.get(line.pk, line.reason).strip()[:200]
        entries.append(CountEntry(line=line, quantity=line.counted, book=line.book, at=now, by=by, key=key))
    CountLine.objects.bulk_update(chosen, ["book", "counted", "counted_at", "rounds", "again", "reason"])
    return CountEntry.objects.bulk_create(entries)


def _finish_bin(one: CountBin, lines: Collection[CountLine], *, by: User | None) -> None:
    left = [line for line in lines if line.counted is None or line.again]
    if left:
        raise BusinessError(
            _("%(product)s is not counted yet.") % {"product": left[0].product},
            hint=_("Enter 0 where nothing is there."),
            field=f"q{left[0].pk}",
        )
    one.done_at, one.done_by = timezone.now(), by
    one.save(update_fields=["done_at", "done_by"])


@transaction.atomic
def compare(document: StockCount, *, change: StatusChange, by: User | None) -> None:
    """Value the differences; large ones that were counted once only go back to be counted again (follower of “finish”)."""
    lines = list(document.lines.select_related("product"))
    costs = _unit_costs(document.warehouse_id, {line.product_id for line in lines if line.difference})
    for line in lines:
        line.unit_cost = costs.get(line.product_id, line.product.standard_cost) if line.difference else ZERO
    CountLine.objects.bulk_update(lines, ["unit_cost"])
    values = [line.value for line in lines]
    document.gain = sum((value for value in values if value > 0), ZERO)
    document.loss = -sum((value for value in values if value < 0), ZERO)
    document.save(update_fields=["gain", "loss"])
    limit = Company.current().count_again_limit
    doubtful = [line.pk for line in lines if limit and abs(line.value) > limit and line.rounds < 2]
    if doubtful:
        count_again(document, doubtful, by=None, note=_("Large differences are counted twice."))


def _unit_costs(warehouse_id: int, product_ids: Collection[int]) -> dict[int, Decimal]:
    """CNY a stock unit at the warehouse's moving average."""
    rows = ProductCost.objects.filter(warehouse_id=warehouse_id, product_id__in=product_ids, quantity__gt=0)
    return {row.product_id: round_unit_price(row.value / row.quantity) for row in rows}


@verb
def count_again(document: StockCount, line_ids: Collection[int], *, by: User | None, note: str = "") -> None:
    """Let some lines of a count in review be counted once more; their bins are open again.

    Raises BusinessError without lines, TransitionRefused outside review, NotPermitted without the right.
    """
    need_right(by, "inventory.change_stockcount")
    lock(document)
    lines = document.lines.filter(pk__in=line_ids)
    places = set(lines.values_list("place_id", flat=True))
    if not places:
        raise BusinessError(_("Choose the lines that are to be counted again."))
    advance(document, "recount", by=None, note=note)
    lines.update(again=True)
    document.bins.filter(place_id__in=places).update(done_at=None, done_by=None)


@transaction.atomic
def write_count(document: StockCount, *, change: StatusChange, by: User | None) -> None:
    """Write the differences to stock, all in one go (follower of “post” and “approve”); a repeat does nothing.

    Raises OutOfStock when goods that are missing have left since: then the bin must be counted again.
    """
    lines = [line for line in document.lines.order_by("id") if line.difference]
    adjustment = virtual_place(Place.Kind.ADJUSTMENT)
    try:
        post_moves(
            [_movement(line, adjustment) for line in lines],
            document=document,
            by=by,
            reason=_("Stock count %(number)s") % {"number": document.number},
        )
    except OutOfStock as error:
        raise OutOfStock(str(error), hint=_("Stock has left since it was counted: count these lines again.")) from error
    close_bins(document, change=change, by=by)


def _movement(line: CountLine, adjustment: Place) -> Movement:
    more = line.difference > 0
    return Movement(
        product_id=line.product_id,
        lot_id=line.lot_id,
        source_id=adjustment.pk if more else line.place_id,
        target_id=line.place_id if more else adjustment.pk,
        quantity=abs(line.difference),
        unit_cost=line.unit_cost if more else None,
        line_id=line.pk,
        key=f"count:{line.pk}",
    )


def close_bins(document: StockCount, *, change: StatusChange, by: User | None) -> None:
    """The bins are free again (follower of “cancel”)."""
    document.bins.update(open=False)
