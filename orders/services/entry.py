"""Entering and correcting an order."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import Company, User
from erp.money import ZERO, LineAmounts, line_amounts, round_quantity, round_unit_price
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import lock, record_creation, require_writable
from inventory.models import Product, Warehouse
from inventory.services import default_warehouse
from orders.models import Address, Channel, Customer, OrderLine, Project, SalesOrder
from orders.services.checks import run_checks
from orders.services.policies import ask
from orders.services.pricing import PriceAnswer, prices_for
from orders.services.projects import check_project
from orders.services.revisions import keep_revision

MAX_LINES = 500
MOST = Decimal(10) ** 12  # stock units of one line: what the columns hold with room for sums


@dataclass(frozen=True, slots=True)
class LineInput:
    """One line as it was entered, in `unit` (empty: the stock unit) of `factor` stock units each.

    `unit_price` is of one such unit without tax, None takes the price list's. `stated` is what the source says the line
    comes to, so that totals agree with it to the cent; None computes it.
    """

    product: Product
    quantity: Decimal
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    tax_rate: Decimal | None = None
    wish: str = ""
    description: str = ""
    stated: LineAmounts | None = None
    unit: str = ""
    factor: Decimal = Decimal(1)

    @property
    def stock_quantity(self) -> Decimal:
        """The quantity in stock units, as prices and stock count."""
        return self.quantity * self.factor


def input_of(line: OrderLine) -> LineInput:
    """A line of an order as it would be entered again, at its price and in its unit."""
    return LineInput(
        product=line.product,
        quantity=line.sold_quantity,
        unit_price=line.sold_price,
        discount=line.discount,
        tax_rate=line.tax_rate,
        wish=line.wish,
        description=line.description,
        unit=line.pack,
        factor=line.factor if line.pack else Decimal(1),
    )


class DuplicateExternalNumber(BusinessError):
    """The channel has sent an order with this external number before; `order` is that order."""

    code = "duplicate_external_number"

    def __init__(self, order: SalesOrder) -> None:
        super().__init__(
            _("%(external)s of this channel is already there as %(number)s.")
            % {"external": order.external_number, "number": order.number},
            field="external_number",
        )
        self.order = order


def ship_to_of(address: Address | None, customer: Customer) -> dict[str, str]:
    """The snapshot of a delivery address that an order keeps."""
    if address is None:
        return {"recipient": customer.name}
    return {
        "recipient": address.recipient,
        "phone": address.phone,
        "province": address.province,
        "city": address.city,
        "district": address.district,
        "street": address.street,
    }


def validate_lines(lines: Sequence[LineInput], *, staying: Collection[int] = ()) -> None:
    """Refuse what no order can contain. Raises BusinessError whose field is `lines.<index>.<column>`.

    `staying`: ids of products that may be there although they are not sold any more.
    """
    if not lines:
        raise BusinessError(_("The order has no lines."), hint=_("Add at least one product."), field="lines")
    if len(lines) > MAX_LINES:
        raise BusinessError(
            _("An order has at most %(most)s lines.") % {"most": MAX_LINES},
            hint=_("Split it into several orders."),
            field="lines",
        )
    for index, line in enumerate(lines):
        where = f"lines.{index}."
        if not line.product.is_active and line.product.pk not in staying:
            raise BusinessError(_("%(sku)s is not sold any more.") % {"sku": line.product.sku}, field=f"{where}product")
        if line.quantity <= 0 or line.quantity != round_quantity(line.quantity):
            raise BusinessError(
                _("%(sku)s: the quantity must be more than zero, with at most 4 decimals.") % {"sku": line.product.sku},
                field=f"{where}quantity",
            )
        _validate_count(line, where)
        if line.unit_price is not None and line.unit_price < 0:
            raise BusinessError(
                _("%(sku)s: a price cannot be negative.") % {"sku": line.product.sku}, field=f"{where}unit_price"
            )
        if line.discount is not None and not 0 <= line.discount <= 1:
            raise BusinessError(
                _("%(sku)s: a discount is a share between 0 and 1.") % {"sku": line.product.sku},
                field=f"{where}discount",
            )


def _validate_count(line: LineInput, where: str) -> None:
    """Stock is counted in four decimals: what was entered must come to that exactly."""
    pieces = line.stock_quantity
    if line.factor <= 0 or pieces != round_quantity(pieces):
        raise BusinessError(
            _("%(sku)s: %(quantity)s %(unit)s cannot be counted in %(stock_unit)s.")
            % {
                "sku": line.product.sku,
                "quantity": f"{line.quantity.normalize():f}",
                "unit": line.unit,
                "stock_unit": line.product.unit.name,
            },
            hint=_("One is %(factor)s; use fewer decimals.") % {"factor": f"{line.factor.normalize():f}"},
            field=f"{where}quantity",
        )
    if pieces >= MOST:
        raise BusinessError(_("%(sku)s: that is too much.") % {"sku": line.product.sku}, field=f"{where}quantity")


def build_line(
    order: SalesOrder, line: LineInput, answer: PriceAnswer, *, position: int, default_tax: Decimal
) -> OrderLine:
    """Price one line and snapshot what master data may change later."""
    product = line.product
    by_hand = line.unit_price is not None
    price = round_unit_price(line.unit_price if line.unit_price is not None else answer.unit_price * line.factor)
    discount = line.discount if line.discount is not None else (ZERO if by_hand else answer.discount)
    tax_rate = next(rate for rate in (line.tax_rate, product.tax_rate, default_tax) if rate is not None)
    amounts = line.stated or line_amounts(
        quantity=line.quantity, unit_price=price, discount=discount, tax_rate=tax_rate
    )
    # A price that was typed as the rule says it is the rule's price all the same.
    same = round_unit_price(price * (1 - discount)) == round_unit_price(answer.net * line.factor)
    won = answer.rule if same else None
    return OrderLine(
        order=order,
        price_rule=won,
        price_source=won.label[:80] if won else "",
        position=position,
        product=product,
        description=line.description or " ".join(filter(None, [product.name, product.specification])),
        quantity=line.stock_quantity,
        unit=product.unit.name,
        entered_unit=line.unit,
        factor=line.factor,
        entered_price=price if line.unit else None,
        unit_price=round_unit_price(price / line.factor),
        list_price=answer.list_price,
        discount=discount,
        tax_rate=tax_rate,
        untaxed=amounts.untaxed,
        tax=amounts.tax,
        total=amounts.total,
        wish=line.wish,
    )


def build_lines(order: SalesOrder, lines: Sequence[LineInput], *, customer: Customer, on: dt.date) -> list[OrderLine]:
    """Price all lines and set the order's totals from them."""
    answers = prices_for(customer, [(line.product, line.stock_quantity) for line in lines], on=on)
    default_tax = Company.current().default_tax_rate
    rows = [
        build_line(order, line, answer, position=place, default_tax=default_tax)
        for place, (line, answer) in enumerate(zip(lines, answers, strict=True), start=1)
    ]
    order.untaxed = sum((row.untaxed for row in rows), ZERO)
    order.tax = sum((row.tax for row in rows), ZERO)
    order.total = order.untaxed + order.tax
    return rows


