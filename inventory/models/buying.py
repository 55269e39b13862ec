"""Buying: what is needed, and what is ordered from whom."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.errors import TransitionRefused
from erp.fields import MoneyField, QuantityField, RateField, UnitPriceField
from erp.models import Company, Document, ScopedQuerySet
from erp.money import ZERO, round_money
from erp.web.formats import money
from erp.workflow import requirement
from inventory.models.product import Product
from inventory.models.stock import Warehouse
from inventory.models.supplier import Supplier

if TYPE_CHECKING:
    from erp.models import User


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


@requirement(_("It has no lines."))
def has_lines(document: Any) -> bool:
    """A document without lines cannot go on."""
    return document.lines.exists()


@requirement(_("Goods were already received for it."))
def nothing_received(order: "PurchaseOrder") -> bool:
    """Whether no line of the purchase order has a receipt."""
    return not order.lines.filter(received__gt=0).exists()


@requirement(_("The exchange rate is missing: edit the order and enter it."))
def has_rate(order: "PurchaseOrder") -> bool:
    """Without a rate nobody knows what the goods are worth."""
    return order.rate is not None


def _over_limit(order: "PurchaseOrder") -> str:
    limit = Company.current().purchase_approval_limit
    return gettext("It is worth more than %(limit)s: submit it for approval.") % {"limit": money(limit, "CNY")}


@requirement(_over_limit)
def within_limit(order: "PurchaseOrder") -> bool:
    """Whether the order needs nobody's approval: the company has no limit, or the order is below it."""
    return not order.needs_approval


@requirement(_("It needs no approval: place it."))
def over_limit(order: "PurchaseOrder") -> bool:
    """Whether the order is worth more than the company lets buyers order by themselves."""
    return order.needs_approval


@requirement(_("Goods still wait for inspection."))
def all_inspected(order: "PurchaseOrder") -> bool:
    """Whether everything that arrived was accepted or rejected."""
    return not order.lines.filter(received__gt=F("accepted") + F("rejected")).exists()


