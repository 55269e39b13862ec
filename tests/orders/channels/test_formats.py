"""What the vendors document: signatures, and every body of theirs that we have."""

import copy
import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import RequestFactory

from orders.channels import ADAPTERS, _adapter
from orders.channels.base import Unreadable, person_name, read_json, sign
from orders.channels.masking import masked
from orders.channels.matching import CannotTake, lines_of
from tests.cast import make_product
from tests.material import MATERIAL
from tests.orders.channels.shop import order, shop

PAYLOADS = MATERIAL / "channel_payloads"
needs_payloads = pytest.mark.skipif(not PAYLOADS.is_dir(), reason=f"the vendors' payloads are not at {PAYLOADS}")
HEADERS = {"shopify": "X-Shopify-Hmac-Sha256", "woocommerce": "X-WC-Webhook-Signature"}

# base64(HMAC-SHA256(key, body)), computed with `openssl dgst -sha256 -hmac KEY -binary | base64`.
VECTORS = [
    ('{"id":1}', "key", "yVxqfCx8dh6YTGjPZLS8qT8HJCkAqv27Mo07t1qw3LA="),
    ('{"name":"李伟"}', "密钥", "2jqQuiVMQjQLgcQWJHxBKavTPGi7EyQEvKTTyzPa0kk="),
    ("", "key", "XV0TlWPJW1lnub2ajJsjOp3ttFByeUzSMtwbdIMmB9A="),
]


@pytest.mark.parametrize(("body", "key", "expected"), VECTORS)
def test_the_signature_is_what_openssl_says(body: str, key: str, expected: str) -> None:
    assert sign(body.encode(), key) == expected


