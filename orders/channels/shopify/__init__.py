"""Shopify: orders and refunds as webhooks of the Admin REST API.

Format and signature: shopify.dev, “Verify webhook deliveries” and the Order and Refund resources. Every order topic
carries the whole order, so the newest by `updated_at` is the truth whatever came before. Topic and shop are not covered
by the signature; what is to be done is therefore read from the body.
"""

from decimal import Decimal
from typing import Any

from erp.money import ZERO
from orders.channels.base import (
    Adapter,
    BuyerInput,
    ChannelOrderInput,
    ChargeInput,
    ItemInput,
    Kind,
    Reader,
    RefundInput,
    person_name,
    share,
)

ORDER_TOPICS = {
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/fulfilled",
    "orders/partially_fulfilled",
}
# Authorized money is guaranteed: the merchant captures it when goods go.
PAID = {"paid", "authorized", "partially_refunded", "refunded"}
HOME = "CN"


class Shopify(Adapter):
    """Deliveries of one Shopify shop; the secret is the app's client secret."""

    label = "Shopify"
    signature_header = "X-Shopify-Hmac-Sha256"
    topic_header = "X-Shopify-Topic"
    event_header = "X-Shopify-Webhook-Id"

    def kind(self, topic: str, payload: Any) -> str:
        """By topic, as far as the body agrees."""
        data = _unwrap(payload)
        if topic in ORDER_TOPICS and "line_items" in data:
            return Kind.ORDER
        if topic == "refunds/create" and "order_id" in data:
            return Kind.REFUND
        if topic == "orders/delete" and "id" in data and "line_items" not in data:
            return Kind.DELETION
        return Kind.OTHER

    def source_id(self, kind: str, payload: Any) -> str:
        """The order's id; a refund names it."""
        reader = Reader(_unwrap(payload))
        return reader.text("order_id" if kind == Kind.REFUND else "id", required=True)

    def parse(self, payload: Any) -> ChannelOrderInput:
        """The whole order."""
        order = Reader(_unwrap(payload))
        included = order.data.get("taxes_included") is True
        charges = [_charge(row, included=included) for row in order.many("shipping_lines")]
        if tip := order.money("total_tip_received", ZERO):
            charges.append(ChargeInput(name="Tip", untaxed=tip, tax=ZERO))
        return ChannelOrderInput(
            source_id=order.text("id", required=True),
            number=order.text("name") or order.text("id"),
            updated_at=order.moment("updated_at"),
            ordered_at=order.moment("created_at"),
            currency=order.text("currency", required=True),
            total=order.money("total_price"),
            tax=order.money("total_tax", ZERO),
            tax_included=included,
            items=[_item(row, included=included) for row in order.many("line_items") if row.number("quantity")],
            charges=charges,
            buyer=_buyer(order),
            ship_to=_ship_to(order),
            paid=order.text("financial_status") in PAID,
            cancelled=bool(order.text("cancelled_at")),
            test=order.data.get("test") is True,
            note=order.text("note"),
            refunds=[_refund(row) for row in order.many("refunds")],
        )

    def parse_refund(self, payload: Any) -> RefundInput:
        """A refund on its own."""
        return _refund(Reader(_unwrap(payload)))


def _unwrap(payload: Any) -> dict[str, Any]:
    """The resource itself: the REST API wraps it in its name, a webhook does not."""
    if not isinstance(payload, dict):
        return {}
    for name in ("order", "refund"):
        if set(payload) == {name} and isinstance(payload[name], dict):
            return payload[name]
    return payload


def _tax(row: Reader) -> Decimal:
    return row.sum("tax_lines", lambda tax: tax.money("price", ZERO))


def _discount(row: Reader) -> Decimal:
    """What comes off a line; `total_discount` is the older field and is not always filled."""
    allocated = row.sum("discount_allocations", lambda part: part.money("amount", ZERO))
    return allocated or row.money("total_discount", ZERO)


def _item(row: Reader, *, included: bool) -> ItemInput:
    quantity, off, tax = row.number("quantity"), _discount(row), _tax(row)
    before = row.money("price") * quantity
    amount = before - off
    names = (row.text("title") or row.text("name"), row.text("variant_title"))
    return ItemInput(
        sku=row.text("sku") or f"variant:{row.text('variant_id') or row.text('id')}",
        name=" ".join(filter(None, names)),
        quantity=quantity,
        untaxed=amount - tax if included else amount,
        tax=tax,
        discount=share(off, before),
        note="; ".join(f"{p.text('name')}: {_plain(p, 'value')}" for p in row.many("properties")),
    )


def _plain(row: Reader, name: str) -> str:
    """A property's value; apps put anything there."""
    value = row.data.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _charge(row: Reader, *, included: bool) -> ChargeInput:
    tax = _tax(row)
    # Older versions of the API lack the discounted price.
    amount = row.money("discounted_price", row.money("price") - _discount(row))
    return ChargeInput(name=row.text("title"), untaxed=amount - tax if included else amount, tax=tax)


def _refund(row: Reader) -> RefundInput:
    def amount(transaction: Reader) -> Decimal:
        given = transaction.text("kind") == "refund" and transaction.text("status") in ("", "success")
        return transaction.money("amount", ZERO) if given else ZERO

    return RefundInput(
        id=row.text("id", required=True), amount=row.sum("transactions", amount), reason=row.text("note")
    )


def _full_name(row: Reader | None) -> str:
    if row is None:
        return ""
    return row.text("name") or person_name(row.text("first_name"), row.text("last_name"))


def _addresses(order: Reader) -> list[Reader]:
    return [row for name in ("shipping_address", "billing_address") if (row := order.one(name))]


def _buyer(order: Reader) -> BuyerInput:
    customer, addresses = order.one("customer"), _addresses(order)
    email = order.text("email") or order.text("contact_email") or (customer.text("email") if customer else "")
    phones = [order.text("phone"), customer.text("phone") if customer else ""] + [a.text("phone") for a in addresses]
    return BuyerInput(
        external_id=customer.text("id") if customer else "",
        name=next(filter(None, [_full_name(customer), *map(_full_name, addresses), email]), ""),
        company=next(filter(None, (row.text("company") for row in reversed(addresses))), ""),
        email=email,
        phone=next(filter(None, phones), ""),
    )


def _ship_to(order: Reader) -> dict[str, str]:
    addresses = _addresses(order)
    if not addresses:
        return {"recipient": _buyer(order).name, "phone": _buyer(order).phone}
    first = addresses[0]
    street = [first.text("address1"), first.text("address2"), first.text("company")]
    if first.text("country_code") not in ("", HOME):
        street += [first.text("zip"), first.text("country")]
    return {
        "recipient": _full_name(first),
        "phone": first.text("phone") or _buyer(order).phone,
        "province": first.text("province"),
        "city": first.text("city"),
        "district": "",
        "street": ", ".join(filter(None, street)),
    }
