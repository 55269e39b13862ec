"""Suppliers: their pages, their prices, their record, and what goes to them by mail."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.models import Outbox
from erp.timeline import timeline
from erp.workflow import advance
from inventory.models import GoodsReceipt, PurchaseOrder, Supplier, SupplierPrice
from inventory.scores import scores_of
from inventory.services import Arrival, receive, reschedule, send_purchase_order
from inventory.services.suppliers import PriceInput, import_prices, save_price, save_supplier
from notifications.delivery import deliver
from tests.cast import make_product
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("inventory:suppliers"), reverse("inventory:supplier_new")
TAX = "91330100799655058B"


def page(name, supplier, *more):
    return reverse(f"inventory:{name}", args=[supplier.code, *more])


def form(**changes):
    values = {
        "code": "S-9",
        "name": "永康五金",
        "currency": "CNY",
        "payment_days": "30",
        "lead_days": "5",
        "minimum_amount": "0",
        "is_active": "on",
        "contacts-TOTAL_FORMS": "1",
        "contacts-INITIAL_FORMS": "0",
    }
    return values | changes


@pytest.fixture
def buyer(client, cast):
    client.force_login(cast.purchasing)
    return client


def test_a_supplier_is_made_changed_and_shown(buyer):
    people = {"contacts-0-name": "李四", "contacts-0-duty": "财务"}
    answer = buyer.post(NEW, form(email="po@example.com", **people))
    supplier = Supplier.objects.get(code="S-9")
    assert answer["Location"] == page("supplier", supplier)
    text = buyer.get(page("supplier", supplier)).content.decode()
    assert "永康五金" in text
    assert "李四" in text
    assert buyer.get(page("supplier_edit", supplier)).status_code == 200
    buyer.post(page("supplier_edit", supplier), form(name="永康五金厂", code="other"))
    supplier.refresh_from_db()
    assert (supplier.code, supplier.name, supplier.contacts.count()) == ("S-9", "永康五金厂", 0)
    assert "S-9" in buyer.get(LIST, {"q": "永康"}).content.decode()
    assert "S-9" not in buyer.get(LIST, {"q": "没有"}).content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "S1"}, "code"),
        ({"code": "a/b"}, "code"),
        ({"name": ""}, "name"),
        ({"tax_number": "123"}, "tax_number"),
        ({"currency": "RMB1"}, "currency"),
        ({"currency": "12"}, "currency"),
        ({"email": "nobody"}, "email"),
        ({"minimum_amount": "-1"}, "minimum_amount"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_kept(buyer, supplier, changes, field):
    answer = buyer.post(NEW, form(note="备注留着", **changes))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f"id_{field}_error" in text
    assert "备注留着" in text
    assert Supplier.objects.count() == 1


def test_a_tax_number_belongs_to_one_supplier(supplier):
    save_supplier(supplier, by=None, tax_number=f" {TAX.lower()} ")
    assert supplier.tax_number == TAX
    with pytest.raises(BusinessError, match="S1"):
        save_supplier(None, by=None, code="S2", name="二厂", tax_number=TAX)


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [
        ("supplier", "finance", 200),
        ("supplier", "sales", 403),
        ("supplier_edit", "finance", 403),
        ("supplier", "alpha_login", 404),
        ("prices_export", "planner", 200),
        ("prices_export", "sales", 403),
    ],
)
def test_who_may_see_and_change(client, cast, supplier, name, role, status):
    client.force_login(getattr(cast, role))
    assert client.get(page(name, supplier)).status_code == status
    assert client.get(reverse("inventory:supplier", args=["none"])).status_code in (403, 404)


def test_prices_by_hand(buyer, supplier, product):
    new = {"price-product": product.sku.lower(), "price-price": "8.5", "price-pack": "10", "price-is_preferred": "on"}
    assert buyer.post(page("price_add", supplier), new).status_code == 302
    row = SupplierPrice.objects.get()
    assert (row.product, row.price, row.pack, row.is_preferred) == (product, Decimal("8.5"), 10, True)
    buyer.post(page("price_add", supplier), new | {"price-price": "9"})
    assert SupplierPrice.objects.get().price == 9
    for bad in (
        {"price-product": "?"},
        {"price-price": "-1"},
        {"price-valid_from": "2026-02-02", "price-valid_to": "2026-01-01"},
    ):
        assert buyer.post(page("price_add", supplier), new | bad).status_code == 422
    other = Supplier.objects.create(code="S2", name="二厂")
    save_price(other, PriceInput(product, Decimal(7), is_preferred=True), by=None)
    assert SupplierPrice.objects.filter(is_preferred=True).get().supplier == other
    assert buyer.post(page("price_remove", supplier, row.pk)).status_code == 302
    assert not supplier.prices.exists()


def sheet(*rows):
    head = "SKU,货号,价格,起订,倍数,从,到,天,首选"
    return SimpleUploadedFile("p.csv", "\n".join([head, *rows]).encode())


def test_prices_from_a_workbook_checked_first(buyer, supplier, product):
    other = make_product("B-1")
    save_price(supplier, PriceInput(other, Decimal(3)), by=None)
    rows = [f"{product.sku},X-1,8.5,100,10,2026-01-01,2027-12-31,12,是", "B-1,,4,,,,,,"]
    url = page("prices_upload", supplier)
    answer = buyer.post(url, {"file": sheet(*rows), "check": "1"})
    assert answer.status_code == 200
    assert "尚未保存" in answer.content.decode()
    assert SupplierPrice.objects.count() == 1
    assert buyer.post(url, {"file": sheet(*rows)}).status_code == 302
    row = SupplierPrice.objects.get(product=product)
    assert (row.supplier_sku, row.minimum, row.pack, row.lead_days, row.is_preferred) == ("X-1", 100, 10, 12, True)
    assert SupplierPrice.objects.get(product=other).price == 4
    exported = buyer.get(page("prices_export", supplier))
    cells = list(load_workbook(io.BytesIO(b"".join(exported.streaming_content))).active.iter_rows(values_only=True))
    taken = import_prices(
        supplier,
        [(at, ["" if cell is None else str(cell)[:10] for cell in row]) for at, row in enumerate(cells[1:], 2)],
        by=None,
    )
    assert (taken.added, taken.changed, taken.same) == (0, 0, 2)


def test_bad_rows_are_named_and_nothing_is_saved(buyer, supplier, product):
    rows = [
        f"{product.sku},,8,,,,,,",
        "nothing,,8,,,,,,",
        f"{product.sku},,abc,,,,,,",
        f"{product.sku},,,,,,,,",
        f"{product.sku},,8,,,2026-13-01,,,",
        f"{product.sku},,8,,,,,x,",
        f"{product.sku},,8,,,,,,",
    ]
    answer = buyer.post(page("prices_upload", supplier), {"file": sheet(*rows)})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert all(f"第 {number} 行" in text for number in (3, 4, 5, 6, 7, 8))
    assert not SupplierPrice.objects.exists()
    assert buyer.post(page("prices_upload", supplier), {}).status_code == 422
    wrong = SimpleUploadedFile("p.exe", b"x")
    assert buyer.post(page("prices_upload", supplier), {"file": wrong}).status_code == 422


def test_the_record_counts_deliveries_against_the_promise(
    supplier, product, bin_place, cast, django_assert_num_queries
):
    def deliver_on(days, *, rejected=0):
        order = draft(supplier, (product, "10", "1"))
        advance(order, "place", by=None)
        arrived = {order.lines.get().pk: Arrival(Decimal(10), rejected=Decimal(rejected), reason="坏")}
        receipt = receive(order, quantities=arrived, place=bin_place, by=None)
        when = timezone.now() + dt.timedelta(days=days)
        GoodsReceipt.objects.filter(pk=receipt.pk).update(created_at=when)
        return order

    deliver_on(-2)
    deliver_on(0, rejected=5)
    late = deliver_on(11)
    reschedule_first = draft(supplier, (product, "1", "1"))
    advance(reschedule_first, "place", by=None)
    PurchaseOrder.objects.filter(pk=reschedule_first.pk).update(promised_on=timezone.localdate() - dt.timedelta(days=3))
    old = deliver_on(-400)
    with django_assert_num_queries(2):
        score = scores_of([supplier.pk])[supplier.pk]
    assert (score.on_time, score.late, score.overdue, score.days_late) == (2, 1, 1, 4)
    assert score.punctuality == Decimal("0.5")
    assert (score.inspected, score.good) == (3, Decimal("0.8333"))
    assert late.promised_on
    assert old.pk


def test_another_day_leaves_the_promise_as_it_was(placed, cast):
    promised, day = placed.order.expected_on, timezone.localdate() + dt.timedelta(days=40)
    reschedule(placed.order, expected_on=day, by=cast.purchasing, note="原料短缺")
    placed.order.refresh_from_db()
    assert (placed.order.expected_on, placed.order.promised_on) == (day, promised)
    assert any("原料短缺" in entry.text for entry in timeline(placed.order))
    with pytest.raises(NotPermitted):
        reschedule(placed.order, expected_on=promised, by=cast.finance)
    advance(placed.order, "cancel", by=None, note="x")
    with pytest.raises(TransitionRefused):
        reschedule(placed.order, expected_on=promised, by=cast.purchasing)


def test_the_order_goes_out_as_pdf_and_again_when_asked(placed, cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    for key in ("a", "a", "b"):
        send_purchase_order(placed.order, to="po@example.com", by=cast.purchasing, note="请尽快", key=key)
    assert Outbox.objects.filter(kind="mail", payload__letter="purchase_order").count() == 2
    assert any("po@example.com" in entry.text for entry in timeline(placed.order))
    deliver([row.key for row in Outbox.objects.filter(payload__letter="purchase_order")])
    assert len(mail.outbox) == 2
    letter = mail.outbox[0]
    assert placed.order.number in letter.subject
    assert letter.body.startswith("请尽快")
    ((name, content, kind),) = letter.attachments
    assert (name, kind) == (f"{placed.order.number}.pdf", "application/pdf")
    assert content.startswith(b"%PDF")
    assert Outbox.objects.filter(payload__letter="purchase_order", status="done").count() == 2


def test_what_cannot_be_sent(placed, supplier, product, cast, client):
    for address in ("", "nobody", "a b@c"):
        with pytest.raises(BusinessError):
            send_purchase_order(placed.order, to=address, by=cast.purchasing)
    with pytest.raises(NotPermitted):
        send_purchase_order(placed.order, to="po@example.com", by=cast.finance)
    with pytest.raises(TransitionRefused):
        send_purchase_order(draft(supplier, (product, "1", "1")), to="po@example.com", by=cast.purchasing)
    assert not Outbox.objects.filter(payload__letter="purchase_order").exists()
    url = reverse("inventory:purchase_send", args=[placed.order.number])
    client.force_login(cast.purchasing)
    assert client.post(url, {"to": "?"}).status_code == 422
    assert client.post(url, {"to": "po@example.com", "key": "k"}).status_code == 302
    assert "po@example.com" in client.get(placed.order.get_absolute_url()).content.decode()


def test_the_list_costs_the_same_for_many(buyer, django_assert_max_num_queries):
    for at in range(12):
        Supplier.objects.create(code=f"X{at}", name=f"厂 {at}")
    buyer.get(LIST)
    with django_assert_max_num_queries(9):
        buyer.get(LIST)
