"""What arrived, what was found when it was inspected, and what went back to the supplier."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField, QuantityField, UnitPriceField
from erp.models import Document, ScopedQuerySet, append_only
from erp.money import ZERO
from inventory.models.buying import PurchaseLine, PurchaseOrder, has_lines
from inventory.models.stock import Place


class PurchasePaperQuerySet(ScopedQuerySet):
    """Receipts and returns are seen by whoever sees purchase orders."""

    view_permission = "inventory.view_purchaseorder"


class GoodsReceipt(Document):
    """What arrived (入库单); posting it puts the goods into stock. `total` in CNY."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        POSTED = "posted", _("posted")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    order = models.ForeignKey(
        PurchaseOrder, on_delete=models.PROTECT, related_name="receipts", verbose_name=_("purchase order")
    )
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("place"))
    delivery_note = models.CharField(
        _("supplier's delivery note"), max_length=60, blank=True, default="", db_default=""
    )
    total = MoneyField(_("value without tax"))
    key = models.CharField(_("key"), max_length=60, blank=True, editable=False)  # makes a repeat harmless

    objects = PurchasePaperQuerySet.as_manager()

    class Meta:
        verbose_name = _("goods receipt")
        verbose_name_plural = _("goods receipts")
        constraints = [models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="goodsreceipt_key")]

    def get_absolute_url(self) -> str:
        """Receipts are shown on the page of their purchase order."""
        return f"{self.order.get_absolute_url()}#{self.number}"

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.POSTED,
        permission="inventory.receive_goods",
        conditions=[has_lines],
        custom={"label": _("Post"), "kind": "primary"},
    )
    def post(self, *, by: Any = None, note: str = "") -> None:
        """Put the goods into stock."""


class ReceiptLine(models.Model):
    """One purchase line of a receipt: what arrived, how much of it was accepted and rejected, what went back.

    `value` is what the goods are booked at (CNY). What is neither accepted nor rejected waits in quarantine.
    """

    receipt = models.ForeignKey(GoodsReceipt, on_delete=models.CASCADE, related_name="lines")
    purchase_line = models.ForeignKey(PurchaseLine, on_delete=models.PROTECT, related_name="receipts")
    quantity = QuantityField(_("quantity"), default=None)
    accepted = QuantityField(_("accepted"), db_default=ZERO)
    rejected = QuantityField(_("rejected"), db_default=ZERO)
    returned = QuantityField(_("returned"), db_default=ZERO)
    value = MoneyField(_("value without tax"))

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="receiptline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(accepted__gte=0)
                & Q(returned__gte=0)
                & Q(returned__lte=F("rejected"))
                & Q(quantity__gte=F("accepted") + F("rejected")),
                name="receiptline_quantities_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id}: {self.quantity}"

    @property
    def uninspected(self) -> Decimal:
        """Neither accepted nor rejected yet, in stock units."""
        return self.quantity - self.accepted - self.rejected

    @property
    def to_return(self) -> Decimal:
        """Rejected and still in the house."""
        return self.rejected - self.returned


class Inspection(models.Model):
    """One finding about goods that arrived (检验): signed, so that a later one can take an earlier one back.

    The sums are kept on the receipt line. `place` is where accepted goods were put.
    """

    line = models.ForeignKey(ReceiptLine, on_delete=models.PROTECT, related_name="inspections")
    accepted = QuantityField(_("accepted"))
    rejected = QuantityField(_("rejected"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    key = models.CharField(_("key"), max_length=80, blank=True, editable=False)

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        constraints = [models.UniqueConstraint(fields=["line", "key"], condition=~Q(key=""), name="inspection_key")]
        triggers = [append_only("inspection_append_only")]

    def __str__(self) -> str:
        return f"{self.line_id}: +{self.accepted} −{self.rejected}"


class LateCost(models.Model):
    """A cost of a receipt that became known after it was posted: freight, duty, another price (signed, CNY).

    It is kept beside the receipt for the supplier's bill; the value in stock stays as it was booked.
    """

    class Kind(models.TextChoices):
        FREIGHT = "freight", _("freight")
        DUTY = "duty", _("customs duty")
        PRICE = "price", _("other price")
        OTHER = "other", _("other")

    line = models.ForeignKey(ReceiptLine, on_delete=models.PROTECT, related_name="late_costs")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    amount = MoneyField(_("amount (CNY)"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    key = models.CharField(_("key"), max_length=80, blank=True, editable=False)

    class Meta:
        verbose_name = _("late cost")
        verbose_name_plural = _("late costs")
        constraints = [models.UniqueConstraint(fields=["line", "key"], condition=~Q(key=""), name="latecost_key")]
        triggers = [append_only("latecost_append_only")]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.amount}"


class SupplierReturn(Document):
    """Goods that go back to the supplier (采购退货单). `total` is the credit expected, in the order's currency."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        POSTED = "posted", _("returned")
        SETTLED = "settled", _("settled")

    class Wants(models.TextChoices):
        CREDIT = "credit", _("credit")
        REPLACEMENT = "replacement", _("replacement")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    order = models.ForeignKey(
        PurchaseOrder, on_delete=models.PROTECT, related_name="returns", verbose_name=_("purchase order")
    )
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("place"))
    wants = models.CharField(_("in exchange for"), max_length=12, choices=Wants, default=Wants.CREDIT)
    reason = models.CharField(_("reason"), max_length=200)
    total = MoneyField(_("credit expected without tax"))
    key = models.CharField(_("key"), max_length=60, blank=True, editable=False)

    objects = PurchasePaperQuerySet.as_manager()

    class Meta:
        verbose_name = _("return to supplier")
        verbose_name_plural = _("returns to suppliers")
        constraints = [models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="supplierreturn_key")]
        permissions = [("return_goods", "Can return goods to suppliers")]

    def get_absolute_url(self) -> str:
        """Returns are shown on the page of their purchase order."""
        return f"{self.order.get_absolute_url()}#{self.number}"

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.POSTED,
        permission="inventory.return_goods",
        conditions=[has_lines],
        custom={"label": _("Post"), "kind": "primary"},
    )
    def post(self, *, by: Any = None, note: str = "") -> None:
        """Take the goods out of stock."""

    @transition(
        field=status,
        source=Status.POSTED,
        target=Status.SETTLED,
        permission="inventory.change_purchaseorder",
        custom={"label": _("Credit received")},
    )
    def settle(self, *, by: Any = None, note: str = "") -> None:
        """The supplier has credited or replaced the goods."""


class SupplierReturnLine(models.Model):
    """One receipt line of a return to a supplier; `unit_price` in the order's currency."""

    document = models.ForeignKey(SupplierReturn, on_delete=models.CASCADE, related_name="lines")
    receipt_line = models.ForeignKey(ReceiptLine, on_delete=models.PROTECT, related_name="returns")
    quantity = QuantityField(_("quantity"), default=None)
    unit_price = UnitPriceField(_("unit price without tax"))
    amount = MoneyField(_("amount without tax"))

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="supplierreturnline_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.quantity}"
