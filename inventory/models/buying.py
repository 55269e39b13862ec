"""Buying: what is needed, from whom it is ordered, and what arrived."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField, QuantityField, UnitPriceField
from erp.models import Document, ScopedQuerySet
from erp.workflow import requirement
from inventory.models.product import Product
from inventory.models.stock import Place, Warehouse


class SupplyRequest(models.Model):
    """A need that stock does not cover. Orders and production write needs here; purchasing and production read them.

    `holder_type`/`holder_id` name the line that waits. `covered` counts what has been made or bought for it.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        COVERED = "covered", _("covered")
        CANCELLED = "cancelled", _("cancelled")

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="supply_requests")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField(_("quantity"), default=None)
    covered = QuantityField(_("covered"))
    supply = models.CharField(_("supply"), max_length=10, choices=Product.Supply)
    needed_by = models.DateField(_("needed by"), null=True)
    priority = models.SmallIntegerField(_("priority"), default=0)
    holder_type = models.CharField(_("holder type"), max_length=60)
    holder_id = models.BigIntegerField(_("holder"))
    document_type = models.CharField(_("document type"), max_length=60)
    document_id = models.BigIntegerField(_("document"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("supply request")
        verbose_name_plural = _("supply requests")
        constraints = [
            models.UniqueConstraint(
                fields=["holder_type", "holder_id"], condition=Q(status="open"), name="supplyrequest_one_open_per_line"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="supplyrequest_quantity_positive"),
        ]
        indexes = [
            models.Index(fields=["product", "id"], condition=Q(status="open"), name="supplyrequest_open"),
            models.Index(fields=["document_type", "document_id"], name="supplyrequest_document"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.quantity}"


class Supplier(models.Model):
    """A company we buy from."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=120)
    contact = models.CharField(_("contact"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    lead_days = models.PositiveSmallIntegerField(_("lead time (days)"), default=7)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class SupplierPrice(models.Model):
    """What a supplier asks for a product, without tax."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="prices")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="supplier_prices")
    price = UnitPriceField(_("price without tax"))
    minimum = QuantityField(_("minimum quantity"))

    class Meta:
        verbose_name = _("supplier price")
        verbose_name_plural = _("supplier prices")
        constraints = [models.UniqueConstraint(fields=["supplier", "product"], name="supplierprice_supplier_product")]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.product_id}: {self.price}"


@requirement(_("It has no lines."))
def has_lines(document: Any) -> bool:
    """A document without lines cannot go on."""
    return document.lines.exists()


@requirement(_("Goods were already received for it."))
def nothing_received(order: "PurchaseOrder") -> bool:
    """Whether no line of the purchase order has a receipt."""
    return not order.lines.filter(received__gt=0).exists()


class PurchaseOrder(Document):
    """What we ordered from a supplier (采购单)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PLACED = "placed", _("ordered")
        RECEIVED = "received", _("received in full")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="purchase_orders", verbose_name=_("supplier")
    )
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    total = MoneyField(_("total without tax"))
    note = models.TextField(_("note"), blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        indexes = [models.Index(fields=["status", "-id"], name="purchaseorder_status")]
        permissions = [("receive_goods", "Can receive goods")]

    def get_absolute_url(self) -> str:
        """The purchase order's page."""
        return reverse("inventory:purchase", args=[self.number])

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.PLACED,
        permission="inventory.change_purchaseorder",
        conditions=[has_lines],
        custom={"label": _("Place order"), "kind": "primary"},
    )
    def place(self, *, by: Any = None, note: str = "") -> None:
        """Order from the supplier."""

    @transition(
        field=status,
        source=Status.PLACED,
        target=Status.RECEIVED,
        custom={"label": _("Received in full"), "by_hand": False},
    )
    def complete(self, *, by: Any = None, note: str = "") -> None:
        """Everything ordered has arrived."""

    @transition(
        field=status,
        source=[Status.DRAFT, Status.PLACED],
        target=Status.CANCELLED,
        permission="inventory.change_purchaseorder",
        conditions=[nothing_received],
        custom={"label": _("Cancel"), "kind": "danger", "needs_note": True},
    )
    def cancel(self, *, by: Any = None, note: str = "") -> None:
        """Give the order up."""


class PurchaseLine(models.Model):
    """One product of a purchase order."""

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="purchase_lines")
    quantity = QuantityField(_("quantity"), default=None)
    received = QuantityField(_("received"))
    unit_price = UnitPriceField(_("unit price without tax"))
    amount = MoneyField(_("amount without tax"))

    class Meta:
        verbose_name = _("purchase line")
        verbose_name_plural = _("purchase lines")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="purchaseline_order_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchaseline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(received__gte=0) & Q(received__lte=models.F("quantity")),
                name="purchaseline_received_within_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position}"

    @property
    def outstanding(self) -> Any:
        """Still to arrive, in stock units."""
        return self.quantity - self.received


class GoodsReceiptQuerySet(ScopedQuerySet):
    """Receipts are seen by whoever sees purchase orders."""

    view_permission = "inventory.view_purchaseorder"


class GoodsReceipt(Document):
    """What arrived (入库单); posting it puts the goods into stock."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        POSTED = "posted", _("posted")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    order = models.ForeignKey(
        PurchaseOrder, on_delete=models.PROTECT, related_name="receipts", verbose_name=_("purchase order")
    )
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("place"))
    total = MoneyField(_("value without tax"))
    key = models.CharField(_("key"), max_length=60, blank=True, editable=False)  # makes a repeat harmless

    objects = GoodsReceiptQuerySet.as_manager()

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
    """One purchase line of a receipt."""

    receipt = models.ForeignKey(GoodsReceipt, on_delete=models.CASCADE, related_name="lines")
    purchase_line = models.ForeignKey(PurchaseLine, on_delete=models.PROTECT, related_name="receipts")
    quantity = QuantityField(_("quantity"), default=None)
    value = MoneyField(_("value without tax"))

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="receiptline_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.receipt_id}: {self.quantity}"
