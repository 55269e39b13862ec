"""Mails to the customer in the timeline, with what became of them, and the scans of parcels."""

from typing import Any

import pytest

from erp.models import Outbox
from erp.timeline import timeline
from erp.workflow import advance
from orders.models import Customer, SalesOrder
from tests.cast import make_order, make_product, put_in_stock
from tests.portal.conftest import ship
from tests.shipping.conftest import scan


@pytest.fixture
def mailed(cast: Any, no_auto_approval: Any) -> SalesOrder:
    """An approved order whose customer reads mail."""
    Customer.objects.filter(pk=cast.alpha.pk).update(email="buyer@example.com")
    cast.alpha.refresh_from_db()
    product = make_product()
    put_in_stock(product, 10)
    order = make_order((product, 2), customer=cast.alpha, by=cast.sales)
    advance(order, "approve", by=cast.approver)
    return order


def mails(document: Any) -> list[tuple[str, str, str]]:
    return [(one.title, one.text, one.status) for one in timeline(document) if one.kind == "mail"]


@pytest.mark.parametrize(
    ("status", "attempts", "words", "tone"),
    [
        ("waiting", 0, "等待发送至 b****@example.com", "amber"),
        ("sending", 1, "等待发送至 b****@example.com", "amber"),
        ("waiting", 2, "暂未能发送至 b****@example.com，系统会自动重试。", "amber"),
        ("done", 1, "已发送至 b****@example.com", "green"),
        ("failed", 8, "未能发送至 b****@example.com，管理员可重新发送。", "red"),
    ],
)
def test_the_state_of_a_mail_is_told(mailed: SalesOrder, status: str, attempts: int, words: str, tone: str) -> None:
    rows = Outbox.objects.filter(payload__for_customer=True)
    assert rows.update(status=status, attempts=attempts) == 1
    assert mails(mailed) == [(f"邮件：您的订单 {mailed.number} 已确认", words, tone)]


def test_mails_and_scans_of_shipments_stand_with_the_order(as_: Any, cast: Any, mailed: SalesOrder) -> None:
    shipment = ship(mailed, cast)
    scan(shipment.parcels.get(), "in_transit", place="杭州")
    assert len(mails(mailed)) == 2
    assert len(mails(shipment)) == 1
    text = as_(cast.warehouse).get(mailed.get_absolute_url()).content.decode()
    assert "buyer@example.com" not in text
    assert "杭州" in text
    other = make_order((make_product(), 1), customer=cast.beta, by=cast.manager)
    assert mails(other) == []
