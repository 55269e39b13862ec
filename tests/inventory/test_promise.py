"""When goods can be there: from stock, from what is on order, after the lead time; lines of one product share."""

import datetime as dt
from decimal import Decimal as D

from django.utils import translation

from erp.workdays import add_workdays
from erp.workflow import advance
from inventory.models import Product, Supplier
from inventory.promise import promises
from inventory.services import PurchaseInput, create_purchase_order, default_warehouse
from tests.cast import make_order, make_product, put_in_stock

TODAY = dt.date(2026, 11, 23)  # a Monday


def asked(*wanted, **fields):
    pairs = [(product, D(quantity)) for product, quantity in wanted]
    return promises(pairs, warehouse_id=default_warehouse().pk, today=TODAY)


def bought(product: Product, quantity: str, day: int, by) -> None:
    supplier = Supplier.objects.get_or_create(code="S", defaults={"name": "供应商"})[0]
    order = create_purchase_order(
        supplier=supplier,
        warehouse=default_warehouse(),
        lines=[PurchaseInput(product=product, quantity=D(quantity), unit_price=D(1))],
        by=by,
        expected_on=TODAY + dt.timedelta(days=day),
    )
    advance(order, "place", by=by)


def test_working_days():
    assert add_workdays(TODAY, 0) == TODAY
    assert add_workdays(TODAY, 5) == dt.date(2026, 11, 30)  # over a weekend
    assert add_workdays(dt.date(2026, 9, 30), 1) == dt.date(2026, 10, 8)  # over the national holiday


def test_stock_then_goods_on_order_then_the_lead_time(cast):
    screw = make_product("S-1", lead_days=10)
    put_in_stock(screw, 20)
    bought(screw, "30", 3, cast.warehouse)
    bought(screw, "30", 7, cast.warehouse)
    (here,) = asked((screw, 20))
    assert (here.day, here.is_immediate, here.from_stock) == (TODAY, True, 20)
    (some,) = asked((screw, 50))
    assert (some.day, some.from_stock, some.missing) == (TODAY + dt.timedelta(days=3), 20, 0)
    (all_,) = asked((screw, 100))
    assert (all_.day, all_.missing) == (add_workdays(TODAY, 10), 20)
    assert [quantity for _day, quantity in all_.arrivals] == [30, 30]


def test_lines_of_one_product_share(cast):
    screw, service = make_product("S-1", lead_days=2), make_product("F-1", kind="service")
    put_in_stock(screw, 20)
    first, other, second = asked((screw, 15), (service, 9), (screw, 15))
    assert (first.is_immediate, first.from_stock) == (True, 15)
    assert (second.from_stock, second.missing, second.day) == (5, 10, add_workdays(TODAY, 2))
    assert (other.is_immediate, other.text, other.day) == (True, "", TODAY)


def test_those_who_wait_already_come_first(cast):
    screw = make_product("S-1", lead_days=20)
    bought(screw, "30", 3, cast.warehouse)
    order = make_order((screw, 25), by=cast.sales)
    order.refresh_from_db()
    assert order.status == "approved"
    (promise,) = asked((screw, 10))
    assert ([quantity for _day, quantity in promise.arrivals], promise.missing) == ([5], 5)


def test_what_is_late_comes_tomorrow_at_the_earliest(cast):
    screw = make_product("S-1", lead_days=20)
    bought(screw, "30", -5, cast.warehouse)
    assert asked((screw, 10))[0].day == TODAY + dt.timedelta(days=1)


def test_the_words(cast):
    buy, make = make_product("S-1", lead_days=3), make_product("M-1", supply="make", lead_days=3)
    put_in_stock(buy, 10)
    bought(buy, "10", 7, cast.warehouse)
    with translation.override("zh-hans"):
        texts = [one.text for wanted in ((buy, 10), (buy, 12), (buy, 30), (make, 5)) for one in asked(wanted)]
    assert texts[0] == "现货，可用 10 个"
    assert texts[1] == "部分现货，余 2 个 11-30"
    assert texts[2] == "部分现货，余 20 个 11-30"
    assert texts[3] == "生产需 3 个工作日：11-26"


def test_many_lines_cost_three_queries(cast, django_assert_num_queries):
    products = [(make_product(), 5) for _ in range(40)]
    default_warehouse()
    with django_assert_num_queries(4):  # one more names the warehouse
        asked(*products)
