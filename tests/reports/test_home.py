"""The home page: everybody finds their own work, and can do it from there."""

import pytest

from erp.roles import ROLES
from erp.workbench import SOURCES, sources
from erp.workflow import advance
from orders.models import SalesOrder
from orders.services import hold
from tests.cast import make_order, make_product, put_in_stock

pytestmark = pytest.mark.usefixtures("no_auto_approval")


@pytest.fixture
def as_(client):
    """The client signed in as somebody."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def orders(cast):
    """Pending, rejected, waiting and ready orders of the salesperson."""
    stocked, missing = make_product("HG-1"), make_product("HG-2")
    put_in_stock(stocked, 100)
    made = [
        make_order((product, 2), customer=cast.alpha, by=cast.sales) for product in (stocked, stocked, missing, stocked)
    ]
    advance(made[1], "reject", by=cast.approver, note="价格不对")
    advance(made[2], "approve", by=cast.approver)
    advance(made[3], "approve", by=cast.approver)
    return made


def test_every_source_exists():
    assert len(sources()) == len(SOURCES)


def test_everybody_has_a_home(as_, cast, orders):
    for role in ROLES:
        assert as_(getattr(cast, role)).get("/").status_code == 200


def test_strangers(client, as_, cast):
    assert client.get("/")["Location"].startswith("/accounts/login/")
    assert as_(cast.alpha_login).get("/")["Location"].startswith("/portal/")


def test_each_role_finds_its_own_work(as_, cast, orders):
    ready = orders[3]

    def shown(person, *keys):
        text = as_(person).get("/").content.decode()
        return [f'id="work-{key}"' in text for key in keys]

    assert shown(cast.approver, "to-approve", "rejected", "to-pick") == [True, False, False]
    assert shown(cast.sales, "to-approve", "rejected", "waiting", "pending") == [False, True, True, True]
    assert shown(cast.warehouse, "to-pick", "to-buy", "to-approve") == [True, True, False]
    assert shown(cast.finance, "to-approve", "to-pick") == [False, False]
    hold(ready, by=cast.approver, reason="等图纸")
    assert shown(cast.approver, "held") == [True]
    assert shown(cast.warehouse, "to-pick") == [False]


def test_the_act_of_a_row_brings_back_home(as_, cast, orders):
    pending = orders[0]
    text = as_(cast.approver).get("/").content.decode()
    url = f"/orders/{pending.number}/transitions/approve/"
    assert f'action="{url}"' in text
    response = as_(cast.approver).post(url, headers={"Referer": "http://testserver/"})
    assert response["Location"] == "http://testserver/"
    pending.refresh_from_db()
    assert pending.status == SalesOrder.Status.READY_TO_SHIP


def test_live_answers_204_until_something_changes(as_, cast, orders):
    page = as_(cast.approver)
    token = page.get("/").content.decode().split("_v=")[1].split('"')[0]
    assert page.get(f"/?_v={token}").status_code == 204
    advance(orders[0], "approve", by=cast.approver)
    assert page.get(f"/?_v={token}").status_code == 200


def test_home_costs_the_same_with_much_work(as_, cast, orders, django_assert_max_num_queries):
    product = make_product()
    for _ in range(12):
        make_order((product, 1), customer=cast.alpha, by=cast.sales)
    for person, most in ((cast.approver, 22), (cast.sales, 34), (cast.admin, 66)):
        page = as_(person)
        page.get("/")
        with django_assert_max_num_queries(most):
            page.get("/")
