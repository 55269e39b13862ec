"""Out of the door: picking, packing, carriers, parcels and what became of them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField, QuantityField, SecretField
from erp.models import Document, append_only
from erp.workflow import requirement
from inventory.models import StockItem
from orders.models import OrderLine, OrderScopedQuerySet, SalesOrder
from shipping.carriage import (
    CarrierChoice,
    CarrierRule,
    FreightRate,
    ParcelProblem,
    Pickup,
    TransitTime,
    Trouble,
)

__all__ = [
    "Carrier",
    "CarrierChoice",
    "CarrierRule",
    "CarrierService",
    "ExpectedFrom",
    "FreightRate",
    "Handover",
    "Parcel",
    "ParcelLine",
    "ParcelProblem",
    "PickLine",
    "PickList",
    "Pickup",
    "Shipment",
    "TrackingEvent",
    "TransitTime",
    "Trouble",
]


class Carrier(models.Model):
    """A company that carries parcels. `adapter` is how it reports (`shipping.carriers.ADAPTERS`).

    `secret` signs what it sends us; `account`, `api_key` and `partner_code` (its own name there) are what the partner
    who follows its parcels wants.
    """

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    own_numbers = models.BooleanField(
        _("we number the parcels"),
        default=False,
        help_text=_(
            "For pick-up by the customer and own vans: parcels get a number of ours instead of a tracking number."
        ),
    )
    adapter = models.CharField(_("how it reports"), max_length=20, default="manual", db_default="manual")
    secret = SecretField(_("webhook secret"), blank=True)
    account = models.CharField(_("account at the partner"), max_length=60, blank=True, db_default="")
    api_key = SecretField(_("key for calls"), blank=True, default="", db_default="")
    partner_code = models.CharField(_("carrier's code at the partner"), max_length=40, blank=True, db_default="")
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class CarrierService(models.Model):
    """What a carrier offers, and how many days it usually takes."""

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, related_name="services")
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=60)
    transit_days = models.PositiveSmallIntegerField(_("days in transit"), default=3)

    class Meta:
        verbose_name = _("carrier service")
        verbose_name_plural = _("carrier services")
        constraints = [models.UniqueConstraint(fields=["carrier", "code"], name="carrierservice_carrier_code")]

    def __str__(self) -> str:
        return f"{self.carrier.name} {self.name}"


def _hold(document: Any) -> str:
    return str(_("The order is on hold: %(reason)s")) % {"reason": document.order.hold_reason}


@requirement(_hold)
def order_not_on_hold(document: Any) -> bool:
    """The order behind the document is not on hold."""
    return not document.order.hold_reason


def _change_undecided(shipment: "Shipment") -> str:
    waiting = shipment.order.amendments.filter(status="submitted", stops_shipping=True).first()
    return str(_("A change of the order's goods or address waits for a decision: %(change)s.")) % {"change": waiting}


@requirement(_change_undecided)
def no_change_undecided(shipment: "Shipment") -> bool:
    """Nobody has asked for other quantities or another address."""
    return not shipment.order.amendments.filter(status="submitted", stops_shipping=True).exists()


@requirement(_("Enter how many of each line were picked."))
def every_line_counted(pick_list: "PickList") -> bool:
    """Somebody said of each line how many were on the shelf, and there was something."""
    return not pick_list.lines.filter(picked=None).exists() and pick_list.lines.filter(picked__gt=0).exists()


@requirement(_("The goods are not in parcels yet."))
def has_shipment(pick_list: "PickList") -> bool:
    """A shipment with parcels was made of the picked goods."""
    return Shipment.objects.filter(pick_list=pick_list).exclude(status=Shipment.Status.CANCELLED).exists()


@requirement(_("Not every parcel is delivered yet."))
def parcels_delivered(shipment: "Shipment") -> bool:
    """The carrier reported every parcel as signed for."""
    return not shipment.parcels.exclude(state=Parcel.State.DELIVERED).exists()


class PickList(Document):
    """What the warehouse takes from the shelves for one order (拣货单)."""

    class Status(models.TextChoices):
        OPEN = "open", _("to be picked")
        PICKED = "picked", _("picked")
        PACKED = "packed", _("packed")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.OPEN, protected=True)
    order = models.ForeignKey(
        SalesOrder, on_delete=models.PROTECT, related_name="pick_lists", verbose_name=_("sales order")
    )
    # In a wave: its place in the trolley. `picker` holds the list for one person while it is picked.
    wave = models.ForeignKey(
        "shipping.Wave",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="pick_lists",
        verbose_name=_("wave"),
    )
    slot = models.PositiveSmallIntegerField(_("tote"), null=True, blank=True)
    picker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("picked by"),
    )

    objects = OrderScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("pick list")
        verbose_name_plural = _("pick lists")
        permissions = [("pick_picklist", "Can pick")]
        indexes = [
            models.Index(fields=["status", "-id"], name="picklist_status"),
            models.Index(fields=["wave", "slot"], condition=Q(wave__isnull=False), name="picklist_wave"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(status="open"), name="picklist_one_open_per_order")
        ]

    def get_absolute_url(self) -> str:
        """The pick list's page."""
        return reverse("shipping:pick", args=[self.number])

    @transition(
        field=status,
        source=Status.OPEN,
        target=Status.PICKED,
        permission="shipping.pick_picklist",
        conditions=[order_not_on_hold, every_line_counted],
        custom={"label": _("Confirm pick"), "kind": "primary"},
    )
    def confirm(self, *, by: Any = None, note: str = "") -> None:
        """The goods are off the shelves."""

    @transition(
        field=status,
        source=Status.PICKED,
        target=Status.PACKED,
        permission="shipping.pack_shipment",
        conditions=[order_not_on_hold, has_shipment],
        custom={"label": _("Pack"), "kind": "primary"},
    )
    def pack(self, *, by: Any = None, note: str = "") -> None:
        """The goods are in parcels."""

    @transition(
        field=status,
        source=[Status.OPEN, Status.PICKED, Status.PACKED],
        target=Status.CANCELLED,
        permission="shipping.pick_picklist",
        custom={"label": _("Withdraw"), "by_hand": False},
    )
    def cancel(self, *, by: Any = None, note: str = "") -> None:
        """Nothing is to be picked any more."""


