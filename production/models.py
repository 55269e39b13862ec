"""Production: what a product is made of, where, and what is being made now."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField, QuantityField, UnitPriceField
from erp.models import Document, ScopedQuerySet
from erp.workflow import requirement
from inventory.models import Product, SupplyRequest, Warehouse


class WorkCenter(models.Model):
    """Where work is done. `minute_cost` in CNY."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    minute_cost = UnitPriceField(_("cost per minute"))

    class Meta:
        verbose_name = _("work centre")
        verbose_name_plural = _("work centres")

    def __str__(self) -> str:
        return self.name


class BillOfMaterials(models.Model):
    """What one unit of a product is made of (物料清单). The newest active version holds."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="boms", verbose_name=_("product"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("bill of materials")
        verbose_name_plural = _("bills of materials")
        constraints = [models.UniqueConstraint(fields=["product", "version"], name="bom_product_version")]

    def __str__(self) -> str:
        return f"{self.product.sku} v{self.version}"


class BomLine(models.Model):
    """A component and how many stock units of it go into one unit of the product."""

    bom = models.ForeignKey(BillOfMaterials, on_delete=models.CASCADE, related_name="lines")
    component = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="used_in", verbose_name=_("component")
    )
    quantity = QuantityField(_("quantity for one"), default=None)

    class Meta:
        verbose_name = _("component")
        verbose_name_plural = _("components")
        constraints = [
            models.UniqueConstraint(fields=["bom", "component"], name="bomline_bom_component"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="bomline_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.component.sku} × {self.quantity}"


class Operation(models.Model):
    """One step of making a product. Minutes."""

    bom = models.ForeignKey(BillOfMaterials, on_delete=models.CASCADE, related_name="operations")
    sequence = models.PositiveSmallIntegerField(_("sequence"))
    name = models.CharField(_("name"), max_length=60)
    work_center = models.ForeignKey(WorkCenter, on_delete=models.PROTECT, related_name="operations")
    setup_minutes = QuantityField(_("set-up minutes"))
    unit_minutes = QuantityField(_("minutes per unit"))

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["bom", "sequence"], name="operation_bom_sequence")]

    def __str__(self) -> str:
        return self.name


def _missing_components(order: "ProductionOrder") -> str:
    missing = [
        f"{row.product.name} {(row.needed - row.reserved - row.issued).normalize():f}"
        for row in order.components.select_related("product")
        if row.needed > row.reserved + row.issued
    ]
    return str(_("Components are missing: %(components)s.")) % {"components": ", ".join(missing)}


@requirement(_missing_components)
def components_reserved(order: "ProductionOrder") -> bool:
    """Every component is reserved in full."""
    return not order.components.filter(needed__gt=F("reserved") + F("issued")).exists()


@requirement(
    lambda order: (
        str(_("%(made)s of %(wanted)s are reported."))
        % {
            "made": f"{order.good.normalize():f}",
            "wanted": f"{order.quantity.normalize():f}",
        }
    )
)
def reported_in_full(order: "ProductionOrder") -> bool:
    """As many good pieces are reported as were ordered."""
    return order.good >= order.quantity


@requirement(_("Something has been reported on it already."))
def nothing_reported(order: "ProductionOrder") -> bool:
    """No report from the floor yet."""
    return order.good == 0 and order.scrap == 0


class ProductionOrder(Document):
    """What is being made (生产工单), in the product's stock unit."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")  # waits for components or for the floor
        IN_PROGRESS = "in_progress", _("being made")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.PLANNED, protected=True)
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="production_orders", verbose_name=_("product")
    )
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    quantity = QuantityField(_("quantity"), default=None)
    good = QuantityField(_("good"), editable=False)
    scrap = QuantityField(_("scrap"), editable=False)
    due = models.DateField(_("wanted on"), null=True, blank=True)
    priority = models.SmallIntegerField(_("priority"), default=0)
    request = models.ForeignKey(
        SupplyRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="production_orders",
        verbose_name=_("made for"),
    )
    wish = models.CharField(_("special wish"), max_length=300, blank=True)
    operations = models.JSONField(_("operations when planned"), default=list)
    cost = MoneyField(_("cost booked so far"), editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("production order")
        verbose_name_plural = _("production orders")
        permissions = [("run_productionorder", "Can start and report production")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="productionorder_quantity_positive"),
            models.CheckConstraint(condition=Q(good__gte=0, scrap__gte=0), name="productionorder_counts_not_negative"),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="productionorder_status"),
            models.Index(
                fields=["-priority", "due", "id"],
                condition=Q(status__in=["planned", "in_progress"]),
                name="productionorder_open",
            ),
        ]

    def get_absolute_url(self) -> str:
        """The production order's page."""
        return reverse("production:detail", args=[self.number])

    OPEN = (Status.PLANNED, Status.IN_PROGRESS)

    @property
    def remaining(self) -> Decimal:
        """Good pieces still to be made."""
        return max(Decimal(0), self.quantity - self.good)

    @property
    def is_open(self) -> bool:
        """Whether there is still work to do on it."""
        return self.status in self.OPEN

    @property
    def is_late(self) -> bool:
        """Whether it should have been finished by now."""
        return self.is_open and self.due is not None and self.due < timezone.localdate()

    @transition(
        field=status,
        source=Status.PLANNED,
        target=Status.IN_PROGRESS,
        permission="production.run_productionorder",
        conditions=[components_reserved],
        custom={"label": _("Start production"), "kind": "primary"},
    )
    def start(self, *, by: Any = None, note: str = "") -> None:
        """Work begins."""

    @transition(
        field=status,
        source=Status.IN_PROGRESS,
        target=Status.DONE,
        permission="production.run_productionorder",
        conditions=[reported_in_full],
        custom={"label": _("Finish"), "by_hand": False},
    )
    def finish(self, *, by: Any = None, note: str = "") -> None:
        """Everything ordered is made."""

    @transition(
        field=status,
        source=[Status.PLANNED, Status.IN_PROGRESS],
        target=Status.CANCELLED,
        permission="production.change_productionorder",
        conditions=[nothing_reported],
        custom={"label": _("Cancel"), "kind": "danger", "needs_note": True},
    )
    def cancel(self, *, by: Any = None, note: str = "") -> None:
        """Give the order up and return its components."""


