"""Telling people that a comment names them."""

from django.apps import apps
from django.utils import timezone

from erp.models import Comment, Outbox, StatusChange, User
from notifications import audience, facts
from notifications.models import Notice
from notifications.services import KIND, post
from notifications.texts import BELL, EVENTS, MAIL

EVENT = "erp.Comment.mention"
SHOWN = 300  # characters of the comment in a notice


def announce(comment: Comment, *, change: StatusChange | None, by: User | None) -> None:
    """Tell whoever a comment names and has not been told yet, by the channels of their choice; never the writer.

    Runs in the transaction of the comment, which has made sure that they may see the document. Six statements.
    """
    fresh = [mention.user_id for mention in comment.mentions.filter(told_at=None).exclude(user=by)]
    if not fresh:
        return
    document = apps.get_model(comment.document_type).objects.get(pk=comment.document_id)
    values = {"document": str(document), "by": str(by or ""), "note": comment.text[:SHOWN]}
    url = f"{facts.address(document)}#comment-{comment.pk}"
    readers = audience.load_readers(fresh)
    wants = {
        pk: {channel for channel in EVENTS[EVENT].own if reader.wishes.get((EVENT, channel), True)}
        for pk, reader in readers.items()
    }
    Notice.objects.bulk_create(
        Notice(
            user_id=pk,
            event=EVENT,
            document_type=comment.document_type,
            document_id=comment.document_id,
            values=values,
            url=url,
        )
        for pk in readers
        if BELL in wants[pk]
    )
    post(
        Outbox(
            kind=KIND,
            key=f"{KIND}:{EVENT}:{comment.pk}:{pk}",
            payload={
                "to": reader.email,
                "language": reader.language,
                "event": EVENT,
                "values": values,
                "url": url,
            },
        )
        for pk, reader in readers.items()
        if MAIL in wants[pk] and reader.email
    )
    comment.mentions.filter(user__in=fresh).update(told_at=timezone.now())
