"""What every web shop must be able to tell us, in our words, whatever its own format is."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from erp.money import ZERO, round_money
from orders.models import ChannelOrder

Kind = ChannelOrder.Kind


class Unreadable(Exception):
    """A delivery does not have the documented shape; the argument names the place, such as `line_items.2.price`."""


@dataclass(frozen=True, slots=True)
class ItemInput:
    """One product of an order. Amounts after discount, in the order's currency; `discount` is a share, 0–1."""

    sku: str
    name: str
    quantity: Decimal
    untaxed: Decimal
    tax: Decimal
    discount: Decimal = ZERO
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChargeInput:
    """Something that costs and is no product: shipping, a fee, a tip."""

    name: str
    untaxed: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class RefundInput:
    """Money the shop gave back. Nothing is paid here because of it; a person is told."""

    id: str
    amount: Decimal
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BuyerInput:
    """Who ordered. `external_id` is the shop's key of the customer, empty for guests."""

    name: str
    external_id: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ChannelOrderInput:
    """The whole state of an order at `updated_at`, as a shop tells it.

    `total` and `tax` are what the shop says; `tax_included` whether its prices had tax in them (the items' amounts
    never do). `paid`: the money is there or guaranteed, goods may go. `placed`: it is an order, not a cart. `test`:
    nobody ordered anything.
    """

    source_id: str
    number: str
    updated_at: dt.datetime
    ordered_at: dt.datetime
    currency: str
    total: Decimal
    tax: Decimal
    items: list[ItemInput]
    charges: list[ChargeInput]
    buyer: BuyerInput
    ship_to: dict[str, str]
    tax_included: bool = False
    paid: bool = False
    cancelled: bool = False
    placed: bool = True
    test: bool = False
    note: str = ""
    refunds: list[RefundInput] = field(default_factory=list)


class Adapter(ABC):
    """One shop system. Stateless: what differs from shop to shop is in the `Channel`."""

    label: str
    signature_header: str
    topic_header: str
    event_header: str

    def verify(self, request: HttpRequest, *, secret: str) -> bool:
        """Whether the raw body is signed with the secret: base64 of HMAC-SHA256, compared in constant time."""
        given = request.headers.get(self.signature_header, "")
        return bool(secret) and hmac.compare_digest(sign(request.body, secret).encode(), given.encode())

    def is_ping(self, request: HttpRequest) -> bool:
        """Whether the shop only asks if somebody is there."""
        return False

    def topic(self, request: HttpRequest) -> str:
        """What happened, in the shop's words. Not covered by the signature: a hint, never proof."""
        return request.headers.get(self.topic_header, "")[:60]

    def event_id(self, request: HttpRequest) -> str:
        """The number of the delivery; a repeat has the same. Made from the contents when the shop sends none."""
        given = request.headers.get(self.event_header, "")
        made = hashlib.sha256(self.topic(request).encode() + b"\n" + request.body).hexdigest()
        return (given or f"sha256:{made}")[:120]

    @abstractmethod
    def kind(self, topic: str, payload: Any) -> str:
        """Order, deletion, refund, or something that is not for us."""

    @abstractmethod
    def source_id(self, kind: str, payload: Any) -> str:
        """The shop's key of the order that the delivery is about."""

    @abstractmethod
    def parse(self, payload: Any) -> ChannelOrderInput:
        """The order of a delivery of kind “order”. Raises Unreadable."""

    def parse_refund(self, payload: Any) -> RefundInput:
        """The refund of a delivery of kind “refund”. Raises Unreadable."""
        raise Unreadable("refund")


def sign(body: bytes, secret: str) -> str:
    """Base64 of HMAC-SHA256 over the body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def read_json(body: str | bytes) -> Any:
    """JSON without losses: decimals stay decimal. Raises ValueError."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    return json.loads(body, parse_float=Decimal, parse_constant=refuse)


class Reader:
    """Reads one object of a payload and names the place when something is not as documented."""

    def __init__(self, data: Any, path: str = "") -> None:
        self.path = path
        if not isinstance(data, dict):
            raise Unreadable(path or "{}")
        self.data = data

    def _place(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def text(self, name: str, *, required: bool = False) -> str:
        """A text or number as text; empty when it is missing."""
        value = self.data.get(name)
        if value is None or value == "":
            if required:
                raise Unreadable(self._place(name))
            return ""
        if isinstance(value, dict | list | bool):
            raise Unreadable(self._place(name))
        return str(value).replace("\x00", "").strip()

    def number(self, name: str, default: Decimal | None = None) -> Decimal:
        """A number, often sent as text; without a default it must be there."""
        text = self.text(name, required=default is None)
        try:
            value = Decimal(text) if text else default
        except InvalidOperation:
            value = None
        if value is None or not value.is_finite() or abs(value) >= Decimal(10) ** 15:
            raise Unreadable(self._place(name))
        return value

    def money(self, name: str, default: Decimal | None = None) -> Decimal:
        """An amount, rounded to the cent."""
        return round_money(self.number(name, default))

    def moment(self, name: str, *, zone: dt.tzinfo | None = None) -> dt.datetime:
        """A moment with its zone; `zone` is meant when none is given."""
        text = self.text(name, required=True)
        try:
            found = parse_datetime(text)
        except ValueError:
            found = None
        if found is not None and found.tzinfo is None and zone is not None:
            found = found.replace(tzinfo=zone)
        if found is None or found.tzinfo is None:
            raise Unreadable(self._place(name))
        return found

    def one(self, name: str) -> "Reader | None":
        """An object inside, None when it is missing."""
        value = self.data.get(name)
        return Reader(value, self._place(name)) if value else None

    def many(self, name: str) -> list["Reader"]:
        """A list of objects inside, empty when it is missing."""
        value = self.data.get(name) or []
        if not isinstance(value, list):
            raise Unreadable(self._place(name))
        return [Reader(row, f"{self._place(name)}.{index}") for index, row in enumerate(value)]

    def sum(self, name: str, value: Callable[["Reader"], Decimal]) -> Decimal:
        """The sum over a list inside."""
        return sum((value(row) for row in self.many(name)), ZERO)


def share(part: Decimal, whole: Decimal) -> Decimal:
    """A discount as a share of the amount before it, 0–1."""
    return min(max((part / whole).quantize(Decimal("0.000001")), ZERO), Decimal(1)) if whole else ZERO


def person_name(first: str, last: str) -> str:
    """A full name as its owner writes it: 李伟, but John Smith."""
    chinese = any("\u3400" <= char <= "\u9fff" for char in first + last)
    return last + first if chinese else " ".join(filter(None, (first, last)))
