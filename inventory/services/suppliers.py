"""Suppliers and what they ask: saved by hand, and taken from a spreadsheet."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from erp.documents.cells import RowsRefused, day_of, number_of
from erp.errors import BusinessError
from erp.models import User
from erp.money import ZERO, round_quantity, round_unit_price
from erp.taxnumber import clean_tax_number, validate_tax_number
from inventory.models import Product, Supplier, SupplierContact, SupplierPrice

MOST_ROWS = 20_000
COLUMNS = 9
YES = {"1", "yes", "true", "是", "y"}
FIELDS = {
    *("code", "name", "tax_number", "contact", "phone", "email", "address", "bank", "currency"),
    *("payment_days", "terms", "lead_days", "minimum_amount", "note", "is_active"),
}


@dataclass(frozen=True, slots=True)
class ContactInput:
    """One more person at a supplier."""

    name: str
    duty: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class PriceInput:
    """What a supplier asks for a product (without tax, in its currency), from `minimum` stock units on."""

    product: Product
    price: Decimal
    minimum: Decimal = ZERO
    pack: Decimal = ZERO
    supplier_sku: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    lead_days: int | None = None
    is_preferred: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What a spreadsheet of prices brought, or would bring: rows that are new, changed, and as they were."""

    added: int
    changed: int
    same: int


@transaction.atomic
def save_supplier(
    supplier: Supplier | None, *, by: User | None, contacts: Sequence[ContactInput] | None = None, **values: Any
) -> Supplier:
    """Make a supplier or change one; `contacts`, where given, replace the further people.

    Raises BusinessError at the field that is wrong.
    """
    row = supplier or Supplier()
    for name, value in values.items():
        assert name in FIELDS, name
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    row.currency = (row.currency or "CNY").upper()
    row.tax_number = clean_tax_number(row.tax_number)
    _check_supplier(row)
    row.save()
    if contacts is not None:
        row.contacts.all().delete()
        SupplierContact.objects.bulk_create(
            SupplierContact(
                supplier=row,
                name=one.name.strip(),
                duty=one.duty.strip(),
                phone=one.phone.strip(),
                email=one.email.strip(),
            )
            for one in contacts
            if one.name.strip()
        )
    return row


def _check_supplier(row: Supplier) -> None:
    if not row.code or not row.name:
        field = "name" if row.code else "code"
        raise BusinessError(_("A supplier has a code and a name."), field=field)
    if Supplier.objects.exclude(pk=row.pk).filter(code=row.code).exists():
        raise BusinessError(_("There is a supplier with this code."), hint=_("Choose another one."), field="code")
    if "/" in row.code:
        raise BusinessError(_("A code has no “/” in it."), field="code")
    if row.tax_number:
        try:
            validate_tax_number(row.tax_number)
        except ValidationError as error:
            raise BusinessError(error.messages[0], field="tax_number") from error
        twin = Supplier.objects.exclude(pk=row.pk).filter(tax_number=row.tax_number).first()
        if twin is not None:
            raise BusinessError(
                _("%(name)s has this tax number already.") % {"name": f"{twin.code} {twin.name}"}, field="tax_number"
            )
    if len(row.currency) != 3 or not (row.currency.isascii() and row.currency.isalpha()):
        raise BusinessError(_("A currency has three letters, such as CNY or USD."), field="currency")
    if row.minimum_amount < 0:
        raise BusinessError(_("The amount cannot be less than zero."), field="minimum_amount")


def _check_price(one: PriceInput) -> None:
    numbers = (one.price, one.minimum, one.pack)
    if not all(number.is_finite() and number >= 0 for number in numbers):
        raise BusinessError(_("Prices and quantities cannot be less than zero."), field="price")
    if one.valid_from and one.valid_to and one.valid_to < one.valid_from:
        raise BusinessError(_("The price ends before it begins."), field="valid_to")
    if not one.product.is_stocked:
        raise BusinessError(_("%(sku)s is a service.") % {"sku": one.product.sku}, field="product")


def _values(one: PriceInput) -> dict[str, Any]:
    return {
        "supplier_sku": one.supplier_sku.strip(),
        "price": round_unit_price(one.price),
        "pack": round_quantity(one.pack),
        "valid_to": one.valid_to,
        "lead_days": one.lead_days,
        "is_preferred": one.is_preferred,
    }