class ProductionComponent(models.Model):
    """A component of a production order, as the bill of materials stood when it was planned.

    `needed` is for the whole order and grows when scrapped pieces have to be made again.
    """

    order = models.ForeignKey(ProductionOrder, on_delete=models.CASCADE, related_name="components")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    per_unit = QuantityField(_("quantity for one"), default=None)
    needed = QuantityField(_("needed"), default=None)
    reserved = QuantityField(_("reserved"))
    issued = QuantityField(_("issued"))

    class Meta:
        verbose_name = _("production component")
        verbose_name_plural = _("production components")
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="productioncomponent_order_product"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, issued__gte=0), name="productioncomponent_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.product_id}"

    @property
    def lacking(self) -> Decimal:
        """Neither issued nor reserved yet."""
        return max(Decimal(0), self.needed - self.reserved - self.issued)


class OperationRun(models.Model):
    """One report from the floor (报工)."""

    order = models.ForeignKey(ProductionOrder, on_delete=models.PROTECT, related_name="runs")
    good = QuantityField(_("good"))
    scrap = QuantityField(_("scrap"))
    minutes = QuantityField(_("minutes"))
    cost = MoneyField(_("cost"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)
    key = models.CharField(max_length=60, unique=True)

    class Meta:
        verbose_name = _("production report")
        verbose_name_plural = _("production reports")
        constraints = [
            models.CheckConstraint(condition=Q(good__gt=0) | Q(scrap__gt=0), name="operationrun_reports_something"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.good}"
