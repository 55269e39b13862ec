"""Projects: who opens and sees them, which orders belong to them, and what they come to."""

import datetime as dt
import io
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from erp.errors import BusinessError, NotPermitted
from erp.models import Company
from erp.workflow import advance
from orders.models import Project, SalesOrder
from orders.projects import figures_of
from orders.services.projects import assign_project, create_project, update_project
from shipping.services import confirm_pick, hand_over, pack
from tests.cast import make_order, make_product, make_user, put_in_stock
from tests.shipping.conftest import service_of


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def project(cast: SimpleNamespace) -> Project:
    return create_project(by=cast.sales, name="新厂房", customer=cast.alpha, owner=cast.sales, budget=Decimal(1000))


def test_numbers_are_given_or_chosen_once(cast: SimpleNamespace, project: Project) -> None:
    assert project.number.startswith("PJ-")
    create_project(by=cast.manager, name="展会", number="EXPO", owner=cast.manager)
    with pytest.raises(BusinessError) as refusal:
        create_project(by=cast.manager, name="展会二", number="EXPO", owner=cast.manager)
    assert refusal.value.field == "number"
    assert Project.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"budget": Decimal(-1)}, "budget"),
        ({"starts_on": dt.date(2026, 2, 1), "ends_on": dt.date(2026, 1, 1)}, "ends_on"),
    ],
)
def test_nonsense_is_refused(cast: SimpleNamespace, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(BusinessError) as refusal:
        create_project(by=cast.sales, **{"name": "新厂房", "owner": cast.sales, **fields})
    assert refusal.value.field == field
    with pytest.raises(NotPermitted):
        create_project(by=cast.warehouse, name="新厂房", owner=cast.sales)
    assert not Project.objects.exists()


def test_which_orders_may_join(cast: SimpleNamespace, project: Project) -> None:
    mine = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales, project=project)
    other = make_order((make_product(), 1), customer=cast.beta, by=cast.manager)
    with pytest.raises(BusinessError) as refusal:
        assign_project(other, project, by=cast.manager)
    assert refusal.value.field == "project"
    with pytest.raises(NotPermitted):
        assign_project(mine, None, by=cast.warehouse)
    advance(project, "close", by=cast.sales)
    with pytest.raises(BusinessError):
        make_order((make_product(), 2), customer=cast.alpha, by=cast.sales, project=project)
    assign_project(mine, project, by=cast.sales)  # what belongs to it stays
    assign_project(mine, None, by=cast.sales)
    with pytest.raises(BusinessError):
        assign_project(mine, project, by=cast.sales)
    advance(project, "reopen", by=cast.sales)
    assign_project(mine, project, by=cast.sales)
    with pytest.raises(BusinessError) as refusal:
        update_project(project, by=cast.sales, customer=cast.beta)
    assert refusal.value.field == "customer"


def test_figures_follow_goods_and_money(cast: SimpleNamespace, project: Project) -> None:
    Company.objects.update(invoice_on_shipment=True)
    product = make_product(price="100")
    put_in_stock(product, 6, cost="60")
    order = make_order((product, 4), customer=cast.alpha, by=cast.sales, project=project)
    make_order((make_product(price="10"), 1), customer=cast.alpha, by=cast.sales, project=project)
    gone = make_order((product, 2), customer=cast.alpha, by=cast.sales, project=project)
    advance(gone, "cancel", by=cast.sales, note="不要了")
    order.refresh_from_db()
    shipment = pack(
        confirm_pick(order.pick_lists.get(status="open"), picked={}, by=cast.warehouse), parcels=None, by=cast.warehouse
    )
    hand_over(shipment, service=service_of(), tracking={shipment.parcels.get().pk: "SF1234567890"}, by=cast.logistics)
    figures = figures_of(project, cast.manager)
    assert figures.orders == 2
    assert (figures.ordered, figures.shipped, figures.delivered) == (Decimal("463.30"), Decimal("452.00"), 0)
    assert (figures.billed, figures.outstanding, figures.paid) == (Decimal("452.00"), Decimal("452.00"), 0)
    assert (figures.revenue, figures.cost, figures.margin) == (Decimal("400.00"), Decimal("240.00"), Decimal("160.00"))
    assert figures.margin_share == Decimal("0.4")


