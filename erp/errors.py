"""What a service raises when the business says no. Views and the API turn it into words on the page."""

from collections.abc import Sequence


class BusinessError(Exception):
    """A refusal in the user's language: what is wrong, and how to mend it.

    `message` says what; `hint` how to mend it; `field` names the input it belongs to; `code` is stable for programs.
    """

    code = "refused"

    def __init__(self, message: str, *, hint: str = "", field: str = "", code: str = "") -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.hint = str(hint)
        self.field = field
        self.code = code or self.code


class TransitionRefused(BusinessError):
    """A document may not make this move now; `reasons` lists every condition that failed."""

    code = "transition_refused"

    def __init__(self, message: str, *, reasons: Sequence[str] = (), hint: str = "", code: str = "") -> None:
        super().__init__(message, hint=hint, code=code)
        self.reasons = [str(reason) for reason in reasons]


class NotPermitted(BusinessError):
    """The person lacks the right for this act."""

    code = "not_permitted"


class OutOfStock(BusinessError):
    """Less is available than was asked for."""

    code = "out_of_stock"
