"""Picking together: waves, numbered scans from phones, and what is to go back to the shelf."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import QuantityField
from erp.models import Document, ScopedQuerySet, append_only
from erp.workflow import requirement
from inventory.models import StockItem, Warehouse


@requirement(_("Some pick lists of the wave are still open."))
def nothing_open(wave: "Wave") -> bool:
    """Every list of the wave is picked or withdrawn."""
    return not wave.pick_lists.filter(status="open").exists()


@requirement(_("Not everything of the wave is packed yet."))
def nothing_to_pack(wave: "Wave") -> bool:
    """Every list of the wave is packed or withdrawn."""
    return not wave.pick_lists.filter(status__in=["open", "picked"]).exists()


class WaveQuerySet(ScopedQuerySet):
    """A wave shows orders of many people: only for those who may see them all."""

    view_permission = "shipping.view_picklist"

    def visible_to(self, user: Any) -> Self:
        """All waves for staff who see pick lists of every order, none for others."""
        return super().visible_to(user) if user.has_perm("orders.view_all_orders") else self.none()


class Wave(Document):
    """Pick lists of several orders that one person picks in one walk (波次)."""

    class Status(models.TextChoices):
        OPEN = "open", _("to be picked")
        PICKING = "picking", _("being picked")
        PICKED = "picked", _("picked")
        CLOSED = "closed", _("closed")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.OPEN, protected=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picked by"),
    )

    objects = WaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        indexes = [models.Index(fields=["status", "-id"], name="wave_status")]

    def get_absolute_url(self) -> str:
        """The wave's page."""
        return reverse("shipping:wave", args=[self.number])

    @transition(
        field=status,
        source=Status.OPEN,
        target=Status.PICKING,
        permission="shipping.pick_picklist",
        custom={"label": _("Start picking"), "by_hand": False},
    )
    def start(self, *, by: Any = None, note: str = "") -> None:
        """Somebody walks."""

    @transition(
        field=status,
        source=[Status.OPEN, Status.PICKING],
        target=Status.PICKED,
        permission="shipping.pick_picklist",
        conditions=[nothing_open],  # type: ignore[list-item]
        custom={"label": _("Finish picking"), "by_hand": False},
    )
    def finish(self, *, by: Any = None, note: str = "") -> None:
        """Every list is picked or withdrawn."""

    @transition(
        field=status,
        source=Status.PICKED,
        target=Status.CLOSED,
        permission="shipping.pick_picklist",
        conditions=[nothing_to_pack],  # type: ignore[list-item]
        custom={"label": _("Close"), "by_hand": False},
    )
    def close(self, *, by: Any = None, note: str = "") -> None:
        """Everything is in parcels."""

    @transition(
        field=status,
        source=[Status.OPEN, Status.PICKING],
        target=Status.CANCELLED,
        permission="shipping.pick_picklist",
        custom={"label": _("Dissolve the wave"), "kind": "danger", "needs_note": True},
    )
    def cancel(self, *, by: Any = None, note: str = "") -> None:
        """The lists go on one by one; what was scanned of them stays counted."""


class ScanCommand(models.Model):
    """One numbered act of a phone: applied or refused once, however often it is sent.

    `client` is one phone at one list or wave; its numbers are without gaps. `refusal` is a message key with `values`.
    """

    class Kind(models.TextChoices):
        PICK = "pick", _("picked")
        UNDO = "undo", _("put back")
        SHORT = "short", _("missing")

    client = models.UUIDField(_("phone"))
    number = models.PositiveIntegerField(_("number"))
    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, null=True, related_name="scans")
    pick_list = models.ForeignKey("shipping.PickList", on_delete=models.PROTECT, null=True, related_name="scans")
    item = models.ForeignKey(StockItem, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    place_code = models.CharField(_("place"), max_length=60, blank=True)
    code = models.CharField(_("code"), max_length=60, blank=True)
    lot_code = models.CharField(_("lot"), max_length=60, blank=True)
    quantity = QuantityField(_("quantity"))
    reason = models.CharField(_("reason"), max_length=20, blank=True)
    refusal = models.CharField(_("refusal"), max_length=200, blank=True)
    values = models.JSONField(_("values"), default=dict, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("received at"), default=timezone.now)

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        constraints = [
            models.UniqueConstraint(fields=["client", "number"], name="scancommand_client_number"),
            models.CheckConstraint(
                condition=Q(wave__isnull=False, pick_list__isnull=True) | Q(wave__isnull=True, pick_list__isnull=False),
                name="scancommand_one_target",
            ),
        ]
        triggers = [append_only("scancommand_append_only")]

    def __str__(self) -> str:
        return f"{self.client} {self.number}"


class PickReturn(models.Model):
    """Goods that were in the trolley when their order changed or was cancelled: they go back to their bin."""

    pick_list = models.ForeignKey("shipping.PickList", on_delete=models.PROTECT, related_name="returns")
    item = models.ForeignKey(StockItem, on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField(_("quantity"), default=None)
    since = models.DateTimeField(_("since"), default=timezone.now)
    done_at = models.DateTimeField(_("put back at"), null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("goods to put back")
        verbose_name_plural = _("goods to put back")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="pickreturn_quantity_positive")]
        indexes = [models.Index(fields=["id"], condition=Q(done_at=None), name="pickreturn_open")]

    def __str__(self) -> str:
        return f"{self.pick_list_id}: {self.quantity}"
