"""Messages leave the outbox once, whatever goes wrong in between."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from erp.models import Outbox
from notifications import delivery
from notifications.services import retry
from tests.notifications.mailserver import MailServer

pytestmark = pytest.mark.django_db
SMTP = "django.core.mail.backends.smtp.EmailBackend"
VALUES = {"document": "SO-1", "order": "SO-1", "customer": "华东五金", "by": "", "note": "", "promised": "2026-12-01"}


def waiting(key: str = "k1", **fields: Any) -> Outbox:
    payload = {"to": "anna@example.com", "language": "en", "event": "orders.SalesOrder.approve", "values": VALUES}
    return Outbox.objects.create(kind="mail", key=key, payload={**payload, "url": "/orders/SO-1/"}, **fields)


def through(settings: Any, server: MailServer) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", server.port


def test_a_waiting_mail_is_sent_once() -> None:
    row = waiting()
    assert delivery.deliver([row.key]) == 1
    assert delivery.deliver([row.key]) == 0
    row.refresh_from_db()
    assert (row.status, row.attempts, row.last_error) == ("done", 1, "")
    assert row.done_at is not None
    [sent] = mail.outbox
    assert sent.subject == "Order SO-1 is approved"
    assert "/orders/SO-1/" in sent.body
    assert sent.extra_headers["Message-ID"] == delivery.message_id(row.key)


def test_a_customer_reads_the_default_language() -> None:
    row = waiting()
    row.payload.update(for_customer=True, language="", url="http://shop.example/portal/?number=SO-1")
    sent = delivery.message(row)
    assert "SO-1" in sent.subject
    assert "http://shop.example/portal/?number=SO-1" in sent.body


def test_a_refused_address_fails_for_good(settings: Any) -> None:
    row = waiting()
    with MailServer(answer="550 no such user") as server:
        through(settings, server)
        assert delivery.deliver() == 0
    row.refresh_from_db()
    assert row.status == "failed"
    assert "no such user" in row.last_error


def test_a_busy_server_is_asked_again_later(settings: Any) -> None:
    row = waiting()
    with MailServer(answer="451 try later") as server:
        through(settings, server)
        delivery.deliver()
        delivery.deliver()  # not due yet
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("waiting", 1)
    assert row.next_try_at > timezone.now()
    with MailServer() as server:
        through(settings, server)
        Outbox.objects.update(next_try_at=timezone.now())
        assert delivery.deliver() == 1
        assert [m["To"] for m in server.mails] == ["anna@example.com"]


def test_an_unreachable_server_gives_up_after_the_last_attempt(settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", 9
    row = waiting(attempts=delivery.MAX_ATTEMPTS - 2)
    delivery.deliver()
    row.refresh_from_db()
    assert row.status == "waiting"
    Outbox.objects.update(next_try_at=timezone.now())
    delivery.deliver()
    row.refresh_from_db()
    assert row.status == "failed"


def test_a_message_that_cannot_be_written_fails_alone() -> None:
    broken, fine = waiting("broken"), waiting("fine")
    Outbox.objects.filter(pk=broken.pk).update(payload={"to": "x@example.com"})
    assert delivery.deliver() == 1
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.status, fine.status) == ("failed", "done")


def test_a_fresh_claim_is_left_alone_and_a_stale_one_is_taken_over() -> None:
    row = waiting(status="sending", claimed_at=timezone.now(), attempts=1)
    assert delivery.deliver() == 0
    Outbox.objects.filter(pk=row.pk).update(claimed_at=timezone.now() - timedelta(minutes=6))
    assert delivery.deliver() == 1


def test_whoever_lost_the_claim_does_not_overwrite_the_result() -> None:
    row = waiting()
    [claimed] = delivery.claim()
    Outbox.objects.filter(pk=row.pk).update(claimed_at=timezone.now() + timedelta(seconds=1))  # taken over
    delivery._note_failure(claimed, OSError("late"))
    row.refresh_from_db()
    assert row.status == "sending"


def test_back_off_grows() -> None:
    waits = [delivery.next_try(attempts) for attempts in range(1, 8)]
    assert waits == sorted(waits)


def test_failed_messages_can_be_sent_again(django_capture_on_commit_callbacks: Any) -> None:
    failed, done = waiting("a", status="failed", attempts=8), waiting("b", status="done")
    with django_capture_on_commit_callbacks() as callbacks:
        assert retry([failed, done]) == 1
    assert len(callbacks) == 1
    failed.refresh_from_db()
    assert (failed.status, failed.attempts) == ("waiting", 0)


def test_many_messages_go_over_one_connection_a_batch(settings: Any) -> None:
    for number in range(delivery.BATCH + 2):
        waiting(f"k{number}")
    with MailServer() as server:
        through(settings, server)
        assert delivery.deliver() == delivery.BATCH + 2
        assert len({m["Message-ID"] for m in server.mails}) == delivery.BATCH + 2
        assert len(server._open) == 2