class PurchaseOrder(Document):
    """What we ordered from a supplier (采购单). Amounts in `currency`; `rate` is CNY for one unit of it.

    `expected_on` is what we count on, `promised_on` what was agreed when the order was placed: delivery is judged by it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("waiting for approval")
        PLACED = "placed", _("ordered")
        PARTLY = "partly_received", _("partly received")
        RECEIVED = "received", _("received in full")
        CLOSED = "closed", _("closed")
        CANCELLED = "cancelled", _("cancelled")

    PLANNED = (Status.DRAFT, Status.SUBMITTED)
    OPEN = (Status.PLACED, Status.PARTLY)  # the supplier still brings something
    COMING = (*PLANNED, *OPEN)
    ORDERED = (*OPEN, Status.RECEIVED, Status.CLOSED)

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="purchase_orders", verbose_name=_("supplier")
    )
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    promised_on = models.DateField(_("promised on"), null=True, blank=True, editable=False)
    currency = models.CharField(_("currency"), max_length=3, default="CNY", db_default="CNY", editable=False)
    rate = RateField(_("exchange rate"), null=True, blank=True, default=Decimal(1), db_default=Decimal(1))
    total = MoneyField(_("total without tax"))
    note = models.TextField(_("note"), blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    placed_at = models.DateTimeField(_("ordered at"), null=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        indexes = [models.Index(fields=["status", "-id"], name="purchaseorder_status")]
        constraints = [
            models.CheckConstraint(condition=Q(rate=None) | Q(rate__gt=0), name="purchaseorder_rate_positive"),
        ]
        permissions = [
            ("receive_goods", "Can receive goods"),
            ("inspect_goods", "Can inspect goods"),
            ("approve_purchaseorder", "Can approve purchase orders"),
        ]

    def get_absolute_url(self) -> str:
        """The purchase order's page."""
        return reverse("inventory:purchase", args=[self.number])

    @property
    def value(self) -> Decimal:
        """The total in CNY without tax; in the order's own currency as long as no rate is known."""
        return round_money(self.total * (Decimal(1) if self.rate is None else self.rate))

    @property
    def needs_approval(self) -> bool:
        """Whether it is worth more than buyers may order by themselves (company settings, 0: no limit)."""
        limit = Company.current().purchase_approval_limit
        return bool(limit) and self.value > limit

    @property
    def is_open(self) -> bool:
        """Whether the supplier still brings something."""
        return self.status in self.OPEN

    def is_own(self, user: Any) -> bool:
        """Whether the person made or submitted the order, and so cannot approve it: four eyes see more than two."""
        return user is not None and user.pk in (self.created_by_id, self.submitted_by_id)

    def _settle_promise(self) -> None:
        self.placed_at, self.promised_on = timezone.now(), self.expected_on

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.SUBMITTED,
        permission="inventory.change_purchaseorder",
        conditions=[has_lines, has_rate, over_limit],
        custom={"label": _("Submit for approval"), "kind": "primary"},
    )
    def submit(self, *, by: "User | None" = None, note: str = "") -> None:
        """Ask for approval."""
        self.submitted_by = by

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.PLACED,
        permission="inventory.change_purchaseorder",
        conditions=[has_lines, has_rate, within_limit],
        custom={"label": _("Place order"), "kind": "primary"},
    )
    def place(self, *, by: "User | None" = None, note: str = "") -> None:
        """Order from the supplier."""
        self._settle_promise()

    @transition(
        field=status,
        source=Status.SUBMITTED,
        target=Status.PLACED,
        permission="inventory.approve_purchaseorder",
        conditions=[has_lines, has_rate],
        custom={"label": _("Approve and order"), "kind": "primary"},
    )
    def approve(self, *, by: "User | None" = None, note: str = "") -> None:
        """Agree, and order from the supplier. Raises TransitionRefused for the person who asks."""
        if self.is_own(by):
            raise TransitionRefused(
                gettext("You made or submitted this order: somebody else approves it."), code="four_eyes"
            )
        self.approved_by = by
        self._settle_promise()

    @transition(
        field=status,
        source=Status.SUBMITTED,
        target=Status.DRAFT,
        permission="inventory.approve_purchaseorder",
        custom={"label": _("Reject"), "kind": "danger", "needs_note": True},
    )
    def reject(self, *, by: "User | None" = None, note: str = "") -> None:
        """Send it back to the buyer."""
        self.submitted_by = None

    @transition(
        field=status,
        source=Status.SUBMITTED,
        target=Status.DRAFT,
        permission="inventory.change_purchaseorder",
        custom={"label": _("Take back")},
    )
    def withdraw(self, *, by: "User | None" = None, note: str = "") -> None:
        """Ask no more for approval, so that it can be changed."""
        self.submitted_by = None

    @transition(
        field=status,
        source=Status.PLACED,
        target=Status.PARTLY,
        custom={"label": _("Partly received"), "by_hand": False},
    )
    def receive_part(self, *, by: "User | None" = None, note: str = "") -> None:
        """Some of it has arrived."""

    @transition(
        field=status,
        source=[Status.PLACED, Status.PARTLY],
        target=Status.RECEIVED,
        custom={"label": _("Received in full"), "by_hand": False},
    )
    def complete(self, *, by: "User | None" = None, note: str = "") -> None:
        """Everything ordered has arrived."""

    @transition(
        field=status,
        source=Status.RECEIVED,
        target=Status.PARTLY,
        custom={"label": _("Replacement expected"), "by_hand": False},
    )
    def await_replacement(self, *, by: "User | None" = None, note: str = "") -> None:
        """Goods went back, and the supplier brings others."""

    @transition(
        field=status,
        source=Status.PARTLY,
        target=Status.CLOSED,
        permission="inventory.change_purchaseorder",
        conditions=[all_inspected],
        custom={"label": _("Close without the rest"), "needs_note": True},
    )
    def close_short(self, *, by: "User | None" = None, note: str = "") -> None:
        """What is outstanding will not come."""

    @transition(
        field=status,
        source=Status.RECEIVED,
        target=Status.CLOSED,
        permission="inventory.change_purchaseorder",
        conditions=[all_inspected],
        custom={"label": _("Close")},
    )
    def close(self, *, by: "User | None" = None, note: str = "") -> None:
        """Nothing more happens with it."""

    @transition(
        field=status,
        source=[Status.DRAFT, Status.SUBMITTED, Status.PLACED],
        target=Status.CANCELLED,
        permission="inventory.change_purchaseorder",
        conditions=[nothing_received],
        custom={"label": _("Cancel"), "kind": "danger", "needs_note": True},
    )
    def cancel(self, *, by: "User | None" = None, note: str = "") -> None:
        """Give the order up."""


