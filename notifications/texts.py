"""Every event that people are told of: its words, and who hears of it unless they chose otherwise.

The key of an event is `<document label>.<transition>`. `values` fill the words: document, order, customer, by, note,
and what `audience.values_of` adds. The words are looked up in the reader's language when they are shown.
"""

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

BELL, MAIL = "bell", "mail"


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of news. `own`: channels for the document's own people; `roles`: roles that have it in their bell.

    `asks`: it asks somebody to act, and is not worth telling once the document has moved on. `answers`: the steps whose
    question it settles; their notices need not be read any more. `asked`: `own` are those whose decision it asks for,
    not the people whose document it is.
    """

    name: str | Promise
    title: str | Promise
    body: str | Promise = ""
    own: tuple[str, ...] = (BELL,)
    asked: bool = False
    roles: tuple[str, ...] = ()
    asks: bool = False
    answers: tuple[str, ...] = ()
    tone: str = "blue"
    icon: str = "bell"


_CUSTOMER = _("Customer: %(customer)s")
_REASON = _("%(customer)s. Reason given by %(by)s: %(note)s")

_MADE_OF = _("%(customer)s. %(by)s: %(note)s")

_ASKED = ("ask_approval", "remind_approval", "escalate_approval")

_CHANGE_ASKED = ("ask_approval", "remind_approval", "escalate_approval")

EVENTS: dict[str, Event] = {
    "orders.SalesOrder.create": Event(
        _("Order waits for approval"),
        _("Order %(document)s waits for approval"),
        _("%(customer)s, %(amount)s, entered by %(by)s"),
        own=(), roles=("approver",), asks=True, tone="amber", icon="clipboard-check",
    ),
    "orders.SalesOrder.resubmit": Event(
        _("Order was corrected"),
        _("Order %(document)s was corrected and waits for approval"),
        _("%(customer)s, %(amount)s, corrected by %(by)s"),
        own=(), roles=("approver",), asks=True, tone="amber", icon="clipboard-check",
    ),
    "orders.SalesOrder.ask_approval": Event(
        _("Your approval is asked"),
        _("Order %(document)s waits for your approval"),
        _("%(customer)s, %(amount)s. Open the order to agree or reject."),
        own=(BELL, MAIL), asked=True, asks=True, tone="amber", icon="clipboard-check",
    ),
    "orders.SalesOrder.remind_approval": Event(
        _("Reminder of an approval"),
        _("Order %(document)s still waits for your approval"),
        _("%(customer)s, %(amount)s. Open the order to agree or reject."),
        own=(BELL, MAIL), asked=True, asks=True, tone="amber", icon="hourglass",
    ),
    "orders.SalesOrder.escalate_approval": Event(
        _("Approval escalated"),
        _("Order %(document)s has waited too long and may be approved by you, too"),
        _("%(customer)s, %(amount)s. Open the order to agree or reject."),
        own=(BELL, MAIL), asked=True, asks=True, tone="red", icon="alert-triangle",
    ),
    "orders.SalesOrder.agree_level": Event(
        _("Approval level agreed"), _("%(by)s agreed to order %(document)s; the next level decides"), _CUSTOMER,
        answers=_ASKED, tone="green", icon="check",
    ),
    "orders.SalesOrder.approve": Event(
        _("Order approved"), _("Order %(document)s is approved"), _("%(customer)s. Approved by %(by)s"),
        answers=("create", "resubmit", *_ASKED), tone="green", icon="check",
    ),
    "orders.SalesOrder.reject": Event(
        _("Order rejected"), _("Order %(document)s was rejected"), _REASON,
        own=(BELL, MAIL), answers=("create", "resubmit", *_ASKED), tone="red", icon="x",
    ),
    "orders.SalesOrder.start_production": Event(
        _("Order in production"), _("Order %(document)s is in production"), _CUSTOMER,
        tone="violet", icon="building-factory-2",
    ),
    "orders.SalesOrder.make_ready": Event(
        _("Order ready to ship"), _("Order %(document)s is ready to ship"), _CUSTOMER, tone="cyan", icon="box",
    ),
    "orders.SalesOrder.wait_again": Event(
        _("Order waits for stock again"), _("Order %(document)s waits for stock again"), _CUSTOMER,
        tone="amber", icon="hourglass",
    ),
    "orders.SalesOrder.ship": Event(
        _("Order shipped in full"), _("Order %(document)s is shipped in full"), _CUSTOMER,
        own=(), tone="indigo", icon="truck-delivery",
    ),
    "orders.SalesOrder.complete": Event(
        _("Order completed"), _("Order %(document)s is completed"), _CUSTOMER, tone="green", icon="circle-check",
    ),
    "orders.SalesOrder.reopen": Event(
        _("Completed order open again"), _("Order %(document)s is open again"), _CUSTOMER,
        tone="amber", icon="rotate-clockwise",
    ),
    "orders.SalesOrder.cancel": Event(
        _("Order cancelled"), _("Order %(document)s was cancelled"), _REASON,
        own=(BELL, MAIL), roles=("manager",), answers=("create", "resubmit", *_ASKED), tone="red", icon="ban",
    ),
    "orders.SalesOrder.split": Event(
        _("Order split"), _("Order %(document)s was split"), _MADE_OF, tone="blue", icon="versions",
    ),
    "orders.SalesOrder.merge": Event(
        _("Orders merged"), _("Other orders became part of order %(document)s"), _MADE_OF, tone="blue", icon="git-merge",
    ),
    "orders.SalesOrder.merged_away": Event(
        _("Order became part of another"), _("Order %(document)s became part of another order"), _MADE_OF,
        answers=("create", "resubmit", *_ASKED), tone="blue", icon="git-merge",
    ),
    "orders.SalesOrder.shop_cancelled": Event(
        _("Shop cancelled a running order"), _("Order %(document)s was cancelled in the shop, but not here"),
        _("%(customer)s, %(amount)s. Stop it, or talk to the customer."),
        own=(BELL, MAIL), roles=("manager",), tone="red", icon="ban",
    ),
    "orders.SalesOrder.stock_taken": Event(
        _("Reserved stock was taken"), _("Stock reserved for order %(document)s was given to another one"), _REASON,
        own=(BELL, MAIL), tone="amber", icon="alert-triangle",
    ),
    "orders.SalesOrder.shop_changed": Event(
        _("Shop changed a running order"), _("Order %(document)s was changed in the shop, but not here"),
        _("%(customer)s. Compare it with the shop."), own=(BELL, MAIL), tone="amber", icon="edit",
    ),
    "orders.SalesOrder.shop_refunded": Event(
        _("Shop refunded an order"), _("The shop gave money back for order %(document)s"),
        _("%(customer)s. %(note)s"), roles=("finance",), tone="amber", icon="cash",
    ),
    "inventory.PurchaseOrder.submit": Event(
        _("Purchase order waits for approval"), _("Purchase order %(document)s waits for approval"),
        _("%(supplier)s, %(amount)s, submitted by %(by)s"),
        own=(), roles=("manager",), asks=True, tone="amber", icon="clipboard-check",
    ),
    "inventory.PurchaseOrder.approve": Event(
        _("Purchase order approved"), _("Purchase order %(document)s is approved and ordered"),
        _("%(supplier)s, %(amount)s, approved by %(by)s"),
        roles=("warehouse",), answers=("submit",), tone="green", icon="circle-check",
    ),
    "inventory.PurchaseOrder.reject": Event(
        _("Purchase order rejected"), _("Purchase order %(document)s was rejected"),
        _("%(supplier)s. Reason given by %(by)s: %(note)s"), answers=("submit",), tone="red", icon="ban",
    ),
    "inventory.SupplierReturn.post": Event(
        _("Goods returned to a supplier"), _("Goods went back to the supplier: %(document)s"),
        _("Purchase order %(purchase)s from %(supplier)s"),
        roles=("purchasing", "finance"), tone="amber", icon="truck-return",
    ),
    "orders.Amendment.submit": Event(
        _("Change of an order waits for a decision"), _("Change %(document)s waits for a decision"),
        _("%(customer)s, %(amount)s, asked by %(by)s: %(reason)s"),
        own=(), roles=("approver",), asks=True, tone="amber", icon="versions",
    ),
    "orders.Amendment.ask_approval": Event(
        _("Your agreement to a change is asked"), _("Change %(document)s waits for your agreement"),
        _("%(customer)s, %(amount)s: %(reason)s"), own=(BELL, MAIL), asked=True, asks=True,
        tone="amber", icon="versions",
    ),
    "orders.Amendment.remind_approval": Event(
        _("Reminder of a change"), _("Change %(document)s still waits for your agreement"),
        _("%(customer)s, %(amount)s: %(reason)s"), own=(BELL, MAIL), asked=True, asks=True,
        tone="amber", icon="hourglass",
    ),
    "orders.Amendment.escalate_approval": Event(
        _("Decision on a change escalated"),
        _("Change %(document)s has waited too long and may be decided by you, too"),
        _("%(customer)s, %(amount)s: %(reason)s"), own=(BELL, MAIL), asked=True, asks=True,
        tone="red", icon="alert-triangle",
    ),
    "orders.Amendment.agree_level": Event(
        _("Change agreed on one level"), _("%(by)s agreed to change %(document)s; the next level decides"), _CUSTOMER,
        answers=_CHANGE_ASKED, tone="green", icon="check",
    ),
    "orders.Amendment.apply": Event(
        _("Order changed"), _("Order %(order)s is changed by %(document)s"), _("%(customer)s: %(reason)s"),
        roles=("warehouse", "logistics"), answers=("submit", *_CHANGE_ASKED), tone="green", icon="versions",
    ),
    "orders.Amendment.reject": Event(
        _("Change rejected"), _("Change %(document)s was rejected"), _REASON,
        own=(BELL, MAIL), answers=("submit", *_CHANGE_ASKED), tone="red", icon="x",
    ),
    "orders.Amendment.withdraw": Event(
        _("Change withdrawn"), _("Change %(document)s was withdrawn"), _("%(customer)s: %(reason)s"),
        answers=("submit", *_CHANGE_ASKED), icon="arrow-back-up",
    ),
    "inventory.PurchaseOrder.place": Event(
        _("Purchase order placed"), _("Purchase order %(document)s is placed"), _("Supplier: %(supplier)s"),
        roles=("warehouse",), icon="shopping-bag",
    ),
    "inventory.PurchaseOrder.cancel": Event(
        _("Purchase order cancelled"), _("Purchase order %(document)s was cancelled"),
        _("Supplier: %(supplier)s. Reason given by %(by)s: %(note)s"), roles=("warehouse",), answers=("submit",), tone="red", icon="ban",
    ),
    "inventory.GoodsReceipt.post": Event(
        _("Goods received"), _("Goods have arrived: %(document)s"),
        _("Purchase order %(purchase)s from %(supplier)s"), roles=("planner", "purchasing"), tone="green", icon="packages",
    ),
    "production.ProductionOrder.create": Event(
        _("Production order planned"), _("Production order %(document)s is to be made"),
        _("%(product)s × %(quantity)s"), roles=("planner",), asks=True, tone="violet", icon="building-factory-2",
    ),
    "production.ProductionOrder.finish": Event(
        _("Production order finished"), _("Production order %(document)s is finished"),
        _("%(product)s × %(quantity)s"), roles=("warehouse",), answers=("create",), tone="green", icon="circle-check",
    ),
    "production.ProductionOrder.cancel": Event(
        _("Production order cancelled"), _("Production order %(document)s was cancelled"),
        _("%(product)s × %(quantity)s. %(note)s"), roles=("planner",), answers=("create",), tone="red", icon="ban",
    ),
    "shipping.PickList.create": Event(
        _("Goods to pick"), _("Pick list %(document)s waits"), _("Order %(order)s, %(customer)s"),
        own=(), roles=("warehouse",), asks=True, tone="amber", icon="clipboard-list",
    ),
    "shipping.PickList.confirm": Event(
        _("Goods picked"), _("Pick list %(document)s is picked"), _("Order %(order)s, %(customer)s"),
        own=(), roles=("logistics",), answers=("create",), tone="cyan", icon="packages",
    ),
    "shipping.Shipment.hand_over": Event(
        _("Shipment handed over"), _("Shipment %(document)s is on its way"), _("Order %(order)s, %(customer)s"),
        tone="indigo", icon="truck-delivery",
    ),
    "shipping.Shipment.deliver": Event(
        _("Shipment delivered"), _("Shipment %(document)s has arrived"), _("Order %(order)s, %(customer)s"),
        tone="green", icon="package",
    ),
    "shipping.Shipment.cancel": Event(
        _("Shipment unpacked"), _("Shipment %(document)s was unpacked; its goods go back to the shelf"),
        _("Order %(order)s, %(customer)s. %(note)s"), roles=("warehouse",), tone="amber", icon="arrow-back-up",
    ),
    "shipping.Shipment.report_exception": Event(
        _("Problem with a shipment"), _("Shipment %(document)s has a problem"),
        _("Order %(order)s, %(customer)s. %(note)s"),
        own=(BELL, MAIL), roles=("logistics", "service", "manager"), tone="red", icon="alert-triangle",
    ),
    "finance.Invoice.post": Event(
        _("Receivable posted"), _("Receivable %(document)s is posted"),
        _("Order %(order)s, %(customer)s, %(amount)s"), roles=("finance",), icon="file-invoice",
    ),
    "finance.Payment.post": Event(
        _("Payment received"), _("Payment %(document)s came in"), _("%(customer)s, %(amount)s"),
        roles=("finance",), tone="green", icon="coin-yuan",
    ),
    "aftersales.ReturnRequest.create": Event(
        _("Return requested"), _("Return %(document)s waits for a decision"),
        _("Order %(order)s, %(customer)s"), roles=("service",), asks=True, tone="amber", icon="truck-return",
    ),
    "aftersales.ReturnRequest.approve": Event(
        _("Return accepted"), _("Return %(document)s is accepted; goods will come back"),
        _("Order %(order)s, %(customer)s"), roles=("warehouse",), answers=("create",), icon="truck-return",
    ),
    "aftersales.ReturnRequest.refuse": Event(
        _("Return refused"), _("Return %(document)s was refused"), _("Order %(order)s. %(note)s"),
        answers=("create",), tone="red", icon="x",
    ),
    "aftersales.ReturnRequest.receive": Event(
        _("Returned goods received"), _("The goods of return %(document)s are back"),
        _("Order %(order)s, %(customer)s"), roles=("finance", "service"), asks=True, tone="cyan", icon="packages",
    ),
    "aftersales.ReturnRequest.close": Event(
        _("Return closed"), _("Return %(document)s is credited and closed"),
        _("Order %(order)s, %(customer)s"), roles=("service",), answers=("receive",), tone="green", icon="circle-check",
    ),
    "aftersales.ServiceCase.create": Event(
        _("Service case opened"), _("Service case %(document)s: %(subject)s"),
        _("Order %(order)s, %(customer)s"), own=(BELL, MAIL), roles=("service", "manager"), asks=True, tone="amber", icon="headset",
    ),
    "aftersales.ServiceCase.resolve": Event(
        _("Service case resolved"), _("Service case %(document)s is resolved"),
        _("Order %(order)s, %(customer)s. %(note)s"), answers=("create",), tone="green", icon="circle-check",
    ),
    "erp.Comment.mention": Event(
        _("Somebody names me in a comment"), _("%(by)s named you on %(document)s"), "%(note)s",
        own=(BELL, MAIL), tone="blue", icon="at",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CustomerMail:
    """What a customer reads: subject and sentence."""

    subject: str | Promise
    text: str | Promise


CUSTOMER_MAILS: dict[str, CustomerMail] = {
    "orders.SalesOrder.approve": CustomerMail(
        _("Your order %(order)s is confirmed"),
        _("We have confirmed your order %(order)s and are preparing it. Promised for %(promised)s."),
    ),
    "shipping.Shipment.hand_over": CustomerMail(
        _("Your order %(order)s is on its way"),
        _("Goods of your order %(order)s have left us. Carrier: %(carrier)s. Expected arrival: %(expected)s."),
    ),
    "shipping.Shipment.deliver": CustomerMail(
        _("Your order %(order)s has arrived"),
        _("The carrier reports that goods of your order %(order)s have arrived. Please confirm the receipt."),
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
    return _Values({**values, "by": values.get("by") or str(_("the system"))})


def in_language(language: str) -> Any:
    """A context in which texts come in a reader's language; empty means the default one."""
    from django.conf import settings

    return translation.override(language or settings.LANGUAGE_CODE)
