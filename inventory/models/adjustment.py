"""Stock that is set right or scrapped by hand: with a reason, and above the company's limit with another person."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.errors import TransitionRefused
from erp.fields import MoneyField, QuantityField, UnitPriceField
from erp.models import Company, Document, ScopedQuerySet
from erp.web.formats import money
from erp.workflow import requirement
from inventory.models.product import Product
from inventory.models.stock import Lot, Place


def _over_limit(document: "Adjustment") -> str:
    limit = Company.current().adjustment_limit
    return gettext("It is worth more than %(limit)s: another person approves it.") % {"limit": money(limit, "CNY")}


@requirement(_over_limit)
def within_limit(document: "Adjustment") -> bool:
    """Whether it is small enough to be written without another person."""
    return not document.needs_approval


@requirement(_("It is small: write it."))
def over_limit(document: "Adjustment") -> bool:
    """Whether another person has to agree."""
    return document.needs_approval


class AdjustmentReason(models.Model):
    """A reason that people choose from when they set stock right or scrap it."""

    class Kind(models.TextChoices):
        ADJUST = "adjust", _("adjustment")
        SCRAP = "scrap", _("scrap")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.ADJUST)
    name = models.CharField(_("name"), max_length=100)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("reason of adjustments")
        verbose_name_plural = _("reasons of adjustments")
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="adjustmentreason_kind_name")]

    def __str__(self) -> str:
        return self.name


class Adjustment(Document):
    """One product (and lot) in one place becomes more or less (库存调整单, 报废单): `quantity` is signed, in stock units.

    `value` is what it is worth in CNY, positive; found goods come in at `unit_cost`.
    """

    Kind = AdjustmentReason.Kind

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for approval")
        POSTED = "posted", _("posted")
        REJECTED = "rejected", _("rejected")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.WAITING, protected=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.ADJUST)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="adjustments")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="+")
    quantity = QuantityField(_("quantity"), default=None)
    unit_cost = UnitPriceField(_("unit cost"))
    value = MoneyField(_("value"))
    reason = models.CharField(_("reason"), max_length=200)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    key = models.CharField(_("key"), max_length=80, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock adjustment")
        verbose_name_plural = _("stock adjustments")
        indexes = [models.Index(fields=["status", "-id"], name="adjustment_status")]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="adjustment_quantity_not_zero"),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="adjustment_key"),
        ]
        permissions = [("approve_adjustment", "Can approve stock adjustments")]

    def get_absolute_url(self) -> str:
        """Adjustments are shown in their list."""
        return f"{reverse('inventory:adjustments')}#{self.number}"

    @property
    def needs_approval(self) -> bool:
        """Whether it is worth more than the company lets be written without another person (0: no limit)."""
        limit = Company.current().adjustment_limit
        return bool(limit) and self.value > limit

    @property
    def warehouse_id(self) -> int:
        """Where stock changes: whoever waits there is served."""
        return int(self.place.warehouse_id or 0)

    def changed_products(self) -> set[int]:
        """The product, where more of it is there."""
        return {self.product_id} if self.quantity > 0 else set()

    def losses(self) -> dict[tuple[int, int, int | None], Decimal]:
        """Promised stock is not taken: a count does that, after people have looked at whom it hits."""
        return {}

    @transition(
        field=status,
        source=Status.WAITING,
        target=Status.POSTED,
        permission="inventory.adjust_stock",
        conditions=[within_limit],
        custom={"label": _("Write"), "kind": "primary"},
    )
    def post(self, *, by: Any = None, note: str = "") -> None:
        """Write it into stock."""
        self.decided_by = by

    @transition(
        field=status,
        source=Status.WAITING,
        target=Status.POSTED,
        permission="inventory.approve_adjustment",
        conditions=[over_limit],
        custom={"label": _("Approve"), "kind": "primary"},
    )
    def approve(self, *, by: Any = None, note: str = "") -> None:
        """Agree, and write it into stock. Raises TransitionRefused for the person who asks."""
        if by is not None and by.pk == self.created_by_id:
            raise TransitionRefused(
                gettext("You asked for this adjustment: somebody else approves it."), code="four_eyes"
            )
        self.decided_by = by

    @transition(
        field=status,
        source=Status.WAITING,
        target=Status.REJECTED,
        permission="inventory.approve_adjustment",
        custom={"label": _("Reject"), "kind": "danger", "needs_note": True},
    )
    def reject(self, *, by: Any = None, note: str = "") -> None:
        """Stock stays as it is."""
        self.decided_by = by
