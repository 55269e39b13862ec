"""Products: what is bought, made, kept and sold."""

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains  # type: ignore[attr-defined]
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from erp.fields import QuantityField, RateField, UnitPriceField
from erp.models import ScopedQuerySet
from inventory.models.low import count_product


class Category(models.Model):
    """A group of products, for prices and reports."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """A unit of measure: 个, 箱, 千克."""

    name = models.CharField(_("name"), max_length=20, unique=True)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")

    def __str__(self) -> str:
        return self.name


TRIGRAM = 3  # characters that the trigram index needs to find a text anywhere


def _anywhere(word: str) -> models.Q:
    """The word in any case. What is written in characters stands in no pinyin."""
    fields = ("sku", "name", "pinyin", "initials") if word.isascii() else ("sku", "name")
    return reduce(or_, (models.Q(**{f"{field}__icontains": word}) for field in fields))


def _anywhere_short(word: str) -> models.Q:
    """The same by the index of one and two characters. Two letters stand in nearly every pinyin: initials will do."""
    texts: ArrayField[Any, Any] = ArrayField(models.TextField())
    columns = models.Func("sku", "name", "initials", function="product_short_words", output_field=texts)
    return models.Q(ArrayContains(columns, models.Value([word.upper()], output_field=texts)))


class ProductQuerySet(ScopedQuerySet):
    """Products by what can be done with them."""

    def active(self) -> "ProductQuerySet":
        """Products that may be ordered."""
        return self.filter(is_active=True)

    def matching(self, text: str, *, scanned: Collection[int] | None = None) -> "ProductQuerySet":
        """Products whose SKU, name, pinyin or initials contain every word of the text, or whose barcode it is.

        `scanned` are the products whose barcode it is; without it they are one query more. The words are
        served by the trigram index (`icontains` compares UPPER()), those too short for it by an index of their own.
        """
        if scanned is None:
            scanned = list(Barcode.objects.filter(code=text.strip()).values_list("product_id", flat=True))
        words = models.Q()
        for word in text.split():
            words &= _anywhere(word) if len(word) >= TRIGRAM else _anywhere_short(word)
        if scanned:
            words |= models.Q(pk__in=scanned)
        return self.filter(words) if text.strip() else self


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    fields=[
        "sku",
        "name",
        "list_price",
        "standard_cost",
        "tax_rate",
        "supply",
        "is_active",
        "minimum",
        "reorder_point",
    ],
    model_name="ProductEvent",
    obj_field=pghistory.ObjForeignKey(related_name="events"),
)
class Product(models.Model):
    """One article. Quantities of it are in its stock unit; `list_price` is without tax, in the company's currency."""

    class Kind(models.TextChoices):
        GOODS = "goods", _("goods")
        SERVICE = "service", _("service")  # never kept in stock, never shipped

    class Supply(models.TextChoices):
        BUY = "buy", _("bought")
        MAKE = "make", _("made by us")

    sku = models.CharField(_("SKU"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    specification = models.CharField(_("specification"), max_length=200, blank=True)
    pinyin = models.CharField(_("pinyin"), max_length=400, blank=True, editable=False)
    initials = models.CharField(_("pinyin initials"), max_length=100, blank=True, editable=False)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.GOODS)
    supply = models.CharField(_("supply"), max_length=10, choices=Supply, default=Supply.BUY)
    list_price = UnitPriceField(_("list price without tax"))
    standard_cost = UnitPriceField(_("standard cost"))
    tax_rate = RateField(_("tax rate"), null=True, blank=True, default=None, help_text=_("Empty: company default."))
    weight = models.DecimalField(_("weight (kg)"), max_digits=10, decimal_places=3, null=True, blank=True)
    lead_days = models.PositiveSmallIntegerField(_("lead time (days)"), default=7)
    minimum = QuantityField(_("minimum stock"))
    reorder_point = QuantityField(_("reorder point"))
    maximum = QuantityField(
        _("maximum stock"),
        null=True,
        blank=True,
        default=None,
        help_text=_("Bought up to it. Empty: up to the reorder point."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["sku"]
        constraints = [
            models.CheckConstraint(condition=models.Q(list_price__gte=0), name="product_list_price_not_negative"),
            models.CheckConstraint(condition=models.Q(standard_cost__gte=0), name="product_cost_not_negative"),
        ]
        indexes = [
            # Product search by SKU, name, pinyin and initials, each anywhere in the text.
            GinIndex(
                OpClass(Upper("sku"), name="gin_trgm_ops"),
                OpClass(Upper("name"), name="gin_trgm_ops"),
                OpClass(Upper("pinyin"), name="gin_trgm_ops"),
                OpClass(Upper("initials"), name="gin_trgm_ops"),
                name="product_search",
            ),
        ]
        triggers = [
            count_product("product_low_insert", pgtrigger.Insert, pgtrigger.Q(new__reorder_point__gt=0)),
            count_product(
                "product_low_update",
                pgtrigger.Update,
                pgtrigger.Q(old__reorder_point__df=pgtrigger.F("new__reorder_point")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"

    def get_absolute_url(self) -> str:
        """The product's card."""
        return reverse("inventory:product", args=[self.sku])

    @property
    def is_stocked(self) -> bool:
        """Whether the product is kept in stock."""
        return self.kind == self.Kind.GOODS


class ProductUnit(models.Model):
    """Another unit of a product: one 箱 is `factor` stock units."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="units")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    factor = QuantityField(_("stock units in one"))

    class Meta:
        verbose_name = _("product unit")
        verbose_name_plural = _("product units")
        constraints = [
            models.UniqueConstraint(fields=["product", "unit"], name="productunit_product_unit"),
            models.CheckConstraint(condition=models.Q(factor__gt=0), name="productunit_factor_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} = {self.factor.normalize():f}"


class Barcode(models.Model):
    """A code that a scanner reads for a product, or for one of its further units (the code on the box)."""

    code = models.CharField(_("code"), max_length=60, unique=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="barcodes")
    unit = models.ForeignKey(
        ProductUnit,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="barcodes",
        verbose_name=_("unit"),
        help_text=_("Empty: the stock unit."),
    )

    class Meta:
        verbose_name = _("barcode")
        verbose_name_plural = _("barcodes")

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        """The unit is one of the same product."""
        if self.unit is not None and self.unit.product_id != self.product_id:
            raise ValidationError({"unit": _("This is a unit of another product.")})
