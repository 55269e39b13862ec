"""Suppliers, the people there, and what they ask for a product."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from erp.fields import MoneyField, QuantityField, UnitPriceField
from erp.models import ScopedQuerySet
from erp.money import ZERO
from inventory.models.product import Product


class Supplier(models.Model):
    """A company we buy from. Its prices and `minimum_amount` are in `currency`, without tax."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=120)
    tax_number = models.CharField(_("unified social credit code"), max_length=18, blank=True, default="", db_default="")
    contact = models.CharField(_("contact"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True, default="", db_default="")
    bank = models.CharField(_("bank and account"), max_length=200, blank=True, default="", db_default="")
    currency = models.CharField(_("currency"), max_length=3, default="CNY", db_default="CNY")
    payment_days = models.PositiveSmallIntegerField(_("payment term (days)"), default=30, db_default=30)
    terms = models.CharField(_("terms"), max_length=200, blank=True, default="", db_default="")
    lead_days = models.PositiveSmallIntegerField(_("lead time (days)"), default=7)
    minimum_amount = MoneyField(_("minimum order amount"), db_default=ZERO, help_text=_("Without tax. 0: none."))
    note = models.TextField(_("note"), blank=True, default="", db_default="")
    is_active = models.BooleanField(_("active"), default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(minimum_amount__gte=0), name="supplier_minimum_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The supplier's page."""
        return reverse("inventory:supplier", args=[self.code])


class SupplierContact(models.Model):
    """One more person at a supplier; the first one stands on the supplier itself."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=60)
    duty = models.CharField(_("job title"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class SupplierPrice(models.Model):
    """What a supplier asks for a product, without tax, in the supplier's currency.

    A row counts from `minimum` stock units on, so that several rows are a scale of prices; the lowest minimum is the
    least that can be ordered. Quantities are ordered in multiples of `pack` (0: any).
    """

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="prices", verbose_name=_("supplier"))
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="supplier_prices", verbose_name=_("product")
    )
    supplier_sku = models.CharField(_("supplier's SKU"), max_length=60, blank=True, default="", db_default="")
    price = UnitPriceField(_("price without tax"))
    minimum = QuantityField(_("minimum quantity"))
    pack = QuantityField(_("pack multiple"), db_default=ZERO)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    lead_days = models.PositiveSmallIntegerField(
        _("lead time (days)"), null=True, blank=True, help_text=_("Empty: the supplier's.")
    )
    is_preferred = models.BooleanField(_("preferred"), default=False, db_default=False)

    class Meta:
        verbose_name = _("supplier price")
        verbose_name_plural = _("supplier prices")
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "product", "minimum", "valid_from"],
                name="supplierprice_one_a_step",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0) & Q(minimum__gte=0) & Q(pack__gte=0), name="supplierprice_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="supplierprice_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.product_id}: {self.price}"

    @property
    def days(self) -> int:
        """Lead time in days, the supplier's unless the price has its own."""
        return self.supplier.lead_days if self.lead_days is None else self.lead_days
