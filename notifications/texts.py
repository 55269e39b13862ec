"""Every event that people are told of: its words, and who hears of it unless they chose otherwise.

The key of an event is `<document label>.<transition>`. `values` fill the words: document, order, customer, by, note,
and what `audience.values_of` adds. The words are looked up in the reader's language when they are shown.
"""

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

BELL, MAIL = "bell", "mail"


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of news. `own`: channels for the document's own people; `roles`: roles that have it in their bell.

    `asks`: it asks somebody to act, and is not worth telling once the document has moved on.
    """

    name: str | Promise
    title: str | Promise
    body: str | Promise = ""
    own: tuple[str, ...] = (BELL,)
    roles: tuple[str, ...] = ()
    asks: bool = False
    tone: str = "blue"
    icon: str = "bell"


_CUSTOMER = lazy("Customer: %(customer)s")
_REASON = lazy("%(customer)s. Reason given by %(by)s: %(note)s")

EVENTS: dict[str, Event] = {
    "orders.SalesOrder.create": Event(
        lazy("Order waits for approval"),
        lazy("Order %(document)s waits for approval"),
        lazy("%(customer)s, %(amount)s, entered by %(by)s"),
        own=(), roles=("approver",), asks=True, tone="amber", icon="clipboard-check",
    ),
    "orders.SalesOrder.resubmit": Event(
        lazy("Order was corrected"),
        lazy("Order %(document)s was corrected and waits for approval"),
        lazy("%(customer)s, %(amount)s, corrected by %(by)s"),
        own=(), roles=("approver",), asks=True, tone="amber", icon="clipboard-check",
    ),
    "orders.SalesOrder.approve": Event(
        lazy("Order approved"), lazy("Order %(document)s is approved"), lazy("%(customer)s. Approved by %(by)s"),
        tone="green", icon="check",
    ),
    "orders.SalesOrder.reject": Event(
        lazy("Order rejected"), lazy("Order %(document)s was rejected"), _REASON,
        own=(BELL, MAIL), tone="red", icon="x",
    ),
    "orders.SalesOrder.start_production": Event(
        lazy("Order in production"), lazy("Order %(document)s is in production"), _CUSTOMER,
        tone="violet", icon="building-factory-2",
    ),
    "orders.SalesOrder.make_ready": Event(
        lazy("Order ready to ship"), lazy("Order %(document)s is ready to ship"), _CUSTOMER, tone="cyan", icon="box",
    ),
    "orders.SalesOrder.wait_again": Event(
        lazy("Order waits for stock again"), lazy("Order %(document)s waits for stock again"), _CUSTOMER,
        tone="amber", icon="hourglass",
    ),
    "orders.SalesOrder.ship": Event(
        lazy("Order shipped in full"), lazy("Order %(document)s is shipped in full"), _CUSTOMER,
        own=(), tone="indigo", icon="truck-delivery",
    ),
    "orders.SalesOrder.complete": Event(
        lazy("Order completed"), lazy("Order %(document)s is completed"), _CUSTOMER, tone="green", icon="circle-check",
    ),
    "orders.SalesOrder.reopen": Event(
        lazy("Completed order open again"), lazy("Order %(document)s is open again"), _CUSTOMER,
        tone="amber", icon="rotate-clockwise",
    ),
    "orders.SalesOrder.cancel": Event(
        lazy("Order cancelled"), lazy("Order %(document)s was cancelled"), _REASON,
        own=(BELL, MAIL), tone="red", icon="ban",
    ),
    "inventory.PurchaseOrder.place": Event(
        lazy("Purchase order placed"), lazy("Purchase order %(document)s is placed"), lazy("Supplier: %(supplier)s"),
        roles=("warehouse",), icon="shopping-bag",
    ),
    "inventory.PurchaseOrder.cancel": Event(
        lazy("Purchase order cancelled"), lazy("Purchase order %(document)s was cancelled"),
        lazy("Supplier: %(supplier)s. Reason given by %(by)s: %(note)s"), roles=("warehouse",), tone="red", icon="ban",
    ),
    "inventory.GoodsReceipt.post": Event(
        lazy("Goods received"), lazy("Goods have arrived: %(document)s"),
        lazy("Purchase order %(purchase)s from %(supplier)s"), roles=("planner",), tone="green", icon="packages",
    ),
    "production.ProductionOrder.create": Event(
        lazy("Production order planned"), lazy("Production order %(document)s is to be made"),
        lazy("%(product)s × %(quantity)s"), roles=("planner",), asks=True, tone="violet", icon="building-factory-2",
    ),
    "production.ProductionOrder.finish": Event(
        lazy("Production order finished"), lazy("Production order %(document)s is finished"),
        lazy("%(product)s × %(quantity)s"), roles=("warehouse",), tone="green", icon="circle-check",
    ),
    "production.ProductionOrder.cancel": Event(
        lazy("Production order cancelled"), lazy("Production order %(document)s was cancelled"),
        lazy("%(product)s × %(quantity)s. %(note)s"), roles=("planner",), tone="red", icon="ban",
    ),
    "shipping.PickList.create": Event(
        lazy("Goods to pick"), lazy("Pick list %(document)s waits"), lazy("Order %(order)s, %(customer)s"),
        own=(), roles=("warehouse",), asks=True, tone="amber", icon="clipboard-list",
    ),
    "shipping.PickList.confirm": Event(
        lazy("Goods picked"), lazy("Pick list %(document)s is picked"), lazy("Order %(order)s, %(customer)s"),
        own=(), roles=("logistics",), tone="cyan", icon="packages",
    ),
    "shipping.Shipment.hand_over": Event(
        lazy("Shipment handed over"), lazy("Shipment %(document)s is on its way"), lazy("Order %(order)s, %(customer)s"),
        tone="indigo", icon="truck-delivery",
    ),
    "shipping.Shipment.deliver": Event(
        lazy("Shipment delivered"), lazy("Shipment %(document)s has arrived"), lazy("Order %(order)s, %(customer)s"),
        tone="green", icon="package",
    ),
    "shipping.Shipment.cancel": Event(
        lazy("Shipment unpacked"), lazy("Shipment %(document)s was unpacked; its goods go back to the shelf"),
        lazy("Order %(order)s, %(customer)s. %(note)s"), roles=("warehouse",), tone="amber", icon="arrow-back-up",
    ),
    "shipping.Shipment.report_exception": Event(
        lazy("Problem with a shipment"), lazy("Shipment %(document)s has a problem"),
        lazy("Order %(order)s, %(customer)s. %(note)s"),
        own=(BELL, MAIL), roles=("logistics", "service"), tone="red", icon="alert-triangle",
    ),
    "finance.Invoice.post": Event(
        lazy("Receivable posted"), lazy("Receivable %(document)s is posted"),
        lazy("Order %(order)s, %(customer)s, %(amount)s"), roles=("finance",), icon="file-invoice",
    ),
    "finance.Payment.post": Event(
        lazy("Payment received"), lazy("Payment %(document)s came in"), lazy("%(customer)s, %(amount)s"),
        roles=("finance",), tone="green", icon="coin-yuan",
    ),
    "aftersales.ReturnRequest.create": Event(
        lazy("Return requested"), lazy("Return %(document)s waits for a decision"),
        lazy("Order %(order)s, %(customer)s"), roles=("service",), asks=True, tone="amber", icon="truck-return",
    ),
    "aftersales.ReturnRequest.approve": Event(
        lazy("Return accepted"), lazy("Return %(document)s is accepted; goods will come back"),
        lazy("Order %(order)s, %(customer)s"), roles=("warehouse",), icon="truck-return",
    ),
    "aftersales.ReturnRequest.refuse": Event(
        lazy("Return refused"), lazy("Return %(document)s was refused"), lazy("Order %(order)s. %(note)s"),
        tone="red", icon="x",
    ),
    "aftersales.ReturnRequest.receive": Event(
        lazy("Returned goods received"), lazy("The goods of return %(document)s are back"),
        lazy("Order %(order)s, %(customer)s"), roles=("finance", "service"), asks=True, tone="cyan", icon="packages",
    ),
    "aftersales.ReturnRequest.close": Event(
        lazy("Return closed"), lazy("Return %(document)s is credited and closed"),
        lazy("Order %(order)s, %(customer)s"), roles=("service",), tone="green", icon="circle-check",
    ),
    "aftersales.ServiceCase.create": Event(
        lazy("Service case opened"), lazy("Service case %(document)s: %(subject)s"),
        lazy("Order %(order)s, %(customer)s"), own=(BELL, MAIL), roles=("service",), tone="amber", icon="headset",
    ),
    "aftersales.ServiceCase.resolve": Event(
        lazy("Service case resolved"), lazy("Service case %(document)s is resolved"),
        lazy("Order %(order)s, %(customer)s. %(note)s"), tone="green", icon="circle-check",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CustomerMail:
    """What a customer reads: subject and sentence."""

    subject: str | Promise
    text: str | Promise


CUSTOMER_MAILS: dict[str, CustomerMail] = {
    "orders.SalesOrder.approve": CustomerMail(
        lazy("Your order %(order)s is confirmed"),
        lazy("We have confirmed your order %(order)s and are preparing it. Promised for %(promised)s."),
    ),
    "shipping.Shipment.hand_over": CustomerMail(
        lazy("Your order %(order)s is on its way"),
        lazy("Goods of your order %(order)s have left us. Carrier: %(carrier)s. Expected arrival: %(expected)s."),
    ),
    "shipping.Shipment.deliver": CustomerMail(
        lazy("Your order %(order)s has arrived"),
        lazy("The carrier reports that goods of your order %(order)s have arrived. Please confirm the receipt."),
    ),
}


class _Values(dict[str, Any]):
    """Values of a message; one that an older row lacks shows as a dash instead of breaking the page."""

    def __missing__(self, key: str) -> str:
        return "—"


@dataclass(frozen=True, slots=True)
class Words:
    """A message in one language."""

    title: str
    body: str = ""
    tone: str = "grey"
    icon: str = "bell"


def words(event: str, values: dict[str, Any]) -> Words:
    """The words of an event in the language in force; an event that is no more shows its document."""
    found = EVENTS.get(event)
    filled = _fill(values)
    if found is None:
        return Words(title=str(filled["document"]))
    return Words(
        title=str(found.title) % filled, body=(str(found.body) % filled).strip(" ."), tone=found.tone, icon=found.icon
    )


def customer_words(event: str, values: dict[str, Any]) -> Words:
    """The subject and sentence of a customer's mail in the language in force."""
    mail, filled = CUSTOMER_MAILS[event], _fill(values)
    return Words(title=str(mail.subject) % filled, body=str(mail.text) % filled)


def _fill(values: dict[str, Any]) -> _Values:
    return _Values({**values, "by": values.get("by") or _("the system")})


def in_language(language: str) -> Any:
    """A context in which texts come in a reader's language; empty means the default one."""
    from django.conf import settings

    return translation.override(language or settings.LANGUAGE_CODE)
