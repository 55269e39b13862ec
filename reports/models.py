"""The right to see report pages. Aggregates come with the figures that need them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportAccess(models.Model):
    """Carries the permission to see reports; it has no table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("view_reports", "Can see reports")]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
