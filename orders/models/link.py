"""Which orders became of which: parts that were split off, and orders that became one."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OrderLink(models.Model):
    """One order went on as another (拆单、合单): wholly when they were merged, in part when one was split."""

    class Kind(models.TextChoices):
        SPLIT = "split", _("Split order")
        MERGE = "merge", _("Merged order")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    source = models.ForeignKey("orders.SalesOrder", on_delete=models.PROTECT, related_name="went_to")
    target = models.ForeignKey("orders.SalesOrder", on_delete=models.PROTECT, related_name="came_from")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("split or merged order")
        verbose_name_plural = _("split and merged orders")
        constraints = [
            models.UniqueConstraint(fields=["kind", "source", "target"], name="orderlink_once"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="orderlink_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"
