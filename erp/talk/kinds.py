"""The documents that people talk about: how their numbers begin, and which of the staff may see one.

Apps above are named here by dotted names, as in `erp.process`.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import Http404
from django.utils.module_loading import import_string

from erp.models import Document, User


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document. `narrow(document, people)` leaves those of the people who see this very document.

    `right` is needed to see it where that is not the right to view its own model.
    """

    prefixes: tuple[str, ...]
    narrow: str = ""
    talked_about: bool = True
    right: str = ""


KINDS: dict[str, Kind] = {
    "orders.SalesOrder": Kind(("SO",), "orders.readers.of_order"),
    "orders.Amendment": Kind((), "orders.readers.of_amendment", right="orders.view_salesorder"),  # SO-…-1, -2
    "inventory.PurchaseOrder": Kind(("PO",)),
    "production.ProductionOrder": Kind(("MO",)),
    "shipping.PickList": Kind(("PK",), "orders.readers.of_part", talked_about=False),
    "shipping.Shipment": Kind(("SH",), "orders.readers.of_part"),
    "shipping.ParcelProblem": Kind(("EX",), "orders.readers.of_part"),
    "finance.Invoice": Kind(("INV", "CN")),
    "finance.Payment": Kind(("PY",)),
    "aftersales.ReturnRequest": Kind(("RT",), "orders.readers.of_part"),
    "aftersales.ServiceCase": Kind(("CS",), "orders.readers.of_part"),
}
_LABELS = {prefix: label for label, kind in KINDS.items() for prefix in kind.prefixes}
# Chinese may stand right before or behind a number; Latin letters and further digits may not.
NUMBER = re.compile(rf"(?<![A-Za-z0-9-])((?:{'|'.join(_LABELS)})-\d{{6,8}}-\d{{3,10}})(?![A-Za-z0-9-])")


def model_of(label: str) -> Any:
    """The model of documents that people talk about; 404 for any other name."""
    if label not in KINDS or not KINDS[label].talked_about:
        raise Http404
    return apps.get_model(label)


def label_of_number(number: str) -> str:
    """Which kind of document a number belongs to."""
    return _LABELS[number.partition("-")[0]]


def view_permission(label: str) -> str:
    """The right without which nobody sees documents of this kind."""
    app, model = label.split(".")
    return KINDS[label].right or f"{app}.view_{model.lower()}"


def holders(permission: str) -> QuerySet[User]:
    """Active people of the company with a right, by role or by name."""
    people = get_user_model().objects.with_perm(permission, backend="django.contrib.auth.backends.ModelBackend")
    return people.filter(is_active=True, is_portal=False)


def readers_of(document: Document) -> QuerySet[User]:
    """The people of the company who may see this document: the rule of its `visible_to`, for all of them at once."""
    label = document._meta.label
    people = holders(view_permission(label))
    narrow = KINDS[label].narrow
    return import_string(narrow)(document, people) if narrow else people


def addresses(numbers: set[str], reader: User) -> dict[str, str]:
    """Pages of those of the numbered documents that the reader may see; one query a kind."""
    by_kind: dict[str, set[str]] = {}
    for number in numbers:
        by_kind.setdefault(label_of_number(number), set()).add(number)
    found: dict[str, str] = {}
    for label, wanted in by_kind.items():
        if not reader.has_perm(view_permission(label)):
            continue
        for document in apps.get_model(label).objects.visible_to(reader).filter(number__in=wanted):
            found[document.number] = document.get_absolute_url()
    return found
