"""Ordering in boxes: what is counted and billed, and what every page and paper shows."""

import datetime as dt
from decimal import Decimal as D

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from erp.errors import BusinessError
from inventory.models import Product, Unit
from inventory.services import save_product
from inventory.units import in_packs, pack_of, scanned, units_of
from orders.models import Channel, OrderLine
from orders.services import LineInput, create_order, input_of, update_order
from tests.cast import make_order, make_product

pytestmark = pytest.mark.django_db


def tomorrow() -> dt.date:
    return timezone.localdate() + dt.timedelta(days=1)


@pytest.fixture
def boxed(cast) -> Product:
    """A product at 8.333333 a piece; 箱 = 12 has a barcode of its own."""
    product = make_product("BX-1", name="包装胶带", price="8.333333")
    return save_product(
        by=None, product=product, units={"箱": D(12), "克": D("0.001")}, barcodes=["690", ("691", "箱")]
    )


def ordered(cast, *lines: LineInput):
    return create_order(
        customer=cast.alpha,
        channel=Channel.objects.get(code="phone"),
        lines=lines,
        by=cast.sales,
        promised_date=tomorrow(),
    )


@pytest.mark.parametrize(
    ("quantity", "factor", "shown"),
    [
        ("24", "12", "2 箱 (24 个)"),
        ("30", "12", "2 箱 6 个 (30 个)"),
        ("6", "12", "6 个"),
        ("0.5", "0.001", "500 箱 (0.5 个)"),
    ],
)
def test_quantities_read_in_boxes(quantity, factor, shown):
    assert in_packs(D(quantity), unit="箱", factor=D(factor), stock_unit="个") == shown


def test_a_line_keeps_what_was_entered_and_counts_in_pieces(cast, boxed):
    order = ordered(cast, LineInput(boxed, D(2), D(100), D("0.05"), D("0.13"), unit="箱", factor=D(12)))
    line = order.lines.get()
    assert (line.quantity, line.unit, line.factor, line.entered_unit) == (24, "个", 12, "箱")
    assert (line.sold_quantity, line.sold_unit, line.sold_price) == (2, "箱", 100)
    assert line.unit_price == D("8.333333")
    assert (line.untaxed, line.tax, line.total) == (D("190.00"), D("24.70"), D("214.70"))  # of boxes, to the cent
    assert line.counted(line.quantity) == "2 箱 (24 个)"


def test_the_list_price_is_of_pieces(cast, boxed):
    line = ordered(cast, LineInput(boxed, D(3), unit="箱", factor=D(12))).lines.get()
    assert (line.sold_price, line.unit_price, line.untaxed) == (D("99.999996"), D("8.333333"), D("300.00"))


def test_what_does_not_come_to_countable_pieces_is_refused(cast, boxed):
    for bad in (
        LineInput(boxed, D("0.01"), unit="克", factor=D("0.001")),
        LineInput(boxed, D(10) ** 11, unit="箱", factor=D(12)),
    ):
        with pytest.raises(BusinessError) as refusal:
            ordered(cast, bad)
        assert refusal.value.field == "lines.0.quantity"


def test_entered_again_it_is_the_same(cast, boxed):
    order = ordered(cast, LineInput(boxed, D("2.5"), D("100"), D(0), unit="箱", factor=D(12)))
    before = order.lines.values("quantity", "untaxed", "entered_unit", "factor", "entered_price", "unit_price").get()
    lines = [input_of(line) for line in order.lines.select_related("product__unit")]
    update_order(order, by=cast.sales, version=order.version, lines=lines)
    after = OrderLine.objects.filter(order=order).values(*before).get()
    assert after == before


def test_units_and_their_barcodes_are_kept_together(boxed):
    assert units_of([boxed.pk]) == {boxed.pk: {"克": D("0.001"), "箱": D(12)}}
    assert scanned(["690", "691", "none"]) == {"690": (boxed.pk, ""), "691": (boxed.pk, "箱")}
    assert pack_of(boxed, "个", {}) == pack_of(boxed, "", {"箱": D(12)})
    with pytest.raises(BusinessError) as refusal:
        save_product(by=None, product=boxed, units={"克": D("0.001")})
    assert refusal.value.field == "units" and "691" in refusal.value.message
    save_product(by=None, product=boxed, units={"箱": D(10)}, barcodes=["691"])
    assert units_of([boxed.pk]) == {boxed.pk: {"箱": D(10)}}
    assert scanned(["691"]) == {"691": (boxed.pk, "")}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("units", {"units": {"箱": D(0)}}),
        ("units", {"units": {"个": D(2)}}),
        ("units", {"units": {"箱": D("1.00001")}}),
        ("units", {"units": {"箱" * 30: D(2)}}),
        ("barcodes", {"barcodes": [("77", "托")]}),
    ],
)
def test_units_that_cannot_be_are_refused(cast, field, change):
    product = make_product("P-1")
    with pytest.raises(BusinessError) as refusal:
        save_product(by=None, product=product, **change)
    assert refusal.value.field == field


