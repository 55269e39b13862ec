"""Customers, their people and addresses, and the prices that hold for them."""

from typing import TYPE_CHECKING, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from erp.fields import MoneyField, QuantityField, RateField, UnitPriceField
from erp.models import ScopedQuerySet
from inventory.models import Category, Product

if TYPE_CHECKING:
    from erp.models import User


class PriceList(models.Model):
    """A named set of price rules."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(ScopedQuerySet):
    """Customers by who may see them."""

    def visible_to(self, user: "User") -> Self:
        """A portal login sees its own company; sales their own and unowned customers; others with the right see all."""
        if user.is_portal:
            return self.filter(logins__user=user)
        rows = super().visible_to(user)
        if user.has_perm("orders.view_all_orders"):
            return rows
        return rows.filter(Q(owner=user) | Q(owner=None))


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    fields=["code", "name", "tax_number", "level", "owner", "credit_limit", "payment_days", "price_list", "is_active"],
)
class Customer(models.Model):
    """A company or person who buys from us.

    `credit_limit` in CNY, empty: no limit. `receivable` is what is invoiced and not yet paid, kept by finance.
    """

    class Level(models.TextChoices):
        A = "A", _("A key account")
        B = "B", _("B regular")
        C = "C", _("C occasional")

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    pinyin = models.CharField(_("pinyin"), max_length=400, blank=True, editable=False)
    initials = models.CharField(_("pinyin initials"), max_length=100, blank=True, editable=False)
    tax_number = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    level = models.CharField(_("level"), max_length=1, choices=Level, default=Level.B)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=_("salesperson"),
    )
    credit_limit = MoneyField(_("credit limit"), null=True, blank=True, default=None)
    payment_days = models.PositiveSmallIntegerField(_("payment term (days)"), default=30)
    price_list = models.ForeignKey(
        PriceList,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=_("price list"),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    note = models.TextField(_("note"), blank=True)
    receivable = MoneyField(_("receivable"), editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["code"]
        permissions = [("view_personal_data", "Can see phone numbers and addresses")]
        indexes = [
            GinIndex(
                OpClass(Upper("code"), name="gin_trgm_ops"),
                OpClass(Upper("name"), name="gin_trgm_ops"),
                OpClass(Upper("pinyin"), name="gin_trgm_ops"),
                OpClass(Upper("initials"), name="gin_trgm_ops"),
                name="customer_search",
            ),
            models.Index(Upper("email"), condition=~Q(email=""), name="customer_email"),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person at a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=60)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(is_default=True), name="contact_one_default")
        ]
        indexes = [
            models.Index(OpClass("phone", name="text_pattern_ops"), name="contact_phone"),
            models.Index(Upper("email"), condition=~Q(email=""), name="contact_email"),
        ]

    def __str__(self) -> str:
        return self.name


class Address(models.Model):
    """Where goods go: province, city, district, street."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    recipient = models.CharField(_("recipient"), max_length=60)
    phone = models.CharField(_("phone"), max_length=40)
    province = models.CharField(_("province"), max_length=40, blank=True)
    city = models.CharField(_("city"), max_length=40, blank=True)
    district = models.CharField(_("district"), max_length=40, blank=True)
    street = models.CharField(_("street"), max_length=200)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(is_default=True), name="address_one_default")
        ]

    def __str__(self) -> str:
        return f"{self.province}{self.city}{self.district}{self.street}"


class CustomerUser(models.Model):
    """A portal login of a customer."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="customer_login")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="logins")

    class Meta:
        verbose_name = _("customer login")
        verbose_name_plural = _("customer logins")

    def __str__(self) -> str:
        return f"{self.user} ({self.customer})"


class PriceRule(models.Model):
    """A price or a discount for a product or category from a quantity on, for a time."""

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="rules")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, blank=True, related_name="price_rules")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, blank=True, related_name="price_rules")
    minimum = QuantityField(_("from quantity"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    price = UnitPriceField(_("price without tax"), null=True, blank=True, default=None)
    discount = RateField(_("discount (share)"), null=True, blank=True, default=None)

    class Meta:
        verbose_name = _("price rule")
        verbose_name_plural = _("price rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(product__isnull=False, category__isnull=True)
                | Q(product__isnull=True, category__isnull=False),
                name="pricerule_product_or_category",
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=False, discount__isnull=True) | Q(price__isnull=True, discount__isnull=False),
                name="pricerule_price_or_discount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_list_id}: {self.product_id or self.category_id}"
