"""Automatic checks: what each finds and how it is mended, what channels make of it, and when they are run again."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import resolve
from django.utils import timezone

from erp.errors import TransitionRefused
from erp.waiting import APPROVAL
from erp.workflow import advance
from finance.services import allocate, record_payment, take_back
from inventory.models import PurchaseOrder, Supplier
from inventory.services import PurchaseInput, create_purchase_order, default_warehouse, receive, receiving_place
from orders.models import Channel, ChannelCheck, Contact, Customer, OrderCheck, OrderLine, SalesOrder
from orders.services import decide, run_checks, update_customer
from orders.services.checks import CHECKS
from orders.services.freshness import SWEEP_MINUTES, freshen_many
from orders.services.merging import merge_customers
from orders.tasks import recheck_orders, sweep_checks
from orders.waiting import CHECK_ORDER, waits_for
from tests.cast import make_order, make_product, put_in_stock
from tests.finance.conftest import invoice_of, ship, shipped  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("no_auto_approval")
TODAY = timezone.localdate


@pytest.fixture
def order(cast: Any) -> SalesOrder:
    """Five pieces from stock, with nothing to complain of."""
    product = make_product("HG-1")
    put_in_stock(product, 50)
    return make_order((product, 5), customer=cast.alpha, by=cast.sales)


def found(order: SalesOrder, code: str) -> OrderCheck:
    """The finding of one check, run now."""
    run_checks(SalesOrder.objects.get(pk=order.pk))
    return order.checks.get(code=code)


def change(order: SalesOrder, **fields: Any) -> None:
    SalesOrder.objects.filter(pk=order.pk).update(**fields)


def change_line(order: SalesOrder, **fields: Any) -> None:
    OrderLine.objects.filter(order=order).update(**fields)


def change_customer(order: SalesOrder, **fields: Any) -> None:
    Customer.objects.filter(pk=order.customer_id).update(**fields)


def without_lines(order: SalesOrder) -> None:
    order.lines.all().delete()


def withdrawn(order: SalesOrder) -> None:
    product = order.lines.get().product
    product.is_active = False
    product.save(update_fields=["is_active"])


def unreachable(order: SalesOrder) -> None:
    change(order, ship_to={**order.ship_to, "phone": ""})
    Contact.objects.filter(customer=order.customer_id).update(phone="")


def twice(order: SalesOrder) -> None:
    make_order((order.lines.get().product, 5), customer=order.customer)
    change(order, ordered_at=timezone.now())


BLOCK, WARN = "block", "warn"


@pytest.mark.parametrize(
    ("code", "bend", "severity", "finding"),
    [
        ("data", without_lines, BLOCK, "no_lines"),
        ("data", withdrawn, WARN, "product_inactive"),
        ("data", unreachable, WARN, "contact_missing"),
        ("customer", lambda o: change_customer(o, is_active=False), BLOCK, "customer_inactive"),
        ("address", lambda o: change(o, ship_to={**o.ship_to, "street": " "}), BLOCK, "address_incomplete"),
        ("price", lambda o: change_line(o, unit_price=0), WARN, "price_zero"),
        ("price", lambda o: change_line(o, unit_price=Decimal(50)), WARN, "price_below_list"),
        ("date", lambda o: change_line(o, quantity=500), "pass", "ok"),
        ("date", lambda o: change(o, promised_date=TODAY() - dt.timedelta(days=1)), WARN, "date_past"),
        ("credit", lambda o: change_customer(o, credit_limit=1), WARN, "credit_exceeded"),
        ("credit", lambda o: change_customer(o, credit_limit=10**6), "pass", "credit_left"),
        ("stock", lambda o: change_line(o, quantity=500), "pass", "stock_to_buy"),
        ("duplicate", twice, WARN, "duplicate_like"),
    ],
)
def test_each_check_finds_its_own_and_says_where_to_mend(
    order: SalesOrder, code: str, bend: Callable[[SalesOrder], None], severity: str, finding: str
) -> None:
    assert found(order, code).severity == "pass"
    bend(order)
    row = found(order, code)
    assert (row.severity, row.finding) == (severity, finding)
    assert row.message
    if severity != "pass":
        assert resolve(row.fix_url)


def test_every_check_is_named_and_ordered() -> None:
    assert set(CHECKS) == set(CHECK_ORDER)
    assert {code for code, _label in ChannelCheck._meta.get_field("code").choices} == set(CHECKS)
    assert APPROVAL.role == "approver"


def test_the_date_follows_what_suppliers_bring(cast: Any, order: SalesOrder) -> None:
    product = make_product("LATE-1", lead_days=60)
    late = make_order((product, 5), customer=cast.alpha, by=cast.sales)
    row = found(late, "date")
    assert (row.severity, row.finding) == (WARN, "date_late")
    assert "LATE-1" in row.message
    assert row.values["ready"] > late.promised_date.isoformat()
    purchase = bought(product, 5, days=4, by=cast.warehouse)
    assert found(late, "date").severity == "pass"
    PurchaseOrder.objects.filter(pk=purchase.pk).update(expected_on=late.promised_date + dt.timedelta(days=9))
    assert found(late, "date").values["ready"] == (late.promised_date + dt.timedelta(days=9)).isoformat()


def bought(product: Any, quantity: int, *, days: int, by: Any) -> PurchaseOrder:
    supplier = Supplier.objects.get_or_create(code="S1", defaults={"name": "宁波五金"})[0]
    purchase = create_purchase_order(
        supplier=supplier,
        warehouse=default_warehouse(),
        lines=[PurchaseInput(product=product, quantity=Decimal(quantity), unit_price=Decimal(10))],
        expected_on=TODAY() + dt.timedelta(days=days),
        by=by,
    )
    advance(purchase, "place", by=by)
    return purchase


def test_what_is_overdue_asks_a_person_until_it_is_paid(cast: Any, shipped: Any) -> None:  # noqa: F811
    sold = shipped(5)
    invoice = sold.invoices.get()
    order = make_order((make_product(), 1), customer=sold.customer, by=cast.sales)
    assert found(order, "overdue").severity == "pass"
    type(invoice).objects.filter(pk=invoice.pk).update(due_date=TODAY() - dt.timedelta(days=12))
    row = found(order, "overdue")
    assert (row.severity, row.finding, row.values["days"]) == (WARN, "overdue", 12)
    assert f"{invoice.total:,.2f}" in row.message
    assert row.fix_url == f"/finance/customers/{order.customer.code}/"
    record_payment(
        customer=order.customer,
        amount=invoice.total,
        method="bank",
        by=cast.finance,
        allocations=[(invoice, invoice.total)],
    )
    recheck_orders(customers=[order.customer_id])
    assert order.checks.get(code="overdue").severity == "pass"


@pytest.mark.parametrize(
    ("rule", "severity", "finding"),
    [("off", "pass", "off"), ("warn", "warn", "credit_exceeded"), ("block", "block", "credit_exceeded")],
)
def test_a_channel_takes_a_check_its_own_way(
    cast: Any, order: SalesOrder, rule: str, severity: str, finding: str
) -> None:
    change_customer(order, credit_limit=1)
    phone, other = Channel.objects.get(code="phone"), Channel.objects.exclude(code="phone").first()
    ChannelCheck.objects.create(channel=phone, code="credit", severity=rule)
    row = found(order, "credit")
    assert (row.severity, row.finding) == (severity, finding)
    change(order, channel=other)
    assert found(order, "credit").severity == "warn"
    change(order, channel=phone)
    run_checks(SalesOrder.objects.get(pk=order.pk))
    order.refresh_from_db()
    if rule == "block":
        with pytest.raises(TransitionRefused):
            decide(order, True, by=cast.approver)
        said = waits_for([order], cast.finance)[order.pk].main
        assert said is not None
        assert said.code == "credit_exceeded"
    else:
        decide(order, True, by=cast.approver)


def test_a_rule_never_makes_a_finding_of_what_is_in_order(order: SalesOrder) -> None:
    ChannelCheck.objects.create(channel=order.channel, code="price", severity="block")
    assert found(order, "price").severity == "pass"


def test_the_rules_stand_with_the_channel_in_the_settings(client: Any, cast: Any) -> None:
    client.force_login(cast.admin)
    channel = Channel.objects.get(code="phone")
    page = client.get(f"/admin/orders/channel/{channel.pk}/change/").content.decode()
    assert "check_rules-TOTAL_FORMS" in page


def old(order: SalesOrder, minutes: int) -> None:
    order.checks.update(at=timezone.now() - dt.timedelta(minutes=minutes))


def test_opening_the_page_runs_old_checks_again(client: Any, cast: Any, order: SalesOrder) -> None:
    client.force_login(cast.sales)
    change(order, promised_date=TODAY() - dt.timedelta(days=1))
    client.get(order.get_absolute_url())
    assert order.checks.get(code="date").severity == "pass"  # looked at just now
    old(order, 6)
    assert "已过" in client.get(order.get_absolute_url()).content.decode()
    assert order.checks.get(code="date").severity == "warn"


def test_agreeing_goes_by_what_is_true_now(cast: Any, order: SalesOrder) -> None:
    change(order, ship_to={**order.ship_to, "street": ""})
    old(order, 6)
    with pytest.raises(TransitionRefused):
        decide(order, True, by=cast.approver)
    change(order, ship_to={**order.ship_to, "street": "文三路 1 号"})
    old(order, 6)
    decide(order, True, by=cast.approver)
    order.refresh_from_db()
    assert order.approved_at is not None


def sent_after(capture: Any, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> list[dict[str, Any]]:
    """What an act hands to the worker."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(recheck_orders, "delay", lambda **of: sent.append(of))
    with capture(execute=True):
        act()
    return sent


