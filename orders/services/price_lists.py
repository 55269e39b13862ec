"""Price lists and their rules, by hand and from a spreadsheet."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp.documents.cells import RowsRefused, day_of, number_of
from erp.errors import BusinessError
from erp.models import User
from erp.money import ZERO, round_quantity, round_unit_price
from inventory.models import Category, Product
from orders.models import PriceList, PriceRule

MOST_ROWS = 20_000
PER_CENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class RuleInput:
    """One rule: for a product or a category, a price without tax (CNY) or a discount (share)."""

    product: Product | None = None
    category: Category | None = None
    minimum: Decimal = ZERO
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    price: Decimal | None = None
    discount: Decimal | None = None


def save_price_list(
    price_list: PriceList | None, *, by: User | None, name: str, level: str, is_active: bool
) -> PriceList:
    """Make a price list or change one. Raises BusinessError when the name or the level is taken."""
    row = price_list or PriceList()
    others = PriceList.objects.exclude(pk=row.pk)
    if others.filter(name=name).exists():
        raise BusinessError(_("There is a price list of this name."), hint=_("Choose another one."), field="name")
    if level and others.filter(level=level).exists():
        raise BusinessError(
            _("Another price list is for this level."),
            hint=_("A level has one list; change that one first."),
            field="level",
        )
    row.name, row.level, row.is_active = name, level, is_active
    row.save()
    return row


def check_rule(rule: RuleInput) -> None:
    """Refuse what no rule can say. Raises BusinessError naming the field."""
    if (rule.product is None) == (rule.category is None):
        raise BusinessError(_("A rule is for a product or for a category: choose one of them."), field="product")
    if (rule.price is None) == (rule.discount is None):
        raise BusinessError(_("A rule has a price or a discount: fill in one of them."), field="price")
    if rule.minimum < 0:
        raise BusinessError(_("The quantity cannot be negative."), field="minimum")
    if rule.price is not None and (rule.price < 0 or rule.category is not None):
        raise BusinessError(_("A price belongs to a product and is not negative."), field="price")
    if rule.discount is not None and not 0 < rule.discount < 1:
        raise BusinessError(_("A discount lies between 0 and 100 per cent."), field="discount")
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        raise BusinessError(_("The rule ends before it begins."), field="valid_to")


@transaction.atomic
def save_rule(price_list: PriceList, rule: RuleInput, *, by: User | None) -> PriceRule:
    """Add a rule; one for the same thing, quantity and first day is replaced. Orders keep the prices they have."""
    check_rule(rule)
    row, _made = PriceRule.objects.update_or_create(
        price_list=price_list,
        product=rule.product,
        category=rule.category,
        minimum=round_quantity(rule.minimum),
        valid_from=rule.valid_from,
        defaults={
            "valid_to": rule.valid_to,
            "price": None if rule.price is None else round_unit_price(rule.price),
            "discount": rule.discount,
        },
    )
    return row


@transaction.atomic
def remove_rule(rule: PriceRule, *, by: User | None) -> None:
    """Delete a rule; order lines keep its price and its name."""
    rule.delete()


@transaction.atomic
def import_rules(price_list: PriceList, rows: Iterable[tuple[int, Sequence[str]]], *, by: User | None) -> int:
    """Add or replace rules from rows (number, cells in the order of the export); returns how many.

    All or nothing: raises RowsRefused with every bad row.
    """
    cells = [(number, [*row, *[""] * 7][:7]) for number, row in rows]
    if len(cells) > MOST_ROWS:
        raise BusinessError(_("A file has at most %(most)s rules.") % {"most": MOST_ROWS}, field="file")
    products = {row.sku: row for row in Product.objects.filter(sku__in={row[0].strip() for _n, row in cells})}
    categories = {row.name: row for row in Category.objects.filter(name__in={row[1].strip() for _n, row in cells})}
    rules, bad = [], []
    for number, row in cells:
        try:
            rule = _rule_of(row, products, categories)
            check_rule(rule)
            rules.append(rule)
        except BusinessError as refusal:
            bad.append((number, refusal.message))
    if bad:
        raise RowsRefused(bad)
    for rule in rules:
        save_rule(price_list, rule, by=by)
    return len(rules)


def _rule_of(row: Sequence[str], products: dict[str, Product], categories: dict[str, Category]) -> RuleInput:
    sku, category, minimum, valid_from, valid_to, price, discount = (cell.strip() for cell in row)
    if sku and sku not in products:
        raise BusinessError(_("There is no product %(sku)s.") % {"sku": sku})
    if category and category not in categories:
        raise BusinessError(_("There is no category %(name)s.") % {"name": category})
    share = number_of(discount)
    return RuleInput(
        product=products[sku] if sku else None,
        category=categories[category] if category else None,
        minimum=number_of(minimum) or ZERO,
        valid_from=day_of(valid_from),
        valid_to=day_of(valid_to),
        price=number_of(price),
        discount=None if share is None else share / PER_CENT,
    )


def row_of(rule: PriceRule) -> tuple[Any, ...]:
    """A rule as a row of the spreadsheet; product and category are to be loaded."""
    return (
        rule.product.sku if rule.product else "",
        rule.category.name if rule.category else "",
        rule.minimum,
        rule.valid_from,
        rule.valid_to,
        rule.price,
        rule.discount * PER_CENT if rule.discount is not None else None,
    )
