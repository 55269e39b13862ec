"""What an import takes and refuses: whole orders, every bad row named, nothing twice, nothing half."""

import datetime as dt
from decimal import Decimal
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from erp.models import StatusChange
from erp.process import PROCESS
from inventory.models import Product
from inventory.services import save_product
from orders.importing.builtin import GENERIC, TEMPLATE, template_workbook
from orders.models import Customer, ImportMapping, ImportRun, OrderCheck, OrderLine, PriceList, SalesOrder
from orders.services.intake import STANDS_IN_FOR, amounts_as_stated
from tests.cast import make_customer, make_product, put_in_stock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("basics")]

HEADINGS = "订单号,客户名称,下单日期,交货日期,商品编码,商品名称,数量,单价,折扣,税率,收货人,联系电话,详细地址"


def sheet(folder: Path, *rows: str, headings: str = HEADINGS, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([headings, *rows]) + "\n", encoding="utf-8")
    return path


def row(number: str = "T-1", sku: str = "FL-50", quantity: str = "2", price: str = "113", **more: str) -> str:
    given = {
        "customer": "杭州大明机电", "ordered": "2026-11-01", "promised": "2026-12-01", "name": "法兰", "discount": "",
        "rate": "13%", "recipient": "李伟", "phone": "13800001234", "street": "江南大道 1 号", **more,
    }  # fmt: skip
    return ",".join(
        [
            number, given["customer"], given["ordered"], given["promised"], sku, given["name"], quantity, price,
            given["discount"], given["rate"], given["recipient"], given["phone"], given["street"],
        ]
    )  # fmt: skip


def load(*paths: Path, **options: Any) -> ImportRun:
    """Import and return the run, also when the command refused."""
    try:
        call_command("import_orders", *paths, stdout=StringIO(), stderr=StringIO(), **options)
    except CommandError:
        pass
    return ImportRun.objects.latest("id")


def bad(run: ImportRun) -> list[tuple[int, str]]:
    return list(run.bad_rows.order_by("row", "id").values_list("row", "column"))


# Taking


def test_the_template_with_prices_including_tax(tmp_path: Path) -> None:
    run = load(sheet(tmp_path, row(), row(sku="FL-80", quantity="3", price="99")))
    assert (run.mapping.name, run.result["orders_created"], run.result["lines"]) == (TEMPLATE, 1, 2)
    order = SalesOrder.objects.select_related("customer").get(external_number="T-1")
    assert (order.customer.name, order.promised_date) == ("杭州大明机电", dt.date(2026, 12, 1))
    assert order.total == Decimal("523.00")  # 2 × 113 + 3 × 99, to the cent
    first, second = order.lines.all()
    assert (first.unit_price, first.untaxed, first.tax) == (Decimal(100), Decimal(200), Decimal(26))
    assert (second.total, second.untaxed + second.tax) == (Decimal(297), Decimal(297))
    assert order.ship_to["recipient"] == "李伟"
    assert order.phone_last4 == "1234"


def test_the_template_itself_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(template_workbook())
    run = load(tmp_path / "t.xlsx")
    assert (run.mapping.name, run.result["orders_created"], run.result["rows_bad"]) == (TEMPLATE, 1, 0)


def test_a_unit_of_the_product_is_converted_and_a_strange_one_refused(tmp_path: Path) -> None:
    save_product(by=None, product=make_product("FL-50"), units={"箱": Decimal(12)})
    headings = HEADINGS.replace("数量", "数量,单位")
    boxes, strange = (
        row(number, quantity=f"2,{unit}", price="1356") for number, unit in (("T-1", "箱"), ("T-2", "托"))
    )
    run = load(sheet(tmp_path, boxes, strange, headings=headings))
    line = OrderLine.objects.get()
    assert (line.quantity, line.sold_unit, line.sold_price, line.total) == (24, "箱", 1200, 2712)
    assert bad(run) == [(3, "单位")]


def test_unknown_headings_are_guessed(tmp_path: Path) -> None:
    path = sheet(tmp_path, "7,Acme,2026-11-01,BOLT,5,2.50", headings="Order No,Customer,Date,SKU,Qty,Price")
    run = load(path)
    assert run.mapping.name == GENERIC
    assert SalesOrder.objects.get(external_number="7").untaxed == Decimal("12.50")


def test_checks_and_timeline_are_those_of_an_entered_order(tmp_path: Path) -> None:
    load(sheet(tmp_path, row(ordered="2020-11-01")))
    order = SalesOrder.objects.get()
    assert set(order.checks.values_list("code", flat=True)) == {
        "data", "customer", "address", "price", "stock", "date", "credit", "overdue", "duplicate",
    }  # fmt: skip
    (change,) = StatusChange.objects.filter(document_type="orders.SalesOrder", document_id=order.pk)
    assert (change.transition, change.target, change.by) == ("create", "pending", None)