@verb
def create_order(
    *,
    customer: Customer,
    channel: Channel,
    lines: Sequence[LineInput],
    by: User | None,
    promised_date: dt.date,
    external_number: str = "",
    warehouse: Warehouse | None = None,
    salesperson: User | None = None,
    address: Address | None = None,
    ship_to: dict[str, str] | None = None,
    priority: int = SalesOrder.Priority.NORMAL,
    customer_note: str = "",
    ordered_at: dt.datetime | None = None,
    hold_reason: str = "",
    currency: str = "",
    rate: Decimal = Decimal(1),
    project: Project | None = None,
) -> SalesOrder:
    """Enter an order: 待处理, priced, checked, and approved by the system where policy allows.

    Amounts in `currency`, empty: the company's. With a `hold_reason` it waits for a person. Raises
    DuplicateExternalNumber, or BusinessError naming the field.
    """
    validate_lines(lines)
    check_project(project, customer)
    ordered_at = ordered_at or timezone.now()
    if promised_date < timezone.localdate(ordered_at):
        raise BusinessError(
            _("The promised date lies before the order date."), hint=_("Choose a later date."), field="promised_date"
        )
    if address is None and ship_to is None:
        address = customer.addresses.order_by("-is_default", "id").first()
    ship_to = ship_to if ship_to is not None else ship_to_of(address, customer)
    order = SalesOrder(
        number=next_number("SO"),
        customer=customer,
        channel=channel,
        external_number=external_number.strip(),
        salesperson=salesperson or customer.owner or by,
        warehouse=warehouse or default_warehouse(),
        priority=priority,
        ordered_at=ordered_at,
        promised_date=promised_date,
        customer_note=customer_note,
        ship_to=ship_to,
        phone_last4=last_four_digits(ship_to.get("phone", "")),
        created_by=by,
        hold_reason=hold_reason[:200],
        currency=currency or Company.current().currency,
        rate=rate,
        project=project,
    )
    rows = build_lines(order, lines, customer=customer, on=timezone.localdate(ordered_at))
    order.arrive()
    _insert(order)
    OrderLine.objects.bulk_create(rows)
    record_creation(order, by=by)
    return order


