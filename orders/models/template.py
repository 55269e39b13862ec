"""Orders that are entered again and again."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.fields import QuantityField, RateField, UnitPriceField
from erp.models import ScopedQuerySet
from inventory.models import Product
from orders.models.customer import Customer

if TYPE_CHECKING:
    from erp.models import User


class OrderTemplateQuerySet(ScopedQuerySet):
    """Templates by who may use them."""

    def visible_to(self, user: "User") -> Self:
        """Those who may enter orders use their own templates and the shared ones."""
        if user.is_portal or not user.has_perm("orders.add_salesorder"):
            return self.none()
        return self.filter(Q(owner=user) | Q(is_shared=True))


class OrderTemplate(models.Model):
    """What a new order may begin with (订单模板): lines, and a customer where it is always the same one."""

    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    is_shared = models.BooleanField(_("shared"), default=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("customer")
    )
    customer_note = models.TextField(_("special wishes"), blank=True, max_length=2000)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = OrderTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("order template")
        verbose_name_plural = _("order templates")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="ordertemplate_owner_name")]

    def __str__(self) -> str:
        return self.name


class OrderTemplateLine(models.Model):
    """One line of a template; an empty price takes the price list's on the day, an empty unit is the stock unit."""

    template = models.ForeignKey(OrderTemplate, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = QuantityField(_("quantity"))
    unit_price = UnitPriceField(_("unit price"), null=True, blank=True)
    discount = RateField(_("discount"), null=True, blank=True)
    tax_rate = RateField(_("tax rate"), null=True, blank=True)
    wish = models.CharField(_("special wish"), max_length=300, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("line of a template")
        verbose_name_plural = _("lines of a template")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["template", "position"], name="ordertemplateline_position")]

    def __str__(self) -> str:
        return f"{self.position} {self.product}"
