"""WooCommerce: orders as webhooks of the REST API, version 3.

Format and signature: woocommerce-rest-api-docs, `_webhooks.md` and `_orders.md`. A delivery is exactly what the REST
API would answer: the whole order, amounts of lines always without tax. After five answers that are not 2xx in a row the
shop switches the webhook off. The topic is not covered by the signature; a deletion is recognised by its body.
"""

import datetime as dt
import html
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

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
    Unreadable,
    person_name,
    share,
)

ORDER_TOPICS = {"order.created", "order.updated", "order.restored"}
# Goods may go: “processing” is also what cash on delivery is set to.
PAID = {"processing", "completed", "refunded"}
CANCELLED = {"cancelled", "trash"}
DRAFT = {"checkout-draft", "auto-draft", "draft"}
HOME = "CN"


class WooCommerce(Adapter):
    """Deliveries of one WooCommerce shop; the secret is the webhook's."""

    label = "WooCommerce"
    signature_header = "X-WC-Webhook-Signature"
    topic_header = "X-WC-Webhook-Topic"
    event_header = "X-WC-Webhook-Delivery-ID"

    def is_ping(self, request: HttpRequest) -> bool:
        """When a webhook is saved the shop posts `webhook_id=…` as a form, unsigned, and wants a 200."""
        return request.content_type == "application/x-www-form-urlencoded" and request.body.startswith(b"webhook_id=")

    def kind(self, topic: str, payload: Any) -> str:
        """By topic, as far as the body agrees: a deleted order is only its id."""
        if not isinstance(payload, dict):
            return Kind.OTHER
        if topic in ORDER_TOPICS and "line_items" in payload and "status" in payload:
            return Kind.ORDER
        if topic == "order.deleted" and "id" in payload and "line_items" not in payload:
            return Kind.DELETION
        return Kind.OTHER

    def source_id(self, kind: str, payload: Any) -> str:
        """The order's id."""
        return Reader(payload).text("id", required=True)

    def parse(self, payload: Any) -> ChannelOrderInput:
        """The whole order."""
        order = Reader(payload)
        status = order.text("status", required=True)
        charges = [_charge(row, "method_title") for row in order.many("shipping_lines")]
        items = [_item(row) for row in order.many("line_items") if row.number("quantity")]
        for fee in order.many("fee_lines"):
            charge = _charge(fee, "name")
            if charge.untaxed < 0:
                items = _spread(items, charge, fee)
            else:
                charges.append(charge)
        return ChannelOrderInput(
            source_id=order.text("id", required=True),
            number=order.text("number") or order.text("id"),
            updated_at=_moment(order, "date_modified"),
            ordered_at=_moment(order, "date_created"),
            currency=order.text("currency", required=True),
            total=order.money("total"),
            tax=order.money("total_tax", ZERO),
            tax_included=order.data.get("prices_include_tax") is True,
            items=items,
            charges=charges,
            buyer=_buyer(order),
            ship_to=_ship_to(order),
            paid=status in PAID,
            cancelled=status in CANCELLED,
            placed=status not in DRAFT,
            note=order.text("customer_note"),
            refunds=[
                RefundInput(id=row.text("id", required=True), amount=abs(row.money("total")), reason=row.text("reason"))
                for row in order.many("refunds")
            ],
        )


def _moment(order: Reader, name: str) -> dt.datetime:
    """The GMT field has no zone in it; the other is in the shop's own time, which we do not know."""
    return order.moment(f"{name}_gmt", zone=dt.UTC)


def _item(row: Reader) -> ItemInput:
    before, after = row.money("subtotal", row.money("total")), row.money("total")
    fallback = f"product:{row.text('product_id')}" + (f":{row.text('variation_id')}" if _varies(row) else "")
    return ItemInput(
        sku=row.text("sku") or fallback,
        name=html.unescape(row.text("name")),
        quantity=row.number("quantity"),
        untaxed=after,
        tax=row.money("total_tax", ZERO),
        discount=share(before - after, before),
    )


def _varies(row: Reader) -> bool:
    return row.text("variation_id") not in ("", "0")


def _charge(row: Reader, name: str) -> ChargeInput:
    return ChargeInput(
        name=html.unescape(row.text(name)), untaxed=row.money("total", ZERO), tax=row.money("total_tax", ZERO)
    )


def _spread(items: list[ItemInput], fee: ChargeInput, row: Reader) -> list[ItemInput]:
    """A negative fee is a discount on everything: taken off the items by their amounts, the last takes the rest."""
    whole = sum((item.untaxed for item in items), ZERO)
    if whole <= 0 or -fee.untaxed > whole:
        raise Unreadable(row.path)
    left_untaxed, left_tax, done = fee.untaxed, fee.tax, []
    for index, item in enumerate(items):
        last = index == len(items) - 1
        untaxed = left_untaxed if last else _part(fee.untaxed, item.untaxed, whole)
        tax = left_tax if last else _part(fee.tax, item.untaxed, whole)
        left_untaxed, left_tax = left_untaxed - untaxed, left_tax - tax
        before = item.untaxed / (1 - item.discount) if item.discount < 1 else ZERO
        done.append(
            ItemInput(
                sku=item.sku,
                name=item.name,
                quantity=item.quantity,
                untaxed=item.untaxed + untaxed,
                tax=item.tax + tax,
                discount=share(before - item.untaxed - untaxed, before),
                note=item.note,
            )
        )
    return done


def _part(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    return (amount * part / whole).quantize(Decimal("0.01"))


def _full_name(row: Reader | None) -> str:
    return person_name(row.text("first_name"), row.text("last_name")) if row else ""


def _buyer(order: Reader) -> BuyerInput:
    billing, shipping = order.one("billing"), order.one("shipping")
    known = order.text("customer_id")
    email = billing.text("email") if billing else ""
    return BuyerInput(
        external_id="" if known == "0" else known,
        name=_full_name(billing) or _full_name(shipping) or email,
        company=billing.text("company") if billing else "",
        email=email,
        phone=billing.text("phone") if billing else "",
    )


def _ship_to(order: Reader) -> dict[str, str]:
    """The delivery address; shops that ask only for one leave it empty and mean the billing address."""
    buyer, billing = _buyer(order), order.one("billing")
    first = next((row for row in (order.one("shipping"), billing) if row and row.text("address_1")), None)
    if first is None:
        return {"recipient": buyer.name, "phone": buyer.phone}
    street = [first.text("address_1"), first.text("address_2"), first.text("company")]
    if first.text("country") not in ("", HOME):
        street += [first.text("postcode"), first.text("country")]
    return {
        "recipient": _full_name(first) or buyer.name,
        "phone": first.text("phone") or buyer.phone,
        "province": first.text("state"),
        "city": first.text("city"),
        "district": "",
        "street": ", ".join(filter(None, street)),
    }
