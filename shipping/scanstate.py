"""What a phone needs to know to pick a wave or a list, and to go on while the network is away."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from django.db.models import F

from erp.money import ZERO
from erp.web.formats import qty
from inventory.models import Barcode
from shipping.models import PickLine, PickList, PickReturn, Wave


def plain(value: Decimal) -> str:
    """A number for a program: no exponent, no needless zeros."""
    return f"{value.normalize():f}"


def lists_of(target: Wave | PickList) -> list[PickList]:
    """The lists of a wave by tote, or the one list. One query."""
    rows = target.pick_lists.order_by("slot") if isinstance(target, Wave) else PickList.objects.filter(pk=target.pk)
    return list(rows.select_related("order__customer", "picker"))


def scan_state(target: Wave | PickList) -> dict[str, Any]:
    """Stops in the order of the way, with what each order gets, as JSON values. Four queries."""
    lists = {one.pk: one for one in lists_of(target)}
    lines = PickLine.objects.filter(pick_list__in=lists, item__isnull=False).select_related(
        "order_line__product__unit", "item__place", "item__lot"
    )
    stops: dict[int, list[PickLine]] = defaultdict(list)
    for line in lines:
        stops[line.item_id or 0].append(line)
    codes = _codes({line.order_line.product_id for rows in stops.values() for line in rows})
    holder = target.assignee if isinstance(target, Wave) else target.picker
    return {
        "number": target.number,
        "status": target.status,
        "holder": holder.pk if holder else None,
        "stops": [_stop(rows, lists, codes) for rows in sorted(stops.values(), key=_way)],
        "returns": [_back(entry) for entry in returns_of(lists)],
    }


def _way(rows: list[PickLine]) -> tuple[int, str, int]:
    item = rows[0].item
    assert item is not None
    return (item.place.pick_order, item.place.code, item.pk)


def _codes(products: Collection[int]) -> dict[int, dict[str, str]]:
    """`{product: {code: stock units that one scan of it stands for}}`. One query."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = Barcode.objects.filter(product__in=products).annotate(factor=F("unit__factor"))
    for product, code, factor in rows.values_list("product_id", "code", "factor"):
        found[product][code.upper()] = plain(factor or Decimal(1))
    return found


def _stop(rows: list[PickLine], lists: dict[int, PickList], codes: dict[int, dict[str, str]]) -> dict[str, Any]:
    product, item = rows[0].order_line.product, rows[0].item
    assert item is not None
    ordered = sorted(rows, key=lambda row: (lists[row.pick_list_id].slot or 0, row.pk))
    return {
        "item": item.pk,
        "place": item.place.code,
        "sku": product.sku,
        "name": product.name,
        "spec": product.specification,
        "unit": product.unit.name,
        "lot": item.lot.number if item.lot else "",
        "codes": {product.sku.upper(): "1", **codes.get(product.pk, {})},
        "lines": [_line(row, lists[row.pick_list_id]) for row in ordered],
    }


def _line(row: PickLine, pick_list: PickList) -> dict[str, Any]:
    return {
        "id": row.pk,
        "slot": pick_list.slot or 0,
        "list": pick_list.number,
        "order": pick_list.order.number,
        "customer": pick_list.order.customer.short_name or pick_list.order.customer.name,
        "open": pick_list.status == PickList.Status.OPEN,
        "wanted": plain(row.wanted),
        "scanned": plain(row.scanned),
        "short": row.short_reason,
        "wish": row.order_line.wish,
    }


def returns_of(lists: Iterable[int]) -> list[PickReturn]:
    """Goods in the trolley that are to go back. One query."""
    rows = PickReturn.objects.filter(pick_list__in=list(lists), done_at=None).select_related(
        "item__place", "item__product__unit", "pick_list"
    )
    return list(rows.order_by("id"))


def _back(entry: PickReturn) -> dict[str, Any]:
    product = entry.item.product
    return {
        "id": entry.pk,
        "name": product.name,
        "place": entry.item.place.code,
        "list": entry.pick_list.number,
        "quantity": qty(entry.quantity, product.unit.name),
    }


def progress_of(lists: Collection[PickList]) -> dict[int, tuple[Decimal, Decimal]]:
    """How much of each list is scanned, of how much: `{pick list: (scanned, wanted)}`. One query."""
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    rows = PickLine.objects.filter(pick_list__in=lists, item__isnull=False)
    for pk, scanned, picked, wanted in rows.values_list("pick_list_id", "scanned", "picked", "wanted"):
        done, of = sums.get(pk, (ZERO, ZERO))
        sums[pk] = (done + (scanned if picked is None else picked), of + wanted)
    return sums
