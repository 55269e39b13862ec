"""Who is told what, and over which channel."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from erp.models import User


class NoticeQuerySet(models.QuerySet):
    """Notices of one person."""

    def visible_to(self, user: "User") -> Self:
        """Only one's own."""
        return self.filter(user=user)

    def unread(self) -> Self:
        """Not seen yet."""
        return self.filter(read_at=None)


class Notice(models.Model):
    """One message in a person's bell. `values` fill the event's text in the reader's language."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    event = models.CharField(_("event"), max_length=80)
    document_type = models.CharField(_("document type"), max_length=60)
    document_id = models.BigIntegerField(_("document"))
    values = models.JSONField(_("values"), default=dict)
    url = models.CharField(_("address"), max_length=200)
    at = models.DateTimeField(_("at"), default=timezone.now)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread"),
            # Questions that somebody else has answered are taken out of every bell.
            models.Index(
                fields=["document_type", "document_id"], condition=Q(read_at=None), name="notice_unread_document"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.event}"


class Subscription(models.Model):
    """Who wants to hear of an event over a channel: a role or a person."""

    class Channel(models.TextChoices):
        BELL = "bell", _("in the system")
        MAIL = "mail", _("e-mail")

    event = models.CharField(_("event"), max_length=80)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.BELL)
    role = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.CheckConstraint(
                condition=Q(role__isnull=False, user__isnull=True) | Q(role__isnull=True, user__isnull=False),
                name="subscription_role_or_user",
            ),
            models.UniqueConstraint(
                fields=["event", "channel", "role", "user"], name="subscription_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.role or self.user}"
