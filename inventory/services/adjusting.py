"""What was counted differs from the books: found goods come in, lost goods go out, each with a reason."""

import uuid
from decimal import Decimal

from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import User
from erp.money import ZERO, round_quantity, round_unit_price
from erp.transactions import verb
from inventory.models import Lot, Place, Product, ProductCost, StockMove
from inventory.services.places import virtual_place
from inventory.services.stock import Movement, lock_items, post_moves


@verb
def adjust_stock(
    product: Product,
    place: Place,
    *,
    counted: Decimal,
    reason: str,
    by: User | None,
    lot: Lot | None = None,
    expected: Decimal | None = None,
    unit_cost: Decimal | None = None,
    key: str = "",
) -> StockMove | None:
    """Set what is in a place to what was counted (stock units); the difference goes to or from “adjustment”.

    `expected` is the book quantity that the person saw: if stock moved since, nothing is written. Found goods are
    valued at `unit_cost`, else at the moving average, else at standard cost (CNY). `key` makes a repeat harmless.
    Returns the movement, None when the count agrees. Raises BusinessError or OutOfStock (the rest is promised).
    """
    if key and (done := StockMove.objects.filter(key=key).first()):
        return done
    check_adjustment(product, place, counted=counted, reason=reason)
    counted = round_quantity(counted)
    item = lock_items([(product.pk, place.pk, lot.pk if lot else None)])[product.pk, place.pk, lot.pk if lot else None]
    if expected is not None and expected != item.on_hand:
        raise BusinessError(
            _("Stock at %(place)s moved while you counted: it is %(now)s now.")
            % {"place": place.code, "now": f"{item.on_hand.normalize():f}"},
            hint=_("Count again, then enter the new figure."),
            field="counted",
        )
    difference = counted - item.on_hand
    if not difference:
        return None
    adjustment = virtual_place(Place.Kind.ADJUSTMENT)
    found = difference > 0
    movement = Movement(
        product_id=product.pk,
        source_id=adjustment.pk if found else place.pk,
        target_id=place.pk if found else adjustment.pk,
        quantity=abs(difference),
        lot_id=lot.pk if lot else None,
        unit_cost=cost_of(product, place, unit_cost) if found else None,
        key=key or f"adjust:{uuid.uuid4()}",
    )
    return post_moves([movement], document=None, by=by, reason=reason.strip())[0]


def check_adjustment(product: Product, place: Place, *, counted: Decimal, reason: str) -> None:
    """Raises BusinessError for services, places outside, negative figures and a missing reason."""
    if not product.is_stocked:
        raise BusinessError(_("%(product)s is a service and has no stock.") % {"product": product})
    if place.kind not in Place.IN_WAREHOUSE:
        raise BusinessError(_("%(place)s is not a place in a warehouse.") % {"place": place.code}, field="place")
    if not counted.is_finite() or counted < 0:
        raise BusinessError(_("A counted quantity cannot be less than zero."), field="counted")
    if not reason.strip():
        raise BusinessError(_("Please say why the stock changes."), field="reason")


def cost_of(product: Product, place: Place, unit_cost: Decimal | None) -> Decimal:
    """CNY a stock unit: as given, else the warehouse's moving average, else the standard cost."""
    if unit_cost is not None:
        return unit_cost
    cost = ProductCost.objects.filter(product=product, warehouse=place.warehouse).first()
    if cost is not None and cost.quantity > ZERO:
        return round_unit_price(cost.value / cost.quantity)
    return product.standard_cost
