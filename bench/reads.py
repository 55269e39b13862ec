"""The pages that people open all day, by name: what growth is measured with and what tests keep within a budget.

Made for a company of `bench.load`; who asks is one of its people.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from erp.models import User
from inventory.models import Product
from orders.models import Customer, SalesOrder

HTMX = {"HX-Request": "true"}
Status = SalesOrder.Status


@dataclass(frozen=True, slots=True)
class Read:
    """One request. `queries` is its budget; it includes session, person and rights."""

    name: str
    person: str
    path: str
    queries: int
    kind: str = "page"
    htmx: bool = False
    own: bool = False  # grows with what the person or the customer has, and need not be little
    whole: bool = False  # looks through all products or customers: two letters say too little


def reads() -> Iterator[Read]:
    """All of them, with the words and numbers of this database."""
    newest = SalesOrder.objects.latest("id")
    middle = SalesOrder.objects.get(pk=newest.pk // 2)
    customer, product = Customer.objects.get(pk=1), Product.objects.get(pk=1)
    yield from _order_lists(newest, customer)
    yield from _searches(middle, customer, product)
    yield from _order_pages()
    yield from _other_pages(customer, product)


def _order_lists(newest: SalesOrder, customer: Customer) -> Iterator[Read]:
    today = timezone.localdate()
    long_ago = newest.ordered_at.date().replace(year=newest.ordered_at.year - 2)
    filters = {
        "all": "",
        "completed": "status=completed",
        "waiting": "status=approved",
        "two states": "status=pending&status=approved",
        "channel": "channel=phone",
        "unused channel": "channel=file",
        "customer": f"customer={customer.code}",
        "salesperson": "salesperson=sales07",
        "since": f"since={today - dt.timedelta(days=3)}",
        "until": f"until={long_ago}",
        "one old day": f"since={long_ago}&until={long_ago}",
        "shipped on": f"shipped_since={long_ago}&shipped_until={long_ago}",
        "due": f"due={today}",
        "unpaid": "payment=unpaid",
        "partly paid": "payment=partly",
        "late": "late=on",
        "held": "held=on",
        "channel and state": "channel=phone&status=pending",
        "by due date": "sort=due",
    }
    for name, query in filters.items():
        yield Read(f"list: {name}", "manager", f"/orders/?{query}", 30, "list")
    for name in ("all", "completed", "late", "held", "two states"):
        yield Read(f"own list: {name}", "sales07", f"/orders/?{filters[name]}", 30, "list", own=True)
    yield Read("own list: mine", "sales07", "/orders/?mine=on", 30, "list", own=True)
    yield Read("board", "manager", "/orders/?view=board", 32, "list")
    yield Read("own board", "sales07", "/orders/?view=board", 32, "list", own=True)


def _searches(order: SalesOrder, customer: Customer, product: Product) -> Iterator[Read]:
    phone = order.ship_to["phone"]
    words = {
        "number": order.number,
        "end of a number": order.number[-5:],
        "channel's number": "PO6",
        "customer's name": order.customer.name,
        "part of a name": order.customer.name[:4],
        "customer's code": customer.code,
        "customer's initials": order.customer.initials,
        "phone": phone,
        "last four digits": phone[-4:],
        "SKU": product.sku,
        "product's name": product.name,
        "product's initials": product.initials,
        "a word of many products": "不锈钢",
        "two letters of many products": "合页",
        "a word of many customers": "五金贸易",
        "nothing": "nosuchthing",
    }
    for person in ("manager", "sales07"):
        for name, text in words.items():
            whole = name == "two letters of many products"  # no index knows customers by them
            own = person == "sales07"
            yield Read(f"search by {name} ({person})", person, f"/orders/?q={text}", 36, "search", own=own, whole=whole)


def _order_pages() -> Iterator[Read]:
    for status in Status:
        order = SalesOrder.objects.filter(status=status).order_by("-id").first()
        if order is not None:
            # Whoever opens an undecided order has its checks run again when they are old.
            checked = status in (Status.PENDING, Status.REJECTED)
            yield Read(f"order: {status}", "manager", f"/orders/{order.number}/", 60 if checked else 44)
    pending = SalesOrder.objects.filter(status=Status.PENDING).order_by("-id")[0]
    yield Read("order form", "sales07", "/orders/new/", 14)
    yield Read("edit form", "manager", f"/orders/{pending.number}/edit/", 16)
    yield Read("customer in the form", "sales07", "/orders/new/customer/?customer=8", 10, htmx=True)


def _other_pages(customer: Customer, product: Product) -> Iterator[Read]:
    boxes = {"SKU": product.sku, "half a SKU": product.sku[:6], "name": "不锈钢合页", "initials": "bxghy", "digit": "1"}
    for name, text in boxes.items():
        yield Read(
            f"product box: {name}", "sales07", f"/orders/products.json?q={text}", 14, "box", whole=name == "digit"
        )
    yield Read("customer box", "sales07", "/orders/customers/search.json?q=wjmy", 7, "box")
    yield Read("customers", "manager", "/orders/customers/", 12, "list")
    yield Read("customers by name", "manager", "/orders/customers/?q=五金贸易", 12, "list")
    yield Read("customer", "manager", f"/orders/customers/{customer.code}/", 27)
    yield Read("stock by name", "warehouse", "/inventory/?q=合页", 18, "list", whole=True)
    yield Read("product", "manager", f"/inventory/products/{product.sku}/", 32)
    yield Read("stock", "warehouse", "/inventory/", 18, "list")
    yield Read("stock moves", "warehouse", "/inventory/moves/", 16, "list")
    yield Read("purchase orders", "planner", "/inventory/purchases/", 16, "list")
    yield Read("shipping", "logistics", "/shipping/", 24, "list")
    yield Read("shipping by number", "logistics", "/shipping/?q=0099", 24, "list")
    yield Read("production orders", "planner", "/production/", 20, "list")
    yield Read("receivables", "finance", "/finance/", 16, "list")
    yield Read("payments", "finance", "/finance/payments/", 16, "list")
    yield Read("to bill", "finance", "/finance/to-bill/", 16, "list")
    yield Read("journal", "finance", "/finance/journal/", 16, "list")
    yield Read("statement", "finance", f"/finance/customers/{customer.code}/", 20, own=True)
    for role in ("sales07", "approver", "planner", "warehouse", "logistics", "finance", "service", "manager", "admin"):
        # The administrator is shown everybody's work.
        yield Read(f"home: {role}", role, "/", 110, own=role in ("sales07", "admin"))
    yield Read("portal: orders", "customer", "/portal/", 20, "portal")
    yield Read("portal: search", "customer", "/portal/?q=PO6", 20, "portal")
    own = SalesOrder.objects.filter(customer=customer).order_by("-id")[0]
    yield Read("portal: order", "customer", f"/portal/orders/{own.number}/", 26, "portal")


def ask(client: Client, read: Read) -> HttpResponse:
    """Send the request as a browser does."""
    return client.get(read.path, headers=HTMX if read.htmx else {})  # type: ignore[return-value]


def browsers() -> Callable[[str], Client]:
    """A signed-in browser for each person, made when first asked for."""
    found: dict[str, Client] = {}

    def browser(username: str) -> Client:
        if username not in found:
            found[username] = Client(SERVER_NAME="localhost", raise_request_exception=True)
            found[username].force_login(User.objects.get(username=username))
        return found[username]

    return browser
