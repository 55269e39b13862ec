"""A form that is sent twice has its effect once: the form carries a token that is used up with the effect."""

import uuid
from collections.abc import Callable
from typing import Any

from erp.models import IdempotencyKey, User
from erp.transactions import verb


def new_token() -> str:
    """A token for a form that has just been opened."""
    return uuid.uuid4().hex


@verb
def once(token: str, *, by: User, make: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
    """Run `make` unless the token was used; returns what it answered (JSON values), and whether it ran now.

    A second sender waits until the first has committed, and runs afresh when the first failed.
    """
    row, is_new = IdempotencyKey.objects.get_or_create(client=by, key=f"form:{token}", defaults={"request_hash": ""})
    if not is_new:
        return row.response or {}, False
    row.response = make()
    row.save(update_fields=["response"])
    return row.response, True
