"""The value of stock in the ledger: goods received, made, adjusted."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from erp.errors import BusinessError
from erp.workflow import advance
from finance.ledger import post_entry
from finance.models import Account, JournalEntry, Period, StockPosting
from finance.services import post_pending_stock
from finance.tasks import post_pending_stock as task
from inventory.models import GoodsReceipt, Place, ProductCost, Supplier
from inventory.services import (
    Movement,
    default_warehouse,
    post_moves,
    quarantine_place,
    receive,
    receiving_place,
    virtual_place,
)
from production.services import create_production_order, report
from tests.cast import make_product, put_in_stock
from tests.finance.conftest import assert_books_agree, balance
from tests.inventory.conftest import draft
from tests.production.conftest import make_bom

D = Decimal


def adjust(product: Any, quantity: int, *, value: str = "0", key: str = "a") -> None:
    """Find (positive) or lose stock in the first bin."""
    bin_, nowhere = receiving_place(default_warehouse()), virtual_place(Place.Kind.ADJUSTMENT)
    source, target = (nowhere, bin_) if quantity > 0 else (bin_, nowhere)
    post_moves(
        [
            Movement(
                product_id=product.pk,
                source_id=source.pk,
                target_id=target.pk,
                quantity=D(abs(quantity)),
                value=D(value) if quantity > 0 else None,
                key=key,
            )
        ],
        document=None,
        by=None,
        reason="counted",
    )


def test_adjustments_are_posted_by_the_sweep(cast: Any) -> None:
    product = make_product()
    put_in_stock(product, 10)
    adjust(product, 2, value="100", key="found")
    adjust(product, -1, key="lost")
    assert_books_agree()  # what waits for the sweep is no difference
    assert post_pending_stock() == 3
    assert balance("2202") == D(-600)
    assert balance("1901") == D("-41.67")  # 100.00 found, 58.33 lost
    assert balance("1405") == D("641.67")
    assert (post_pending_stock(), task()) == (0, 0)
    assert_books_agree()


def test_moves_inside_the_house_are_worth_nothing_new(cast: Any) -> None:
    product = make_product()
    put_in_stock(product, 10)
    post_pending_stock()
    warehouse = default_warehouse()
    post_moves(
        [
            Movement(
                product_id=product.pk,
                source_id=receiving_place(warehouse).pk,
                target_id=quarantine_place(warehouse).pk,
                quantity=D(4),
                key="inside",
            )
        ],
        document=None,
        by=None,
    )
    assert post_pending_stock() == 0
    assert_books_agree()


def test_closed_month_is_posted_today(cast: Any) -> None:
    put_in_stock(make_product(), 1)
    month = timezone.localdate().replace(day=1)
    Period.objects.create(month=month, is_closed=True)
    with pytest.raises(BusinessError) as refusal:
        post_pending_stock()
    assert refusal.value.code == "period_closed"
    assert not StockPosting.objects.exists()


def test_entry_must_balance(cast: Any) -> None:
    with pytest.raises(BusinessError) as refusal:
        post_entry(
            key="x",
            date=timezone.localdate(),
            text="half",
            document=cast.alpha,
            lines=[("1002", D(5), None), ("2203", D(-4), cast.alpha)],
            by=None,
        )
    assert refusal.value.code == "unbalanced"


def test_entry_is_written_once_and_zeros_fall_away(cast: Any) -> None:
    def post(lines: list[Any]) -> JournalEntry | None:
        return post_entry(
            key="x", date=dt.date(2026, 11, 1), text="t", document=cast.alpha, lines=lines, by=cast.finance
        )

    lines = [("1002", D(5), None), ("2203", D(-5), cast.alpha), ("6601", D(0), None)]
    assert post(lines) == post(lines)
    assert JournalEntry.objects.get().lines.count() == 2
    assert post([("1002", D(0), None)]) is None


def test_missing_account_is_named(cast: Any) -> None:
    Account.objects.filter(code="2203").delete()
    with pytest.raises(BusinessError, match="2203") as refusal:
        post_entry(
            key="x",
            date=dt.date(2026, 11, 1),
            text="t",
            document=cast.alpha,
            lines=[("1002", D(5), None), ("2203", D(-5), None)],
            by=None,
        )
    assert refusal.value.code == "account_missing"


def test_goods_receipt_is_owed_to_the_supplier(cast: Any) -> None:
    product = make_product()
    order = draft(Supplier.objects.create(code="S1", name="宁波紧固件厂"), (product, "10", "12.345"))
    advance(order, "place", by=None)
    line = order.lines.get()
    for quantity in ("3", "7"):
        receive(order, quantities={line.pk: D(quantity)}, place=receiving_place(default_warehouse()), by=cast.warehouse)
    worth = sum(GoodsReceipt.objects.values_list("total", flat=True))
    assert (balance("1405"), balance("2202")) == (worth, -worth) and worth > 123
    assert post_pending_stock() == 0
    assert_books_agree()


def test_production_turns_components_and_work_into_goods(cast: Any) -> None:
    product, plate = make_product(supply="make", cost="20"), make_product(cost="10")
    make_bom(product, (plate, "1"))
    put_in_stock(plate, 5, cost="10")
    post_pending_stock()
    order = create_production_order(product=product, quantity=D(5), warehouse=default_warehouse(), by=cast.planner)
    advance(order, "start", by=cast.planner)
    report(order, good=D(2), minutes=D(10), by=cast.planner, key="r1")
    assert_books_agree()  # what is being made waits for the sweep or the finish
    report(order, good=D(3), minutes=D(10), by=cast.planner, key="r2")
    order.refresh_from_db()
    worth = ProductCost.objects.get(product=product).value
    assert order.status == "done" and worth > 50
    assert (balance("5001"), balance("1405"), balance("5101")) == (D(0), worth, D(50) - worth)
    assert post_pending_stock() == 0
    assert_books_agree()