def test_bulk_intake_stands_in_for_every_follower_of_create() -> None:
    assert set(PROCESS["orders.SalesOrder"]["create"]) == STANDS_IN_FOR


def test_twins_inside_one_file_are_found(tmp_path: Path) -> None:
    load(sheet(tmp_path, row("T-1"), row("T-2")))
    findings = dict(OrderCheck.objects.filter(code="duplicate").values_list("order__external_number", "severity"))
    assert findings == {"T-1": "pass", "T-2": "warn"}


def test_existing_master_data_wins(tmp_path: Path) -> None:
    make_product("FL-50", price="77", name="自己的名字")
    mine = make_customer("杭州大明机电", code="DM")
    load(sheet(tmp_path, row()))
    order = SalesOrder.objects.get()
    assert order.customer == mine
    assert order.lines.get().product.name == "自己的名字"
    assert order.lines.get().list_price == Decimal(77)
    assert Product.objects.count() == 1


def test_no_price_takes_the_price_list(tmp_path: Path) -> None:
    product = make_product("FL-50", price="80")
    prices = PriceList.objects.create(name="优惠")
    prices.rules.create(product=product, minimum=10, price=Decimal(70))
    make_customer("杭州大明机电", price_list=prices)
    load(sheet(tmp_path, row("T-1", price=""), row("T-2", price="", quantity="10")))
    found = dict(SalesOrder.objects.values_list("external_number", "lines__unit_price"))
    assert found == {"T-1": Decimal(80), "T-2": Decimal(70)}


def test_recent_orders_are_approved_by_policy_and_old_ones_wait(tmp_path: Path) -> None:
    put_in_stock(make_product("FL-50", price="100"), 100)
    today, later = timezone.localdate(), timezone.localdate() + dt.timedelta(days=10)
    fresh = row("NEW", ordered=f"{today}", promised=f"{later}")
    run = load(sheet(tmp_path, fresh, row("OLD", ordered="2020-01-01", promised="2020-02-01")))
    assert dict(SalesOrder.objects.values_list("external_number", "status")) == {
        "NEW": "ready_to_ship",
        "OLD": "pending",
    }
    assert run.result["orders_approved"] == 1


def test_freight_becomes_a_line_when_the_mapping_says_so(tmp_path: Path) -> None:
    mapping = ImportMapping.objects.get(name=GENERIC)
    mapping.options = {"freight_sku": "FREIGHT", "tax_rate": "0"}
    mapping.save()
    path = sheet(tmp_path, "7,Acme,BOLT,5,2.50,12", headings="order id,customer,sku,qty,price,freight")
    load(path, mapping=GENERIC)
    order = SalesOrder.objects.get()
    assert order.total == Decimal("24.50")
    assert list(order.lines.values_list("product__sku", "product__kind")) == [("BOLT", "goods"), ("FREIGHT", "service")]


def test_rows_of_an_order_need_not_stand_together(tmp_path: Path) -> None:
    load(sheet(tmp_path, row("T-1"), row("T-2"), row("T-1", sku="FL-80")))
    assert SalesOrder.objects.get(external_number="T-1").lines.count() == 2


@pytest.mark.parametrize("amount", ["0.01", "0.05", "99.00", "1.13", "123456.78", "333.33"])
def test_amounts_with_tax_are_kept_to_the_cent(amount: str) -> None:
    for rate in ("0", "0.01", "0.03", "0.06", "0.09", "0.13"):
        found = amounts_as_stated(Decimal(amount), has_tax=True, tax_rate=Decimal(rate))
        assert found.total == Decimal(amount) == found.untaxed + found.tax


# Refusing


def test_an_order_with_a_bad_row_is_refused_whole(tmp_path: Path) -> None:
    run = load(
        sheet(
            tmp_path,
            row("GOOD"),
            row("BAD"),
            row("BAD", quantity="零"),
            row("DATE", ordered="2026-02-30", promised="soon"),
            row("LATE", promised="2026-01-01"),
            row("", quantity="1"),
            row("WHO", customer=""),
            row("WHAT", sku="", name=""),
        )
    )
    assert list(SalesOrder.objects.values_list("external_number", flat=True)) == ["GOOD"]
    assert bad(run) == [
        (4, "数量"), (5, "下单日期"), (5, "交货日期"), (6, "交货日期"), (7, "订单号"), (8, "客户名称"), (9, "商品编码"),
    ]  # fmt: skip
    assert (run.result["rows_bad"], run.result["orders_refused"]) == (6, 5)
    assert not Customer.objects.filter(name="").exists()
    assert Product.objects.count() == 1


def test_all_or_nothing(tmp_path: Path) -> None:
    run = load(sheet(tmp_path, row("GOOD"), row("BAD", quantity="-1")), all_or_nothing=True)
    assert (SalesOrder.objects.count(), Customer.objects.count(), Product.objects.count()) == (0, 0, 0)
    assert not run.result["kept"]
    assert bad(run) == [(3, "数量")]
    again = load(sheet(tmp_path, row("GOOD"), row("BAD")), all_or_nothing=True)
    assert again.result["kept"]
    assert SalesOrder.objects.count() == 2


