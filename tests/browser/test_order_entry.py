"""An experienced clerk at the order form: the keyboard alone, from the customer to the saved order."""

import datetime as dt
from decimal import Decimal as D
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Product
from inventory.services import save_product
from orders.models import Customer, SalesOrder
from tests.browser.person import Person
from tests.cast import make_product, put_in_stock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def goods() -> dict[str, Product]:
    """Ten products, of which the tape comes in boxes with a barcode of their own and the bolt runs short."""
    names = {
        "LS-M8-40": ("六角螺栓", "12.50"),
        "JS-500": ("结构胶", "38"),
        "HY-4": ("不锈钢合页", "85"),
        "GB-1": ("钢板", "20"),
        "LD-4": ("螺钉", "1"),
        "JD-60": ("封箱胶带", "8.333333"),
        "DQ-8": ("平垫圈", "0.15"),
        "ST-10": ("手套", "4.2"),
        "BT-1": ("包装袋", "0.3"),
        "MF-2": ("密封条", "15.75"),
    }
    products = {}
    for sku, (name, price) in names.items():
        product = make_product(sku, price=price, cost="0.1", lead_days=4)
        products[sku] = save_product(by=None, product=product, name=name)
        put_in_stock(product, 500, cost="0.1")
    save_product(by=None, product=products["JS-500"], barcodes=["6901234567892"])
    save_product(
        by=None, product=products["JD-60"], units={"箱": D(12)}, barcodes=["6909999999990", ("16909999999997", "箱")]
    )
    return products


class Keys:
    """Types and presses keys, and waits for what they bring about; there is no mouse here."""

    def __init__(self, person: Person) -> None:
        self.page = person.page
        self.keyboard = person.page.keyboard

    def at(self, name: str) -> None:
        """Wait until the focus is in the field whose name ends so."""
        self.page.wait_for_function("name => (document.activeElement.name || '').endsWith(name)", arg=name)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keyboard.press(key)

    def choose(self, text: str) -> None:
        """Type, see the list, take its first."""
        self.keyboard.type(text)
        self.page.locator(".picker-option:visible").first.wait_for()
        self.keyboard.press("Enter")

    def scan(self, code: str) -> None:
        """As a scanner does: all at once, and Enter."""
        self.keyboard.insert_text(code)
        self.keyboard.press("Enter")

    def quantity(self, row: int, number: str) -> None:
        """In the quantity of a row: type it, and go to the next line."""
        self.at(f"{row}-quantity")
        self.keyboard.type(number)
        self.press("Enter")
        self.at(f"{row + 1}-text")


def test_ten_lines_by_the_keyboard_alone(open_as: Any, cast: Any) -> None:
    goods()
    Customer.objects.filter(pk=cast.alpha.pk).update(credit_limit=D(100_000))
    person = open_as(cast.sales)
    person.goes_to("/orders/new/")
    keys = Keys(person)
    keys.at("customer_text")
    keys.choose("jgs")  # 甲公司 by its initials
    while person.page.evaluate("document.activeElement.name") != "customer_note":
        keys.press("Tab")
    keys.keyboard.type("周五前送到")
    while not person.page.evaluate("document.activeElement.name || ''").endswith("0-text"):
        keys.press("Tab")
    keys.choose("LS-M8")  # a SKU
    keys.quantity(0, "100")
    keys.scan("6901234567892")  # a barcode
    keys.quantity(1, "10")
    keys.choose("合页")  # a name
    keys.at("2-quantity")
    keys.keyboard.type("4")
    keys.press("Tab", "Tab")  # over the price to the discount
    keys.at("2-discount")
    keys.keyboard.type("5")
    keys.press("Tab", "Tab")
    keys.at("2-wish")
    keys.keyboard.type("拉丝")
    keys.press("Enter")
    keys.at("3-text")
    keys.choose("gb")  # initials
    keys.quantity(3, "3")
    keys.choose("ld-4")
    keys.quantity(4, "200")
    keys.scan("16909999999997")  # the code on a box
    keys.quantity(5, "2")
    keys.choose("dq-8")
    keys.at("6-quantity")
    keys.keyboard.insert_text("6909999999990")  # a scanner does not look where the focus is
    keys.press("Enter")
    keys.at("7-quantity")
    keys.keyboard.type("7")
    keys.press("Shift+Tab", "ArrowUp")  # back to the line above
    keys.at("6-text")
    keys.press("Tab")
    keys.keyboard.type("300")
    keys.press("Enter")
    keys.at("7-text")
    keys.press("Tab", "Enter")
    keys.at("8-text")
    keys.choose("st-10")
    keys.quantity(8, "6")
    keys.choose("mf")
    keys.at("9-quantity")
    keys.keyboard.type("1000")
    person.page.locator("[data-lines-body] tr:nth-child(10) [data-line-stock]", has_text="部分现货").wait_for()
    person.page.locator("[data-line-twice]", has_text="第 6 行也有").wait_for()
    keys.press("Alt+p")  # everything can be there then
    keys.press("Control+Enter")
    person.page.locator("h1 .pill").first.wait_for()

    order = SalesOrder.objects.get()
    assert (order.customer, order.customer_note) == (cast.alpha, "周五前送到")
    assert order.promised_date > timezone.localdate() + dt.timedelta(days=3)
    fields = ("product__sku", "quantity", "entered_unit", "factor", "discount", "wish", "untaxed")
    assert [tuple(row) for row in order.lines.values_list(*fields)] == [
        ("LS-M8-40", 100, "", 1, 0, "", D("1250.00")),
        ("JS-500", 10, "", 1, 0, "", D("380.00")),
        ("HY-4", 4, "", 1, D("0.05"), "拉丝", D("323.00")),
        ("GB-1", 3, "", 1, 0, "", D("60.00")),
        ("LD-4", 200, "", 1, 0, "", D("200.00")),
        ("JD-60", 24, "箱", 12, 0, "", D("200.00")),
        ("DQ-8", 300, "", 1, 0, "", D("45.00")),
        ("JD-60", 7, "", 1, 0, "", D("58.33")),
        ("ST-10", 6, "", 1, 0, "", D("25.20")),
        ("MF-2", 1000, "", 1, 0, "", D("15750.00")),
    ]
    assert (order.untaxed, order.total) == (D("18291.53"), D("20669.43"))
    assert "2 箱" in person.page.locator("#lines").inner_text() or "24 个" in person.page.locator("#lines").inner_text()
    assert person.problems == []


