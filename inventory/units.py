"""Units in which a product is ordered beside its stock unit: what one 箱 is, and how quantities read in it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.web.formats import qty
from inventory.models import Barcode, Product, ProductUnit

ONE = Decimal(1)
Factors = Mapping[str, Decimal]  # name of the unit → stock units in one


@dataclass(frozen=True, slots=True)
class Pack:
    """A unit as a line keeps it: its name, empty for the stock unit, and how many stock units one is."""

    name: str = ""
    factor: Decimal = ONE


def units_of(product_ids: Collection[int]) -> dict[int, dict[str, Decimal]]:
    """The further units of products, smallest first: name → stock units in one. One query."""
    found: dict[int, dict[str, Decimal]] = {pk: {} for pk in product_ids}
    rows = ProductUnit.objects.filter(product_id__in=product_ids).order_by("factor", "id")
    for product, name, factor in rows.values_list("product_id", "unit__name", "factor"):
        found[product][name] = factor
    return found


def unit_names(product_ids: Collection[int]) -> dict[int, list[str]]:
    """The stock unit of products and their further units, as a list offers them. One query."""
    found: dict[int, list[str]] = {}
    rows = Product.objects.filter(pk__in=product_ids).order_by("pk", "units__factor", "units__id")
    for pk, stock, further in rows.values_list("pk", "unit__name", "units__unit__name"):
        found.setdefault(pk, [stock]).extend([further] if further else [])
    return found


def pack_of(product: Product, name: str, factors: Factors) -> Pack:
    """The unit that was named, among a product's; empty is the stock unit. Raises BusinessError at `unit`."""
    name = name.strip()
    if not name or name == product.unit.name:
        return Pack()
    if name in factors:
        return Pack(name, factors[name])
    raise BusinessError(
        _("%(sku)s has no unit “%(unit)s”.") % {"sku": product.sku, "unit": name},
        hint=_("It is counted in %(units)s.") % {"units": ", ".join([product.unit.name, *factors])},
        code="unknown_unit",
        field="unit",
    )


def scanned(codes: Collection[str]) -> dict[str, tuple[int, str]]:
    """What barcodes mean: product and the name of its unit, empty for the stock unit. One query."""
    rows = Barcode.objects.filter(code__in=codes) if codes else Barcode.objects.none()
    return {
        code: (product, unit or "")
        for code, product, unit in rows.values_list("code", "product_id", "unit__unit__name")
    }


def in_packs(quantity: Decimal, *, unit: str, factor: Decimal, stock_unit: object) -> str:
    """A quantity of stock units as people count it: `2 箱 (24 个)`, `2 箱 6 个 (30 个)`, `6 个`."""
    pieces = qty(quantity, stock_unit)
    if not unit:
        return pieces
    full, rest = divmod(quantity, factor)
    if factor <= 1:  # a smaller unit than the stock's is not broken up
        return f"{qty(quantity / factor, unit)} ({pieces})"
    if not full:
        return pieces
    return " ".join([qty(full, unit), *([qty(rest, stock_unit)] if rest else []), f"({pieces})"])
