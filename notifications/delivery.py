"""Delivery of the outbox: claim, send, note the result. Any of it may happen twice without harm.

A row is claimed in a short transaction of its own, sent outside any transaction, and marked done only after it was
accepted. A worker that dies in between leaves its claim behind; the sweep takes it over after `CLAIM_MINUTES`.
Delivery is at least once; the Message-ID comes from the row's key, so that a mailbox can tell a repeat.
"""

import hashlib
import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q
from django.template import engines
from django.utils import timezone

from erp.mailing import letter_of
from erp.models import Outbox
from notifications.texts import customer_words, in_language, words

log = logging.getLogger(__name__)

KIND = "mail"
BATCH = 10  # claimed at once: with the time limit of one mail far below the life of a claim
SEND_SECONDS = 15
CLAIM_MINUTES = 5
MAX_ATTEMPTS = 8
BACKOFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
)


def deliver(keys: Sequence[str] | None = None) -> int:
    """Send these messages (all that wait, if none are named) that are due and nobody else sends; returns how many."""
    sent = 0
    while rows := claim(keys):
        sent += _send_all(rows)
    return sent


def claim(keys: Sequence[str] | None = None) -> list[Outbox]:
    """Take up to a batch of due rows for this process; rows locked or freshly claimed by others are passed over."""
    now = timezone.now()
    due = Q(status=Outbox.Status.WAITING, next_try_at__lte=now)
    stuck = Q(status=Outbox.Status.SENDING, claimed_at__lt=now - timedelta(minutes=CLAIM_MINUTES))
    rows = Outbox.objects.filter(due | stuck, kind=KIND)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    with transaction.atomic():
        claimed = list(rows.select_for_update(skip_locked=True).order_by("next_try_at", "id")[:BATCH])
        Outbox.objects.filter(pk__in=[row.pk for row in claimed]).update(
            status=Outbox.Status.SENDING, claimed_at=now, attempts=F("attempts") + 1
        )
    for row in claimed:
        row.claimed_at, row.attempts = now, row.attempts + 1
    return claimed


def _send_all(rows: list[Outbox]) -> int:
    """Send claimed rows over one connection; each one's result is its own."""
    connection = get_connection(timeout=SEND_SECONDS)
    try:
        connection.open()
    except Exception as error:  # nobody at home: the same for every row
        for row in rows:
            _note_failure(row, error)
        return 0
    sent = sum(_send_one(row, connection) for row in rows)
    _close(connection)
    return sent


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        log.info("mail connection was gone already")


def _send_one(row: Outbox, connection: BaseEmailBackend) -> int:
    try:
        message(row, connection).send()
    except Exception as error:  # whatever a mail server or a template can raise must not stop the others
        _note_failure(row, error)
        _close(connection)  # the next one opens its own
        return 0
    _finish(row, status=Outbox.Status.DONE, done_at=timezone.now(), last_error="")
    return 1


def _note_failure(row: Outbox, error: Exception) -> None:
    final = is_permanent(error) or row.attempts >= MAX_ATTEMPTS
    log.warning("mail %s failed (attempt %s%s): %s", row.key, row.attempts, ", for good" if final else "", error)
    text = f"{type(error).__name__}: {error}"[:2000]
    if final:
        _finish(row, status=Outbox.Status.FAILED, last_error=text)
    else:
        _finish(row, status=Outbox.Status.WAITING, last_error=text, next_try_at=next_try(row.attempts))


def _finish(row: Outbox, **result: object) -> None:
    """Write a result, unless the claim has meanwhile passed to another worker."""
    Outbox.objects.filter(pk=row.pk, status=Outbox.Status.SENDING, claimed_at=row.claimed_at).update(**result)


def next_try(attempts: int) -> datetime:
    """When to try again after so many attempts."""
    return timezone.now() + BACKOFF[min(attempts, len(BACKOFF)) - 1]


def is_permanent(error: Exception) -> bool:
    """Whether trying again cannot help: the address or the message itself was refused (SMTP 5xx).

    A refused login or sender is the administrator's to mend, so it stays temporary.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused):
        return False
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return not isinstance(error, OSError | smtplib.SMTPException)


def message(row: Outbox, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The mail of an outbox row in its reader's language, as text and HTML."""
    payload = row.payload
    if "letter" in payload:
        return _letter(row, connection)
    with in_language(payload.get("language", "")):
        make = customer_words if payload.get("for_customer") else words
        text = make(payload["event"], payload["values"])
        context = {"words": text, "url": _absolute(payload["url"]), "for_customer": payload.get("for_customer", False)}
        context["company"] = _company_name()
        template = engines["jinja2"].get_template
        mail = EmailMultiAlternatives(
            subject=text.title,
            body=template("notifications/mail.txt").render(context),
            to=[payload["to"]],
            headers={"Message-ID": message_id(row.key)},
            connection=connection,
        )
        mail.attach_alternative(template("notifications/mail.html").render(context), "text/html")
    return mail


def _letter(row: Outbox, connection: BaseEmailBackend | None) -> EmailMultiAlternatives:
    """A mail with papers, which the app that asked for it composes."""
    payload = row.payload
    with in_language(payload.get("language", "")):
        letter = letter_of(payload)
        mail = EmailMultiAlternatives(
            subject=letter.subject,
            body=letter.text,
            to=[payload["to"]],
            reply_to=[letter.reply_to] if letter.reply_to else None,
            headers={"Message-ID": message_id(row.key)},
            connection=connection,
        )
        for name, content, kind in letter.files:
            mail.attach(name, content, kind)
    return mail


def _company_name() -> str:
    from erp.models import Company

    return str(Company.current())


def message_id(key: str) -> str:
    """The same Message-ID for every repeat of the same message."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{host}>"


def _absolute(url: str) -> str:
    return url if url.startswith("http") else f"{settings.SITE_URL}{url}"
