"""What people say and lay down on any document: comments with mentions, and files."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.models.document import append_only

if TYPE_CHECKING:
    from erp.models.document import Document


def attachment_storage() -> Storage:
    """Where files lie: outside of everything that a web server hands out."""
    return storages["attachments"]


class OnDocumentQuerySet(models.QuerySet):
    """Rows that belong to one document of whatever kind."""

    def of(self, document: "Document") -> Self:
        """Those of this document."""
        return self.filter(document_type=document._meta.label, document_id=document.pk)


class Comment(models.Model):
    """A remark on any document, shown in its timeline. What it said before is kept in its versions."""

    document_type = models.CharField(_("document type"), max_length=60)
    document_id = models.BigIntegerField(_("document"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    text = models.TextField(_("text"), max_length=4000)
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)

    objects = OnDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [models.Index(fields=["document_type", "document_id", "id"], name="comment_document")]

    def __str__(self) -> str:
        return self.text[:60]


class CommentVersion(models.Model):
    """What a comment said before it was edited or deleted."""

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="versions")
    text = models.TextField(_("text"))
    until = models.DateTimeField(_("until"), default=timezone.now)

    class Meta:
        verbose_name = _("earlier version of a comment")
        verbose_name_plural = _("earlier versions of comments")
        ordering = ["id"]
        triggers = [append_only("commentversion_append_only")]

    def __str__(self) -> str:
        return self.text[:60]


class Mention(models.Model):
    """A person named with @ in a comment. `handle` is how they were written; `told_at` when they were told."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    handle = models.CharField(max_length=150)
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mention_comment_user")]

    def __str__(self) -> str:
        return f"@{self.handle}"


class AttachmentQuerySet(OnDocumentQuerySet):
    """Files of documents."""

    def present(self) -> Self:
        """Not deleted."""
        return self.filter(deleted_at=None)


class Attachment(models.Model):
    """A file on any document, kept outside the web root under the SHA-256 of its content: the same bytes lie there once.

    A row whose `deleted_at` is set stays as a record; the bytes go when no row needs them any more.
    """

    document_type = models.CharField(_("document type"), max_length=60)
    document_id = models.BigIntegerField(_("document"))
    comment = models.ForeignKey(
        Comment, on_delete=models.PROTECT, null=True, blank=True, related_name="files", verbose_name=_("comment")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    file = models.FileField(_("file"), storage=attachment_storage, max_length=200)
    thumbnail = models.FileField(_("small picture"), storage=attachment_storage, max_length=200, blank=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, blank=True, db_default="")
    size = models.PositiveBigIntegerField(_("size"), default=0, db_default=0)
    sha256 = models.CharField(max_length=64, blank=True, editable=False, db_default="")
    for_customer = models.BooleanField(_("shown to the customer"), default=False, db_default=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        permissions = [("share_attachment", "Can show files to customers")]
        indexes = [
            models.Index(fields=["document_type", "document_id", "id"], name="attachment_document"),
            # Who else needs the bytes, and which rows the nightly clearing may look at.
            models.Index(fields=["sha256"], name="attachment_sha256"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="attachment_deleted"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Whether browsers show it."""
        return self.kind in ("png", "jpg", "gif", "webp")
