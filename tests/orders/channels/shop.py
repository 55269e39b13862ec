"""A shop for the tests: signed deliveries as Shopify and WooCommerce send them."""

import copy
import itertools
import json
from typing import Any

from django.test import Client

from orders.channels.base import sign
from orders.channels.taking import take
from orders.models import Channel, ChannelOrder

SECRET = "a secret of the tests"
_events = itertools.count(1)

ORDER: dict[str, Any] = {
    "id": 820982911946154508,
    "name": "#1001",
    "email": "li.wei@example.com",
    "created_at": "2026-03-01T10:00:00+08:00",
    "updated_at": "2026-03-01T10:00:00+08:00",
    "currency": "CNY",
    "financial_status": "paid",
    "cancelled_at": None,
    "taxes_included": True,
    "total_price": "126.00",
    "total_tax": "14.50",
    "total_discounts": "0.00",
    "note": "请放门卫",
    "test": False,
    "line_items": [
        {
            "id": 1,
            "variant_id": 11,
            "sku": "A-1",
            "title": "台灯",
            "variant_title": "白",
            "quantity": 2,
            "price": "58.00",
            "total_discount": "0.00",
            "discount_allocations": [],
            "properties": [{"name": "刻字", "value": "生日快乐"}],
            "tax_lines": [{"price": "13.35", "rate": 0.13, "title": "VAT"}],
        }
    ],
    "shipping_lines": [
        {
            "title": "标准快递",
            "price": "10.00",
            "discounted_price": "10.00",
            "tax_lines": [{"price": "1.15", "rate": 0.13}],
        }
    ],
    "refunds": [],
    "customer": {"id": 115310627314723954, "first_name": "伟", "last_name": "李", "email": "li.wei@example.com"},
    "shipping_address": {
        "name": "李伟",
        "phone": "+86 138 1111 2222",
        "province": "浙江省",
        "city": "杭州市",
        "address1": "西湖区文三路 1 号",
        "address2": None,
        "country_code": "CN",
        "country": "China",
        "zip": "310000",
        "company": None,
    },
}


def shop(adapter: str = "shopify", code: str = "", **fields: Any) -> Channel:
    """A channel whose deliveries are signed with SECRET."""
    return Channel.objects.create(code=code or adapter, name=adapter, adapter=adapter, secret=SECRET, **fields)


def order(**changes: Any) -> dict[str, Any]:
    """A Shopify order; `quantity` changes the line and the totals with it, the price being 58.00 with tax."""
    made = copy.deepcopy(ORDER)
    if quantity := changes.pop("quantity", None):
        made["line_items"][0]["quantity"] = quantity
        made["line_items"][0]["tax_lines"][0]["price"] = str(round(58 * quantity - 58 * quantity / 1.13, 2))
        made["total_price"] = f"{58 * quantity + 10}.00"
        made["total_tax"] = str(round(float(made["line_items"][0]["tax_lines"][0]["price"]) + 1.15, 2))
    return {**made, **changes}


def headers(body: bytes, *, topic: str, event: str = "", secret: str = SECRET) -> dict[str, str]:
    """What Shopify sends with a body."""
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Webhook-Id": event or f"event-{next(_events)}",
        "X-Shopify-Hmac-Sha256": sign(body, secret),
    }


def deliver(payload: Any, *, topic: str = "orders/create", event: str = "", work: bool = True) -> ChannelOrder:
    """Send a delivery to the Shopify channel, and do the worker's part unless told not to."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    head = headers(body, topic=topic, event=event)
    answer = Client().post("/orders/channels/shopify/webhook/", body, content_type="application/json", headers=head)
    assert answer.status_code == 200, answer.content
    row = ChannelOrder.objects.get(event_id=head["X-Shopify-Webhook-Id"])
    if work:
        take(row.pk)
        row.refresh_from_db()
    return row
