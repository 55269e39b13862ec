"""The product card, the product form, counting, and the picker's search."""

from decimal import Decimal

import pytest
from django.urls import reverse

from inventory.models import Product, StockItem, SupplierPrice, Unit
from inventory.services import Want, default_warehouse, reserve
from tests.cast import make_order, make_product, put_in_stock
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db


def card(product):
    return reverse("inventory:product", args=[product.sku])


def form_of(product=None, **changes):
    """What the product form posts."""
    data = {
        "sku": "N-1",
        "name": "新螺栓",
        "unit": Unit.objects.get(name="个").pk,
        "kind": "goods",
        "supply": "buy",
        "list_price": "1.5",
        "standard_cost": "1",
        "lead_days": "3",
        "minimum": "0",
        "reorder_point": "5",
        "is_active": "on",
        "barcodes": "6901\n6902",
    }
    if product is not None:
        data |= {"sku": product.sku, "name": product.name}
    return data | changes


def test_the_card_tells_everything(client, cast, product, supplier):
    put_in_stock(product, 5)
    order = make_order((product, "3"), by=cast.sales, customer=cast.alpha)
    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal("8.25"))
    purchase = draft(supplier, (product, "40", "8.25"))
    from erp.workflow import advance

    advance(purchase, "place", by=None)
    reserve(
        [Want(order.lines.get().pk, product.pk, Decimal(2))],
        holder_type="orders.OrderLine",
        warehouse_id=default_warehouse().pk,
        by=None,
    )
    client.force_login(cast.warehouse)
    text = client.get(card(product)).content.decode()
    for words in (product.name, "MAIN-A-01-01", order.number, purchase.number, "8.25", "盘点", "60"):
        assert words in text


def test_sales_see_no_purchase_price_and_no_foreign_order(client, cast, product, supplier):
    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal("8.25"))
    put_in_stock(product, 5)
    order = make_order((product, "3"), customer=cast.beta)
    client.force_login(cast.sales)
    text = client.get(card(product)).content.decode()
    assert "8.25" not in text
    assert supplier.name not in text
    assert order.number not in text
    assert reverse("inventory:adjust", args=[product.sku]) not in text


def test_a_product_without_anything_and_a_service_have_a_card(client, cast, product):
    client.force_login(cast.sales)
    assert "没有库存" in client.get(card(product)).content.decode()
    assert client.get(card(make_product("SV/1 号", kind="service"))).status_code == 200


def test_the_cards_queries_do_not_grow(client, cast, product, django_assert_max_num_queries):
    put_in_stock(product, 50)
    client.force_login(cast.admin)
    client.get(card(product))
    for _again in range(6):
        make_order((product, "1"), customer=cast.alpha)
    with django_assert_max_num_queries(30):
        client.get(card(product))


def test_a_product_is_made_and_changed(client, cast):
    client.force_login(cast.admin)
    answer = client.post(reverse("inventory:product_new"), form_of())
    assert answer.status_code == 302
    product = Product.objects.get(sku="N-1")
    assert (product.initials, product.list_price, product.barcodes.count()) == ("xls", Decimal("1.5"), 2)
    client.force_login(cast.warehouse)
    edit = reverse("inventory:product_edit", args=["N-1"])
    assert "6901" in client.get(edit).content.decode()
    client.post(edit, form_of(product, name="老螺栓", barcodes="6902"))
    product.refresh_from_db()
    assert (product.initials, product.barcodes.count()) == ("lls", 1)


@pytest.mark.parametrize(
    "changes",
    [{"sku": ""}, {"sku": "new"}, {"list_price": "-1"}, {"list_price": "abc"}, {"tax_rate": "13"}, {"unit": "99999"}],
)
def test_bad_input_keeps_what_was_typed(client, cast, changes):
    client.force_login(cast.admin)
    answer = client.post(reverse("inventory:product_new"), form_of(specification="M8×20 八点八级", **changes))
    assert answer.status_code == 422
    assert "M8×20 八点八级" in answer.content.decode()
    assert not Product.objects.exists()


def test_a_taken_sku_or_barcode_is_said_at_its_field(client, cast):
    client.force_login(cast.admin)
    make_product("N-1").barcodes.create(code="6901")
    assert "sku" in client.post(reverse("inventory:product_new"), form_of()).content.decode()
    answer = client.post(reverse("inventory:product_new"), form_of(sku="N-2"))
    assert answer.status_code == 422
    assert "id_barcodes_error" in answer.content.decode()
    assert Product.objects.count() == 1


