"""What the inventory's tests share: a supplier, an order placed with it, a bin."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from erp.workflow import advance
from inventory.models import Place, Product, PurchaseOrder, Supplier
from inventory.services import PurchaseInput, create_purchase_order, default_warehouse, receiving_place
from tests.cast import make_product


@pytest.fixture
def supplier(basics: Any) -> Supplier:
    """A supplier that delivers within a week."""
    return Supplier.objects.create(code="S1", name="宁波紧固件厂", lead_days=7)


@pytest.fixture
def product(basics: Any) -> Product:
    """A bought product that costs 60."""
    return make_product("LS-M8-20", name="六角螺栓", reorder_point=Decimal(0))


@pytest.fixture
def bin_place(basics: Any) -> Place:
    """The bin where goods are put first."""
    return receiving_place(default_warehouse())


def draft(supplier: Supplier, *lines: tuple[Product, str, str], by: Any = None) -> PurchaseOrder:
    """A draft purchase order of (product, quantity, price)."""
    inputs = [PurchaseInput(product, Decimal(quantity), Decimal(price)) for product, quantity, price in lines]
    return create_purchase_order(supplier=supplier, warehouse=default_warehouse(), lines=inputs, by=by)


@pytest.fixture
def placed(supplier: Supplier, product: Product) -> SimpleNamespace:
    """An order of ten pieces at 12.345, placed."""
    order = draft(supplier, (product, "10", "12.345"))
    advance(order, "place", by=None)
    return SimpleNamespace(order=order, line=order.lines.get(), product=product)
