"""What the order form asks while somebody types: the whole order in one question."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from erp.errors import BusinessError
from erp.web import may, perm_required
from erp.web.formats import money, percent
from inventory.models import Product, Warehouse
from inventory.promise import day_text
from inventory.services import default_warehouse
from inventory.units import Pack, pack_of, units_of
from orders.figures import Figures, LineFigures, Wanted, figures_of
from orders.forms import PER_CENT, number_in, short
from orders.models import Customer, SalesOrder
from orders.services.entry import MAX_LINES, MOST

LARGEST = 200_000  # bytes


@require_POST
@perm_required("orders.view_salesorder")
def figures(request: HttpRequest) -> JsonResponse:
    """Prices, promises, sums, margin and credit of `{"customer", "warehouse", "order", "lines": [{"row", "product", …}]}`.

    Lines without a product or a number are left out; a blank price or discount is the price list's. Ten queries at
    most. The margin is only for those who may see it.
    """
    try:
        asked = json.loads(request.body) if len(request.body) <= LARGEST else None
        lines = [dict(line) for line in asked["lines"]]
    except (ValueError, TypeError, KeyError):
        return JsonResponse({"error": _("These are not the lines of an order.")}, status=400)
    rows = _wanted(lines[:MAX_LINES])
    customers = Customer.objects.visible_to(request.user).select_related("price_list")
    customer = customers.filter(pk=pk).first() if (pk := _id(asked.get("customer"))) else None
    houses = Warehouse.objects.filter(is_active=True)
    house = houses.filter(pk=pk).first() if (pk := _id(asked.get("warehouse"))) else None
    orders = SalesOrder.objects.visible_to(request.user)
    order = orders.filter(number=str(number)).first() if (number := asked.get("order")) else None
    found = figures_of(
        customer,
        [wanted for _row, wanted in rows],
        warehouse_id=(house or default_warehouse()).pk,
        today=timezone.localdate(),
        rate=order.rate if order else Decimal(1),
    )
    answer = _answer(found, [row for row, _wanted in rows])
    if may(request.user, "orders.view_margin") and found.lines:
        share = found.margin_share
        words = money(found.margin) + (f" ({percent(share)})" if share is not None else "")
        answer["margin"] = {"text": words, "bad": found.margin < 0}
    return JsonResponse(answer)


def _answer(found: Figures, rows: list[Any]) -> dict[str, Any]:
    sums = {name: money(getattr(found, name)) for name in ("untaxed", "discount", "tax", "total")}
    left, day = found.credit_left, found.full_day
    return {
        "lines": [_line(row, line) for row, line in zip(rows, found.lines, strict=True)],
        "sums": sums,
        "credit": None if left is None else {"text": money(left), "bad": left < 0},
        "earliest": None if day is None else {"date": day.isoformat(), "text": day_text(day)},
    }


def _line(row: Any, line: LineFigures) -> dict[str, Any]:
    return {
        "row": row,
        "price": short(line.unit_price),
        "discount": short(line.discount * PER_CENT) if line.discount else "",
        "promise": line.promise.text,
        "day": line.promise.day.isoformat(),
        "enough": line.promise.is_immediate,
    }


def _wanted(lines: list[dict[str, Any]]) -> list[tuple[Any, Wanted]]:
    """The lines that can be priced already, with the row that the form gave them. Two queries."""
    ids = {pk for line in lines if (pk := _id(line.get("product")))}
    products = Product.objects.active().select_related("unit").in_bulk(ids)
    factors = units_of(products.keys()) if products else {}
    found = []
    for line in lines:
        product = products.get(_id(line.get("product")))
        if product is not None:
            found.append((line.get("row"), _one(product, line, factors[product.pk])))
    return found


def _one(product: Product, line: dict[str, Any], factors: Mapping[str, Decimal]) -> Wanted:
    quantity, price = _number(line.get("quantity")), _number(line.get("price"))
    discount, tax = _number(line.get("discount")), _number(line.get("tax"))
    try:
        pack = pack_of(product, str(line.get("unit") or ""), factors)
    except BusinessError:  # is refused at its cell when the order is saved
        pack = Pack()
    return Wanted(
        product,
        quantity if quantity and 0 < quantity * pack.factor < MOST else Decimal(0),
        pack,
        price if price is None or 0 <= price < MOST else None,
        discount / PER_CENT if discount is not None and 0 <= discount <= PER_CENT else None,
        tax if tax is not None and 0 <= tax < 1 else None,
    )


def _id(value: Any) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(number_in(str(value or "")) or "NaN")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
