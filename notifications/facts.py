"""What an announcement must know of a document: whose it is, and the values of its words."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from aftersales.models import ServiceCase
from erp.models import Document, User
from erp.web.formats import money
from finance.models import Invoice, Payment
from inventory.models import GoodsReceipt, PurchaseOrder, SupplierReturn
from orders.approvals import people_asked
from orders.models import Amendment, SalesOrder
from production.models import ProductionOrder
from shipping.models import Shipment


@dataclass(frozen=True, slots=True)
class Facts:
    """People and names around a document. `own_ids`: those it concerns; `owner_ids`: those among whose it counts."""

    own_ids: frozenset[int]
    owner_ids: frozenset[int]
    order_number: str = ""
    promised: str = ""
    customer: str = ""
    customer_email: str = ""


def of(document: Document) -> Facts:
    """Look up order and customer of a document; at most two queries, none for what is loaded already."""
    order = order_of(document)
    people = [document.created_by_id]
    if isinstance(document, ServiceCase):
        people.append(document.owner_id)
    if order is None:
        customer = document.customer if isinstance(document, Payment) else None
        return Facts(_ids(people), frozenset(), customer=str(customer or ""))
    customer = order.customer
    return Facts(
        own_ids=_ids([*people, order.salesperson_id, order.created_by_id]),
        owner_ids=_ids([order.salesperson_id, customer.owner_id]),
        order_number=order.number,
        promised=order.promised_date.isoformat(),
        customer=customer.name,
        customer_email=customer.email,
    )


def asked(document: Document) -> Facts:
    """The same for a question: the people are those who may decide on the order now."""
    known = of(document)
    order = order_of(document)
    people = people_asked(order) if isinstance(document, SalesOrder | Amendment) and order else known.own_ids
    return replace(known, own_ids=people, owner_ids=known.owner_ids | people)


def asks_by_name(document: Document) -> bool:
    """Whether approval policies say whose decision the order waits for."""
    if isinstance(document, Amendment):
        return document.approvals.open().exists()
    return isinstance(document, SalesOrder) and document.approvals.open().exists()


def _ids(people: list[int | None]) -> frozenset[int]:
    return frozenset(pk for pk in people if pk is not None)


def order_of(document: Document) -> SalesOrder | None:
    """The sales order behind a document, itself included."""
    if isinstance(document, SalesOrder):
        return document
    order = getattr(document, "order", None)
    return order if isinstance(order, SalesOrder) else None


def values(document: Document, known: Facts, *, by: User | None, note: str) -> dict[str, str]:
    """What fills an event's words."""
    return {
        "document": str(document),
        "order": known.order_number,
        "customer": known.customer,
        "by": str(by) if by is not None else "",
        "note": note,
        **_more(document),
    }


def _more(document: Document) -> dict[str, str]:
    """Values that only some kinds of document have."""
    if isinstance(document, Amendment):
        total = Decimal(document.after["totals"]["total"])
        return {"amount": money(total, document.order.currency), "reason": document.reason}
    if isinstance(document, SalesOrder | Invoice):
        return {"amount": money(document.total, document.currency)}
    if isinstance(document, Payment):
        return {"amount": money(document.amount, "CNY")}
    if isinstance(document, ProductionOrder):
        return {"product": document.product.name, "quantity": f"{document.quantity.normalize():f}"}
    if isinstance(document, PurchaseOrder):
        return {"supplier": document.supplier.name, "amount": money(document.total, document.currency)}
    if isinstance(document, GoodsReceipt | SupplierReturn):
        return {"purchase": document.order.number, "supplier": document.order.supplier.name}
    if isinstance(document, ServiceCase):
        return {"subject": document.subject}
    return {}


def customer_values(document: Document, known: Facts) -> dict[str, str]:
    """What fills a customer's mail: nothing internal."""
    found = {"order": known.order_number, "customer": known.customer, "promised": known.promised}
    if isinstance(document, Shipment):
        found["carrier"] = str(document.service or "")
        found["expected"] = document.expected_on.isoformat() if document.expected_on else known.promised
    return found


def address(document: Document) -> str:
    """The page where staff see the document, as a path."""
    if isinstance(document, GoodsReceipt | SupplierReturn):
        return address(document.order)
    if isinstance(document, PurchaseOrder):
        return _reverse("inventory:purchase", document.number)
    return document.get_absolute_url()  # type: ignore[attr-defined]


def _reverse(name: str, *args: Any) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return reverse("notifications:list")


def portal_address(order_number: str) -> str:
    """Where a customer follows an order, with the site's name."""
    return f"{settings.SITE_URL}{reverse('portal:home')}?number={order_number}"
