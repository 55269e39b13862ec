"""The only writer of the general ledger: balanced vouchers, once each, never into a closed month."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext, override
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import User
from erp.money import ZERO
from erp.numbering import next_number
from finance.models import Account, JournalEntry, JournalLine, Period
from orders.models import Customer

Line = tuple[str, Decimal, Customer | None]


def voucher_text(message: str, **values: object) -> str:
    """The text of a voucher in the company's language, whoever writes it; `message` is marked by gettext_noop."""
    with override(settings.LANGUAGE_CODE):
        return (gettext(message) % values)[:200]


@transaction.atomic
def post_entry(
    *, key: str, date: dt.date, text: str, document: Model, lines: Iterable[Line], by: User | None
) -> JournalEntry | None:
    """Write one voucher: lines of (account code, signed amount in CNY with debit positive, customer or None).

    Lines of one account and customer are put together; zero lines fall away. A repeat (same key) returns the first
    voucher; nothing but zeros returns None. Raises BusinessError when the lines do not balance, the month is closed or
    an account is missing. Four statements.
    """
    amounts = _summed(lines)
    if total := sum(amounts.values(), ZERO):
        raise BusinessError(
            _("The voucher “%(text)s” does not balance: debits less credits are %(difference)s.")
            % {"text": text, "difference": total},
            hint=_("Nothing was saved. Please report this to the administrator."),
            code="unbalanced",
        )
    if not amounts:
        return None
    if known := JournalEntry.objects.filter(key=key).first():
        return known
    refuse_closed(date)
    accounts = _accounts({code for code, _customer in amounts})
    entry = JournalEntry.objects.create(
        number=next_number("JE"),
        date=date,
        text=text,
        document_type=document._meta.label,
        document_id=document.pk,
        key=key,
        by=by,
    )
    JournalLine.objects.bulk_create(
        JournalLine(entry=entry, account_id=accounts[code], customer_id=customer, amount=amount)
        for (code, customer), amount in amounts.items()
    )
    return entry


def _summed(lines: Iterable[Line]) -> dict[tuple[str, int | None], Decimal]:
    amounts: dict[tuple[str, int | None], Decimal] = defaultdict(Decimal)
    for code, amount, customer in lines:
        amounts[code, customer.pk if customer else None] += amount
    return {key: amount for key, amount in amounts.items() if amount}


def _accounts(codes: set[str]) -> dict[str, int]:
    found = dict(Account.objects.filter(code__in=codes).values_list("code", "id"))
    if missing := sorted(codes - set(found)):
        raise BusinessError(
            _("The chart of accounts lacks %(codes)s.") % {"codes": ", ".join(missing)},
            hint=_("An administrator can add the account under Settings."),
            code="account_missing",
        )
    return found


def is_closed(date: dt.date) -> bool:
    """Whether the month of a day is closed. One query."""
    return Period.objects.filter(month=date.replace(day=1), is_closed=True).exists()


def refuse_closed(date: dt.date, *, field: str = "") -> None:
    """Raise BusinessError when the month of a day is closed."""
    if is_closed(date):
        raise BusinessError(
            _("%(month)s is closed: nothing can be posted with the date %(date)s.")
            % {"month": f"{date:%Y-%m}", "date": date},
            hint=_("Choose a date in an open month, or ask finance to open the month again."),
            field=field,
            code="period_closed",
        )
