"""The further units and the barcodes of a product."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db.models import RestrictedError
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.money import round_quantity
from inventory.models import Barcode, Product, ProductUnit, Unit

MOST = Decimal(10) ** 9


def replace_units(product: Product, factors: Mapping[str, Decimal]) -> None:
    """Set a product's further units: name → stock units in one. What was ordered in them before stays as it was.

    Raises BusinessError at `units`.
    """
    wanted = {name.strip(): factor for name, factor in factors.items() if name.strip()}
    for name, factor in wanted.items():
        _check(product, name, factor)
    names = {unit.name: unit for unit in Unit.objects.filter(name__in=wanted)}
    for name in wanted.keys() - names.keys():
        names[name] = Unit.objects.get_or_create(name=name)[0]
    known = {row.unit_id: row for row in product.units.select_related("unit")}
    kept = {names[name].pk for name in wanted}
    try:
        product.units.exclude(unit_id__in=kept).delete()
    except RestrictedError as error:
        codes = sorted(str(row) for row in error.restricted_objects)
        raise BusinessError(
            _("The barcode %(code)s is of a unit that you take away.") % {"code": codes[0]},
            hint=_("Change or remove the barcode too."),
            field="units",
        ) from error
    for name, factor in wanted.items():
        row = known.get(names[name].pk) or ProductUnit(product=product, unit=names[name])
        if row.factor != factor:
            row.factor = factor
            row.save()


def _check(product: Product, name: str, factor: Decimal) -> None:
    if name == product.unit.name:
        raise BusinessError(
            _("%(unit)s is the stock unit already.") % {"unit": name},
            hint=_("Write only the other units here."),
            field="units",
        )
    if len(name) > (Unit._meta.get_field("name").max_length or 0):
        raise BusinessError(_("The name of the unit “%(unit)s” is too long.") % {"unit": name}, field="units")
    if not 0 < factor < MOST or factor != round_quantity(factor):
        raise BusinessError(
            _("How many %(stock_unit)s is one %(unit)s? A number above zero, with at most 4 decimals.")
            % {"stock_unit": product.unit.name, "unit": name},
            field="units",
        )


def replace_barcodes(product: Product, codes: Iterable[str | tuple[str, str]]) -> None:
    """Set a product's barcodes; a pair names the unit of which the code is. Raises BusinessError at `barcodes`."""
    pairs = (one if isinstance(one, tuple) else (one, "") for one in codes)
    wanted = {code.strip(): unit.strip() for code, unit in pairs if code.strip()}
    taken = Barcode.objects.filter(code__in=wanted).exclude(product=product).select_related("product").first()
    if taken is not None:
        raise BusinessError(
            _("Barcode %(code)s belongs to %(product)s.") % {"code": taken.code, "product": taken.product},
            field="barcodes",
        )
    units = {row.unit.name: row for row in product.units.select_related("unit")}
    rows = {code: _unit(product, code, name, units) for code, name in wanted.items()}
    product.barcodes.exclude(code__in=wanted).delete()
    known = {row.code: row for row in product.barcodes.all()}
    for code, row in known.items():
        unit = rows[code]
        if row.unit_id != (unit.pk if unit else None):
            row.unit = unit
            row.save(update_fields=["unit"])
    Barcode.objects.bulk_create(
        [Barcode(product=product, code=code, unit=unit) for code, unit in rows.items() if code not in known]
    )


def _unit(product: Product, code: str, name: str, units: Mapping[str, ProductUnit]) -> ProductUnit | None:
    if not name or name == product.unit.name:
        return None
    if name not in units:
        raise BusinessError(
            _("Barcode %(code)s: the product has no unit “%(unit)s”.") % {"code": code, "unit": name},
            hint=_("Write the unit with its number into the field above first."),
            field="barcodes",
        )
    return units[name]
