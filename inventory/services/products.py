"""Products: saved with the pinyin that search needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pghistory
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from pypinyin import Style, lazy_pinyin, load_phrases_dict

from erp.errors import BusinessError
from erp.models import User
from erp.money import ZERO
from inventory.models import Category, Product, StockItem, SupplyRequest, Unit
from inventory.services.units import replace_barcodes, replace_units

# Addresses below /inventory/products/ that are pages, not products.
_RESERVED_SKUS = {"new", "search.json"}

# Words of the trade whose characters have several readings, and which the dictionary reads otherwise.
load_phrases_dict(
    {
        "垫圈": [["diàn"], ["quān"]],
        "弹垫": [["tán"], ["diàn"]],
        "加长": [["jiā"], ["cháng"]],
        "长螺": [["cháng"], ["luó"]],
        "调质": [["tiáo"], ["zhì"]],
        "调压": [["tiáo"], ["yā"]],
        "调速": [["tiáo"], ["sù"]],
        "调温": [["tiáo"], ["wēn"]],
        "调光": [["tiáo"], ["guāng"]],
    }
)


@dataclass(frozen=True, slots=True)
class ProductInput:
    """A product as an import brings it. Prices without tax, in the company's currency; names instead of rows."""

    sku: str
    name: str
    unit: str = "个"
    category: str = ""
    specification: str = ""
    name_en: str = ""
    list_price: Decimal = ZERO
    standard_cost: Decimal = ZERO
    supply: str = Product.Supply.BUY
    kind: str = Product.Kind.GOODS


def pinyin_of(name: str) -> tuple[str, str]:
    """How a name is typed: the whole pinyin and its initials; letters and digits stay as they are."""
    whole = "".join(lazy_pinyin(name)).replace(" ", "")
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).replace(" ", "")
    return whole.lower()[:400], initials.lower()[:100]


@transaction.atomic
def save_product(
    *,
    by: User | None,
    product: Product | None = None,
    barcodes: Iterable[str | tuple[str, str]] | None = None,
    units: Mapping[str, Decimal] | None = None,
    **fields: Any,
) -> Product:
    """Make a product, or change one. Quantities in its stock unit.

    `units` replaces its further units (name → stock units in one), `barcodes` its barcodes (a pair: code and unit).
    Raises BusinessError (with the field) when something about it cannot be.
    """
    product = product or Product()
    if product.pk:
        _refuse_breaking_changes(product, fields)
    for name, value in fields.items():
        setattr(product, name, value)
    product.sku, product.name = product.sku.strip(), product.name.strip()
    product.pinyin, product.initials = pinyin_of(product.name)
    _check(product)
    # A trigger writes the history of the fields; the context says who changed them.
    with pghistory.context(user=by.pk if by else None):
        product.save()
    codes = None if barcodes is None else list(barcodes)
    if units is not None:
        if codes is not None:  # a unit that goes may lose its barcodes at the same time
            of_units = [one[0] for one in codes if isinstance(one, tuple)]
            product.barcodes.exclude(code__in=of_units).update(unit=None)
        replace_units(product, units)
    if codes is not None:
        replace_barcodes(product, codes)
    return product


def _refuse_breaking_changes(product: Product, fields: dict[str, Any]) -> None:
    """Stock and needs are counted in the stock unit: neither it nor the kind may change under them."""
    before = Product.objects.get(pk=product.pk)
    unit = fields.get("unit", before.unit)
    kind = fields.get("kind", before.kind)
    if unit == before.unit and kind == before.kind:
        return
    in_stock = StockItem.objects.filter(product=product, on_hand__gt=0).exists()
    wanted = SupplyRequest.objects.filter(product=product, status=SupplyRequest.Status.OPEN).exists()
    if in_stock or wanted:
        raise BusinessError(
            _("%(product)s is in stock or on order; its unit and kind cannot change.") % {"product": before},
            hint=_("Make a new product, or use up the stock first."),
            field="unit" if unit != before.unit else "kind",
        )


def _check(product: Product) -> None:
    if product.sku.lower() in _RESERVED_SKUS or not product.sku.isprintable():
        raise BusinessError(_("This SKU cannot be used."), hint=_("Choose another one."), field="sku")
    for field in ("minimum", "reorder_point", "list_price", "standard_cost"):
        if (getattr(product, field) or ZERO) < 0:
            raise BusinessError(_("This cannot be less than zero."), field=field)
    if product.tax_rate is not None and not 0 <= product.tax_rate < 1:
        raise BusinessError(
            _("A tax rate is a share between 0 and 1."), hint=_("13 % is written 0.13."), field="tax_rate"
        )
    try:
        product.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise BusinessError(" ".join(messages), field="" if field == NON_FIELD_ERRORS else field) from error


@transaction.atomic
def save_products(inputs: Sequence[ProductInput], *, by: User | None) -> dict[str, Product]:
    """Make the products that do not exist yet, with their units and categories; six queries however many.

    Returns every named product by SKU. Existing ones stay as they are: the company's master data wins over an import.
    Raises BusinessError when one of them cannot be; then none is made.
    """
    by_sku = {one.sku.strip(): one for one in inputs}
    known = Product.objects.in_bulk(list(by_sku), field_name="sku")
    missing = [one for sku, one in by_sku.items() if sku not in known]
    units = _named(Unit, {one.unit for one in missing})
    categories = _named(Category, {one.category for one in missing if one.category})
    fresh = [_build(one, unit=units[one.unit], category=categories.get(one.category)) for one in missing]
    Product.objects.bulk_create(fresh, ignore_conflicts=True)
    return known | Product.objects.in_bulk([one.sku.strip() for one in missing], field_name="sku")


def _named(model: Any, names: set[str]) -> dict[str, Any]:
    """Rows of a table of names, made where missing."""
    model.objects.bulk_create([model(name=name) for name in sorted(names)], ignore_conflicts=True)
    return model.objects.in_bulk(list(names), field_name="name")


def _build(one: ProductInput, *, unit: Unit, category: Category | None) -> Product:
    pinyin, initials = pinyin_of(one.name)
    product = Product(
        sku=one.sku.strip(),
        name=one.name.strip(),
        name_en=one.name_en,
        specification=one.specification,
        unit=unit,
        category=category,
        list_price=one.list_price,
        standard_cost=one.standard_cost,
        supply=one.supply,
        kind=one.kind,
        pinyin=pinyin,
        initials=initials,
    )
    try:
        product.clean_fields(exclude=["unit", "category"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise BusinessError(f"{one.sku}: {' '.join(messages)}", field=field) from error
    return product
