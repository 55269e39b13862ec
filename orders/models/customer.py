"""Customers, their people and addresses, and the prices that hold for them."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import pghistory
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.cache import cache
from django.db import models, transaction
from django.db.models import F, Func, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from erp.fields import MoneyField, QuantityField, RateField, UnitPriceField
from erp.models import ScopedQuerySet
from inventory.models import Category, Product

if TYPE_CHECKING:
    from erp.models import User


class Tag(models.Model):
    """A coloured word on customers, to find and group them by (标签)."""

    CACHE_KEY = "orders.tags"

    class Colour(models.TextChoices):
        GREY = "grey", _("grey")
        BLUE = "blue", _("blue")
        GREEN = "green", _("green")
        AMBER = "amber", _("amber")
        RED = "red", _("red")
        VIOLET = "violet", _("violet")

    name = models.CharField(_("name"), max_length=30, unique=True)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour, default=Colour.GREY)

    class Meta:
        verbose_name = _("customer tag")
        verbose_name_plural = _("customer tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Filters offer the change at once."""
        super().save(*args, **kwargs)
        self.forget()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Filters offer it no more."""
        done = super().delete(*args, **kwargs)
        self.forget()
        return done

    @classmethod
    def offered(cls) -> list[tuple[str, str]]:
        """Ids and names as filters offer them; kept for a minute."""
        found = cache.get(cls.CACHE_KEY)
        if found is None:
            found = [(str(pk), name) for pk, name in cls.objects.values_list("pk", "name")]
            cache.set(cls.CACHE_KEY, found, 60)
        return found

    @classmethod
    def forget(cls) -> None:
        """Read the names afresh next time: now, and once more when others can see what was written."""
        cache.delete(cls.CACHE_KEY)
        transaction.on_commit(lambda: cache.delete(cls.CACHE_KEY))


class CustomerLevel(models.TextChoices):
    """How much a customer buys."""

    A = "A", _("A key account")
    B = "B", _("B regular")
    C = "C", _("C occasional")


class PriceList(models.Model):
    """A named set of price rules: a customer's own, or with `level` the one for all customers of a level."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    level = models.CharField(_("for customers of level"), max_length=1, choices=CustomerLevel, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        constraints = [
            models.UniqueConstraint(fields=["level"], condition=~Q(level=""), name="pricelist_one_for_a_level")
        ]

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
    fields=[
        "code",
        "name",
        "short_name",
        "tax_number",
        "level",
        "owner",
        "credit_limit",
        "payment_days",
        "price_list",
        "email",
        "note",
        "is_active",
        "merged_into",
    ],
    model_name="CustomerEvent",
)
class Customer(models.Model):
    """A company or person who buys from us.

    `credit_limit` in CNY, empty: no limit. `receivable` is what is invoiced and not yet paid, kept by finance.
    """

    Level = CustomerLevel

    class AutoApproval(models.TextChoices):
        COMPANY = "", _("up to the company's limit")
        ALWAYS = "always", _("any amount (white list)")
        NEVER = "never", _("never")

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
    auto_approval = models.CharField(
        _("automatic approval"), max_length=10, choices=AutoApproval, blank=True, default=AutoApproval.COMPANY
    )
    auto_approve_limit = MoneyField(
        _("automatic approval up to"),
        null=True,
        blank=True,
        default=None,
        help_text=_("Instead of the company's limit. Empty: the company's."),
    )
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
    tags = models.ManyToManyField(Tag, blank=True, related_name="customers", verbose_name=_("tags"))
    # The customer that this one turned out to be; it stays, blocked, so that old numbers lead on.
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["code"]
        permissions = [
            ("view_personal_data", "Can see phone numbers and addresses"),
            ("merge_customer", "Can merge duplicate customers"),
        ]
        indexes = [
            GinIndex(
                OpClass(Upper("code"), name="gin_trgm_ops"),
                OpClass(Upper("name"), name="gin_trgm_ops"),
                OpClass(Upper("pinyin"), name="gin_trgm_ops"),
                OpClass(Upper("initials"), name="gin_trgm_ops"),
                name="customer_search",
            ),
            models.Index(Upper("email"), condition=~Q(email=""), name="customer_email"),
            models.Index(fields=["tax_number"], condition=~Q(tax_number=""), name="customer_tax_number"),
        ]

    def __str__(self) -> str:
        return self.name

    def auto_limit(self, company_limit: Decimal) -> Decimal | None:
        """Up to which total (CNY) the system approves this customer's orders; zero: none, None: any amount."""
        if self.auto_approval == self.AutoApproval.ALWAYS:
            return None
        if self.auto_approval == self.AutoApproval.NEVER:
            return Decimal(0)
        return company_limit if self.auto_approve_limit is None else self.auto_approve_limit


def among(field: str, ids: "models.QuerySet[Any, Any]") -> Q:
    """`field = ANY (ARRAY (…))`: as IN, but PostgreSQL knows that few rows are meant and looks them up by an index.

    Of an IN below an OR it believes that every second row matches, and reads the whole table.
    """
    test = Func(F(field), ArraySubquery(ids), template="(%(expressions)s))", arg_joiner=" = ANY (")
    test.output_field = models.BooleanField()
    return Q(test)


def looked_after_by(user: "User", order: str = "") -> Q:
    """Orders that a person sells, or whose customer is theirs; `order` leads from the rows to their order ("order__")."""
    theirs = Customer._base_manager.filter(owner=user).order_by().values("pk")
    return Q(**{f"{order}salesperson": user}) | among(f"{order}customer", theirs)


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
    adcode = models.CharField(_("division code"), max_length=6, blank=True)
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

    @property
    def label(self) -> str:
        """The rule in a few words for an order line; the price list is to be loaded."""
        return f"{self.price_list.name} ≥{self.minimum.normalize():f}" if self.minimum else self.price_list.name


class DiscountFloor(models.Model):
    """How far below the list price a role may sell without approval, and with what margin at least (shares)."""

    role = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="discount_floor", verbose_name=_("role"))
    max_discount = RateField(_("biggest discount (share)"), default=None)
    min_margin = RateField(_("smallest margin (share)"), null=True, blank=True, default=None)

    class Meta:
        verbose_name = _("discount floor")
        verbose_name_plural = _("discount floors")
        constraints = [
            models.CheckConstraint(
                condition=Q(max_discount__gte=0, max_discount__lte=1), name="discountfloor_discount_is_share"
            ),
            models.CheckConstraint(
                condition=Q(min_margin__isnull=True) | Q(min_margin__lt=1), name="discountfloor_margin_is_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.max_discount}"
