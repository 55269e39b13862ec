"""Pages of production: what works, who may, bad input, what is not there."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from orders.models import Channel
from orders.services import LineInput, create_order
from production import services
from production.models import OperationRun, ProductionOrder
from tests.cast import make_product, put_in_stock
from tests.production.conftest import order_for


@pytest.fixture
def planner(client: Client, cast) -> Client:
    client.force_login(cast.planner)
    return client


@pytest.fixture
def started(hinge, cast):
    put_in_stock(hinge.plate, 12, cost="10")
    put_in_stock(hinge.screw, 48, cost="0.5")
    hinge.sale, hinge.order = order_for(hinge.product, 10, customer=cast.alpha)
    services.move(hinge.order, "start", by=cast.planner)
    return hinge


def test_board_shows_orders_by_state_with_customer_and_missing_parts(planner, hinge, cast):
    _sale, order = order_for(hinge.product, 5, customer=cast.alpha)

    page = planner.get("/production/").content.decode()

    assert order.number in page
    assert "甲公司" in page
    assert "钢板 5" in page


def test_board_without_orders_says_what_it_is_for(planner):
    assert planner.get("/production/").status_code == 200
    assert "/production/new/" in planner.get("/production/?status=done").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=HINGE", True),
        ("q=nothing", False),
        ("q=甲公司", True),
        ("ready=no", True),
        ("ready=yes", False),
        ("due=late", False),
        ("status=planned", True),
        ("status=done", False),
        ("status=nonsense", True),
    ],
)
def test_list_is_searched_and_filtered(planner, hinge, cast, query, found):
    _sale, order = order_for(hinge.product, 5, customer=cast.alpha)
    assert (order.number in planner.get(f"/production/?{query}").content.decode()) is found


def test_unchanged_board_answers_nothing(planner, hinge):
    order_for(hinge.product, 5)
    page = planner.get("/production/").content.decode()
    token = page.split("_v=")[1].split('"')[0]
    assert planner.get(f"/production/?_v={token}", headers={"HX-Request": "true"}).status_code == 204


def test_need_without_production_is_planned_from_the_board(planner, hinge, cast):
    _sale, order = order_for(hinge.product, 5)
    services.move(order, "cancel", by=cast.planner, note="模具坏了")

    page = planner.get("/production/").content.decode()
    assert "/production/plan/" in page
    planner.post("/production/plan/", {"need": order.request_id})

    assert ProductionOrder.objects.filter(status="planned", request=order.request).count() == 1
    assert planner.post("/production/plan/", {"need": order.request_id}).status_code == 302
    assert ProductionOrder.objects.filter(status="planned").count() == 1
    assert planner.post("/production/plan/", {"need": 999999}).status_code == 404


def test_order_page_starts_and_reports(planner, started):
    url = f"/production/{started.order.number}/"
    page = planner.get(url).content.decode()
    assert started.sale.number in page
    key = page.split('name="key" value="')[1].split('"')[0]

    answer = planner.post(f"{url}report/", {"good": "10", "scrap": "0", "minutes": "30", "note": "", "key": key})
    planner.post(f"{url}report/", {"good": "10", "scrap": "0", "minutes": "30", "note": "", "key": key})

    assert answer.status_code == 302
    started.order.refresh_from_db()
    assert (started.order.status, OperationRun.objects.count()) == ("done", 1)


def test_start_from_the_page(planner, hinge):
    put_in_stock(hinge.plate, 5)
    put_in_stock(hinge.screw, 20)
    _sale, order = order_for(hinge.product, 5)

    answer = planner.post(f"/production/{order.number}/transitions/", {"transition": "start"})

    order.refresh_from_db()
    assert (answer.status_code, order.status) == (302, "in_progress")


def test_start_without_components_says_what_is_missing(planner, hinge):
    _sale, order = order_for(hinge.product, 5)
    answer = planner.post(f"/production/{order.number}/transitions/", {"transition": "start"})
    assert answer.status_code == 422
    assert "钢板 5" in answer.content.decode()


@pytest.mark.parametrize("good", ["", "abc", "-3", "0", "1000"])
def test_wrong_report_keeps_what_was_typed(planner, started, good):
    answer = planner.post(
        f"/production/{started.order.number}/report/",
        {"good": good, "scrap": "", "minutes": "7", "note": "夜班", "key": "k"},
    )
    assert answer.status_code == 422
    assert "夜班" in answer.content.decode()
    assert not OperationRun.objects.exists()


def test_components_are_looked_for_again(planner, hinge):
    _sale, order = order_for(hinge.product, 5)
    put_in_stock(hinge.plate, 5)

    planner.post(f"/production/{order.number}/components/")

    assert order.components.get(product=hinge.plate).reserved == 5


def test_order_by_hand(planner, hinge):
    form = planner.get("/production/new/").content.decode()
    token = form.split('name="token" value="')[1].split('"')[0]
    warehouse = form.split('name="warehouse"')[1].split('value="')[1].split('"')[0]
    fields = {"text": "hinge", "quantity": "3", "warehouse": warehouse, "priority": "0", "token": token}

    first = planner.post("/production/new/", fields)
    again = planner.post("/production/new/", fields)

    assert ProductionOrder.objects.get().quantity == 3
    assert first["Location"] == again["Location"]


@pytest.mark.parametrize(
    "wrong", [{"text": "NO-SUCH"}, {"text": ""}, {"quantity": "0"}, {"quantity": "x"}, {"warehouse": "99"}]
)
def test_wrong_order_by_hand_keeps_what_was_typed(planner, hinge, cast, wrong):
    form = planner.get("/production/new/").content.decode()
    warehouse = form.split('name="warehouse"')[1].split('value="')[1].split('"')[0]
    fields = {"text": "HINGE", "quantity": "3", "warehouse": warehouse, "priority": "0", "token": "t", "wish": "烤漆"}

    answer = planner.post("/production/new/", fields | wrong)

    assert answer.status_code == 422
    assert "烤漆" in answer.content.decode()
    assert not ProductionOrder.objects.exists()


def test_service_cannot_be_made_by_hand(planner, cast):
    make_product("SRV", kind="service")
    form = planner.get("/production/new/").content.decode()
    warehouse = form.split('name="warehouse"')[1].split('value="')[1].split('"')[0]
    fields = {"text": "SRV", "quantity": "3", "warehouse": warehouse, "priority": "0", "token": "t"}
    assert planner.post("/production/new/", fields).status_code == 422


def test_job_card_is_a_pdf(planner, started):
    answer = planner.get(f"/production/{started.order.number}/card.pdf")
    assert answer.content.startswith(b"%PDF")


def test_wishes_of_order_and_line_reach_the_floor(planner, hinge, cast):
    order = create_order(
        customer=cast.alpha,
        channel=Channel.objects.get(code="phone"),
        lines=[LineInput(hinge.product, Decimal(3), wish="烤漆黑色")],
        by=cast.sales,
        promised_date=timezone.localdate() + dt.timedelta(days=30),
        customer_note="每件贴客户标签",
    )
    made = ProductionOrder.objects.get(request__document_id=order.pk, product=hinge.product)
    page = planner.get(f"/production/{made.number}/").content.decode()
    pages = PdfReader(io.BytesIO(planner.get(f"/production/{made.number}/card.pdf").content)).pages
    card = "".join("".join(one.extract_text().split()) for one in pages)
    for wish in ("烤漆黑色", "每件贴客户标签"):
        assert wish in page and wish in card


def test_bills_of_materials(planner, hinge):
    assert "HINGE" in planner.get("/production/boms/").content.decode()
    assert "HINGE" not in planner.get("/production/boms/?q=other").content.decode()
    page = planner.get(f"/production/boms/{hinge.bom.pk}/").content.decode()
    assert "PLATE" in page
    assert planner.get("/production/boms/999999/").status_code == 404


PAGES = ["", "new/", "boms/", "{number}/", "{number}/card.pdf"]


@pytest.mark.parametrize("page", PAGES)
def test_visitors_sign_in_and_customers_find_nothing(client, started, cast, page):
    url = f"/production/{page.format(number=started.order.number)}"
    assert client.get(url)["Location"].startswith("/accounts/login/")
    client.force_login(cast.alpha_login)
    assert client.get(url).status_code == 404


def test_people_without_the_right_may_look_but_not_act(client, started, cast):
    client.force_login(cast.warehouse)
    url = f"/production/{started.order.number}/"
    assert client.get(url).status_code == 200
    assert client.get("/production/new/").status_code == 403
    assert client.get("/production/boms/").status_code == 403
    for act in ("report/", "components/"):
        assert client.post(url + act, {"good": "1", "key": "k"}).status_code == 403
    assert client.post(f"{url}transitions/", {"transition": "cancel", "note": "x"}).status_code == 403
    assert client.post("/production/plan/", {"need": "1"}).status_code == 403


def test_missing_order_is_404(planner):
    assert planner.get("/production/MO-NONE/").status_code == 404
    assert planner.post("/production/MO-NONE/report/").status_code == 404


def test_sales_sees_no_customer_of_others(client, hinge, cast):
    order_for(hinge.product, 5, customer=cast.beta)
    cast.beta.owner = cast.manager
    cast.beta.save()
    client.force_login(cast.sales)
    assert "乙公司" not in client.get("/production/").content.decode()


def test_bill_of_materials_is_edited_in_the_admin(client, hinge, cast):
    client.force_login(cast.admin)
    url = f"/admin/production/billofmaterials/{hinge.bom.pk}/change/"
    assert "PLATE" in client.get(url).content.decode()
    lines = list(hinge.bom.lines.order_by("id"))
    fields = {
        "product": "HINGE", "version": "1", "is_active": "on",
        "lines-TOTAL_FORMS": "3", "lines-INITIAL_FORMS": "2",
        "operations-TOTAL_FORMS": "0", "operations-INITIAL_FORMS": "0",
    }  # fmt: skip
    for at, line in enumerate(lines):
        fields |= {f"lines-{at}-id": line.pk, f"lines-{at}-bom": hinge.bom.pk, f"lines-{at}-component": line.component.sku,
                   f"lines-{at}-quantity": "2"}  # fmt: skip
    itself = {"lines-2-bom": hinge.bom.pk, "lines-2-component": "HINGE", "lines-2-quantity": "1"}

    assert client.post(url, fields | itself).status_code == 200
    assert client.post(url, fields | {"lines-TOTAL_FORMS": "2"}).status_code == 302
    assert set(hinge.bom.lines.values_list("quantity", flat=True)) == {2}
    assert client.get("/admin/production/productionorder/").status_code == 200
