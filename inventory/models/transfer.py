"""Goods that change their place: from warehouse to warehouse by way of transit, or at once within one warehouse."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import QuantityField
from erp.models import Document, ScopedQuerySet, append_only
from erp.money import ZERO
from erp.workflow import requirement
from inventory.models.product import Product
from inventory.models.stock import Lot, Place, Warehouse


@requirement(_("The transfer has no lines."))
def has_transfer_lines(transfer: "Transfer") -> bool:
    """Whether there is something to move."""
    return transfer.lines.exists()


@requirement(_("Goods go to another warehouse: send them."))
def within_warehouse(transfer: "Transfer") -> bool:
    """Whether the goods stay in their warehouse."""
    return transfer.is_internal


@requirement(_("Goods stay in the warehouse: move them."))
def between_warehouses(transfer: "Transfer") -> bool:
    """Whether the goods go to another warehouse."""
    return not transfer.is_internal


@requirement(_("Everything has arrived."))
def something_outstanding(transfer: "Transfer") -> bool:
    """Whether goods are still on their way."""
    return transfer.lines.filter(quantity__gt=F("received") + F("lost")).exists()


@requirement(_("Some of it has arrived already."))
def nothing_arrived(transfer: "Transfer") -> bool:
    """Whether the other warehouse has taken nothing yet."""
    return not transfer.lines.filter(received__gt=0).exists()


class Transfer(Document):
    """Goods on their way from one warehouse to another, or from bin to bin (调拨单)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SENT = "sent", _("under way")
        PARTLY = "partly_received", _("partly received")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("cancelled")

    UNDER_WAY = (Status.SENT, Status.PARTLY)

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    source = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("from warehouse"))
    target = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("to warehouse"))
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        indexes = [models.Index(fields=["status", "-id"], name="transfer_status")]
        permissions = [
            ("send_transfer", "Can send goods to another warehouse"),
            ("receive_transfer", "Can receive goods of another warehouse"),
            ("close_transfer", "Can write off what got lost between warehouses"),
            ("change_stock_state", "Can move goods into and out of quarantine and damaged stock"),
        ]

    def get_absolute_url(self) -> str:
        """The transfer's page."""
        return reverse("inventory:transfer", args=[self.number])

    @property
    def is_internal(self) -> bool:
        """Whether the goods stay in their warehouse."""
        return self.source_id == self.target_id

    @property
    def warehouse_id(self) -> int:
        """Where the goods arrive: whoever waits there is served."""
        return int(self.target_id)

    def changed_products(self) -> set[int]:
        """The products that arrive."""
        return set(self.lines.values_list("product_id", flat=True))

    def losses(self) -> dict[tuple[int, int, int | None], Decimal]:
        """Nothing promised is lost: only free stock leaves, and what is under way is promised to nobody."""
        return {}

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.SENT,
        permission="inventory.send_transfer",
        conditions=[has_transfer_lines, between_warehouses],
        custom={"label": _("Send"), "kind": "primary"},
    )
    def send(self, *, by: Any = None, note: str = "") -> None:
        """The goods leave the warehouse."""
        self.sent_at, self.sent_by = timezone.now(), by

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.RECEIVED,
        permission="inventory.send_transfer",
        conditions=[has_transfer_lines, within_warehouse],
        custom={"label": _("Move"), "kind": "primary"},
    )
    def move(self, *, by: Any = None, note: str = "") -> None:
        """The goods lie in their other bin now."""
        self.sent_at, self.sent_by = timezone.now(), by

    @transition(
        field=status,
        source=[Status.SENT, Status.PARTLY],
        target=Status.PARTLY,
        custom={"label": _("Partly received"), "by_hand": False},
    )
    def receive_part(self, *, by: Any = None, note: str = "") -> None:
        """Some of it has arrived."""

    @transition(
        field=status,
        source=[Status.SENT, Status.PARTLY],
        target=Status.RECEIVED,
        custom={"label": _("Received"), "by_hand": False},
    )
    def complete(self, *, by: Any = None, note: str = "") -> None:
        """Everything has arrived."""

    @transition(
        field=status,
        source=[Status.SENT, Status.PARTLY],
        target=Status.RECEIVED,
        permission="inventory.close_transfer",
        conditions=[something_outstanding],
        custom={"label": _("Close, the rest is lost"), "kind": "danger", "needs_note": True},
    )
    def close_short(self, *, by: Any = None, note: str = "") -> None:
        """What has not arrived will not come: it is written off."""

    @transition(
        field=status,
        source=[Status.DRAFT, Status.SENT],
        target=Status.CANCELLED,
        permission="inventory.send_transfer",
        conditions=[nothing_arrived],
        custom={"label": _("Cancel"), "kind": "danger", "needs_note": True},
    )
    def cancel(self, *, by: Any = None, note: str = "") -> None:
        """Give it up; goods that were sent go back to their bins."""


class TransferLine(models.Model):
    """One product (and lot) from one bin, in stock units. `place` is where it goes within the same warehouse."""

    document = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="transfer_lines")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("from"))
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("to"))
    quantity = QuantityField(_("quantity"), default=None)
    received = QuantityField(_("received"))
    lost = QuantityField(_("lost"))

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transferline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(received__gte=0) & Q(lost__gte=0) & Q(quantity__gte=F("received") + F("lost")),
                name="transferline_quantities_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.product_id} × {self.quantity}"

    @property
    def outstanding(self) -> Decimal:
        """Sent and neither arrived nor lost."""
        return max(ZERO, self.quantity - self.received - self.lost)


class TransferReceipt(models.Model):
    """What arrived of one line, where it was put, who took it."""

    line = models.ForeignKey(TransferLine, on_delete=models.PROTECT, related_name="receipts")
    quantity = QuantityField(_("quantity"), default=None)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    key = models.CharField(_("key"), max_length=80, blank=True, editable=False)

    class Meta:
        verbose_name = _("receipt of a transfer")
        verbose_name_plural = _("receipts of transfers")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transferreceipt_quantity_positive"),
            models.UniqueConstraint(fields=["line", "key"], condition=~Q(key=""), name="transferreceipt_key"),
        ]
        triggers = [append_only("transferreceipt_append_only")]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.quantity}"