class PickLine(models.Model):
    """So many of a line from one stock item; services have no stock item."""

    pick_list = models.ForeignKey(PickList, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="pick_lines")
    item = models.ForeignKey(StockItem, on_delete=models.PROTECT, null=True, related_name="pick_lines")
    wanted = QuantityField(_("wanted"), default=None)
    picked = QuantityField(_("picked"), null=True, default=None)
    scanned = QuantityField(_("scanned"), db_default=0)  # in the trolley while the list is open
    short_reason = models.CharField(_("why less"), max_length=20, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("pick line")
        verbose_name_plural = _("pick lines")
        constraints = [
            models.CheckConstraint(condition=Q(wanted__gt=0), name="pickline_wanted_positive"),
            models.CheckConstraint(
                condition=Q(picked__isnull=True) | (Q(picked__gte=0) & Q(picked__lte=F("wanted"))),
                name="pickline_picked_within_wanted",
            ),
            models.CheckConstraint(
                condition=Q(scanned__gte=0) & Q(scanned__lte=F("wanted")), name="pickline_scanned_within_wanted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pick_list_id}: {self.wanted}"


@requirement(_("Every parcel needs a tracking number."))
def parcels_have_tracking(shipment: "Shipment") -> bool:
    """Each parcel can be followed."""
    return shipment.parcels.exists() and not shipment.parcels.filter(tracking_number="").exists()


@requirement(_("No carrier is chosen."))
def has_carrier(shipment: "Shipment") -> bool:
    """Somebody carries it."""
    return shipment.service_id is not None


class ExpectedFrom(models.TextChoices):
    """Where an expected arrival comes from; the carrier's own word beats ours."""

    CARRIER = "carrier", _("said by the carrier")
    HISTORY = "history", _("from earlier shipments")
    SERVICE = "service", _("usual days of the service")


class Shipment(Document):
    """Parcels of one order that leave together (发货单)."""

    class Status(models.TextChoices):
        PACKED = "packed", _("packed")  # waits for the carrier
        IN_TRANSIT = "in_transit", _("in transit")
        EXCEPTION = "exception", _("exception")  # lost, damaged, refused: somebody must act
        DELIVERED = "delivered", _("delivered")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.PACKED, protected=True)
    order = models.ForeignKey(
        SalesOrder, on_delete=models.PROTECT, related_name="shipments", verbose_name=_("sales order")
    )
    pick_list = models.OneToOneField(PickList, on_delete=models.PROTECT, related_name="shipment")
    service = models.ForeignKey(
        CarrierService,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="shipments",
        verbose_name=_("carrier service"),
    )
    freight = MoneyField(_("freight"))
    handed_over_at = models.DateTimeField(_("handed over at"), null=True, blank=True, editable=False)
    expected_on = models.DateField(_("expected arrival"), null=True, blank=True)
    expected_by = models.DateField(_("expected at the latest"), null=True, blank=True)
    expected_from = models.CharField(
        _("expectation from"), max_length=10, choices=ExpectedFrom, blank=True, db_default="", editable=False
    )
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True, editable=False)
    cost = MoneyField(_("cost of goods"), editable=False)

    objects = OrderScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        permissions = [
            ("pack_shipment", "Can pack"),
            ("hand_over_shipment", "Can hand over to the carrier"),
        ]
        indexes = [models.Index(fields=["status", "-id"], name="shipment_status")]

    def get_absolute_url(self) -> str:
        """The shipment's page."""
        return reverse("shipping:detail", args=[self.number])

    @transition(
        field=status,
        source=Status.PACKED,
        target=Status.IN_TRANSIT,
        permission="shipping.hand_over_shipment",
        conditions=[order_not_on_hold, no_change_undecided, has_carrier, parcels_have_tracking],
        custom={"label": _("Hand over to carrier"), "kind": "primary"},
    )
    def hand_over(self, *, by: Any = None, note: str = "") -> None:
        """The carrier has the parcels: stock and cost leave."""
        self.handed_over_at = timezone.now()

    @transition(
        field=status,
        source=[Status.IN_TRANSIT, Status.EXCEPTION],
        target=Status.DELIVERED,
        permission="shipping.add_trackingevent",
        conditions=[parcels_delivered],
        custom={"label": _("Delivered"), "by_hand": False},
    )
    def deliver(self, *, by: Any = None, note: str = "") -> None:
        """Every parcel is signed for."""
        self.delivered_at = timezone.now()

    @transition(
        field=status,
        source=Status.IN_TRANSIT,
        target=Status.EXCEPTION,
        permission="shipping.add_trackingevent",
        custom={"label": _("Report a problem"), "by_hand": False},
    )
    def report_exception(self, *, by: Any = None, note: str = "") -> None:
        """A parcel is lost, damaged or refused."""

    @transition(
        field=status,
        source=Status.EXCEPTION,
        target=Status.IN_TRANSIT,
        permission="shipping.add_trackingevent",
        custom={"label": _("On its way again"), "needs_note": True},
    )
    def resume(self, *, by: Any = None, note: str = "") -> None:
        """The problem is solved."""

    @transition(
        field=status,
        source=Status.PACKED,
        target=Status.CANCELLED,
        permission="shipping.pack_shipment",
        custom={"label": _("Unpack"), "kind": "danger", "needs_note": True},
    )
    def cancel(self, *, by: Any = None, note: str = "") -> None:
        """Put the goods back; they stay reserved for the order."""


class Parcel(models.Model):
    """One box of a shipment (包裹). Weight in kg."""

    class State(models.TextChoices):
        PACKED = "packed", _("packed")
        COLLECTED = "collected", _("collected")
        IN_TRANSIT = "in_transit", _("in transit")
        OUT_FOR_DELIVERY = "out_for_delivery", _("out for delivery")
        DELIVERED = "delivered", _("delivered")
        EXCEPTION = "exception", _("exception")

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="parcels")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, null=True, related_name="parcels")
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    tracking_number = models.CharField(_("tracking number"), max_length=60, blank=True)
    weight = models.DecimalField(_("weight (kg)"), max_digits=10, decimal_places=3, null=True, blank=True)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.PACKED)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "position"], name="parcel_shipment_position"),
            models.UniqueConstraint(
                fields=["carrier", "tracking_number"],
                condition=~Q(tracking_number=""),
                name="parcel_carrier_tracking_number",
            ),
        ]

    def __str__(self) -> str:
        return self.tracking_number or f"{self.shipment_id}/{self.position}"


