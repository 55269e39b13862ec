"""Remarks on documents: written, mended for a few minutes, taken back; who is named is told."""

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import Attachment, Comment, CommentVersion, Document, Mention, User
from erp.talk import words
from erp.talk.kinds import readers_of
from erp.transactions import verb
from erp.workflow import require_writable, run_followers

LONGEST = 4000
EDIT_MINUTES = 15


@verb
def add_comment(document: Document, *, text: str, by: User, files: Iterable[int] = ()) -> Comment:
    """Write a remark on a document; `files` are ids of files that the same person has just laid on it.

    Whoever is named with @ is told. Raises BusinessError when it is empty or too long, or names somebody who may not
    see the document.
    """
    text = _checked(text)
    require_writable(document, by=by)
    comment = Comment.objects.create(document_type=document._meta.label, document_id=document.pk, text=text, by=by)
    own = Attachment.objects.of(document).present().filter(pk__in=list(files), by=by, comment=None)
    own.update(comment=comment)
    _mention(document, comment)
    return comment


@verb
def edit_comment(document: Document, comment: Comment, *, text: str, by: User) -> Comment:
    """Mend one's own remark within a few minutes; what it said is kept, and only who is newly named is told."""
    require_writable(document, by=by)
    comment = _locked(comment, by=by)
    text = _checked(text)
    if text == comment.text:
        return comment
    CommentVersion.objects.create(comment=comment, text=comment.text)
    comment.text, comment.edited_at = text, timezone.now()
    comment.save(update_fields=["text", "edited_at"])
    _mention(document, comment)
    return comment


@verb
def delete_comment(comment: Comment, *, by: User) -> Comment:
    """Take one's own remark back within a few minutes: its place stays, its words are kept in the history only."""
    comment = _locked(comment, by=by)
    CommentVersion.objects.create(comment=comment, text=comment.text)
    comment.text, comment.deleted_at = "", timezone.now()
    comment.save(update_fields=["text", "deleted_at"])
    comment.mentions.all().delete()
    return comment


def may_mend(comment: Comment, person: User) -> bool:
    """Whether the person may still edit or delete the remark."""
    young = timezone.now() - comment.at < dt.timedelta(minutes=EDIT_MINUTES)
    return comment.by_id == person.pk and comment.deleted_at is None and young


def _locked(comment: Comment, *, by: User) -> Comment:
    comment = Comment.objects.select_for_update().get(pk=comment.pk)
    if comment.by_id != by.pk:
        raise NotPermitted(_("Only who wrote a comment may change it."))
    if comment.deleted_at is not None:
        raise BusinessError(_("The comment was deleted already."))
    if not may_mend(comment, by):
        raise BusinessError(
            _("A comment can be changed for %(minutes)s minutes.") % {"minutes": EDIT_MINUTES},
            hint=_("Write another one."),
        )
    return comment


def _checked(text: str) -> str:
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise BusinessError(_("The comment is empty."), hint=_("Write something first."), field="text")
    if len(text) > LONGEST:
        raise BusinessError(
            _("The comment is too long: at most %(most)s characters.") % {"most": LONGEST}, field="text"
        )
    return text


def _mention(document: Document, comment: Comment) -> None:
    """Note who is named, and have them told; refuses people who may not see the document."""
    named = words.named_in(comment.text, User.objects.filter(is_active=True, is_portal=False))
    comment.mentions.exclude(user__in=named).delete()
    if not named:
        return
    allowed = set(readers_of(document).filter(pk__in=named).values_list("pk", flat=True))
    if blind := [person for pk, (person, _handle) in named.items() if pk not in allowed]:
        raise BusinessError(
            _("%(people)s may not see %(document)s.")
            % {"people": "、".join(str(person) for person in blind), "document": document},
            hint=_("Take the @ away, or ask an administrator for the right."),
            field="text",
        )
    Mention.objects.bulk_create(
        [Mention(comment=comment, user=person, handle=handle) for person, handle in named.values()],
        update_conflicts=True,
        unique_fields=["comment", "user"],
        update_fields=["handle"],
    )
    run_followers(comment, "mention", change=None, by=comment.by)
