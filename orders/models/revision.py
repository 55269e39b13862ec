"""What an order said before it was corrected."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import SalesOrder


class OrderRevision(models.Model):
    """One version of an order that a correction replaced (订单旧版本): its head and lines as `orders.revisions` reads them.

    Whoever still edits that version is merged with what came after it.
    """

    order = models.ForeignKey(SalesOrder, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField(_("version"))
    state = models.JSONField(_("contents"))
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("corrected by")
    )
    replaced_at = models.DateTimeField(_("corrected at"), default=timezone.now)

    class Meta:
        verbose_name = _("earlier version of an order")
        verbose_name_plural = _("earlier versions of orders")
        constraints = [models.UniqueConstraint(fields=["order", "version"], name="orderrevision_order_version")]

    def __str__(self) -> str:
        return f"{self.order_id} v{self.version}"
