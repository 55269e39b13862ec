"""The verbs of money: the only code that writes receivables, payments and the ledger."""

from finance.services.allocation import allocate, allocate_many, apply_credit, take_back
from finance.services.credit import credit_return
from finance.services.payments import book_payment, book_reversal, record_payment, refund_credit
from finance.services.receivables import (
    Amounts,
    bill,
    billed_lines,
    billed_of,
    book_invoice,
    create_invoice,
    number_invoice,
    post_invoice,
    post_shipment,
)
from finance.services.stock import post_pending_stock, post_production, post_receipt, post_stock

__all__ = [
    "Amounts",
    "allocate",
    "allocate_many",
    "apply_credit",
    "bill",
    "billed_lines",
    "billed_of",
    "book_invoice",
    "book_payment",
    "book_reversal",
    "create_invoice",
    "credit_return",
    "number_invoice",
    "post_invoice",
    "post_pending_stock",
    "post_production",
    "post_receipt",
    "post_shipment",
    "post_stock",
    "record_payment",
    "refund_credit",
    "take_back",
]