def test_a_dry_run_reports_and_writes_nothing(tmp_path: Path) -> None:
    run = load(sheet(tmp_path, row("GOOD"), row("BAD", quantity="-1")), dry_run=True)
    assert (run.result["orders_created"], run.result["orders_refused"]) == (1, 1)
    assert (SalesOrder.objects.count(), Customer.objects.count(), Product.objects.count()) == (0, 0, 0)


def test_mending_a_file_and_sending_it_again(tmp_path: Path) -> None:
    load(sheet(tmp_path, row("GOOD"), row("BAD", quantity="-1")))
    run = load(sheet(tmp_path, row("GOOD"), row("BAD", quantity="1")))
    assert (run.result["orders_created"], run.result["orders_existing"]) == (1, 1)
    assert SalesOrder.objects.count() == 2
    assert OrderLine.objects.count() == 2


def test_rows_that_disagree(tmp_path: Path) -> None:
    run = load(sheet(tmp_path, row("T-1"), row("T-1", customer="别的公司")))
    assert bad(run) == [(3, "客户名称")]
    assert not SalesOrder.objects.exists()


def test_a_stated_amount_that_does_not_agree(tmp_path: Path) -> None:
    path = sheet(tmp_path, "7,Acme,BOLT,5,2.50,12.49", headings="order id,customer,sku,qty,price,amount")
    assert bad(load(path)) == [(2, "amount")]


def test_an_order_of_too_many_lines(tmp_path: Path) -> None:
    run = load(sheet(tmp_path, *[row("T-1", sku=f"S-{n}") for n in range(501)]))
    assert run.result["orders_refused"] == 1
    assert not SalesOrder.objects.exists()


def test_a_product_that_is_not_sold_any_more(tmp_path: Path) -> None:
    make_product("FL-50", is_active=False)
    assert bad(load(sheet(tmp_path, row()))) == [(2, "商品编码*")]


def test_two_files_that_do_not_agree(tmp_path: Path) -> None:
    heads = sheet(
        tmp_path,
        "1,A,2026-01-01,",
        "2,A,2026-01-01,",
        "2,A,2026-01-01,",
        headings="order_id,customer_id,order_date,required_date",
    )
    lines = sheet(
        tmp_path, "1,9,1.00,1,0", "3,9,1.00,1,0", headings="order_id,product_id,unit_price,quantity,discount",
        name="order_details.csv",
    )  # fmt: skip
    run = load(heads, lines, mapping="northwind")
    assert sorted(run.bad_rows.values_list("file", "row", "external_number")) == [
        ("order_details.csv", 3, "3"), ("orders.csv", 3, "2"), ("orders.csv", 4, "2"),
    ]  # fmt: skip
    assert SalesOrder.objects.get().external_number == "1"


def test_messages_speak_the_readers_language(tmp_path: Path) -> None:
    with translation.override("en"):
        run = load(sheet(tmp_path, row(quantity="-1")))
    assert run.bad_rows.get().error == "The quantity must be more than zero, not “-1”."
    run = load(sheet(tmp_path, row(quantity="-1")))
    assert run.bad_rows.get().error == "数量必须大于零，“-1”无效。"


def test_customers_of_another_salesperson(tmp_path: Path, cast: SimpleNamespace) -> None:
    make_customer("别人的", code="OTHER", owner=cast.manager)
    path = sheet(tmp_path, "7,OTHER,BOLT,5,2.50", headings="order id,customer code,sku,qty,price")
    run = load(path, user="sales")
    assert bad(run) == [(2, "customer_code")]
    assert load(path, user="manager").result["orders_created"] == 1


# The command


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = sheet(tmp_path, "1,2", headings="foo,bar")
    with pytest.raises(CommandError) as refusal:
        call_command("import_orders", path)
    assert "foo" in str(refusal.value)
    with pytest.raises(CommandError):
        call_command("import_orders", tmp_path / "nothing.csv")
    with pytest.raises(CommandError) as refusal:
        call_command("import_orders", path, mapping="nonsense")
    assert "northwind" in str(refusal.value)
    with pytest.raises(CommandError):
        call_command("import_orders", path, mapping=TEMPLATE)
    assert ImportRun.objects.get().status == ImportRun.Status.FAILED


def test_queries_do_not_grow_with_the_rows(tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    rows = [row(f"T-{n}", sku=f"S-{n % 20}", customer=f"客户 {n % 30}", ordered="2020-11-01") for n in range(300)]
    path = sheet(tmp_path, *rows)
    with django_assert_max_num_queries(60):
        load(path)
    assert SalesOrder.objects.count() == 300
