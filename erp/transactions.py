"""One business verb is one transaction, tried again when PostgreSQL had to break a ring of locks."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import OperationalError, transaction

ATTEMPTS = 4
DEADLOCK, SERIALIZATION = "40P01", "40001"  # PostgreSQL, appendix A: error codes

Verb = TypeVar("Verb", bound=Callable[..., Any])


def verb(function: Verb) -> Verb:
    """Run a service in one transaction; when PostgreSQL chose it as the victim of a deadlock, run it again.

    Locks are taken in one order (ARCHITECTURE.md), so this is the seat belt, not the brakes. Inside another transaction
    the outermost verb does the repeating. The function must read what it decides on after it has locked it.
    """
    atomic = transaction.atomic(function)

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if transaction.get_connection().in_atomic_block:
            return atomic(*args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return atomic(*args, **kwargs)
            except OperationalError as error:
                code = getattr(error.__cause__, "sqlstate", None)
                if code not in (DEADLOCK, SERIALIZATION) or attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    return run  # type: ignore[return-value]
