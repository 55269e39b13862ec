"""Mails with papers attached: asked for in the business transaction, composed and delivered after commit.

An app names its composer here; it is called as `composer(payload)` with what was written to the outbox and returns a
`Letter`. Delivery is `notifications.delivery`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string

from erp.models import Outbox

COMPOSERS: dict[str, str] = {
    "purchase_order": "inventory.mailing.compose",
}
KIND = "mail"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: subject, text, and files as (name, content, MIME type)."""

    subject: str
    text: str
    files: list[tuple[str, bytes, str]] = field(default_factory=list)
    reply_to: str = ""


def post(composer: str, *, to: str, key: str, language: str = "", **facts: Any) -> Outbox:
    """Write a mail to the outbox and have it delivered after commit. A repeat of `key` gets the row that is there."""
    assert composer in COMPOSERS, composer
    row, is_new = Outbox.objects.get_or_create(
        key=key, defaults={"kind": KIND, "payload": {"letter": composer, "to": to, "language": language, **facts}}
    )
    if is_new:
        # Robust: when the broker is away the business act stands, and the sweep delivers.
        transaction.on_commit(partial(_deliver, [row.key]), robust=True)
    return row


def _deliver(keys: list[str]) -> None:
    from celery import current_app

    current_app.tasks["notifications.tasks.deliver"].delay(keys)


def letter_of(payload: dict[str, Any]) -> Letter:
    """Compose the letter of an outbox row."""
    composer: Callable[[dict[str, Any]], Letter] = import_string(COMPOSERS[payload["letter"]])
    return composer(payload)
