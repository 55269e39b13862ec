"""Two reports at once, in real transactions: nothing is lost, nothing counted twice."""

from decimal import Decimal

import pytest

from erp.basics import ensure_basics
from erp.errors import BusinessError
from erp.roles import create_missing_roles
from inventory.verify import differences as stock_differences
from orders.verify import differences as order_differences
from production import services
from production.models import ProductionOrder
from production.verify import differences
from tests.cast import make_customer, make_product, make_user, put_in_stock
from tests.production.conftest import make_bom, order_for
from tests.shipping.test_races import both

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def started():
    """A sales order for ten hinges in production; plates for exactly ten are there."""
    from django.apps import apps

    create_missing_roles(list(apps.get_app_configs())[-1])
    ensure_basics()
    make_customer()
    plate = make_product("PLATE", cost="10")
    hinge = make_product("HINGE", supply="make", price="50")
    make_bom(hinge, (plate, "1"))
    put_in_stock(plate, 10, cost="10")
    sale, order = order_for(hinge, 10)
    services.move(order, "start", by=make_user("planner", "planner"))
    return sale, order


def proved():
    return [*differences(), *stock_differences(), *order_differences()] == []


def report(order, good, key):
    from erp.models import User

    fresh = ProductionOrder.objects.get(pk=order.pk)
    return services.report(fresh, good=Decimal(good), by=User.objects.get(username="planner"), key=key)


def test_two_reports_at_once_are_both_counted(started):
    sale, order = started

    both(lambda: report(order, 6, "a"), lambda: report(order, 4, "b"))

    order.refresh_from_db()
    sale.refresh_from_db()
    assert (order.good, order.status, sale.status) == (10, "done", "ready_to_ship")
    assert proved()


def test_same_report_at_once_is_counted_once(started):
    _sale, order = started

    answers = both(lambda: report(order, 6, "a"), lambda: report(order, 6, "a"))

    order.refresh_from_db()
    assert answers[0] == answers[1]
    assert order.good == 6
    assert proved()


def test_more_than_there_are_components_for_is_reported_once(started):
    _sale, order = started

    answers = both(lambda: report(order, 8, "a"), lambda: report(order, 7, "b"))

    assert sum(isinstance(answer, BusinessError) for answer in answers) == 1
    order.refresh_from_db()
    assert order.good in (7, 8)
    assert proved()


def test_report_while_the_sales_order_is_cancelled(started):
    from erp.models import User
    from erp.workflow import advance
    from orders.models import SalesOrder

    sale, order = started
    manager = make_user("manager", "manager")

    both(
        lambda: report(order, 10, "a"),
        lambda: advance(
            SalesOrder.objects.get(pk=sale.pk), "cancel", by=User.objects.get(pk=manager.pk), note="客户取消"
        ),
    )

    sale.refresh_from_db()
    order.refresh_from_db()
    assert (sale.status, order.status) == ("cancelled", "done")
    assert order.product.stock_items.get().available == 10
    assert proved()
