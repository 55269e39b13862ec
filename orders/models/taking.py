"""Promised stock that was taken from one order for another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.fields import QuantityField
from orders.models.order import OrderLine


class Taking(models.Model):
    """So many stock units that one line had reserved were given to another (挪用占用), and perhaps given back."""

    source = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="taken_away")
    target = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="taken_here")
    quantity = QuantityField(_("quantity"), default=None)
    returned = QuantityField(_("given back"))
    reason = models.CharField(_("reason"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone at"), null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("taken reservation")
        verbose_name_plural = _("taken reservations")
        permissions = [("take_reservation", "Can take reserved stock from one order for another")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="taking_quantity_positive"),
            models.CheckConstraint(
                condition=Q(returned__gte=0) & Q(returned__lte=F("quantity")), name="taking_returned_within_quantity"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="taking_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}: {self.quantity}"
