from finance.models.invoice import CustomerScopedQuerySet, Invoice, InvoiceLine
from finance.models.ledger import Account, JournalEntry, JournalLine, Period, StockPosting
from finance.models.payment import Allocation, Payment

__all__ = [
    "Account",
    "Allocation",
    "CustomerScopedQuerySet",
    "Invoice",
    "InvoiceLine",
    "JournalEntry",
    "JournalLine",
    "Payment",
    "Period",
    "StockPosting",
]
