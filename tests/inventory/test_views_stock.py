"""The stock list, its filters and its spreadsheet, and the ledger."""

import io
from decimal import Decimal

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from inventory.models import Category, Place, SupplyRequest, Warehouse
from inventory.services import adjust_stock, default_warehouse
from tests.cast import make_product, make_user, put_in_stock

pytestmark = pytest.mark.django_db

LIST, MOVES, XLSX = reverse("inventory:list"), reverse("inventory:moves"), reverse("inventory:xlsx")


def rows(client, url=LIST, **query):
    """SKUs on the page, in order."""
    answer = client.get(url, query)
    assert answer.status_code == 200
    text = answer.content.decode()
    found = [product for product in client.skus if f">{product}</a>" in text]
    return sorted(found, key=lambda sku: text.index(f">{sku}</a>"))


@pytest.fixture
def staff(client, cast):
    client.force_login(cast.sales)
    client.skus = ["A-1", "B-2", "C-3", "S-9"]
    screws = Category.objects.create(name="紧固件")
    a = make_product("A-1", name="六角螺栓", category=Category.objects.create(name="螺栓", parent=screws))
    b = make_product("B-2", name="平垫圈", reorder_point=Decimal(10), category=screws)
    make_product("C-3", name="合页", supply="make")
    make_product("S-9", name="安装服务", kind="service")
    put_in_stock(a, 7)
    put_in_stock(b, 4)
    SupplyRequest.objects.create(
        product=a,
        warehouse=default_warehouse(),
        quantity=3,
        supply="buy",
        holder_type="orders.OrderLine",
        holder_id=1,
        document_type="orders.SalesOrder",
        document_id=1,
    )
    client.a, client.b, client.category = a, b, screws
    return client


def test_it_lists_products_with_their_figures(staff):
    assert rows(staff) == ["A-1", "B-2", "C-3", "S-9"]
    assert "7 个" in staff.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ({"q": "luoshuan"}, ["A-1"]),
        ({"q": "pdq"}, ["B-2"]),
        ({"q": "没有的"}, []),
        ({"supply": "make"}, ["C-3"]),
        ({"state": "short"}, ["A-1"]),
        ({"state": "low"}, ["B-2"]),
        ({"state": "zero"}, ["C-3"]),
        ({"warehouse": "MAIN"}, ["A-1", "B-2"]),
        ({"warehouse": "MAIN", "state": "zero"}, ["C-3"]),
        ({"warehouse": "nowhere"}, ["A-1", "B-2", "C-3", "S-9"]),
        ({"state": "nonsense", "category": "x"}, ["A-1", "B-2", "C-3", "S-9"]),
    ],
)
def test_filters(staff, query, skus):
    if "q" in query:
        for product in (staff.a, staff.b):
            from inventory.services import save_product

            save_product(by=None, product=product)
    assert rows(staff, **query) == skus


def test_a_category_includes_those_below_it(staff):
    assert rows(staff, category=staff.category.pk) == ["A-1", "B-2"]


def test_figures_follow_the_chosen_warehouse(staff):
    second = Warehouse.objects.create(code="SH", name="上海仓")
    place = Place.objects.create(code="SH-1", warehouse=second)
    adjust_stock(staff.a, place, counted=Decimal(5), reason="期初库存", by=None)
    assert rows(staff, warehouse="SH") == ["A-1"]
    text = staff.get(LIST, {"warehouse": "SH"}).content.decode()
    assert "5 个" in text
    assert "12 个" not in text
    assert "12 个" in staff.get(LIST).content.decode()


def test_pages_turn_by_cursor(staff, monkeypatch):
    for number in range(45):
        make_product(f"Z-{number:03}")
    staff.skus = [f"Z-{number:03}" for number in range(45)]
    answer = staff.get(LIST)
    cursor = answer.content.decode().split("cursor=")[1].split('"')[0]
    first = rows(staff)
    second = staff.get(LIST, {"cursor": cursor}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in second
    assert [sku for sku in staff.skus if f">{sku}</a>" in second] == staff.skus[len(first) :]
    assert rows(staff, cursor="rubbish") == first


def test_htmx_gets_the_list_only(staff):
    answer = staff.get(LIST, {"q": "A-1"}, headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith('<div id="list">')
    assert "HX-Request" in answer["Vary"]


def test_the_number_of_queries_does_not_grow(staff, django_assert_max_num_queries):
    staff.get(LIST)
    for number in range(30):
        put_in_stock(make_product(f"Q-{number}", reorder_point=Decimal(9)), 1)
    with django_assert_max_num_queries(16):
        staff.get(LIST)


def test_empty_states(client, cast):
    client.force_login(cast.admin)
    assert reverse("inventory:product_new") in client.get(LIST).content.decode()
    assert "还没有商品" in client.get(LIST).content.decode()
    make_product()
    assert "没有符合条件的商品" in client.get(LIST, {"q": "xyz"}).content.decode()
    assert "没有流水" in client.get(MOVES).content.decode()


def sheet(answer):
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return list(book.active.iter_rows(values_only=True))


def test_the_spreadsheet_is_what_is_filtered(staff, cast):
    table = sheet(staff.get(XLSX, {"state": "short"}))
    assert [row[0] for row in table[1:]] == ["A-1"]
    assert table[1][5:10] == (7, 0, 7, 0, 3)
    assert "库存金额" not in table[0]
    staff.force_login(cast.finance)
    table = sheet(staff.get(XLSX))
    assert [row[0] for row in table[1:]] == ["A-1", "B-2", "C-3", "S-9"]
    assert table[0][-1] == "库存金额"
    assert table[1][-2:] == (60, 420)


def test_the_ledger_shows_where_things_went(staff, cast, bin_place):
    adjust_stock(staff.a, bin_place, counted=Decimal(5), reason="破损", by=cast.warehouse)
    text = staff.get(MOVES).content.decode()
    assert "−2 个" in text
    assert "破损" in text
    assert "420.00" not in text  # sales see no cost
    staff.force_login(cast.finance)
    assert "420.00" in staff.get(MOVES).content.decode()


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ({"q": "B-2"}, ["B-2"]),
        ({"direction": "adjust"}, ["A-1"]),
        ({"direction": "out"}, ["A-1"]),
        ({"direction": "in", "q": "B-2"}, ["B-2"]),
        ({"since": "2999-01-01"}, []),
        ({"until": "2000-01-01"}, []),
        ({"since": "nonsense", "q": "B-2"}, ["B-2"]),
        ({"warehouse": "MAIN", "q": "B"}, ["B-2"]),
    ],
)
def test_ledger_filters(staff, bin_place, query, skus):
    adjust_stock(staff.a, bin_place, counted=Decimal(5), reason="破损", by=None)
    assert sorted(set(rows(staff, MOVES, **query))) == skus


def test_ledger_queries_do_not_grow(staff, placed, bin_place, cast, django_assert_max_num_queries):
    from inventory.services import receive

    for _again in range(5):
        receive(placed.order, quantities={placed.line.pk: Decimal(1)}, place=bin_place, by=cast.warehouse)
    staff.force_login(cast.finance)
    staff.get(MOVES)
    with django_assert_max_num_queries(12):
        staff.get(MOVES)


@pytest.mark.parametrize("url", [LIST, MOVES, XLSX])
def test_who_may_look(client, cast, url):
    assert client.get(url).status_code == 302
    client.force_login(cast.alpha_login)
    assert client.get(url).status_code == 404
    client.force_login(make_user("nobody"))
    assert client.get(url).status_code == 403
