"""Long work that a person can watch, and the things it is done to."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.models.document import ScopedQuerySet
from erp.models.user import User


class JobQuerySet(ScopedQuerySet):
    """Work is shown to whoever started it."""

    def visible_to(self, user: User) -> Self:
        """Only one's own, the newest first."""
        return self.filter(by_id=user.pk).order_by("-id")

    def under_way(self) -> Self:
        """What waits or runs."""
        return self.filter(status__in=[Job.Status.WAITING, Job.Status.RUNNING])


class Job(models.Model):
    """Long work that a person can watch: progress, result file, and what became of each thing.

    `token` makes a form that is sent twice the same work; `seen_at` is the worker's last sign of life.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), default=0)
    arguments = models.JSONField(_("arguments"), default=dict)
    language = models.CharField(_("language"), max_length=10, blank=True)
    token = models.CharField(_("token"), max_length=40, unique=True, null=True, blank=True)
    undo_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by", verbose_name=_("takes back")
    )
    result = models.JSONField(_("result"), default=dict)
    file = models.FileField(_("file"), upload_to="jobs/%Y/%m", blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    seen_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["by", "-id"], name="job_of_person"),
            # The sweep reads only what is not finished: the index stays small for ever.
            models.Index(fields=["id"], condition=models.Q(status__in=["waiting", "running"]), name="job_open"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where its progress and its result stand."""
        return f"/jobs/{self.pk}/"

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.status in (self.Status.WAITING, self.Status.RUNNING)


class JobItem(models.Model):
    """One thing that a job is done to, and what became of it: written in the transaction that does it, so that work
    which is begun again does nothing twice. `before` and `after` are what taking it back needs.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        REFUSED = "refused", _("not done")

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items", verbose_name=_("job"))
    position = models.PositiveIntegerField(_("position"))
    object_id = models.BigIntegerField(_("document"))
    label = models.CharField(_("name"), max_length=120)
    url = models.CharField(_("address"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    note = models.TextField(_("note"), blank=True)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    at = models.DateTimeField(_("at"), null=True, blank=True)

    class Meta:
        verbose_name = _("part of a job")
        verbose_name_plural = _("parts of jobs")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["job", "position"], name="jobitem_position")]

    def __str__(self) -> str:
        return self.label
