"""A small company that can take one order the whole way: three products, stock, a bill of materials."""

from decimal import Decimal
from types import SimpleNamespace

from inventory.models import Barcode, Product
from inventory.services.products import ProductInput, save_products
from production.models import BillOfMaterials, BomLine, Operation, WorkCenter
from shipping.models import Carrier
from tests.cast import put_in_stock

WEBHOOK_SECRET = "carrier-secret"


def open_company() -> SimpleNamespace:
    """`bolt` and `glue` lie in stock; `hinge` is made of `plate` and `screw`, which do. SF reports by webhook."""
    wanted = {
        "bolt": ProductInput(sku="LS-M8-40", name="六角螺栓 M8×40", unit="个", list_price=Decimal("12.50")),
        "glue": ProductInput(sku="JS-500", name="结构胶 500ml", unit="支", list_price=Decimal("38")),
        "hinge": ProductInput(
            sku="HY-4", name="不锈钢合页 4 寸", unit="个", list_price=Decimal("85"), supply=Product.Supply.MAKE
        ),
        "plate": ProductInput(sku="GB-1", name="钢板", unit="块", list_price=Decimal("20")),
        "screw": ProductInput(sku="LD-4", name="螺钉", unit="个", list_price=Decimal("1")),
    }
    by_sku = save_products(list(wanted.values()), by=None)
    products = SimpleNamespace(**{name: by_sku[one.sku] for name, one in wanted.items()})
    for name, quantity in {"bolt": 2000, "glue": 500, "plate": 1000, "screw": 5000}.items():
        put_in_stock(getattr(products, name), quantity, cost="5")
    Barcode.objects.create(product=products.glue, code="6901234567892")
    _bill_of_materials(products)
    Carrier.objects.filter(code="SF").update(secret=WEBHOOK_SECRET, adapter="signed")
    return products


def _bill_of_materials(products: SimpleNamespace) -> None:
    bom = BillOfMaterials.objects.create(product=products.hinge, version=1)
    BomLine.objects.create(bom=bom, component=products.plate, quantity=Decimal(1))
    BomLine.objects.create(bom=bom, component=products.screw, quantity=Decimal(4))
    center = WorkCenter.objects.create(code="ZP", name="装配", minute_cost=Decimal("1.5"))
    Operation.objects.create(
        bom=bom, sequence=10, name="装配", work_center=center, setup_minutes=10, unit_minutes=Decimal(2)
    )