class ParcelLine(models.Model):
    """So many of an order line in a parcel, taken from one stock item."""

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="parcel_lines")
    item = models.ForeignKey(StockItem, on_delete=models.PROTECT, null=True, related_name="+")
    quantity = QuantityField(_("quantity"), default=None)

    class Meta:
        verbose_name = _("parcel line")
        verbose_name_plural = _("parcel lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="parcelline_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.parcel_id}: {self.quantity}"


class TrackingEvent(models.Model):
    """One scan of a parcel (物流轨迹), as the carrier or a person reported it. `key` makes a repeat harmless."""

    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="events")
    state = models.CharField(_("state"), max_length=20, choices=Parcel.State)
    trouble = models.CharField(_("problem"), max_length=10, choices=Trouble, blank=True, db_default="")
    text = models.CharField(_("text"), max_length=300)
    place = models.CharField(_("place"), max_length=100, blank=True)
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    key = models.CharField(_("key"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("tracking event")
        verbose_name_plural = _("tracking events")
        indexes = [models.Index(fields=["parcel", "-at"], name="trackingevent_parcel")]
        triggers = [append_only("trackingevent_append_only")]

    def __str__(self) -> str:
        return self.text


class Handover(models.Model):
    """One pickup by a carrier: who gave what to whom."""

    number = models.CharField(_("number"), max_length=30, unique=True)
    shipment = models.OneToOneField(Shipment, on_delete=models.PROTECT, related_name="handover")
    pickup = models.ForeignKey(Pickup, on_delete=models.PROTECT, null=True, related_name="handovers")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="handovers")
    parcels = models.PositiveSmallIntegerField(_("parcels"))
    courier = models.CharField(_("courier"), max_length=60, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")

    def __str__(self) -> str:
        return self.number


from shipping.wave import PickReturn, ScanCommand, Wave  # noqa: E402, F401 — tables of the same app
