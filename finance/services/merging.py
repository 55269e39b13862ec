"""Receivables, payments and balances of a customer that turned out to be another one."""

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_noop

import orders.services as orders
from erp.models import User
from finance.ledger import post_entry, voucher_text
from finance.models import Invoice, JournalLine, Payment
from orders.models import Customer


def move_money(loser: Customer, survivor: Customer, *, by: User | None) -> None:
    """Give the survivor the loser's receivables and payments; one voucher carries the balances over.

    The ledger's lines stay as they were written. Locks payments, then receivables, then the customers' balances. Raises
    BusinessError when the month is closed.
    """
    for model in (Payment, Invoice):
        mine = model._default_manager.filter(customer=loser)
        keys = list(mine.select_for_update().order_by("pk").values_list("pk", flat=True))
        model._default_manager.filter(pk__in=keys).update(customer=survivor)
    sums = JournalLine.objects.filter(customer=loser).values_list("account__code").annotate(Sum("amount"))
    balances = [(code, amount) for code, amount in sums.order_by("account__code") if amount]
    post_entry(
        key=f"merge:{loser.pk}",
        date=timezone.localdate(),
        text=voucher_text(
            gettext_noop("Balances of %(loser)s taken over by %(survivor)s"), loser=loser.code, survivor=survivor.code
        ),
        document=survivor,
        lines=[line for code, amount in balances for line in ((code, -amount, loser), (code, amount, survivor))],
        by=by,
    )
    owed = Customer.objects.values_list("receivable", flat=True).get(pk=loser.pk)
    for customer, delta in sorted(((loser, -owed), (survivor, owed)), key=lambda pair: pair[0].pk):
        orders.adjust_receivable(customer.pk, delta)