def paste(page: Any, name: str, text: str) -> None:
    """What Ctrl+V brings into a field."""
    script = """([name, text]) => {
      const data = new DataTransfer();
      data.setData("text", text);
      const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
      document.querySelector(`[name="${name}"]`).dispatchEvent(event);
    }"""
    page.evaluate(script, [name, text])


def test_a_pasted_block_is_mended_in_its_cells(open_as: Any, cast: Any) -> None:
    goods()
    person = open_as(cast.sales)
    person.goes_to("/orders/new/?customer=" + cast.alpha.code)
    page = person.page
    paste(
        page, "lines-0-text", "JD-60\t2\t箱\t100\nGB-1\t１，０００\t个\t20\nLS-M8-40\t很多\t托\t12.5\n没有这个\t3\t\t\n"
    )
    page.locator("[data-lines-body] .field-error").nth(2).wait_for()
    assert page.locator("[name='lines-0-unit']").input_value() == "箱"
    assert page.locator("[name='lines-1-quantity']").input_value() == "1000"
    assert page.locator("[name='lines-2-quantity']").input_value() == "很多"
    assert page.locator("[name='lines-2-unit']").input_value() == "托"
    assert page.locator("[data-lines-body] [aria-invalid=true]").count() == 3
    keys = Keys(person)
    keys.at("2-quantity")  # the first that must be mended
    keys.keyboard.type("5")
    keys.press("Enter")
    keys.at("2-unit")
    keys.press("Home", "Enter")
    keys.at("3-text")
    keys.press("Control+a")
    keys.choose("ld-4")
    keys.at("3-quantity")
    assert page.locator("[data-lines-body] [aria-invalid=true]").count() == 0
    page.locator("[data-sum=untaxed]", has_text="20,265.50").wait_for()
    keys.press("Control+Enter")
    page.locator("h1 .pill").first.wait_for()
    lines = list(SalesOrder.objects.get().lines.values_list("product__sku", "quantity", "untaxed"))
    assert lines == [("JD-60", 24, D(200)), ("GB-1", 1000, D(20000)), ("LS-M8-40", 5, D("62.50")), ("LD-4", 3, D(3))]
    assert person.problems == []


def test_a_price_of_what_stood_there_before_is_never_saved(open_as: Any, cast: Any) -> None:
    goods()
    person = open_as(cast.sales)
    person.goes_to("/orders/new/?customer=" + cast.alpha.code)
    keys, page = Keys(person), person.page
    keys.at("0-text")
    keys.choose("jd-60")
    keys.at("0-quantity")
    page.wait_for_function("() => document.querySelector('[name=\"lines-0-price\"]').value === '8.333333'")
    page.route("**/figures.json", lambda route: None)  # the next answer never comes
    keys.press("Tab")
    keys.at("0-unit")
    keys.press("ArrowDown", "Control+Enter")
    page.locator("h1 .pill").first.wait_for()
    line = SalesOrder.objects.get().lines.get()
    assert (line.entered_unit, line.quantity, line.sold_price) == ("箱", 12, D("99.999996"))
