"""A hinge that we make of two bought parts, and ways to get it into production."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from inventory.models import Product
from production.models import BillOfMaterials, BomLine, Operation, ProductionOrder, WorkCenter
from tests.cast import make_order, make_product


def make_bom(product: Product, *parts: tuple[Product, str], minutes: str = "2", version: int = 1) -> BillOfMaterials:
    """A bill of materials with one operation of so many minutes a piece at 1.50 a minute, set-up 10 minutes."""
    bom = BillOfMaterials.objects.create(product=product, version=version)
    for component, quantity in parts:
        BomLine.objects.create(bom=bom, component=component, quantity=Decimal(quantity))
    center, _created = WorkCenter.objects.get_or_create(
        code="TEST", defaults={"name": "装配", "minute_cost": Decimal("1.5")}
    )
    Operation.objects.create(
        bom=bom, sequence=10, name="装配", work_center=center, setup_minutes=10, unit_minutes=Decimal(minutes)
    )
    return bom


@pytest.fixture
def hinge(cast: Any) -> SimpleNamespace:
    """`hinge.product` takes one `hinge.plate` (10.00) and four `hinge.screw` (0.50 each)."""
    product = make_product("HINGE", name="合页", supply="make", cost="20", price="50")
    plate = make_product("PLATE", name="钢板", cost="10")
    screw = make_product("SCREW", name="螺丝", cost="0.5")
    return SimpleNamespace(product=product, plate=plate, screw=screw, bom=make_bom(product, (plate, "1"), (screw, "4")))


def order_for(product: Product, quantity: str | int, **fields: Any) -> tuple[Any, ProductionOrder]:
    """A sales order for a made product that is not in stock, and the production order that it sets off."""
    sale = make_order((product, quantity), **fields)
    return sale, ProductionOrder.objects.get(request__document_id=sale.pk, product=product)
