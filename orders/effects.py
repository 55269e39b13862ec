"""What a change of an order means for money, and whose agreement it needs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erp.effects import Effect, Plan
from erp.web.formats import date, money
from orders.models import Amendment
from orders.selectors import credit_of

if TYPE_CHECKING:
    from orders.services.amending import Approval

CUSTOMERS = "orders.view_customer"

TEXTS: dict[str, str | Promise] = {
    "total_more": _("The order comes to %(after)s instead of %(before)s: %(difference)s more."),
    "total_less": _("The order comes to %(after)s instead of %(before)s: %(difference)s less."),
    "total_same": _("The order comes to %(after)s as before."),
    "paid_then": _("With that it is paid in full: %(paid)s are there."),
    "paid_no_more": _("It was paid in full; %(left)s will be left to pay."),
    "credit_left": _("Credit left of the customer afterwards: %(left)s of %(limit)s."),
    "credit_over": _("The customer's credit limit of %(limit)s is exceeded by %(excess)s afterwards."),
    "date_later": _("Promised %(after)s instead of %(before)s: the customer gets it later."),
    "date_earlier": _("Promised %(after)s instead of %(before)s: it must be ready earlier."),
    "ask": _("Must be agreed to: %(who)s (%(policies)s)."),
    "ask_right": _("Must be agreed to by whoever may approve orders."),
    "ask_auto": _("Within the limit and without findings: the system agrees at once."),
    "ask_nobody": _("Neither price, total nor date changes: applied at once, nobody needs to agree."),
    "finding": _("Finding: %(finding)s"),
    "impossible": _("Not possible like this: %(finding)s"),
    "stops": _("Until it is decided nothing of the order is handed over to a carrier."),
}


def explain(plan: Plan) -> Iterator[Effect]:
    """Totals, payment, credit and date. One query."""
    order, after = plan.document, plan.after
    yield from _total(plan)
    if order.payment_state == order.PaymentState.PAID and after.total > order.paid:
        yield Effect("money", "paid_no_more", {"left": money(after.total - order.paid, order.currency)}, "amber")
    elif order.paid and order.payment_state != order.PaymentState.PAID and after.total <= order.paid:
        yield Effect("money", "paid_then", {"paid": money(order.paid, order.currency)}, "green")
    yield from _credit(plan)
    if "promised_date" in plan.changed:
        key = "date_later" if after.promised_date > order.promised_date else "date_earlier"
        values = {"before": date(order.promised_date), "after": date(after.promised_date)}
        yield Effect("shipping", key, values, "amber")


def _total(plan: Plan) -> Iterator[Effect]:
    order, after = plan.document, plan.after
    difference = after.total - order.total
    key = "total_more" if difference > 0 else "total_less" if difference < 0 else "total_same"
    values = {
        "before": money(order.total, order.currency),
        "after": money(after.total, order.currency),
        "difference": money(abs(difference), order.currency),
    }
    yield Effect("money", key, values, "grey" if not difference else "amber" if difference < 0 else "blue")


def _credit(plan: Plan) -> Iterator[Effect]:
    order, after = plan.document, plan.after
    if order.customer.credit_limit is None or after.total == order.total:
        return
    limit, left = order.customer.credit_limit, credit_of(order.customer).left
    left = (left if left is not None else limit) - (after.total - order.total)
    values = {"limit": money(limit, "CNY"), "left": money(left, "CNY"), "excess": money(-left, "CNY")}
    yield Effect(
        "money", "credit_over" if left < 0 else "credit_left", values, "red" if left < 0 else "grey", CUSTOMERS
    )


def of_approval(amendment: Amendment, approval: "Approval") -> Iterator[Effect]:
    """Who must agree, and what the checks find in the changed order. Up to two queries for names."""
    for check in approval.checks:
        if check.severity != check.Severity.PASS:
            blocks = check.severity == check.Severity.BLOCK
            key, tone = ("impossible", "red") if blocks else ("finding", "amber")
            yield Effect("approval", key, {"finding": check.message}, tone)
    if not amendment.needs:
        yield Effect("approval", "ask_nobody", {}, "green")
    elif approval.asks:
        policies = "、".join(dict.fromkeys(ask.policy.name for ask in approval.asks))
        who = "、".join(dict.fromkeys(name for ask in approval.asks for name in ask.names()))
        yield Effect("approval", "ask", {"who": who or "—", "policies": policies}, "amber")
    elif approval.auto:
        yield Effect("approval", "ask_auto", {}, "green")
    else:
        yield Effect("approval", "ask_right", {}, "amber")
    if amendment.stops_shipping and amendment.needs and not approval.auto:
        yield Effect("shipping", "stops", {}, "amber")
