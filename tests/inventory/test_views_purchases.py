"""The pages of buying and receiving."""

from decimal import Decimal

import pytest
from django.urls import reverse

from erp.workflow import advance
from inventory.models import GoodsReceipt, PurchaseOrder, StockItem, SupplierPrice, SupplyRequest
from inventory.services import default_warehouse
from tests.cast import make_product
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db

LIST, NEW = reverse("inventory:purchases"), reverse("inventory:purchase_new")
PROPOSALS = reverse("inventory:proposals")


def page(name, order):
    return reverse(f"inventory:{name}", args=[order.number])


def typed(supplier, *lines, **head):
    """What the form posts: (product id or "", sku text, quantity, price)."""
    data = {"supplier": supplier.pk, "warehouse": default_warehouse().pk, "expected_on": "", "note": ""} | head
    data |= {"lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": 0}
    for at, (product, sku, quantity, price) in enumerate(lines):
        data |= {
            f"lines-{at}-product": product,
            f"lines-{at}-sku": sku,
            f"lines-{at}-quantity": quantity,
            f"lines-{at}-unit_price": price,
        }
    return data


def wants(product, quantity):
    SupplyRequest.objects.create(
        product=product,
        warehouse=default_warehouse(),
        quantity=Decimal(quantity),
        supply="buy",
        holder_type="orders.OrderLine",
        holder_id=product.pk,
        document_type="orders.SalesOrder",
        document_id=1,
    )


@pytest.fixture
def buyer(client, cast):
    client.force_login(cast.warehouse)
    return client


def test_the_list_filters_and_links(buyer, supplier, product, placed):
    other = draft(supplier, (make_product("XX-9"), "1", "1"))
    text = buyer.get(LIST).content.decode()
    assert placed.order.number in text
    assert other.number in text
    assert placed.order.number not in buyer.get(LIST, {"status": "draft"}).content.decode()
    assert other.number in buyer.get(LIST, {"q": "xx-9"}).content.decode()
    assert placed.order.number not in buyer.get(LIST, {"q": "xx-9"}).content.decode()
    assert "没有符合条件的采购单" in buyer.get(LIST, {"q": "没有"}).content.decode()
    assert placed.order.number in buyer.get(LIST, {"supplier": "S1"}, headers={"HX-Request": "true"}).content.decode()


def test_the_empty_list_says_what_it_is_for(buyer, supplier):
    assert NEW in buyer.get(LIST).content.decode()


def test_list_queries_do_not_grow(buyer, supplier, product, django_assert_max_num_queries):
    for _again in range(8):
        draft(supplier, (product, "1", "1"))
    buyer.get(LIST)
    with django_assert_max_num_queries(9):
        buyer.get(LIST)


def test_one_click_makes_an_order_of_what_is_short(buyer, supplier, product):
    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal("8.5"))
    wants(product, "3")
    text = buyer.get(PROPOSALS).content.decode()
    assert product.sku in text
    assert supplier.name in text
    post = {"supplier": "S1", "warehouse": default_warehouse().code}
    answer = buyer.post(reverse("inventory:order_needs"), post)
    order = PurchaseOrder.objects.get()
    assert answer["Location"] == page("purchase", order)
    assert order.lines.get().quantity == 3
    assert buyer.post(reverse("inventory:order_needs"), post).status_code == 422
    assert buyer.post(reverse("inventory:order_needs"), {"supplier": "?", "warehouse": "?"}).status_code == 404
    assert buyer.get(reverse("inventory:order_needs")).status_code == 405
    assert PurchaseOrder.objects.count() == 1


def test_the_form_is_filled_in_with_what_is_short(buyer, supplier, product):
    wants(product, "3")
    form = buyer.get(NEW, {"product": product.sku}).content.decode()
    assert f'value="{product.pk}"' in form
    assert 'value="3"' in form


