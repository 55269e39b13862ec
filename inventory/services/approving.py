"""Adjustments and scrap as documents: small ones are written at once, dear ones wait for another person."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError, OutOfStock
from erp.models import StatusChange, User
from erp.money import ZERO, round_money, round_quantity
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import advance, record_creation
from inventory.models import Adjustment, Lot, Place, Product, StockItem
from inventory.services.adjusting import check_adjustment, cost_of
from inventory.services.places import virtual_place
from inventory.services.rights import need_right
from inventory.services.stock import Movement, lock_items, post_moves


@verb
def propose_adjustment(
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
) -> Adjustment | None:
    """Set what is in a place to what was counted: at once up to the company's limit, above it when somebody approves.

    Returns None when the count agrees. `expected` and `unit_cost` as in `adjust_stock`; `key` makes a repeat harmless.
    Raises BusinessError, OutOfStock (the rest is promised) or NotPermitted.
    """
    need_right(by, "inventory.adjust_stock")
    if key and (done := Adjustment.objects.filter(key=key).first()):
        return done
    check_adjustment(product, place, counted=counted, reason=reason)
    item = _locked(product, place, lot)
    if expected is not None and expected != item.on_hand:
        raise BusinessError(
            _("Stock at %(place)s moved while you counted: it is %(now)s now.")
            % {"place": place.code, "now": f"{item.on_hand.normalize():f}"},
            hint=_("Count again, then enter the new figure."),
            field="counted",
        )
    difference = round_quantity(counted) - item.on_hand
    if not difference:
        return None
    return _make(Adjustment.Kind.ADJUST, item, difference, reason=reason, by=by, unit_cost=unit_cost, key=key)


@verb
def scrap(
    product: Product,
    place: Place,
    *,
    quantity: Decimal,
    reason: str,
    by: User | None,
    lot: Lot | None = None,
    key: str = "",
) -> Adjustment:
    """Take spoilt goods out of the books (报废), from any place in the house, at their cost; like an adjustment approved.

    Raises BusinessError, OutOfStock (the rest is promised) or NotPermitted.
    """
    need_right(by, "inventory.adjust_stock")
    if key and (done := Adjustment.objects.filter(key=key).first()):
        return done
    if not quantity.is_finite() or quantity <= 0:
        raise BusinessError(_("A quantity must be more than zero."), field="quantity")
    check_adjustment(product, place, counted=quantity, reason=reason)
    item = _locked(product, place, lot)
    return _make(Adjustment.Kind.SCRAP, item, -round_quantity(quantity), reason=reason, by=by, unit_cost=None, key=key)


def _locked(product: Product, place: Place, lot: Lot | None) -> StockItem:
    wanted = (product.pk, place.pk, lot.pk if lot else None)
    return lock_items([wanted])[wanted]


def _make(
    kind: str,
    item: StockItem,
    quantity: Decimal,
    *,
    reason: str,
    by: User | None,
    unit_cost: Decimal | None,
    key: str,
) -> Adjustment:
    if -quantity > item.on_hand - item.reserved:
        raise OutOfStock(
            _("%(product)s: only %(free)s are free at %(place)s.")
            % {
                "product": item.product,
                "free": f"{(item.on_hand - item.reserved).normalize():f}",
                "place": item.place.code,
            },
            hint=_("The rest is promised to orders: release it, or count the bin."),
        )
    cost = cost_of(item.product, item.place, unit_cost)
    made = Adjustment.objects.create(
        number=next_number("AD"),
        kind=kind,
        product_id=item.product_id,
        place_id=item.place_id,
        lot_id=item.lot_id,
        quantity=quantity,
        unit_cost=cost,
        value=round_money(abs(quantity) * cost),
        reason=reason.strip()[:200],
        created_by=by,
        key=key,
    )
    record_creation(made, by=by)
    if not made.needs_approval:
        advance(made, "post", by=by)
    return made


@transaction.atomic
def write_adjustment(document: Adjustment, *, change: StatusChange, by: User | None) -> None:
    """Write the difference to stock (follower of “post” and “approve”); a repeat does nothing.

    Raises OutOfStock when less is free by now.
    """
    adjustment, more = virtual_place(Place.Kind.ADJUSTMENT), document.quantity > ZERO
    post_moves(
        [
            Movement(
                product_id=document.product_id,
                lot_id=document.lot_id,
                source_id=adjustment.pk if more else document.place_id,
                target_id=document.place_id if more else adjustment.pk,
                quantity=abs(document.quantity),
                unit_cost=document.unit_cost if more else None,
                key=f"adjustment:{document.pk}",
            )
        ],
        document=document,
        by=by,
        reason=document.reason,
    )
