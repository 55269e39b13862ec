"""Ledgers refuse to be changed, and verify finds what was bent behind its back."""

from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from erp.models import StatusChange
from inventory.models import ReservationEntry, StockItem, StockMove
from orders.models import OrderLine, SalesOrder
from tests.cast import make_order, make_product, put_in_stock


@pytest.mark.parametrize("model", [StatusChange, StockMove, ReservationEntry])
def test_rows_of_a_ledger_cannot_be_changed_or_deleted(cast: SimpleNamespace, model: type) -> None:
    product = make_product()
    put_in_stock(product, 5)
    make_order((product, 1), customer=cast.alpha)
    row = model.objects.first()
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(by=None, at=row.at)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        model.objects.filter(pk=row.pk).delete()


def test_verify_passes_on_true_books(cast: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    product = make_product()
    put_in_stock(product, 5)
    make_order((product, 2), customer=cast.alpha)
    call_command("verify")
    assert "differences" not in capsys.readouterr().out


@pytest.mark.parametrize("bend", ["stock", "reserved", "status", "total"])
def test_verify_finds_each_bent_balance(cast: SimpleNamespace, capsys: pytest.CaptureFixture[str], bend: str) -> None:
    product = make_product()
    put_in_stock(product, 5)
    order = make_order((product, 2), customer=cast.alpha)
    if bend == "stock":
        StockItem.objects.filter(product=product).update(on_hand=99)
    elif bend == "reserved":
        OrderLine.objects.filter(order=order).update(reserved=1)
    elif bend == "status":
        SalesOrder.objects.filter(pk=order.pk).update(status="approved")
    else:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE orders_salesorder SET untaxed = untaxed + 1, total = total + 1")
    with pytest.raises(SystemExit) as end:
        call_command("verify")
    assert end.value.code == 1
    assert capsys.readouterr().err.strip()
