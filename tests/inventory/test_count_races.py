"""Counting while others work: what is picked in the same moment is either picked or given up, never both."""

from decimal import Decimal

import pytest

from erp.basics import ensure_basics
from erp.models import Company
from erp.workflow import advance
from inventory.models import CountBin, StockItem, Warehouse
from inventory.services import Piece, default_warehouse, enter_bin, plan_count, plan_transfer, receiving_place
from inventory.verify import differences
from orders.models import OrderLine
from orders.verify import differences as order_differences
from shipping.models import PickList
from shipping.services import confirm_pick
from tests.cast import make_customer, make_order, make_product, put_in_stock
from tests.inventory.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stocked():
    ensure_basics()
    company = Company.current()
    company.count_approval_limit = company.count_again_limit = Decimal(0)
    company.save()
    make_customer()
    product = make_product()
    put_in_stock(product, 10)
    return product


def test_posting_a_loss_while_the_goods_are_picked(stocked):
    order = make_order((stocked, 10))
    place = receiving_place(default_warehouse())
    document = plan_count(warehouse=default_warehouse(), places=[place], by=None)
    advance(document, "start", by=None)
    enter_bin(document, place, counted={document.lines.get().pk: Decimal(7)}, by=None)
    advance(document, "finish", by=None)
    pick_list = PickList.objects.get(order=order)
    posted, picked = at_once(
        lambda: advance(document, "post", by=None), lambda: confirm_pick(pick_list, picked={}, by=None)
    )
    assert isinstance(posted, Exception) != isinstance(picked, Exception), (posted, picked)
    item, line = StockItem.objects.get(), OrderLine.objects.get()
    assert (item.on_hand, line.reserved) == ((10, 10) if isinstance(posted, Exception) else (7, 7))
    assert not [*differences(), *order_differences()]


def test_two_counts_of_one_bin_start_at_once(stocked):
    first, second = (plan_count(warehouse=default_warehouse(), by=None) for _n in range(2))
    answers = at_once(lambda: advance(first, "start", by=None), lambda: advance(second, "start", by=None))
    assert sum(isinstance(one, Exception) for one in answers) == 1
    assert CountBin.objects.filter(open=True).count() == first.bins.count()


def test_two_transfers_want_the_last_piece(stocked):
    source = default_warehouse()
    south = Warehouse.objects.create(code="S", name="南仓")
    place = receiving_place(source)
    papers = [
        plan_transfer(source=source, target=south, pieces=[Piece(stocked, place, Decimal(6))], by=None)
        for _n in range(2)
    ]
    answers = at_once(*(lambda paper=paper: advance(paper, "send", by=None) for paper in papers))
    assert sum(isinstance(one, Exception) for one in answers) == 1, answers
    assert StockItem.objects.get(place=place).on_hand == 4
    assert not list(differences())
