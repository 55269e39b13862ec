"""Orders from files: mappings of their columns, and what became of each import."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.models import ScopedQuerySet
from orders.models.channel import Channel

if TYPE_CHECKING:
    from erp.models import User


class ImportMapping(models.Model):
    """Which column of a file means what: `columns` maps our field to the file's heading."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", verbose_name=_("channel"))
    columns = models.JSONField(_("columns"))
    options = models.JSONField(_("options"), default=dict, blank=True)

    class Meta:
        verbose_name = _("import mapping")
        verbose_name_plural = _("import mappings")

    def __str__(self) -> str:
        return self.name


class ImportRunQuerySet(ScopedQuerySet):
    """Imports by who may see them."""

    def visible_to(self, user: "User") -> Self:
        """Those who may enter orders see their own imports; who sees every order sees every import."""
        if user.is_portal or not user.has_perm("orders.add_salesorder"):
            return self.none()
        return self if user.has_perm("orders.view_all_orders") else self.filter(by=user)


class ImportRun(models.Model):
    """One import of a file: who, what, how far, and with which result."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")  # the person still looks at the preview
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    file = models.FileField(_("file"), upload_to="imports/%Y/%m", blank=True)
    filename = models.CharField(_("file name"), max_length=200)
    mapping = models.ForeignKey(ImportMapping, on_delete=models.PROTECT, related_name="runs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    dry_run = models.BooleanField(_("dry run"), default=False)
    all_or_nothing = models.BooleanField(_("all or nothing"), default=False)
    create_missing = models.BooleanField(_("create missing"), default=True)  # customers and products, that is
    language = models.CharField(_("language"), max_length=10, blank=True)  # of whoever started it, for its findings
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    result = models.JSONField(_("result"), default=dict)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import run")
        verbose_name_plural = _("import runs")

    def __str__(self) -> str:
        return self.filename


class ImportRow(models.Model):
    """A row of the file that could not be taken, with the reason."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="bad_rows")
    file = models.CharField(_("file"), max_length=200, blank=True)
    row = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=120, blank=True)
    external_number = models.CharField(_("external number"), max_length=80, blank=True)
    data = models.JSONField(_("data"))
    error = models.TextField(_("error"))

    class Meta:
        verbose_name = _("import row")
        verbose_name_plural = _("import rows")
        ordering = ["row"]

    def __str__(self) -> str:
        return f"{self.row}: {self.error}"
