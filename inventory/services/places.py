"""The places that every movement needs: the virtual ones, and where goods arrive."""

from django.utils.translation import gettext as _

from erp.errors import BusinessError
from inventory.models import Place, Warehouse

_CODES = {
    Place.Kind.SUPPLIER: "SUPPLIER",
    Place.Kind.CUSTOMER: "CUSTOMER",
    Place.Kind.PRODUCTION: "PRODUCTION",
    Place.Kind.ADJUSTMENT: "ADJUSTMENT",
}


def virtual_place(kind: str) -> Place:
    """The one place of a virtual kind: supplier, customer, production or adjustment. One query."""
    return Place.objects.get_or_create(code=_CODES[Place.Kind(kind)], defaults={"kind": kind})[0]


def default_warehouse() -> Warehouse:
    """The first active warehouse by code. Raises BusinessError when the company has none."""
    warehouse = Warehouse.objects.filter(is_active=True).first()
    if warehouse is None:
        raise BusinessError(_("There is no active warehouse."), hint=_("Add one in the administration."))
    return warehouse


def receiving_place(warehouse: Warehouse) -> Place:
    """The bin where goods are put first: the first in picking order."""
    place = warehouse.places.filter(kind=Place.Kind.BIN).first()
    if place is None:
        raise BusinessError(
            _("Warehouse %(name)s has no bin.") % {"name": warehouse.name}, hint=_("Add one in the administration.")
        )
    return place


def transit_place() -> Place:
    """Where goods are between two warehouses: the one place of a warehouse of its own that nobody picks from.

    So what is under way has a quantity and a value of its own, like the stock of any warehouse.
    """
    place = Place.objects.filter(kind=Place.Kind.TRANSIT).first()
    if place is None:
        house, _made = Warehouse.objects.get_or_create(code="TRANSIT", defaults={"name": "在途", "is_active": False})
        place, _made = Place.objects.get_or_create(
            code="TRANSIT", defaults={"kind": Place.Kind.TRANSIT, "warehouse": house, "pick_order": 9999}
        )
    return place


def damaged_place(warehouse: Warehouse) -> Place:
    """Where damaged goods lie; made when the warehouse has none."""
    place = warehouse.places.filter(kind=Place.Kind.DAMAGED).first()
    if place is None:
        place = Place.objects.create(
            code=f"{warehouse.code}-D", kind=Place.Kind.DAMAGED, warehouse=warehouse, pick_order=9999
        )
    return place


def quarantine_place(warehouse: Warehouse) -> Place:
    """Where goods wait that may not be sold; made when the warehouse has none."""
    place = warehouse.places.filter(kind=Place.Kind.QUARANTINE).first()
    if place is None:
        place = Place.objects.create(
            code=f"{warehouse.code}-Q", kind=Place.Kind.QUARANTINE, warehouse=warehouse, pick_order=9999
        )
    return place