@transaction.atomic
def save_price(supplier: Supplier, one: PriceInput, *, by: User | None) -> SupplierPrice:
    """Add a price; the one for the same product, quantity and first day is replaced. Orders keep what they have.

    A product has one preferred supplier: the others cease to be it. Raises BusinessError.
    """
    _check_price(one)
    row, _made = SupplierPrice.objects.update_or_create(
        supplier=supplier,
        product=one.product,
        minimum=round_quantity(one.minimum),
        valid_from=one.valid_from,
        defaults=_values(one),
    )
    if one.is_preferred:
        _prefer(supplier, [one.product.pk])
    return row


def _prefer(supplier: Supplier, product_ids: Sequence[int]) -> None:
    rows = SupplierPrice.objects.filter(product__in=product_ids, is_preferred=True).exclude(supplier=supplier)
    rows.update(is_preferred=False)


@transaction.atomic
def remove_price(row: SupplierPrice, *, by: User | None) -> None:
    """Delete a price; purchase orders keep theirs."""
    row.delete()


@transaction.atomic
def import_prices(
    supplier: Supplier, rows: Iterable[tuple[int, Sequence[str]]], *, by: User | None, only_check: bool = False
) -> Taken:
    """Add or replace a supplier's prices from rows (number, cells in the order of the export), a handful of queries.

    All or nothing: raises RowsRefused with every bad row. With `only_check` nothing is written.
    """
    cells = [(number, [*row, *[""] * COLUMNS][:COLUMNS]) for number, row in rows]
    if len(cells) > MOST_ROWS:
        raise BusinessError(_("A file has at most %(most)s prices.") % {"most": MOST_ROWS}, field="file")
    inputs = _inputs(cells)
    known = {
        (row.product_id, row.minimum, row.valid_from): row
        for row in SupplierPrice.objects.filter(supplier=supplier).select_for_update().order_by("id")
    }
    made, changed, same = [], [], 0
    for key, one in inputs.items():
        row = known.get(key)
        values = _values(one)
        if row is None:
            made.append(
                SupplierPrice(supplier=supplier, product=one.product, minimum=key[1], valid_from=key[2], **values)
            )
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
        else:
            same += 1
    if not only_check:
        SupplierPrice.objects.bulk_create(made)
        SupplierPrice.objects.bulk_update(changed, list(_values(next(iter(inputs.values())))), batch_size=1000)
        _prefer(supplier, [one.product.pk for one in inputs.values() if one.is_preferred])
    return Taken(len(made), len(changed), same)


def _inputs(cells: list[tuple[int, list[str]]]) -> dict[tuple[int, Decimal, dt.date | None], PriceInput]:
    """The rows as prices, by what makes them one. Raises RowsRefused."""
    products = {row.sku: row for row in Product.objects.filter(sku__in={row[0].strip() for _number, row in cells})}
    found: dict[tuple[int, Decimal, dt.date | None], PriceInput] = {}
    bad = []
    for number, row in cells:
        try:
            one = _price_of(row, products)
            _check_price(one)
            key = (one.product.pk, round_quantity(one.minimum), one.valid_from)
            if key in found:
                raise BusinessError(_("The same product, quantity and first day stand in a row above."))
            found[key] = one
        except BusinessError as refusal:
            bad.append((number, refusal.message))
    if bad:
        raise RowsRefused(bad)
    if not found:
        raise BusinessError(
            _("The file has no prices."), hint=_("Below the headings one row is one price."), field="file"
        )
    return found


def _price_of(row: Sequence[str], products: dict[str, Product]) -> PriceInput:
    sku, own, price, minimum, pack, valid_from, valid_to, days, preferred = (cell.strip() for cell in row)
    if sku not in products:
        raise BusinessError(_("There is no product %(sku)s.") % {"sku": sku or "—"})
    asked, lead = number_of(price), number_of(days)
    if asked is None:
        raise BusinessError(_("The price is missing."))
    if lead is not None and (lead != lead.to_integral_value() or not 0 <= lead <= 3650):
        raise BusinessError(_("“%(text)s” is not a number of days.") % {"text": days})
    return PriceInput(
        product=products[sku],
        supplier_sku=own[:60],
        price=asked,
        minimum=number_of(minimum) or ZERO,
        pack=number_of(pack) or ZERO,
        valid_from=day_of(valid_from),
        valid_to=day_of(valid_to),
        lead_days=None if lead is None else int(lead),
        is_preferred=preferred.lower() in YES,
    )


def row_of(row: SupplierPrice) -> tuple[Any, ...]:
    """A price as a row of the spreadsheet; its product is to be loaded."""
    return (
        row.product.sku,
        row.supplier_sku,
        row.price,
        row.minimum,
        row.pack,
        row.valid_from,
        row.valid_to,
        row.lead_days,
        _("yes") if row.is_preferred else "",
    )
