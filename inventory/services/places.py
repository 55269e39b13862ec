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


def quarantine_place(warehouse: Warehouse) -> Place:
    """Where goods wait that may not be sold; made when the warehouse has none."""
    place = warehouse.places.filter(kind=Place.Kind.QUARANTINE).first()
    if place is None:
        place = Place.objects.create(
            code=f"{warehouse.code}-Q", kind=Place.Kind.QUARANTINE, warehouse=warehouse, pick_order=9999
        )
    return place
