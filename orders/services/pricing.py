"""Which price holds for a customer, a product, a quantity and a day: exactly one rule wins."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from erp.money import ZERO
from inventory.models import Product
from orders.models import Customer, PriceRule


@dataclass(frozen=True, slots=True)
class PriceAnswer:
    """A price without tax in CNY for one stock unit, a discount (share), the list price, and the rule that won."""

    unit_price: Decimal
    list_price: Decimal
    discount: Decimal = ZERO
    rule: PriceRule | None = None

    @property
    def net(self) -> Decimal:
        """What one unit really costs, less the discount."""
        return self.unit_price * (1 - self.discount)


def prices_for(
    customer: Customer | None, wanted: Sequence[tuple[Product, Decimal]], *, on: dt.date
) -> list[PriceAnswer]:
    """Price several products at once, in one query or none.

    The customer's own list beats the list of its level; then a rule for the product beats one for its category; among
    those, the one with the highest minimum quantity wins, then the newest.
    """
    rules: list[PriceRule] = []
    if customer is not None:
        lists = Q(price_list__level=customer.level)
        if customer.price_list_id is not None:
            lists |= Q(price_list_id=customer.price_list_id)
        rules = list(
            PriceRule.objects.filter(lists, price_list__is_active=True)
            .select_related("price_list")
            .filter(
                Q(product_id__in={product.pk for product, _quantity in wanted})
                | Q(category_id__in={product.category_id for product, _quantity in wanted})
            )
            .filter(Q(valid_from=None) | Q(valid_from__lte=on), Q(valid_to=None) | Q(valid_to__gte=on))
        )
    own = customer.price_list_id if customer is not None else None
    return [_answer(product, quantity, rules, own) for product, quantity in wanted]


def price_for(customer: Customer | None, product: Product, quantity: Decimal, *, on: dt.date) -> PriceAnswer:
    """Price one product; see `prices_for`."""
    return prices_for(customer, [(product, quantity)], on=on)[0]


def _answer(product: Product, quantity: Decimal, rules: Sequence[PriceRule], own: int | None) -> PriceAnswer:
    fitting = [
        rule
        for rule in rules
        if rule.minimum <= quantity
        and (rule.product_id == product.pk or (rule.category_id and rule.category_id == product.category_id))
    ]
    if not fitting:
        return PriceAnswer(unit_price=product.list_price, list_price=product.list_price)
    rule = max(fitting, key=lambda row: (row.price_list_id == own, row.product_id is not None, row.minimum, row.pk))
    return PriceAnswer(
        unit_price=rule.price if rule.price is not None else product.list_price,
        list_price=product.list_price,
        discount=rule.discount or ZERO,
        rule=rule,
    )
