"""What shipping cannot live without: carriers and their services."""

from shipping.models import Carrier, CarrierService

# code: name, phone, whether we number the parcels, services (code, name, days in transit)
CARRIERS: dict[str, tuple[str, str, bool, list[tuple[str, str, int]]]] = {
    "SF": ("顺丰速运", "95338", False, [("express", "特快", 1), ("standard", "标快", 2), ("freight", "重货包裹", 3)]),
    "ZTO": ("中通快递", "95311", False, [("standard", "标准快递", 3)]),
    "DB": ("德邦物流", "95353", False, [("ltl", "精准卡航", 3), ("standard", "精准汽运", 5)]),
    "PICKUP": ("客户自提", "", True, [("pickup", "上门自提", 0)]),
}


def ensure_basics() -> None:
    """Make the usual carriers where none exists; what the company has shaped stays as it is."""
    if Carrier.objects.exists():
        return
    for code, (name, phone, own_numbers, services) in CARRIERS.items():
        carrier, _created = Carrier.objects.get_or_create(
            code=code, defaults={"name": name, "phone": phone, "own_numbers": own_numbers}
        )
        CarrierService.objects.bulk_create(
            [CarrierService(carrier=carrier, code=c, name=n, transit_days=d) for c, n, d in services],
            ignore_conflicts=True,
        )
