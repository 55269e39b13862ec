"""Names and addresses of the documents that stock rows point to, whichever app they live in.

The stock ledger knows documents by label and id only, since it stands below the apps they belong to.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from erp.models import Document

Ref = tuple[str, int]


@dataclass(frozen=True, slots=True)
class DocLink:
    """What to show for a document: its number with an address, or only its kind when the person may not see it."""

    text: str
    url: str = ""
    stock_url: str = ""  # where people change what stock it holds, if anywhere


def document_links(refs: Iterable[Ref], user: Any) -> dict[Ref, DocLink]:
    """Links to documents by (label, id); a line (`orders.OrderLine`) stands for its document.

    One query for each kind of document, two for each kind of line.
    """
    wanted: dict[str, set[int]] = defaultdict(set)
    for label, pk in refs:
        if label and pk:
            wanted[label].add(pk)
    found: dict[Ref, DocLink] = {}
    for label, ids in wanted.items():
        model = apps.get_model(label)
        owners = {pk: pk for pk in ids}
        if not issubclass(model, Document):
            owners = dict(model._default_manager.filter(pk__in=ids).values_list("pk", "order_id"))
            model = model._meta.get_field("order").related_model
        rows = model._default_manager.visible_to(user)  # type: ignore[union-attr]
        if any(field.name == "order" for field in model._meta.fields):
            rows = rows.select_related("order")  # a receipt's address is its purchase order's
        documents = rows.in_bulk(set(owners.values()))
        kind = DocLink(str(model._meta.verbose_name))
        for pk in ids:
            document = documents.get(owners.get(pk, 0))
            found[label, pk] = _link(document) if document is not None else kind
    return found


def _link(document: Any) -> DocLink:
    address, stock = getattr(document, "get_absolute_url", None), getattr(document, "get_stock_url", None)
    return DocLink(str(document), address() if address else "", stock() if stock else "")
