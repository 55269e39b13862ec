"""Which of our customers and products a shop means, and its amounts as lines of ours."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.money import CENT, ZERO, LineAmounts, round_unit_price
from inventory.models import Product, Unit
from inventory.services import save_product
from orders.channels.base import BuyerInput, ChannelOrderInput, ItemInput
from orders.models import Channel, ChannelCustomer, ChannelProduct, Contact, Customer
from orders.services import LineInput, create_customer

SHIPPING_SKU = "shipping"  # what charges are called in the table of a channel's products
FREIGHT = "FREIGHT"  # our service product for them unless that table names another
COUNTRY = "86"


class CannotTake(Exception):
    """A delivery must wait for a person: `finding` is a key of DELIVERY_FINDINGS, `values` fill its words."""

    def __init__(self, finding: str, **values: Any) -> None:
        super().__init__(finding)
        self.finding, self.values = finding, values


def customer_for(channel: Channel, buyer: BuyerInput, ship_to: dict[str, str]) -> Customer:
    """The customer who ordered: known to the shop, or found by e-mail or phone, or made. Runs in a transaction."""
    key = _key(buyer)
    if known := _known(channel, key):
        return known
    # Two orders of one new customer at the same moment make one customer: the second waits here and looks again.
    Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    if known := _known(channel, key):
        return known
    customer = _found(buyer) or _make(channel, buyer, ship_to)
    ChannelCustomer.objects.create(channel=channel, external_id=key, customer=customer)
    return customer


def _key(buyer: BuyerInput) -> str:
    if buyer.external_id:
        return buyer.external_id[:200]
    kind, value = ("email", buyer.email.lower()) if buyer.email else ("phone", _digits(buyer.phone) or buyer.name)
    return f"{kind}:{value}"[:200]


def _known(channel: Channel, key: str) -> Customer | None:
    row = ChannelCustomer.objects.select_related("customer").filter(channel=channel, external_id=key).first()
    return row.customer if row else None


def _found(buyer: BuyerInput) -> Customer | None:
    """An active customer with this e-mail address, else with this phone; the oldest. Two queries."""
    active = Customer.objects.filter(is_active=True).order_by("id")
    if buyer.email:
        by_contact = Contact.objects.filter(email__iexact=buyer.email).exclude(email="").values("customer")
        if customer := active.filter((Q(email__iexact=buyer.email) & ~Q(email="")) | Q(pk__in=by_contact)).first():
            return customer
    if phones := _spellings(buyer.phone):
        return active.filter(pk__in=Contact.objects.filter(phone__in=phones).values("customer")).first()
    return None


def _digits(phone: str) -> str:
    return "".join(char for char in phone if char.isdigit())


def _spellings(phone: str) -> list[str]:
    """How a number may stand in our books: as it came, digits only, without the country."""
    digits = _digits(phone)
    if len(digits) < 7:
        return []
    home = digits[len(COUNTRY) :] if digits.startswith(COUNTRY) and len(digits) > 11 else digits
    return list(dict.fromkeys([phone.strip(), digits, home, f"+{COUNTRY}{home}", f"+{COUNTRY} {home}"]))


def _make(channel: Channel, buyer: BuyerInput, ship_to: dict[str, str]) -> Customer:
    name = (buyer.company or buyer.name or ship_to.get("recipient", "") or buyer.email or buyer.phone)[:120]
    if not name:
        raise BusinessError(_("The shop does not say who ordered."), hint=_("Enter the order by hand."))
    return create_customer(
        by=None,
        name=name,
        email=buyer.email[:254],
        owner=channel.salesperson,
        contact={"name": (buyer.name or name)[:60], "phone": buyer.phone[:40], "email": buyer.email[:254]},
        address=fitted(ship_to),
    )


def fitted(ship_to: dict[str, str]) -> dict[str, str]:
    """An address cut to what our columns hold."""
    longest = {"recipient": 60, "phone": 40, "street": 200}
    return {name: value[: longest.get(name, 40)] for name, value in ship_to.items()}


def lines_of(channel: Channel, order: ChannelOrderInput) -> list[LineInput]:
    """The order's lines with our products and the shop's amounts, to the cent.

    Raises CannotTake when a product is not known, an amount is negative, or the lines do not come to the total.
    """
    if not order.items:
        raise CannotTake("empty")
    products = _products(channel, order.items)
    items = list(order.items)
    lines = [_line(products[item.sku], item) for item in items]
    charges = [charge for charge in order.charges if charge.untaxed or charge.tax]
    if charges:
        freight = _freight(channel)
        for charge in charges:
            item = ItemInput(
                sku=SHIPPING_SKU, name=charge.name, quantity=Decimal(1), untaxed=charge.untaxed, tax=charge.tax
            )
            lines.append(_line(freight, item))
    return settle(lines, total=order.total, tax=order.tax)


def _products(channel: Channel, items: Iterable[ItemInput]) -> dict[str, Product]:
    """Our product for every SKU of the shop: what a person said is meant, else our own SKU. Two queries."""
    skus = {item.sku for item in items}
    mapped = ChannelProduct.objects.filter(channel=channel, external_sku__in=skus).select_related("product__unit")
    found = Product.objects.select_related("unit").in_bulk(skus, field_name="sku")
    found |= {row.external_sku: row.product for row in mapped}
    if missing := sorted(skus - set(found)):
        raise CannotTake("sku", skus="、".join(missing), list=missing)
    return found


def _freight(channel: Channel) -> Product:
    """The service product that shipping and fees are billed as; made when it is first needed."""
    named = ChannelProduct.objects.filter(channel=channel, external_sku=SHIPPING_SKU)
    if row := named.select_related("product__unit").first():
        return row.product
    if product := Product.objects.select_related("unit").filter(sku=FREIGHT).first():
        return product
    Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    try:
        with transaction.atomic():
            unit, _made = Unit.objects.get_or_create(name="次")
            return save_product(by=None, sku=FREIGHT, name="运费", name_en="Shipping", unit=unit, kind="service")
    except BusinessError:  # another channel was faster
        return Product.objects.select_related("unit").get(sku=FREIGHT)


def _line(product: Product, item: ItemInput) -> LineInput:
    if item.untaxed < 0 or item.tax < 0 or item.quantity < 0:
        raise CannotTake("negative", name=item.name or item.sku)
    before = item.untaxed / (1 - item.discount) if item.discount < 1 else product.list_price * item.quantity
    rate = (item.tax / item.untaxed).quantize(Decimal("0.0001")) if item.untaxed else ZERO
    return LineInput(
        product=product,
        quantity=item.quantity,
        unit_price=round_unit_price(before / item.quantity),
        discount=item.discount,
        tax_rate=rate,
        wish=item.note[:300],
        description=item.name[:300],
        stated=LineAmounts(untaxed=item.untaxed, tax=item.tax, total=item.untaxed + item.tax),
    )


def settle(lines: list[LineInput], *, total: Decimal, tax: Decimal) -> list[LineInput]:
    """Put the cents that rounding left over onto the largest line, so that tax and total are the shop's.

    Raises CannotTake when more than a cent a line is missing: then something else is wrong.
    """
    most = CENT * len(lines)
    ours = sum((line.stated.total for line in lines if line.stated), ZERO)
    our_tax = sum((line.stated.tax for line in lines if line.stated), ZERO)
    if abs(total - ours) > most:
        raise CannotTake("totals", ours=f"{ours:,.2f}", theirs=f"{total:,.2f}")
    tax_off = tax - our_tax if abs(tax - our_tax) <= most else ZERO
    untaxed_off = total - ours - tax_off
    if not tax_off and not untaxed_off:
        return lines
    place = max(range(len(lines)), key=lambda index: lines[index].stated.total)  # type: ignore[union-attr]
    stated = lines[place].stated
    assert stated is not None
    untaxed, line_tax = stated.untaxed + untaxed_off, stated.tax + tax_off
    if untaxed < 0 or line_tax < 0:
        raise CannotTake("totals", ours=f"{ours:,.2f}", theirs=f"{total:,.2f}")
    mended = LineAmounts(untaxed=untaxed, tax=line_tax, total=untaxed + line_tax)
    return [replace(line, stated=mended) if index == place else line for index, line in enumerate(lines)]
