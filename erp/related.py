"""What belongs to a document in other apps: parcels, invoices, returns of an order.

A page of a lower floor shows what upper floors have to say without importing them: they are named here, as
`erp.process` names what follows from a move. A provider is called as `provider(document, user)` and yields groups.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.module_loading import import_string

PROVIDERS: dict[str, list[str]] = {
    "orders.SalesOrder": [
        "orders.kinship.of_order",
        "production.related.of_order",
        "shipping.related.of_order",
        "finance.related.of_order",
        "aftersales.related.of_order",
    ],
}


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing a person can do about the document in another app: words and the page where it is done."""

    label: str
    url: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class RelatedItem:
    """One document: its number, where it stands, and a few words. `details` are lines below it, such as parcels."""

    number: str
    url: str = ""
    status: str = ""
    status_label: str = ""
    text: str = ""
    amount: Decimal | None = None
    at: datetime | date | None = None
    details: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RelatedGroup:
    """The documents of one kind. `step` is what this person would do next there; `add` opens a new one."""

    title: str
    icon: str
    items: list[RelatedItem]
    step: Step | None = None
    add: Step | None = None


Provider = Callable[[Any, Any], Iterator[RelatedGroup]]


def providers(label: str) -> list[Provider]:
    """The functions that know something about documents of this kind, in the order of the page."""
    return [import_string(path) for path in PROVIDERS.get(label, ())]


def related_to(document: Any, user: Any) -> list[RelatedGroup]:
    """Everything the person may see that belongs to the document; a few queries for each provider."""
    groups = (group for provider in providers(document._meta.label) for group in provider(document, user))
    return [group for group in groups if group.items or group.step or group.add]
