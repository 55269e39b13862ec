"""The verbs of after-sales: the only code that writes it."""

from aftersales.services.cases import (
    HOURS_TO_ANSWER,
    add_action,
    give_feedback,
    open_case,
    open_parcel_case,
    open_refund_case,
)
from aftersales.services.returns import close_return, credit_return, receive_return, request_return, returnable_of

__all__ = [
    "HOURS_TO_ANSWER",
    "add_action",
    "close_return",
    "credit_return",
    "give_feedback",
    "open_case",
    "open_parcel_case",
    "open_refund_case",
    "receive_return",
    "request_return",
    "returnable_of",
]
