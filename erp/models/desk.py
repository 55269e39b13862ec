"""What people keep for themselves: forms that are not sent yet."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.models.document import ScopedQuerySet
from erp.models.user import User


class DraftQuerySet(ScopedQuerySet):
    """Drafts are their writer's alone."""

    def visible_to(self, user: User) -> Self:
        """Only one's own, the newest first."""
        return self.filter(user_id=user.pk).order_by("-at")


class Draft(models.Model):
    """A form as it was being filled in (草稿): `payload` maps the names of its fields to what was typed.

    `key` is the form's own token, `subject` the number of the document that is being corrected. `version` counts the
    savings and `tab` names the page that saved last, so that two windows never overwrite each other unnoticed.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts", verbose_name=_("user")
    )
    form = models.CharField(_("form"), max_length=40)
    key = models.CharField(_("key"), max_length=40)
    subject = models.CharField(_("subject"), max_length=60, blank=True)
    payload = models.JSONField(_("payload"), default=dict)
    version = models.PositiveIntegerField(_("version"), default=1)
    tab = models.CharField(_("window"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(fields=["user", "form", "key"], name="draft_key")]
        indexes = [models.Index(fields=["user", "form", "-at"], name="draft_recent")]

    def __str__(self) -> str:
        return f"{self.form} {self.subject or self.key}"