def test_a_changed_customer_has_its_orders_checked_again(
    cast: Any, order: SalesOrder, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def act() -> None:
        update_customer(order.customer, by=cast.manager, credit_limit=Decimal(1))

    assert sent_after(django_capture_on_commit_callbacks, monkeypatch, act) == [{"customers": [order.customer_id]}]
    assert recheck_orders(customers=[order.customer_id]) == 1
    assert order.checks.get(code="credit").finding == "credit_exceeded"

    def nothing() -> None:
        update_customer(order.customer, by=cast.manager, note="x")

    assert sent_after(django_capture_on_commit_callbacks, monkeypatch, nothing) == []


def test_a_payment_and_goods_have_orders_checked_again(
    cast: Any, order: SalesOrder, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def pay() -> None:
        record_payment(customer=order.customer, amount=Decimal(9), method="bank", by=cast.finance, allocations=None)

    assert {"customers": [order.customer_id]} in sent_after(django_capture_on_commit_callbacks, monkeypatch, pay)
    lacking = make_product()
    waiting = make_order((lacking, 3), customer=cast.beta, by=cast.manager)
    assert waiting.checks.get(code="stock").finding == "stock_to_buy"
    purchase = bought(lacking, 3, days=2, by=cast.warehouse)

    def arrive() -> None:
        lines = {line.pk: line.outstanding for line in purchase.lines.all()}
        receive(purchase, quantities=lines, place=receiving_place(default_warehouse()), by=cast.warehouse)

    assert {"products": [lacking.pk]} in sent_after(django_capture_on_commit_callbacks, monkeypatch, arrive)
    assert recheck_orders(products=[lacking.pk]) == 1
    assert waiting.checks.get(code="stock").finding == "ok"


def test_merged_customers_and_matched_money_have_orders_checked_again(
    cast: Any, order: SalesOrder, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    update_customer(cast.beta, by=cast.manager, credit_limit=Decimal(1))
    fields = {"customers": [cast.beta.pk]}

    def merge() -> None:
        merge_customers(cast.beta, order.customer, by=cast.manager, fields={})

    assert fields in sent_after(django_capture_on_commit_callbacks, monkeypatch, merge)
    assert recheck_orders(**fields) == 1
    assert order.checks.get(code="credit").finding == "credit_exceeded"

    bolt = make_product()
    put_in_stock(bolt, 1)
    update_customer(cast.beta, by=cast.manager, credit_limit=None)
    billed = make_order((bolt, 1), customer=cast.beta, by=cast.manager)
    decide(billed, True, by=cast.approver)
    ship(billed)
    paid = record_payment(customer=cast.beta, amount=Decimal(113), method="bank", by=cast.finance, allocations=None)
    rows = []

    def match() -> None:
        rows.append(allocate(paid, invoice=invoice_of(billed), amount=Decimal(113), by=cast.finance))

    assert fields in sent_after(django_capture_on_commit_callbacks, monkeypatch, match)

    def take() -> None:
        take_back(rows[0], by=cast.finance)

    assert fields in sent_after(django_capture_on_commit_callbacks, monkeypatch, take)


def test_the_sweep_takes_only_what_nobody_looked_at(cast: Any, order: SalesOrder) -> None:
    assert sweep_checks() == 0
    old(order, SWEEP_MINUTES + 1)
    assert sweep_checks() == 1
    assert sweep_checks() == 0
    decide(SalesOrder.objects.get(pk=order.pk), True, by=cast.approver)
    old(order, SWEEP_MINUTES + 1)
    assert sweep_checks() == 0
    assert recheck_orders() == 0


def test_many_orders_of_one_customer_are_each_checked_once(cast: Any, order: SalesOrder) -> None:
    from django.db.models import Q

    make_order((make_product(), 1), (make_product(), 1), customer=cast.alpha, by=cast.sales)
    assert freshen_many(Q(lines__product__isnull=False)) == 2