def test_who_sees_a_project_and_its_margin(cast: SimpleNamespace, project: Project) -> None:
    url = project.get_absolute_url()
    stranger, finance = make_user("sales"), cast.finance
    answers = {user.username: client_of(user).get(url).status_code for user in (cast.sales, cast.warehouse, finance)}
    assert answers == {"sales": 200, "warehouse": 403, "finance": 200}
    assert client_of(stranger).get(url).status_code == 404
    assert client_of(cast.alpha_login).get(url).status_code == 404
    assert client_of(cast.manager).get("/orders/projects/0/").status_code == 404
    assert "成本与毛利" in client_of(cast.manager).get(url).content.decode()
    assert "成本与毛利" not in client_of(cast.sales).get(url).content.decode()
    assert client_of(finance).get(f"{url}edit/").status_code == 403
    assert client_of(finance).post(f"{url}transitions/", {"transition": "close"}).status_code == 403


def test_the_list_finds_filters_and_costs_the_same(
    cast: SimpleNamespace, project: Project, django_assert_max_num_queries: Any
) -> None:
    client = client_of(cast.manager)
    for number in range(6):
        one = create_project(by=cast.manager, name=f"展会{number}", owner=cast.manager)
        make_order((make_product(), number + 1), customer=cast.beta, by=cast.manager, project=one)
    with django_assert_max_num_queries(12):
        page = client.get("/orders/projects/").content.decode()
    assert "展会5" in page
    assert project.name in page
    found = client.get("/orders/projects/?q=展会3").content.decode()
    assert "展会3" in found
    assert "展会4" not in found
    advance(project, "close", by=cast.manager)
    assert project.name not in client.get("/orders/projects/").content.decode()
    assert project.name in client.get("/orders/projects/?status=closed").content.decode()
    items = client.get("/orders/projects/search.json?q=展会").json()["items"]
    assert len(items) == 6
    with django_assert_max_num_queries(24):
        client.get(Project.objects.latest("pk").get_absolute_url())


def test_a_project_is_opened_changed_and_closed_on_its_pages(cast: SimpleNamespace) -> None:
    client = client_of(cast.sales)
    data = {"name": "新厂房", "owner": cast.sales.pk, "customer_text": "没有这家", "budget": "1000"}
    answer = client.post("/orders/projects/new/", data)
    assert answer.status_code == 422
    assert "新厂房" in answer.content.decode()
    answer = client.post("/orders/projects/new/", {**data, "customer_text": f"{cast.alpha.code} {cast.alpha.name}"})
    project = Project.objects.get()
    assert answer["Location"] == project.get_absolute_url()
    assert project.customer == cast.alpha
    answer = client.post(f"{project.get_absolute_url()}edit/", {**data, "customer_text": "", "ends_on": "2027-01-01"})
    project.refresh_from_db()
    assert (answer.status_code, project.customer, project.ends_on) == (302, None, dt.date(2027, 1, 1))
    client.post(f"{project.get_absolute_url()}transitions/", {"transition": "close"})
    project.refresh_from_db()
    assert project.status == "closed"


def test_an_order_is_put_into_a_project_on_its_page(cast: SimpleNamespace, project: Project) -> None:
    client = client_of(cast.sales)
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    answer = client.post(f"/orders/{order.number}/project/", {"project": str(project)})
    assert answer.status_code == 302
    assert project.name in client.get(f"/orders/{order.number}/").content.decode()
    assert order.number in client.get(project.get_absolute_url()).content.decode()
    assert order.number in client.get(f"/orders/?project={project.number}").content.decode()
    assert order.number not in client.get("/orders/?project=PJ-0").content.decode()
    assert client.post(f"/orders/{order.number}/project/", {"project": "没有"}).status_code == 422
    book = load_workbook(io.BytesIO(b"".join(client.get(f"{project.get_absolute_url()}orders.xlsx").streaming_content)))
    assert [row[0].value for row in book.active.iter_rows(min_row=2)] == [order.number]
    client.post(f"/orders/{order.number}/project/", {"project": ""})
    assert SalesOrder.objects.get(pk=order.pk).project is None


def test_the_order_form_takes_a_project(cast: SimpleNamespace, project: Project) -> None:
    client = client_of(cast.sales)
    page = client.get(f"/orders/new/?project={project.pk}").content.decode()
    assert project.number in page
    assert cast.alpha.code in page
    assert 'name="project"' not in client_of(no_projects()).get("/orders/new/").content.decode()


def no_projects() -> Any:
    """Somebody who may enter orders and not see projects."""
    from django.contrib.auth.models import Permission

    user = make_user("warehouse")
    user.user_permissions.add(Permission.objects.get(codename="add_salesorder"))
    return user