def signed(name: str, body: bytes, signature: str | None) -> Any:
    headers = {HEADERS[name]: signature} if signature is not None else {}
    return RequestFactory().post("/", body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("name", ADAPTERS)
def test_only_the_right_signature_over_the_raw_body_is_good(name: str) -> None:
    adapter, body = _adapter(name), b'{"id": 1,  "name": "\xe6\x9d\x8e"}'
    good = sign(body, "key")
    assert adapter.verify(signed(name, body, good), secret="key")
    for wrong in (None, "", good[:-1], good.lower(), "密", sign(body + b" ", "key"), sign(body, "Key")):
        assert not adapter.verify(signed(name, body, wrong), secret="key")
    assert not adapter.verify(signed(name, body, sign(body, "")), secret="")  # a shop without a secret takes nothing


@needs_payloads
def test_the_published_signatures() -> None:
    vectors = json.loads((PAYLOADS / "signature_vectors.json").read_text())
    ours = [one for one in vectors if one["channel"] in ADAPTERS]
    assert len(ours) >= 2
    for one in ours:
        body = (PAYLOADS / one["body_file"]).read_bytes()
        assert sign(body, one["secret"]) == one["expected"]
        request = signed(one["channel"], body, one["expected"])
        assert _adapter(one["channel"]).verify(request, secret=one["secret"])


def load(path: str) -> Any:
    return read_json((PAYLOADS / path).read_bytes())


@needs_payloads
def test_shopifys_own_test_message() -> None:
    one = _adapter("shopify").parse(load("shopify/webhook_orders_create_test_notification.json"))
    assert one.source_id == "820982911946154508"  # beyond what a float holds
    assert (one.number, one.test, one.cancelled, one.paid) == ("#9999", True, True, False)
    assert (one.total, [item.untaxed for item in one.items]) == (Decimal("5.00"), [Decimal(0), Decimal("-5.00")])
    assert one.buyer.company == "My Company"
    assert one.ship_to["street"] == "123 Shipping Street, Shipping Company, 40003, United States"


@needs_payloads
@pytest.mark.django_db
def test_an_order_whose_lines_do_not_come_to_its_total_is_noticed(cast: SimpleNamespace) -> None:
    for colour in ("GREEN", "RED", "BLACK"):
        make_product(f"IPOD2008{colour}")
    one = _adapter("shopify").parse(load("shopify/rest_order.json"))
    with pytest.raises(CannotTake) as stop:
        lines_of(shop(), one)
    assert (stop.value.finding, stop.value.values) == ("totals", {"ours": "597.00", "theirs": "409.94"})


@needs_payloads
def test_shopify_refund() -> None:
    payload = load("shopify/rest_refund.json")
    adapter = _adapter("shopify")
    assert adapter.kind("refunds/create", payload) == "refund"
    assert adapter.source_id("refund", payload) == "450789469"
    refund = adapter.parse_refund(payload)
    assert (refund.amount, refund.reason) == (Decimal("209.00"), "it broke during shipping")


@needs_payloads
@pytest.mark.django_db
def test_woocommerce_order(cast: SimpleNamespace) -> None:
    payload = load("woocommerce/webhook_order_created.json")
    adapter = _adapter("woocommerce")
    assert adapter.kind("order.created", payload) == "order"
    one = adapter.parse(payload)
    assert (one.source_id, one.number, one.paid, one.total, one.tax) == (
        "727",
        "727",
        True,
        Decimal("29.35"),
        Decimal("1.35"),
    )
    assert one.updated_at.isoformat() == "2017-03-22T19:28:08+00:00"  # GMT, not the shop's own time
    assert [item.sku for item in one.items] == ["product:93", "Bar3"]
    assert one.items[1].name.startswith("Ship Your Idea – Color")
    make_product("product:93")
    make_product("Bar3")
    lines = lines_of(shop("woocommerce"), one)
    assert [line.stated.total for line in lines] == [Decimal("6.45"), Decimal("12.90"), Decimal("10.00")]
    later = adapter.parse(load("woocommerce/webhook_order_updated_completed.json"))
    assert later.updated_at > one.updated_at


WOO: dict[str, Any] = {
    "id": 5,
    "number": "5",
    "status": "processing",
    "currency": "CNY",
    "date_created": "2026-03-01T18:00:00",
    "date_created_gmt": "2026-03-01T10:00:00",
    "date_modified": "2026-03-01T18:00:00",
    "date_modified_gmt": "2026-03-01T10:00:00",
    "total": "95.00",
    "total_tax": "0.00",
    "prices_include_tax": True,
    "customer_id": 0,
    "billing": {"first_name": "伟", "last_name": "李", "email": "a@example.com", "phone": "13811112222", "address_1": "路 1 号"},
    "shipping": {"first_name": "", "last_name": "", "address_1": ""},
    "line_items": [
        {"id": 1, "name": "A", "sku": "A", "quantity": 3, "subtotal": "50.00", "total": "40.00", "total_tax": "0"},
        {"id": 2, "name": "B", "sku": "B", "quantity": 1, "subtotal": "60.00", "total": "60.00", "total_tax": "0"},
    ],
    "fee_lines": [{"name": "会员优惠", "total": "-5.00", "total_tax": "0.00"}],
    "shipping_lines": [],
    "refunds": [{"id": 9, "reason": "少发", "total": "-3.00"}],
}  # fmt: skip


def test_woocommerce_discounts_fees_and_refunds() -> None:
    one = _adapter("woocommerce").parse(WOO)
    assert [item.untaxed for item in one.items] == [Decimal("38.00"), Decimal("57.00")]
    assert [item.discount for item in one.items] == [Decimal("0.24"), Decimal("0.05")]
    assert (one.buyer.name, one.buyer.external_id) == ("李伟", "")
    assert one.ship_to["street"] == "路 1 号"
    assert (one.refunds[0].amount, one.refunds[0].reason) == (Decimal("3.00"), "少发")


@pytest.mark.parametrize(
    ("status", "paid", "cancelled", "placed"),
    [
        ("pending", False, False, True),
        ("on-hold", False, False, True),
        ("failed", False, False, True),
        ("processing", True, False, True),
        ("completed", True, False, True),
        ("refunded", True, False, True),
        ("cancelled", False, True, True),
        ("trash", False, True, True),
        ("checkout-draft", False, False, False),
    ],
)
def test_woocommerce_states(status: str, paid: bool, cancelled: bool, placed: bool) -> None:
    one = _adapter("woocommerce").parse({**WOO, "status": status})
    assert (one.paid, one.cancelled, one.placed) == (paid, cancelled, placed)


@pytest.mark.parametrize("rate", ["0.13", "0.06", "0.03", "0"])
@pytest.mark.parametrize("included", [True, False])
@pytest.mark.django_db
def test_totals_are_the_shops_to_the_cent(cast: SimpleNamespace, rate: str, included: bool) -> None:
    """Awkward prices, discounts and quantities, with the tax in the price or on top."""
    channel = shop()
    tax_rate = Decimal(rate)
    payload = order(taxes_included=included, shipping_lines=[], line_items=[])
    total = tax = Decimal(0)
    for place, (price, quantity, off) in enumerate(
        [("0.01", 7, "0"), ("19.99", 3, "5.55"), ("1234.56", 1, "0.01"), ("9.90", 10, "99.00")]
    ):
        sku = f"S{place}"
        make_product(sku)
        amount = Decimal(price) * quantity - Decimal(off)
        line_tax = round(amount * tax_rate / (1 + tax_rate) if included else amount * tax_rate, 2)
        total += amount if included else amount + line_tax
        tax += line_tax
        payload["line_items"].append(
            {
                "id": place,
                "sku": sku,
                "title": sku,
                "price": price,
                "quantity": quantity,
                "total_discount": off,
                "tax_lines": [{"price": str(line_tax)}],
            }
        )
    # The shop rounds the whole once more: a cent or two may differ.
    payload |= {"total_price": str(total + Decimal("0.02")), "total_tax": str(tax + Decimal("0.01"))}
    lines = lines_of(channel, _adapter("shopify").parse(payload))
    assert sum(line.stated.total for line in lines) == total + Decimal("0.02")
    assert sum(line.stated.tax for line in lines) == tax + Decimal("0.01")
    assert lines[3].discount == 1


@pytest.mark.parametrize(
    "path", ["id", "currency", "created_at", "total_price", "line_items.0.price", "line_items.0.quantity"]
)
def test_a_missing_field_is_named(path: str) -> None:
    payload = copy.deepcopy(order())
    target: Any = payload
    *way, last = path.split(".")
    for step in way:
        target = target[int(step) if step.isdecimal() else step]
    del target[last]
    with pytest.raises(Unreadable) as place:
        _adapter("shopify").parse(payload)
    assert str(place.value) == path


def test_masking_hides_people_and_keeps_the_shape() -> None:
    payload = order()
    hidden = json.dumps(masked(payload), ensure_ascii=False)
    for personal in ("li.wei@example.com", "李伟", "138 1111", "文三路", "115310627314723954", "生日快乐", "门卫"):
        assert personal not in hidden
    for needed in ("#1001", "A-1", "58.00", "杭州市", "浙江省"):
        assert needed in hidden
    assert masked(payload).keys() == payload.keys()


def test_names_are_written_as_their_owners_write_them() -> None:
    assert person_name("伟", "李") == "李伟"
    assert person_name("John", "Smith") == "John Smith"
    assert person_name("", "Smith") == "Smith"


def test_there_is_no_nan_in_json() -> None:
    with pytest.raises(ValueError, match="NaN"):
        read_json('{"total": NaN}')
