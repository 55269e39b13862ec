"""Boxes and special wishes on the papers and pages of the warehouse."""

import datetime as dt
import io
from decimal import Decimal as D

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from inventory.services import save_product
from orders.models import Channel, SalesOrder
from orders.services import LineInput, create_order
from tests.cast import make_product, put_in_stock
from tests.shipping.conftest import open_list, packed


@pytest.fixture
def boxes(cast) -> SalesOrder:
    """Two boxes and a half of twelve each, reserved, with wishes for the order and the line."""
    tape = make_product("JD-1", name="胶带", price="4", cost="2")
    save_product(by=None, product=tape, units={"箱": D(12)})
    put_in_stock(tape, 100, cost="2")
    order = create_order(
        customer=cast.alpha,
        channel=Channel.objects.get(code="phone"),
        lines=[LineInput(tape, D("2.5"), D(50), wish="每箱贴标签", unit="箱", factor=D(12))],
        by=cast.sales,
        promised_date=timezone.localdate() + dt.timedelta(days=5),
        customer_note="周五前送到后门",
    )
    order.refresh_from_db()
    return order


def text_of(answer) -> str:
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def test_papers_and_pages_say_boxes_and_wishes(boxes, cast, client: Client):
    client.force_login(cast.warehouse)
    address = f"/shipping/picks/{open_list(boxes).number}/"
    page, paper = client.get(address).content.decode(), text_of(client.get(f"{address}list.pdf"))
    assert "2 箱 6 个 (30 个)" in page and "2箱6个(30个)" in paper
    for wish in ("每箱贴标签", "周五前送到后门"):
        assert wish in page and wish in paper
    shipment = packed(boxes, cast.warehouse)
    note = text_of(client.get(f"/shipping/{shipment.number}/note.pdf"))
    assert "2箱6个(30个)" in note and "每箱贴标签" in note and "周五前送到后门" in note


def test_the_confirmation_says_boxes_at_their_price(boxes, cast, client: Client):
    client.force_login(cast.sales)
    paper = text_of(client.get(f"/orders/{boxes.number}/confirmation.pdf"))
    assert "2.5(30个)箱50.00" in paper
    client.force_login(cast.alpha_login)
    assert "2 箱 6 个 (30 个) × 50.00/箱" in client.get(f"/portal/orders/{boxes.number}/").content.decode()