# What the supplier still brings of a line, in stock units; and that together with what waits for inspection.
OUTSTANDING = Greatest(F("quantity") + F("replaced") - F("received"), ZERO, output_field=QuantityField())
UNDER_WAY = Case(
    When(order__status__in=PurchaseOrder.COMING, then=OUTSTANDING), default=ZERO, output_field=QuantityField()
) + (F("received") - F("accepted") - F("rejected"))


class PurchaseLineQuerySet(models.QuerySet):
    """Lines by what is still to happen with them."""

    def outstanding(self) -> "PurchaseLineQuerySet":
        """Lines that the supplier has not delivered in full, whatever the state of their order."""
        return self.filter(received__lt=F("quantity") + F("replaced"))

    def under_way(self) -> "PurchaseLineQuerySet":
        """Lines from which goods will still become available: drafted, ordered, or waiting for inspection."""
        coming = Q(order__status__in=PurchaseOrder.COMING, received__lt=F("quantity") + F("replaced"))
        return self.filter(coming | Q(received__gt=F("accepted") + F("rejected")))


class PurchaseLine(models.Model):
    """One product of a purchase order; quantities in stock units, `unit_price` in the order's currency.

    Received = accepted + rejected + what waits for inspection. `returned` went back to the supplier, `replaced` is the
    part of it that the supplier delivers again. `billed` and `billed_amount` are what the supplier's bills say: ordered,
    received and billed are compared before a bill is paid.
    """

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="purchase_lines")
    supplier_sku = models.CharField(_("supplier's SKU"), max_length=60, blank=True, default="", db_default="")
    quantity = QuantityField(_("quantity"), default=None)
    received = QuantityField(_("received"))
    accepted = QuantityField(_("accepted"), db_default=ZERO)
    rejected = QuantityField(_("rejected"), db_default=ZERO)
    returned = QuantityField(_("returned"), db_default=ZERO)
    replaced = QuantityField(_("to be replaced"), db_default=ZERO)
    unit_price = UnitPriceField(_("unit price without tax"))
    amount = MoneyField(_("amount without tax"))
    billed = QuantityField(_("billed"), db_default=ZERO)
    billed_amount = MoneyField(_("billed without tax"), db_default=ZERO)

    objects = PurchaseLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase line")
        verbose_name_plural = _("purchase lines")
        ordering = ["position"]
        indexes = [
            models.Index(
                fields=["product"],
                condition=Q(received__gt=F("accepted") + F("rejected")),
                name="purchaseline_uninspected",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="purchaseline_order_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchaseline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(accepted__gte=0)
                & Q(replaced__gte=0)
                & Q(replaced__lte=F("returned"))
                & Q(returned__lte=F("rejected"))
                & Q(received__gte=F("accepted") + F("rejected")),
                name="purchaseline_quantities_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position}"

    @property
    def outstanding(self) -> Decimal:
        """Still to arrive, in stock units."""
        return max(self.quantity + self.replaced - self.received, ZERO)

    @property
    def uninspected(self) -> Decimal:
        """Arrived, neither accepted nor rejected yet."""
        return self.received - self.accepted - self.rejected


class PurchaseDemand(models.Model):
    """For whom a purchase line was bought: the line that waits gets the goods before anybody else (按单采购).

    `served` is what it was given of them.
    """

    line = models.ForeignKey(PurchaseLine, on_delete=models.CASCADE, related_name="demands")
    holder_type = models.CharField(_("holder type"), max_length=60)
    holder_id = models.BigIntegerField(_("holder"))
    document_type = models.CharField(_("document type"), max_length=60)
    document_id = models.BigIntegerField(_("document"))
    needed_by = models.DateField(_("needed by"), null=True)
    quantity = QuantityField(_("quantity"), default=None)
    served = QuantityField(_("served"))

    class Meta:
        verbose_name = _("purchase demand")
        verbose_name_plural = _("purchase demands")
        constraints = [
            models.UniqueConstraint(fields=["line", "holder_type", "holder_id"], name="purchasedemand_line_holder"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(served__gte=0) & Q(served__lte=F("quantity")),
                name="purchasedemand_served_within_quantity",
            ),
        ]
        indexes = [models.Index(fields=["holder_type", "holder_id"], name="purchasedemand_holder")]

    def __str__(self) -> str:
        return f"{self.holder_type} {self.holder_id}: {self.quantity}"
