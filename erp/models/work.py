"""Tables of the kernel that keep work: what must still be sent, who may call the API."""

import hashlib
import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Outbox(models.Model):
    """One thing to be done outside the database after commit: a mail, a robot message, a webhook, a carrier call.

    Written in the business transaction; delivered at least once by Celery; `key` lets the receiver tell a repeat.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        DONE = "done", _("done")
        FAILED = "failed", _("failed for good")

    kind = models.CharField(_("kind"), max_length=30)
    key = models.CharField(_("idempotency key"), max_length=120, unique=True)
    payload = models.JSONField(_("payload"), default=dict)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    next_try_at = models.DateTimeField(_("next try at"), default=timezone.now)
    last_error = models.TextField(_("last error"), blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outbox")
        indexes = [
            # The sweep reads only what is not done: the index stays small for ever.
            models.Index(
                fields=["next_try_at", "id"],
                condition=models.Q(status__in=["waiting", "sending"]),
                name="outbox_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Counter(models.Model):
    """A gap-free counter. Its row is locked last, just before commit, so that nobody waits behind it."""

    name = models.CharField(max_length=30, unique=True)
    value = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class IdempotencyKey(models.Model):
    """The answer that a client's request got, so that its repeat gets the same one."""

    client = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)
    response = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="idempotencykey_client_key")]

    def __str__(self) -> str:
        return self.key


class ApiToken(models.Model):
    """A bearer token of the API. Only its SHA-256 is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=60, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.user} {self.name}".strip()

    @staticmethod
    def digest_of(secret: str) -> str:
        """The stored form of a secret."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(cls, user: object, *, name: str = "") -> tuple[Self, str]:
        """Make a token; the secret in the answer is shown once and never again."""
        secret = secrets.token_urlsafe(32)
        return cls.objects.create(user=user, name=name, digest=cls.digest_of(secret)), secret
