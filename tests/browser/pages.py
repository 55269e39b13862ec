"""The main pages of a small living company, each with who opens it."""

from collections.abc import Iterator

from django.core.management import call_command

from aftersales.models import ReturnRequest, ServiceCase
from erp.models import User
from finance.models import Invoice, Payment
from inventory.models import Product, PurchaseOrder, StockCount, Supplier, Transfer
from orders.models import Amendment, CustomerUser, Project, SalesOrder
from production.models import ProductionOrder
from shipping.models import PickList, Shipment
from tests.browser.person import Person

LISTS = (
    ("manager", "/"),
    ("manager", "/orders/"),
    ("manager", "/orders/?view=board"),
    ("manager", "/jobs/"),
    ("sales", "/orders/new/"),
    ("sales", "/orders/customers/"),
    ("sales", "/orders/projects/"),
    ("sales", "/orders/projects/new/"),
    ("sales", "/orders/import/"),
    ("warehouse", "/inventory/"),
    ("warehouse", "/inventory/moves/"),
    ("warehouse", "/inventory/purchases/"),
    ("purchasing", "/inventory/purchases/proposals/"),
    ("purchasing", "/inventory/suppliers/"),
    ("purchasing", "/inventory/suppliers/new/"),
    ("warehouse", "/inventory/counts/"),
    ("warehouse", "/inventory/transfers/"),
    ("warehouse", "/inventory/adjustments/"),
    ("warehouse", "/inventory/transfers/new/"),
    ("warehouse", "/inventory/counts/new/"),
    ("planner", "/production/"),
    ("warehouse", "/shipping/"),
    ("logistics", "/shipping/?tab=transit"),
    ("finance", "/finance/"),
    ("finance", "/finance/payments/"),
    ("finance", "/finance/payments/new/"),
    ("finance", "/finance/journal/"),
    ("service", "/aftersales/returns/?tab=all"),
    ("service", "/aftersales/cases/?tab=all"),
    ("manager", "/reports/"),
    ("manager", "/reports/durations/"),
    ("sales", "/notifications/"),
    ("sales", "/notifications/settings/"),
    ("customer", "/portal/"),
    ("", "/portal/"),
    ("", "/accounts/login/"),
)
PAGES = (
    ("manager", SalesOrder),
    ("manager", Amendment),
    ("manager", Project),
    ("warehouse", Product),
    ("warehouse", PurchaseOrder),
    ("purchasing", Supplier),
    ("warehouse", StockCount),
    ("warehouse", Transfer),
    ("planner", ProductionOrder),
    ("warehouse", PickList),
    ("logistics", Shipment),
    ("finance", Invoice),
    ("finance", Payment),
    ("service", ReturnRequest),
    ("service", ServiceCase),
)


def open_demo(orders: int = 25) -> None:
    """Make the demo company, small."""
    call_command("load_demo", orders=orders, verbosity=0)


def main_pages() -> Iterator[tuple[str, str]]:
    """User name (empty for a visitor) and address: lists, forms, and one page of every kind of document."""
    yield from LISTS
    for username, model in PAGES:
        one = model.objects.order_by("-pk").first()
        if one is not None:
            yield username, one.get_absolute_url()
    change = Amendment.objects.open().select_related("order").first()
    if change is not None:
        yield "manager", f"/orders/{change.order.number}/amend/"
    yield from _desk_pages()
    own = CustomerUser.objects.get(user__username="customer").customer
    order = SalesOrder.objects.filter(customer=own).order_by("-pk").first()
    if order is not None:
        yield "customer", f"/portal/orders/{order.number}/"


def _desk_pages() -> Iterator[tuple[str, str]]:
    """Where an open order is corrected, divided and joined with others."""
    entered = SalesOrder.objects.filter(status__in=SalesOrder.EDITABLE).order_by("-pk").first()
    confirmed = SalesOrder.objects.filter(status__in=SalesOrder.FULFILLING).order_by("-pk").first()
    if entered is not None:
        yield "manager", f"/orders/{entered.number}/edit/"
    if confirmed is not None:
        for page in ("split", "merge"):
            yield "manager", f"/orders/{confirmed.number}/{page}/"


class Visitors:
    """A browser for each user name, opened when first needed."""

    def __init__(self, open_as, size: dict) -> None:
        self.open_as, self.size = open_as, size
        self.people: dict[str, Person] = {}

    def __getitem__(self, username: str) -> Person:
        if username not in self.people:
            user = User.objects.get(username=username) if username else None
            self.people[username] = self.open_as(user, size=self.size)
        return self.people[username]
