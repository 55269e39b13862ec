"""What a change of an order means for receivables: what is billed stays."""

from collections.abc import Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from erp.effects import Effect, Plan
from erp.money import ZERO
from erp.web.formats import money
from finance.services.receivables import billed_of

TEXTS: dict[str, str | Promise] = {
    "billed": _("%(billed)s are billed already and stay; %(left)s are still to be billed afterwards."),
}


def explain(plan: Plan) -> Iterator[Effect]:
    """What is billed, and what will be. One query."""
    order = plan.document
    total = sum((one.untaxed + one.tax for one in billed_of(order).values()), ZERO)
    if total:
        values = {"billed": money(total, order.currency), "left": money(plan.after.total - total, order.currency)}
        yield Effect("money", "billed", values, "grey", "finance.view_invoice")