def test_the_form_takes_a_unit_and_names_a_wrong_one(cast, boxed, client: Client):
    client.force_login(cast.sales)
    form = {
        "customer": cast.alpha.pk,
        "channel": Channel.objects.get(code="phone").pk,
        "promised_date": tomorrow().isoformat(),
        "lines-TOTAL_FORMS": "2",
        "lines-INITIAL_FORMS": "0",
        "lines-0-product": boxed.pk,
        "lines-0-quantity": "2",
        "lines-0-unit": "托",
        "lines-1-text": "691",  # the code on the box
        "lines-1-quantity": "1",
    }
    answer = client.post(reverse("orders:new"), form)
    assert answer.status_code == 422
    assert "没有单位“托”" in answer.content.decode() and "个, 克, 箱" in answer.content.decode()
    answer = client.post(reverse("orders:new"), {**form, "lines-0-unit": "箱"})
    assert answer.status_code == 302
    assert [(line.quantity, line.entered_unit) for line in OrderLine.objects.all()] == [(24, "箱"), (12, "箱")]
    number = OrderLine.objects.first().order.number
    edit = client.get(reverse("orders:edit", args=[number])).content.decode()
    assert '<option value="箱" selected>箱</option>' in edit
    page = client.get(reverse("orders:detail", args=[number])).content.decode()
    assert "24 个" in page


def test_a_scanned_box_chooses_the_box(cast, boxed, client: Client):
    client.force_login(cast.sales)
    item = client.get(reverse("orders:products"), {"q": "691"}).json()["items"][0]
    assert (item["unit"], item["units"]) == ("箱", ["个", "克", "箱"])
    assert client.get(reverse("orders:products"), {"q": "690"}).json()["items"][0]["unit"] == "个"
    assert item["price"] == "99.999996"


def test_the_product_page_keeps_units(cast, boxed, client: Client):
    client.force_login(cast.warehouse)
    edit = reverse("inventory:product_edit", args=["BX-1"])
    text = client.get(edit).content.decode()
    assert "箱 = 12" in text and "691 = 箱" in text
    fields = ("sku", "name", "kind", "supply", "list_price", "standard_cost", "lead_days", "minimum", "reorder_point")
    form = {name: getattr(boxed, name) for name in fields} | {"unit": boxed.unit_id, "is_active": "on"}
    wrong = client.post(edit, form | {"units": "箱 12", "barcodes": ""})
    assert wrong.status_code == 422 and "请写成 箱 = 12" in wrong.content.decode()
    assert client.post(edit, form | {"units": "箱＝２４", "barcodes": "690\n700 = 箱"}).status_code == 302
    assert units_of([boxed.pk]) == {boxed.pk: {"箱": D(24)}}
    assert scanned(["690", "691", "700"]) == {"690": (boxed.pk, ""), "700": (boxed.pk, "箱")}
    assert "24 个" in client.get(boxed.get_absolute_url()).content.decode()


def test_a_missing_unit_row_is_made_once(cast):
    product = make_product("P-2")
    save_product(by=None, product=product, units={"托": D(480)})
    save_product(by=None, product=product, units={"托": D(480)})
    assert Unit.objects.filter(name="托").count() == 1


def test_orders_without_boxes_read_as_before(cast):
    line = make_order((make_product(), "3")).lines.get()
    assert (line.entered_unit, line.factor, line.entered_price) == ("", 1, None)
    assert line.counted(line.quantity) == "3 个"


def test_a_part_that_is_no_countable_box_reads_in_pieces(cast, boxed):
    line = ordered(cast, LineInput(boxed, D(2), D(100), unit="箱", factor=D(12))).lines.get()
    line.quantity = D(7)  # what splitting an order leaves
    assert (line.sold_unit, line.sold_quantity, line.sold_price) == ("个", 7, D("8.333333"))
    assert line.counted(line.quantity) == "7 个"
    again = input_of(line)
    assert (again.unit, again.factor, again.quantity) == ("", 1, 7)
