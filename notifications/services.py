"""Telling people: what is written when a document moves, and what readers do with it."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from erp.models import Document, Outbox, StatusChange, User
from notifications import audience, facts
from notifications.models import Notice, Subscription
from notifications.texts import BELL, CUSTOMER_MAILS, EVENTS, MAIL

KIND = "mail"


def announce(document: Document, *, change: StatusChange, by: User | None) -> None:
    """Tell the people concerned of a document's move: bell and mail, and the customer by mail.

    Runs in the transaction of the move (see `erp.process`): notices and outbox rows are written with it or not at
    all, and mail is delivered after commit. The actor never hears of their own act. At most five statements while
    the cache is warm.
    """
    event = f"{change.document_type}.{change.transition}"
    if event not in EVENTS or (EVENTS[event].asks and document.status != change.target):
        return
    if EVENTS[event].asks and not EVENTS[event].asked and facts.asks_by_name(document):
        return  # those whom a policy asks are told by name
    _settle(event, document, change=change)
    known = facts.asked(document) if EVENTS[event].asked else facts.of(document)
    told = audience.hearers(
        event, own_ids=known.own_ids, owner_ids=known.owner_ids, except_id=by.pk if by is not None else None
    )
    if not told and event not in CUSTOMER_MAILS:
        return
    values = facts.values(document, known, by=by, note=change.note)
    url = facts.address(document)
    Notice.objects.bulk_create(
        Notice(
            user_id=hearing.reader.user_id,
            event=event,
            document_type=change.document_type,
            document_id=document.pk,
            values=values,
            url=url,
            at=change.at,
        )
        for hearing in told
        if BELL in hearing.channels
    )
    post([*_staff_mails(event, change, told, values, url), *_customer_mail(event, change, document, known)])


def _settle(event: str, document: Document, *, change: StatusChange) -> None:
    """Take questions that this move has answered out of everybody's bell."""
    if not (steps := EVENTS[event].answers):
        return
    asked = [f"{change.document_type}.{step}" for step in steps]
    rows = Notice.objects.unread().filter(document_type=change.document_type, document_id=document.pk, event__in=asked)
    rows.update(read_at=change.at)


def _staff_mails(
    event: str, change: StatusChange, told: list[audience.Hearing], values: dict[str, Any], url: str
) -> list[Outbox]:
    return [
        Outbox(
            kind=KIND,
            key=f"{KIND}:{event}:{change.pk}:{hearing.reader.user_id}",
            payload={
                "to": hearing.reader.email,
                "language": hearing.reader.language,
                "event": event,
                "values": values,
                "url": url,
            },
        )
        for hearing in told
        if MAIL in hearing.channels and hearing.reader.email
    ]


def _customer_mail(event: str, change: StatusChange, document: Document, known: facts.Facts) -> list[Outbox]:
    if event not in CUSTOMER_MAILS or not known.customer_email:
        return []
    payload = {
        "to": known.customer_email,
        "language": "",
        "event": event,
        "for_customer": True,
        "values": facts.customer_values(document, known),
        "url": facts.portal_address(known.order_number),
    }
    return [Outbox(kind=KIND, key=customer_key(event, change.pk), payload=payload)]


def customer_key(event: str, change_id: int) -> str:
    """The idempotency key of the customer's mail about one move."""
    return f"{KIND}:{event}:{change_id}:customer"


def post(mails: Iterable[Outbox]) -> None:
    """Write outbox rows and have them delivered after commit, as one task. A repeat of a key is harmless."""
    if not (rows := list(mails)):
        return
    from notifications.tasks import deliver

    Outbox.objects.bulk_create(rows, ignore_conflicts=True)
    keys = [row.key for row in rows]
    # Robust: when the broker is away the business act stands, and the sweep delivers.
    transaction.on_commit(partial(deliver.delay, keys), robust=True)


def mark_read(user: User, notice_ids: Iterable[int]) -> int:
    """Note that a person has seen these notices of theirs; returns how many were new."""
    return Notice.objects.visible_to(user).unread().filter(pk__in=list(notice_ids)).update(read_at=timezone.now())


def mark_all_read(user: User) -> int:
    """Note that a person has seen everything; returns how many notices were new."""
    return Notice.objects.visible_to(user).unread().update(read_at=timezone.now())


@transaction.atomic
def save_wishes(user: User, wishes: dict[tuple[str, str], bool]) -> None:
    """Keep what a person wants to hear: (event, channel) → yes or no. Only what differs from the default is stored."""
    defaults = default_wishes(user)
    own = Subscription.objects.select_for_update().filter(user=user)
    own.delete()
    Subscription.objects.bulk_create(
        Subscription(event=event, channel=channel, user=user, is_active=wanted)
        for (event, channel), wanted in wishes.items()
        if event in EVENTS and channel in Subscription.Channel.values and wanted != defaults[event, channel]
    )
    transaction.on_commit(partial(audience.forget, [user.pk]))


def role_wishes(user: User) -> set[tuple[str, str]]:
    """What a person hears because of their roles: (event, channel). One query."""
    return set(Subscription.objects.filter(role__user=user, is_active=True).values_list("event", "channel").distinct())


def default_wishes(user: User, by_role: set[tuple[str, str]] | None = None) -> dict[tuple[str, str], bool]:
    """What a person hears as long as they choose nothing: by their roles, and on what is their own.

    `by_role`: what `role_wishes` answered, if it was asked already.
    """
    by_role = role_wishes(user) if by_role is None else by_role
    return {
        (key, channel): (key, channel) in by_role or channel in event.own
        for key, event in EVENTS.items()
        for channel in Subscription.Channel.values
    }


def retry(rows: Iterable[Outbox]) -> int:
    """Try failed messages again from the start, at once; returns how many."""
    from notifications.tasks import deliver

    keys = [row.key for row in rows if row.status == Outbox.Status.FAILED]
    renewed = Outbox.objects.filter(key__in=keys, status=Outbox.Status.FAILED).update(
        status=Outbox.Status.WAITING, attempts=0, next_try_at=timezone.now()
    )
    if renewed:
        transaction.on_commit(partial(deliver.delay, keys), robust=True)
    return renewed