def test_a_count_is_written(client, cast, product, bin_place):
    put_in_stock(product, 5)
    client.force_login(cast.warehouse)
    url = f"{reverse('inventory:adjust', args=[product.sku])}?place={bin_place.pk}"
    form = client.get(url).content.decode()
    assert "5 个" in form
    answer = client.post(url, {"counted": "8", "reason": "盘点", "expected": "5", "key": "k1"})
    assert answer.status_code == 302
    assert StockItem.objects.get().on_hand == 8
    client.post(url, {"counted": "8", "reason": "盘点", "expected": "5", "key": "k1"})
    assert product.moves.count() == 2


@pytest.mark.parametrize(
    "typed",
    [
        {"counted": "-1"},
        {"counted": ""},
        {"counted": "abc"},
        {"reason": ""},
        {"expected": "4"},
    ],
)
def test_a_bad_count_is_explained_and_nothing_moves(client, cast, product, bin_place, typed):
    put_in_stock(product, 5)
    client.force_login(cast.warehouse)
    url = f"{reverse('inventory:adjust', args=[product.sku])}?place={bin_place.pk}"
    answer = client.post(url, {"counted": "8", "reason": "年终盘点", "expected": "5", "key": "k1"} | typed)
    assert answer.status_code == 422
    assert StockItem.objects.get().on_hand == 5
    if "expected" in typed:
        assert 'name="expected" value="5.0000"' in answer.content.decode()


def test_the_place_is_asked_first_and_must_be_one(client, cast, product):
    client.force_login(cast.warehouse)
    url = reverse("inventory:adjust", args=[product.sku])
    assert client.get(url).status_code == 200
    assert client.get(f"{url}?place=99999").status_code == 422


def test_the_picker(client, cast, product, supplier):
    put_in_stock(product, 5)
    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal("8.25"))
    client.force_login(cast.sales)
    url = reverse("inventory:search")
    (item,) = client.get(url, {"q": "ls-m8"}).json()["items"]
    assert item["sku"] == item["code"] == product.sku
    assert (item["unit"], item["price"], item["tax"], item["available"]) == ("个", "100", "0.13", "5")
    assert client.get(url, {"q": ""}).json() == {"items": []}
    assert client.get(url, {"q": "ls-m8", "use": "buy"}).json()["items"][0]["price"] == "100"
    client.force_login(cast.warehouse)
    assert client.get(url, {"q": "ls-m8", "use": "buy"}).json()["items"][0]["price"] == "8.25"
    assert client.post(url).status_code == 405


def test_the_picker_is_for_staff(client, cast):
    url = reverse("inventory:search")
    assert client.get(url).status_code == 302
    client.force_login(cast.alpha_login)
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [
        ("product", "sales", 200),
        ("product_edit", "sales", 403),
        ("product_edit", "warehouse", 200),
        ("adjust", "sales", 403),
        ("adjust", "finance", 403),
        ("adjust", "warehouse", 200),
        ("product", "alpha_login", 404),
        ("adjust", "alpha_login", 404),
        ("product_edit", "alpha_login", 404),
    ],
)
def test_who_may_do_what(client, cast, product, name, role, status):
    client.force_login(getattr(cast, role))
    assert client.get(reverse(f"inventory:{name}", args=[product.sku])).status_code == status
    if status == 200:
        assert client.get(reverse(f"inventory:{name}", args=["nothing"])).status_code == 404


def test_new_products_need_the_right(client, cast):
    client.force_login(cast.sales)
    assert client.get(reverse("inventory:product_new")).status_code == 403


def test_the_card_shows_who_changed_what(client, cast, product):
    from inventory.services import save_product

    save_product(by=cast.admin, product=product, list_price=Decimal("123.5"))
    save_product(by=None, product=product, standard_cost=Decimal("77.7"), supply="make")
    client.force_login(cast.warehouse)
    text = client.get(card(product)).content.decode()
    for words in ("123.5", "77.7", "自制", "admin", "变更记录"):
        assert words in text
    client.force_login(cast.sales)
    assert "77.7" not in client.get(card(product)).content.decode()