def test_an_order_is_typed(buyer, supplier, product):
    product.barcodes.create(code="6901")
    lines = [(product.pk, "", "2", "1.5"), ("", "6901", "1", ""), ("", "ls-m8-20", "1", "0"), ("", "", "", "")]
    answer = buyer.post(NEW, typed(supplier, *lines, note="加急", expected_on="2026-12-24"))
    order = PurchaseOrder.objects.get()
    assert answer["Location"] == page("purchase", order)
    assert [(row.quantity, row.unit_price) for row in order.lines.all()] == [(2, Decimal("1.5")), (1, 60), (1, 0)]
    assert (order.note, str(order.expected_on), order.created_by.username) == ("加急", "2026-12-24", "warehouse")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "没有明细行"),
        ([("", "没有这个", "1", "1")], "没有这个 SKU"),
        ([("P", "", "", "1")], "请填写数量"),
        ([("P", "", "0", "1")], "lines-0-quantity"),
        ([("P", "", "abc", "1")], "lines-0-quantity"),
        ([("P", "", "1", "-1")], "lines-0-unit_price"),
    ],
)
def test_bad_orders_are_explained_and_kept(buyer, supplier, product, lines, words):
    lines = [(product.pk if line[0] == "P" else line[0], *line[1:]) for line in lines]
    answer = buyer.post(NEW, typed(supplier, *lines, note="备注留着"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert "备注留着" in text
    assert not PurchaseOrder.objects.exists()


def test_many_lines_cost_no_more_queries(buyer, supplier, product, django_assert_max_num_queries):
    others = [make_product() for _again in range(20)]
    buyer.post(NEW, typed(supplier, (product.pk, "", "1", "1")))
    with django_assert_max_num_queries(50) as few:
        buyer.post(NEW, typed(supplier, (product.pk, "", "1", "1")))
    lines = [(other.pk, "", "1", "1") for other in others] + [("", product.sku, "1", "1")]
    with django_assert_max_num_queries(len(few) + 3):
        assert buyer.post(NEW, typed(supplier, *lines)).status_code == 302


def test_a_form_without_its_counter_is_refused_kindly(buyer, supplier):
    data = typed(supplier)
    del data["lines-TOTAL_FORMS"]
    assert buyer.post(NEW, data).status_code == 422


def test_a_draft_is_edited_and_a_placed_order_is_not(buyer, supplier, product):
    order = draft(supplier, (product, "2", "1"))
    assert product.sku in buyer.get(page("purchase_edit", order)).content.decode()
    answer = buyer.post(page("purchase_edit", order), typed(supplier, (product.pk, "", "9", "1")))
    assert answer.status_code == 302
    assert order.lines.get().quantity == 9
    assert buyer.post(page("purchase_edit", order), typed(supplier)).status_code == 422
    assert order.lines.get().quantity == 9
    advance(order, "place", by=None)
    assert buyer.get(page("purchase_edit", order)).status_code == 422


def test_the_page_offers_the_next_step(buyer, supplier, product):
    order = draft(supplier, (product, "2", "1"))
    text = buyer.get(page("purchase", order)).content.decode()
    assert "下单" in text
    answer = buyer.post(page("purchase_transition", order), {"transition": "place"})
    assert answer["Location"] == page("purchase", order)
    order.refresh_from_db()
    assert order.status == "placed"
    assert page("receive", order) in buyer.get(page("purchase", order)).content.decode()
    answer = buyer.post(page("purchase_transition", order), {"transition": "place"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert buyer.post(page("purchase_transition", order), {"transition": "rubbish"}).status_code == 422
    assert buyer.post(page("purchase_transition", order), {"transition": "cancel"}).status_code == 422
    assert buyer.get(page("purchase_transition", order)).status_code == 405


def test_goods_are_received_in_parts(buyer, placed, bin_place):
    url, name = page("receive", placed.order), f"q{placed.line.pk}"
    assert 'value="10"' in buyer.get(url).content.decode()
    answer = buyer.post(url, {"place": bin_place.pk, "key": "k1", name: "4"})
    assert answer["Location"] == page("purchase", placed.order)
    buyer.post(url, {"place": bin_place.pk, "key": "k1", name: "4"})
    assert GoodsReceipt.objects.count() == 1
    assert 'value="6"' in buyer.get(url).content.decode()
    buyer.post(url, {"place": bin_place.pk, "key": "k2", name: "6"})
    assert StockItem.objects.get().on_hand == 10
    text = buyer.get(page("purchase", placed.order)).content.decode()
    assert all(receipt.number in text for receipt in GoodsReceipt.objects.all())
    assert "已全部到货" in text
    assert buyer.get(url).status_code == 422


@pytest.mark.parametrize("quantity", ["11", "-1", "abc", "0", ""])
def test_bad_receipts_are_explained_and_nothing_arrives(buyer, placed, bin_place, quantity):
    url = page("receive", placed.order)
    answer = buyer.post(url, {"place": bin_place.pk, "key": "k1", f"q{placed.line.pk}": quantity})
    assert answer.status_code == 422
    assert not GoodsReceipt.objects.exists()


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [
        ("purchase", "finance", 200),
        ("purchase", "planner", 200),
        ("purchase", "sales", 403),
        ("receive", "finance", 403),
        ("receive", "sales", 403),
        ("purchase_edit", "finance", 403),
        ("purchase", "alpha_login", 404),
        ("receive", "alpha_login", 404),
    ],
)
def test_who_may_do_what(client, cast, placed, name, role, status):
    client.force_login(getattr(cast, role))
    assert client.get(page(name, placed.order)).status_code == status


def test_strangers_to_lists(client, cast, placed):
    assert client.get(LIST).status_code == 302
    client.force_login(cast.sales)
    assert client.get(LIST).status_code == 403
    client.force_login(cast.finance)
    assert client.get(LIST).status_code == 200
    assert client.get(NEW).status_code == 403
    answer = client.post(page("purchase_transition", placed.order), {"transition": "cancel", "note": "x"})
    assert answer.status_code == 403
    assert client.get(reverse("inventory:purchase", args=["PO-0"])).status_code == 404


def test_work_that_waits(cast, supplier, product):
    from inventory.work import work_for

    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal("8.5"))
    wants(product, "3")
    draft(supplier, (make_product(), "1", "1"))
    due = draft(supplier, (make_product(), "1", "1"))
    advance(due, "place", by=None)
    PurchaseOrder.objects.filter(pk=due.pk).update(expected_on="2020-01-01")
    groups = {group.key: group for group in work_for(cast.warehouse)}
    assert list(groups) == ["to-buy", "purchase-drafts", "purchase-late", "purchase-due"]
    assert groups["to-buy"].count == "1"
    assert groups["purchase-due"].items[0].late
    assert list(work_for(cast.sales)) == []


def test_the_paper_for_the_supplier(buyer, placed, cast):
    answer = buyer.get(page("purchase_pdf", placed.order))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    buyer.force_login(cast.sales)
    assert buyer.get(page("purchase_pdf", placed.order)).status_code == 403
