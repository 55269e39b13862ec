"""From what is short to purchase orders, in one step and never twice."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import User
from erp.transactions import verb
from inventory.models import Product, PurchaseOrder, Supplier, Warehouse
from inventory.needs import BuyingNeed, SupplierNeeds, buying_needs
from inventory.outlook import ORDER_LINE, outlook
from inventory.services.buying import PurchaseInput, create_purchase_order
from inventory.services.demands import keep_links


@dataclass(frozen=True, slots=True)
class Choice:
    """A proposal that somebody ticked: how much to buy from whom, and what was short when they looked (stock units)."""

    product_id: int
    warehouse_id: int
    supplier_id: int
    quantity: Decimal
    short: Decimal


@dataclass(slots=True)
class Ordered:
    """What became of ticked proposals: drafts, and products that somebody else had ordered meanwhile."""

    orders: list[PurchaseOrder] = field(default_factory=list)
    gone: list[Product] = field(default_factory=list)


@verb
def order_proposals(choices: Sequence[Choice], *, by: User | None) -> Ordered:
    """Make draft purchase orders of ticked proposals, one for each supplier and warehouse.

    Two people who click at once get each proposal once: the warehouses are locked, needs are read again, and what is
    no longer short as it was seen is left out. Raises BusinessError when nothing is left, or for a bad line.
    """
    if not choices:
        raise BusinessError(_("Nothing is ticked."), hint=_("Tick what is to be bought."))
    _lock_warehouses({one.warehouse_id for one in choices})
    needs = _by_key(buying_needs())
    suppliers = Supplier.objects.in_bulk({one.supplier_id for one in choices})
    products = Product.objects.in_bulk({one.product_id for one in choices})
    done = Ordered()
    groups: dict[tuple[int, int], list[tuple[BuyingNeed, Choice]]] = defaultdict(list)
    seen = set()
    for one in choices:
        key = (one.product_id, one.warehouse_id)
        need = needs.get(key)
        if need is None or need.short != one.short or key in seen:
            if one.product_id in products:
                done.gone.append(products[one.product_id])
            continue
        seen.add(key)
        if one.supplier_id not in suppliers:
            raise BusinessError(
                _("%(product)s: choose a supplier.") % {"product": need.product}, field=f"supplier-{one.product_id}"
            )
        groups[one.supplier_id, one.warehouse_id].append((need, one))
    if not groups:
        raise BusinessError(
            _("Nothing of this has to be bought any more."),
            hint=_("Somebody else may have ordered it: look at the purchase orders."),
        )
    known = outlook({need.product.pk for rows in groups.values() for need, _one in rows}, first=ORDER_LINE)
    for (supplier_id, _warehouse), rows in sorted(groups.items()):
        order = create_purchase_order(
            supplier=suppliers[supplier_id],
            warehouse=rows[0][0].warehouse,
            lines=[PurchaseInput(need.product, one.quantity) for need, one in rows],
            by=by,
        )
        keep_links(order, known)
        done.orders.append(order)
    return done


@verb
def order_needs(*, supplier: Supplier, warehouse: Warehouse, by: User | None) -> PurchaseOrder:
    """Make a draft purchase order of everything that should be bought from a supplier for a warehouse.

    Two people who ask at once get one order. Raises BusinessError when nothing is short any more.
    """
    _lock_warehouses({warehouse.pk})
    lists = [group for group in buying_needs() if group.supplier == supplier and group.warehouse == warehouse]
    if not lists:
        raise BusinessError(
            _("Nothing has to be bought from %(supplier)s any more.") % {"supplier": supplier.name},
            hint=_("Somebody else may have ordered it: look at the purchase orders."),
        )
    needs = lists[0].needs
    known = outlook({need.product.pk for need in needs}, first=ORDER_LINE)
    lines = [PurchaseInput(need.product, need.quantity) for need in needs]
    order = create_purchase_order(supplier=supplier, warehouse=warehouse, lines=lines, by=by)
    keep_links(order, known)
    return order


def _lock_warehouses(ids: Iterable[int]) -> None:
    """Let one buyer at a time turn needs into orders; rows that point to a warehouse can still be written."""
    list(Warehouse.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("id"))


def _by_key(groups: Iterable[SupplierNeeds]) -> dict[tuple[int, int], BuyingNeed]:
    return {(need.product.pk, need.warehouse.pk): need for group in groups for need in group.needs}
