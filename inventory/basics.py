"""What the inventory cannot live without: units, a warehouse with bins, and the virtual places."""

from inventory.models import AdjustmentReason, Place, Unit, Warehouse
from inventory.services import quarantine_place, virtual_place

UNITS = ["个", "箱", "套", "千克", "米"]
BINS = ["A-01-01", "A-01-02", "A-02-01", "A-02-02", "B-01-01", "B-01-02"]


REASONS = {
    AdjustmentReason.Kind.ADJUST: ["盘点差异", "取样", "期初库存", "录入更正"],
    AdjustmentReason.Kind.SCRAP: ["损坏", "过期", "锈蚀", "客户退货不良"],
}


def ensure_basics() -> None:
    """Make what is missing; what the company has shaped stays as it is."""
    known = set(Unit.objects.filter(name__in=UNITS).values_list("name", flat=True))
    Unit.objects.bulk_create([Unit(name=name) for name in UNITS if name not in known], ignore_conflicts=True)
    for kind in (Place.Kind.SUPPLIER, Place.Kind.CUSTOMER, Place.Kind.PRODUCTION, Place.Kind.ADJUSTMENT):
        virtual_place(kind)
    if not AdjustmentReason.objects.exists():
        AdjustmentReason.objects.bulk_create(
            [AdjustmentReason(kind=kind, name=name) for kind, names in REASONS.items() for name in names],
            ignore_conflicts=True,
        )
    if not Warehouse.objects.exists():
        _make_main_warehouse()


def _make_main_warehouse() -> None:
    warehouse, _created = Warehouse.objects.get_or_create(code="MAIN", defaults={"name": "主仓库"})
    Place.objects.bulk_create(
        [Place(code=f"MAIN-{code}", warehouse=warehouse, pick_order=10 * at) for at, code in enumerate(BINS, start=1)],
        ignore_conflicts=True,
    )
    quarantine_place(warehouse)
