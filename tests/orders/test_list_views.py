"""Views of the order list: saving, sharing, what opens first, columns, density, sorting."""

import io

import pytest
from django.contrib.auth.models import Group
from openpyxl import load_workbook

from erp.errors import BusinessError, NotPermitted
from erp.models import SavedView
from erp.saved_views import (
    delete_view,
    open_first,
    open_first_for_roles,
    overwrite_view,
    rename_view,
    save_layout,
    save_view,
    share_view,
    tidy_query,
    views_of,
)
from orders.models import SalesOrder
from tests.cast import make_order, make_product

pytestmark = pytest.mark.usefixtures("no_auto_approval")


@pytest.fixture
def as_(client):
    """The client signed in as somebody."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def heads(response):
    """The headings of the list, in order."""
    table = response.content.decode().split("<thead>")[1].split("</thead>")[0]
    cells = table.split("<th ")[2:]  # after the boxes
    return [cell.split(">", 1)[1].split("</th>")[0].split("<svg")[0].split(">")[-1].strip() for cell in cells]


def test_a_query_is_kept_without_what_passes():
    assert tidy_query("?status=pending&cursor=x&_v=1&v=3&q=&channel=web&cols=a&density=dense") == (
        "channel=web&status=pending"
    )


def test_a_view_keeps_filters_sorting_columns_and_density(as_, cast):
    response = as_(cast.manager).post(
        "/views/orders/save/",
        {
            "name": " 网店  待审 ",
            "query": "status=pending&sort=-amount",
            "columns": "number,amount",
            "density": "dense",
        },
    )
    view = SavedView.objects.get()
    assert (view.name, view.columns, view.density, view.shared) == ("网店 待审", ["number", "amount"], "dense", False)
    assert response["Location"] == f"/orders/?v={view.pk}&sort=-amount&status=pending"
    make_order((make_product(), 1))
    page = as_(cast.manager).get(response["Location"])
    assert heads(page) == ["单号", "金额"]
    assert 'data-density="dense"' in page.content.decode().split('id="list"')[1][:40]


def test_names_are_ones_own_and_unique(cast):
    save_view("orders", by=cast.sales, name="我的")
    save_view("orders", by=cast.manager, name="我的")
    save_view("purchases", by=cast.sales, name="我的")
    with pytest.raises(BusinessError) as refused:
        save_view("orders", by=cast.sales, name="我的 ")
    assert refused.value.field == "name"
    for name in ("", "   ", "长" * 61):
        with pytest.raises(BusinessError):
            save_view("orders", by=cast.sales, name=name)
    assert SavedView.objects.count() == 3


def test_a_bad_name_is_said_and_nothing_saved(as_, cast):
    assert as_(cast.sales).post("/views/orders/save/", {"name": ""}).status_code == 422
    assert as_(cast.sales).post("/views/nothing/save/", {"name": "x"}).status_code == 404
    assert as_(cast.alpha_login).post("/views/orders/save/", {"name": "x"}).status_code == 404
    assert not SavedView.objects.exists()


def test_sharing_needs_the_right(cast):
    with pytest.raises(NotPermitted):
        save_view("orders", by=cast.sales, name="大家", shared=True)
    own = save_view("orders", by=cast.sales, name="自己")
    with pytest.raises(NotPermitted):
        share_view(own, True, by=cast.sales)
    with pytest.raises(NotPermitted):
        share_view(own, True, by=cast.manager)  # a private view is nobody else's to publish
    shared = save_view("orders", by=cast.manager, name="大家", shared=True)
    assert views_of("orders", cast.sales).named == [own, shared]
    assert views_of("orders", cast.finance).named == [shared]
    assert views_of("orders", cast.alpha_login).named == []


def test_only_who_manages_a_view_changes_it(as_, cast):
    view = save_view("orders", by=cast.manager, name="大家", shared=True)
    private = save_view("orders", by=cast.manager, name="自己")
    for act in ("overwrite", "rename", "unshare", "delete", "roles"):
        assert as_(cast.sales).post(f"/views/{view.pk}/", {"act": act, "name": "x"}).status_code == 403
        assert as_(cast.sales).post(f"/views/{private.pk}/", {"act": act, "name": "x"}).status_code == 404
    assert as_(cast.manager).post(f"/views/{view.pk}/", {"act": "nonsense"}).status_code == 404
    assert as_(cast.manager).get(f"/views/{view.pk}/").status_code == 405
    view.refresh_from_db()
    assert (view.name, view.shared) == ("大家", True)


def test_overwrite_rename_share_and_delete(as_, cast):
    view = save_view("orders", by=cast.manager, name="旧")
    page = as_(cast.manager)
    page.post(f"/views/{view.pk}/", {"act": "overwrite", "query": "?channel=web&v=9", "columns": "number,due"})
    page.post(f"/views/{view.pk}/", {"act": "rename", "name": "新"})
    page.post(f"/views/{view.pk}/", {"act": "share"})
    view.refresh_from_db()
    assert (view.name, view.query, view.columns, view.shared) == ("新", "channel=web", ["number", "due"], True)
    page.post(f"/views/{view.pk}/", {"act": "unshare"})
    view.refresh_from_db()
    assert not view.shared
    assert page.post(f"/views/{view.pk}/", {"act": "delete"})["Location"] == "/orders/?v=0"
    assert not SavedView.objects.exists()


def test_a_changed_view_says_so(as_, cast):
    view = save_view("orders", by=cast.manager, name="网店", query="channel=web")
    page = as_(cast.manager)
    assert "有修改未保存" not in page.get(f"/orders/?v={view.pk}&channel=web").content.decode()
    changed = page.get(f"/orders/?v={view.pk}&channel=phone").content.decode()
    assert "有修改未保存" in changed
    assert "保存修改" in changed


def test_own_first_view_wins_over_the_roles(cast):
    shared = save_view("orders", by=cast.manager, name="业务员", shared=True)
    own = save_view("orders", by=cast.sales, name="我的")
    assert views_of("orders", cast.sales).first is None
    open_first_for_roles(shared, [Group.objects.get(name="sales")], by=cast.manager)
    assert views_of("orders", cast.sales).first == shared
    assert views_of("orders", cast.finance).first is None
    open_first(own, by=cast.sales)
    assert views_of("orders", cast.sales).first == own
    open_first(own, by=cast.sales, yes=False)
    assert views_of("orders", cast.sales).first == shared
    share_view(shared, False, by=cast.manager)
    assert views_of("orders", cast.sales).first is None


def test_a_role_opens_with_one_view_only(cast):
    sales = Group.objects.get(name="sales")
    one, two = (save_view("orders", by=cast.manager, name=name, shared=True) for name in "一二")
    private = save_view("orders", by=cast.manager, name="自己")
    open_first_for_roles(one, [sales], by=cast.manager)
    open_first_for_roles(two, [sales], by=cast.manager)
    assert views_of("orders", cast.sales).first == two
    assert not one.defaults.exists()
    with pytest.raises(BusinessError):
        open_first_for_roles(private, [sales], by=cast.manager)
    open_first_for_roles(two, [], by=cast.manager)
    assert views_of("orders", cast.sales).first is None


def test_the_bare_address_opens_the_first_view_and_all_stays_in_reach(as_, cast):
    view = save_view("orders", by=cast.manager, name="网店", query="channel=web")
    open_first(view, by=cast.manager)
    page = as_(cast.manager)
    there = page.get("/orders/")
    assert (there.status_code, there["Location"]) == (302, f"/orders/?v={view.pk}&channel=web")
    assert page.get(there["Location"]).status_code == 200
    everything = page.get("/orders/?v=0")
    assert everything.status_code == 200
    # Taking the last filter away never leads back to the first view.
    assert 'href="?v=0"' in page.get("/orders/?status=pending").content.decode()
    assert page.get("/orders/", headers={"HX-Request": "true"}).status_code == 200
    delete_view(view, by=cast.manager)
    assert page.get("/orders/").status_code == 200


def test_a_view_that_one_may_not_see_still_filters_by_its_address(as_, cast):
    make_order((make_product(), 1), customer=cast.alpha, channel="web")
    view = save_view("orders", by=cast.manager, name="网店", query="channel=web", columns=["number"])
    page = as_(cast.finance).get(f"/orders/?v={view.pk}&channel=web")
    assert page.status_code == 200
    assert len(heads(page)) == 8
    assert SalesOrder.objects.get().number in page.content.decode()


def test_columns_are_remembered_outside_a_view_and_stand_in_the_address_inside(as_, cast):
    make_order((make_product(), 1))
    page = as_(cast.manager)
    asked = {"columns": ["status", "external", "nonsense"], "density": "dense"}
    answer = page.post("/views/orders/layout/", asked, headers={"Referer": "http://testserver/orders/?status=pending"})
    assert answer["Location"] == "/orders/?status=pending"
    assert heads(page.get("/orders/")) == ["单号", "状态", "外部单号"]
    view = save_view("orders", by=cast.manager, name="网店")
    here = f"http://testserver/orders/?v={view.pk}"
    answer = page.post("/views/orders/layout/", {"columns": ["amount"]}, headers={"Referer": here})
    assert answer["Location"] == f"/orders/?v={view.pk}&cols=amount"
    assert heads(page.get(answer["Location"])) == ["单号", "金额"]
    assert len(heads(page.get(f"/orders/?v={view.pk}"))) == 8
    page.post("/views/orders/layout/", {"act": "usual", "columns": ["amount"]})
    assert len(heads(page.get("/orders/"))) == 8
    assert SavedView.objects.filter(name="").count() == 1


def test_layouts_and_names_never_meet(cast):
    save_layout("orders", by=cast.sales, columns=["number"])
    save_layout("orders", by=cast.sales, columns=["amount"])
    view = save_view("orders", by=cast.sales, name="我的")
    rename_view(view, "我的二", by=cast.sales)
    overwrite_view(view, by=cast.sales, query="q=1", columns=[])
    found = views_of("orders", cast.sales)
    assert found.layout.columns == ["amount"]
    assert found.named == [view]


@pytest.mark.parametrize("column", ["number", "amount", "due", "ordered"])
def test_sorting_goes_on_over_pages(as_, cast, column):
    product = make_product()
    for quantity in range(1, 44):
        make_order((product, quantity), customer=cast.alpha)
    page = as_(cast.manager)
    for sort, at_the_end in ((column, "-id"), (f"-{column}", "id")):
        text = page.get(f"/orders/?sort={sort}").content.decode()
        last = SalesOrder.objects.order_by(at_the_end).first()
        cursor = text.split("cursor=")[1].split('"')[0].split("&")[0]
        rest = page.get(f"/orders/?sort={sort}&cursor={cursor}", headers={"HX-Request": "true"}).content.decode()
        assert last.number not in text
        assert last.number in rest


def test_every_column_has_a_cell_and_a_value(as_, cast):
    from orders.columns import COLUMNS

    make_order((make_product(), 1), by=cast.sales)
    page = as_(cast.manager)
    codes = ",".join(COLUMNS)
    assert len(heads(page.get(f"/orders/?cols={codes}"))) == len(COLUMNS)
    response = page.get(f"/orders/export.xlsx?cols={codes}")
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    head, row = sheet.iter_rows(values_only=True)
    assert head == tuple(str(column.label) for column in COLUMNS.values())
    assert row[0] == SalesOrder.objects.get().number


def test_live_rows_follow_what_the_chosen_columns_show(as_, cast):
    order = make_order((make_product(), 1))
    page = as_(cast.manager)
    address = "/orders/?cols=number,salesperson"
    text = page.get(address, headers={"HX-Request": "true"}).content.decode()
    token = text.split("_v=")[1].split('"')[0]
    assert page.get(f"{address}&_v={token}", headers={"HX-Request": "true"}).status_code == 204
    SalesOrder.objects.filter(pk=order.pk).update(salesperson=cast.finance)
    assert page.get(f"{address}&_v={token}", headers={"HX-Request": "true"}).status_code == 200


def test_columns_cost_no_query_a_row(as_, cast, django_assert_max_num_queries):
    from orders.columns import COLUMNS

    for _ in range(10):
        make_order((make_product(), 1), by=cast.sales)
    page = as_(cast.manager)
    codes = ",".join(COLUMNS)
    page.get("/orders/")
    with django_assert_max_num_queries(20):
        assert page.get(f"/orders/?cols={codes}").status_code == 200
    with django_assert_max_num_queries(10):  # nobody asks what the orders wait for
        assert page.get("/orders/?cols=number,customer").status_code == 200
