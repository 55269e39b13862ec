"""Entering an order: prices, totals, checks, automatic approval, refusals."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import timezone

from erp.errors import BusinessError
from erp.models import Company, StatusChange
from inventory.models import Reservation
from orders.models import Channel, OrderCheck, PriceList, PriceRule, SalesOrder
from orders.services import DuplicateExternalNumber, LineInput, create_order, update_order
from tests.cast import make_order, make_product, put_in_stock


def severities(order: SalesOrder) -> dict[str, str]:
    return dict(order.checks.values_list("code", "severity"))


def test_totals_are_rounded_per_line_then_summed(cast: SimpleNamespace) -> None:
    first, second = make_product(price="0.333333"), make_product(price="19.995")
    order = make_order((first, 7), (second, 1), customer=cast.alpha, by=cast.sales)
    lines = list(order.lines.all())
    assert [(line.untaxed, line.tax) for line in lines] == [
        (Decimal("2.33"), Decimal("0.30")),
        (Decimal("20.00"), Decimal("2.60")),
    ]
    assert (order.untaxed, order.tax, order.total) == (Decimal("22.33"), Decimal("2.90"), Decimal("25.23"))


def test_small_order_with_every_check_passed_is_approved_and_ready(cast: SimpleNamespace) -> None:
    product = make_product(price="100")
    put_in_stock(product, 10)
    order = make_order((product, 4), customer=cast.alpha, by=cast.sales)
    order.refresh_from_db()
    assert order.status == "ready_to_ship"
    assert set(severities(order).values()) == {"pass"}
    assert Reservation.objects.get().quantity == 4
    moves = StatusChange.objects.filter(document_type="orders.SalesOrder").order_by("id")
    assert [(move.transition, move.by) for move in moves] == [
        ("create", cast.sales),
        ("approve", None),
        ("make_ready", None),
    ]
    assert order.approvals.get().decided_by is None


def test_order_above_the_limit_waits_for_a_person(cast: SimpleNamespace) -> None:
    product = make_product(price="100000")
    put_in_stock(product, 10)
    order = make_order((product, 1), customer=cast.alpha, by=cast.sales)
    assert order.status == "pending"
    assert not Reservation.objects.exists()


def test_a_warning_keeps_the_system_from_approving(cast: SimpleNamespace) -> None:
    product = make_product(price="100")
    put_in_stock(product, 10)
    order = create_order(
        customer=cast.alpha,
        channel=Channel.objects.get(code="phone"),
        lines=[LineInput(product=product, quantity=Decimal(1), unit_price=Decimal("50"))],
        by=cast.sales,
        promised_date=timezone.localdate(),
    )
    assert order.status == "pending"
    assert severities(order)["price"] == OrderCheck.Severity.WARN
    assert product.sku in order.checks.get(code="price").message


def test_credit_limit_counts_open_orders(cast: SimpleNamespace) -> None:
    cast.alpha.credit_limit = Decimal("500.00")
    cast.alpha.save()
    product = make_product(price="100")
    put_in_stock(product, 10)
    first = make_order((product, 3), customer=cast.alpha, by=cast.sales)
    second = make_order((product, 2), customer=cast.alpha, by=cast.sales)
    assert severities(first)["credit"] == "pass"
    assert severities(second)["credit"] == "warn"
    assert second.status == "pending"


def test_same_order_twice_is_noticed(cast: SimpleNamespace) -> None:
    product = make_product()
    make_order((product, 3), customer=cast.alpha, by=cast.sales)
    twin = make_order((product, 3), customer=cast.alpha, by=cast.sales)
    assert severities(twin)["duplicate"] == "warn"


def test_incomplete_address_blocks(cast: SimpleNamespace) -> None:
    cast.alpha.addresses.all().delete()
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    check = order.checks.get(code="address")
    assert check.severity == "block"
    assert check.fix_url == f"/orders/{order.number}/edit/"


def test_price_list_rule_with_the_highest_minimum_wins(cast: SimpleNamespace) -> None:
    product = make_product(price="100")
    prices = PriceList.objects.create(name="大客户")
    PriceRule.objects.create(price_list=prices, product=product, minimum=Decimal(1), discount=Decimal("0.02"))
    PriceRule.objects.create(price_list=prices, product=product, minimum=Decimal(10), price=Decimal("91.5"))
    cast.alpha.price_list = prices
    cast.alpha.save()
    few, many = (make_order((product, n), customer=cast.alpha, by=cast.sales).lines.get() for n in (9, 10))
    assert (few.unit_price, few.discount) == (Decimal(100), Decimal("0.02"))
    assert (many.unit_price, many.discount) == (Decimal("91.5"), Decimal(0))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": Decimal(0)}, "lines.0.quantity"),
        ({"quantity": Decimal("1.00001")}, "lines.0.quantity"),
        ({"unit_price": Decimal(-1)}, "lines.0.unit_price"),
        ({"discount": Decimal("1.5")}, "lines.0.discount"),
    ],
)
def test_bad_lines_are_refused_with_their_place(cast: SimpleNamespace, change: dict, field: str) -> None:
    line = LineInput(**{"product": make_product(), "quantity": Decimal(1), **change})
    with pytest.raises(BusinessError) as refusal:
        create_order(
            customer=cast.alpha,
            channel=Channel.objects.get(code="phone"),
            lines=[line],
            by=cast.sales,
            promised_date=timezone.localdate(),
        )
    assert refusal.value.field == field
    assert not SalesOrder.objects.exists()


def test_order_without_lines_and_with_a_past_date_is_refused(cast: SimpleNamespace) -> None:
    with pytest.raises(BusinessError, match=r".") as refusal:
        make_order(customer=cast.alpha, by=cast.sales)
    assert refusal.value.field == "lines"
    with pytest.raises(BusinessError) as refusal:
        make_order((make_product(), 1), customer=cast.alpha, promised_date=timezone.localdate() - dt.timedelta(days=1))
    assert refusal.value.field == "promised_date"


def test_same_external_number_is_one_order(cast: SimpleNamespace) -> None:
    product = make_product()
    first = make_order((product, 1), customer=cast.alpha, external_number="A-1")
    with pytest.raises(DuplicateExternalNumber) as refusal:
        make_order((product, 2), customer=cast.alpha, external_number="A-1")
    assert refusal.value.order == first
    assert SalesOrder.objects.count() == 1


def test_correction_replaces_lines_and_checks_again(cast: SimpleNamespace, no_auto_approval: None) -> None:
    product = make_product(price="100")
    order = make_order((product, 1), customer=cast.alpha, by=cast.sales)
    update_order(
        order,
        by=cast.sales,
        version=1,
        lines=[LineInput(product=product, quantity=Decimal(3))],
        customer_note="轻放",
    )
    order.refresh_from_db()
    assert (order.total, order.version, order.customer_note) == (Decimal("339.00"), 2, "轻放")


def test_correction_of_an_old_version_is_refused(cast: SimpleNamespace, no_auto_approval: None) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    update_order(order, by=cast.sales, version=1, customer_note="一")
    with pytest.raises(BusinessError) as refusal:
        update_order(order, by=cast.sales, version=1, customer_note="二")
    assert refusal.value.code == "version_conflict"
    order.refresh_from_db()
    assert order.customer_note == "一"


def test_approved_order_cannot_be_edited(cast: SimpleNamespace) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = make_order((product, 1), customer=cast.alpha, by=cast.sales)
    with pytest.raises(BusinessError) as refusal:
        update_order(order, by=cast.sales, version=1, customer_note="晚了")
    assert refusal.value.code == "not_editable"


def test_limit_of_zero_switches_automatic_approval_off(cast: SimpleNamespace) -> None:
    company = Company.current()
    company.auto_approve_limit = Decimal(0)
    company.save()
    product = make_product()
    put_in_stock(product, 5)
    assert make_order((product, 1), customer=cast.alpha).status == "pending"