def _insert(order: SalesOrder) -> None:
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError as error:
        if "external_number" not in str(error):
            raise
        known = SalesOrder.objects.get(channel=order.channel, external_number=order.external_number)
        raise DuplicateExternalNumber(known) from error


def last_four_digits(phone: str) -> str:
    """The last four digits of a phone number, for the portal's look-up; empty when there are fewer."""
    digits = "".join(char for char in phone if char.isdigit())
    return digits[-4:] if len(digits) >= 4 else ""


_HEADER = (
    "promised_date",
    "customer_note",
    "priority",
    "channel",
    "external_number",
    "warehouse",
    "salesperson",
    "project",
)


@verb
def update_order(
    order: SalesOrder,
    *,
    by: User | None,
    version: int,
    lines: Sequence[LineInput] | None = None,
    customer: Customer | None = None,
    ship_to: dict[str, str] | None = None,
    **header: Any,
) -> SalesOrder:
    """Correct an order that is not approved yet, and check it again. `version` is the one that was edited.

    Raises BusinessError (code `version_conflict`) when somebody else saved meanwhile, or when it can't be edited.
    """
    lock(order)
    require_writable(order, by=by)
    if order.status not in SalesOrder.EDITABLE:
        raise BusinessError(
            _("%(number)s is “%(status)s” and cannot be edited any more.")
            % {"number": order.number, "status": order.get_status_display()},
            code="not_editable",
        )
    if order.version != version:
        raise BusinessError(
            _("Somebody else changed %(number)s meanwhile.") % {"number": order.number},
            hint=_("Compare with the current version, then save again."),
            code="version_conflict",
        )
    if unknown := set(header) - set(_HEADER):
        raise TypeError(f"update_order() has no {sorted(unknown)}")
    project, buyer = header.get("project", order.project), customer or order.customer
    if (project, buyer) != (order.project, order.customer):
        check_project(project, buyer)
    keep_revision(order, by=by)
    for name, value in header.items():
        setattr(order, name, value)
    if customer is not None:
        order.customer = customer
    if ship_to is not None:
        order.ship_to, order.phone_last4 = ship_to, last_four_digits(ship_to.get("phone", ""))
    order.version += 1
    if lines is not None:
        validate_lines(lines)
        rows = build_lines(order, lines, customer=order.customer, on=timezone.localdate(order.ordered_at))
        order.lines.all().delete()
        order.save()
        OrderLine.objects.bulk_create(rows)
    else:
        order.save()
    run_checks(order)
    if order.status == SalesOrder.Status.PENDING:  # what people agreed to is not what it is now
        ask([order], by=by, tell=True)
    return order
