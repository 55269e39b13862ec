"""Tables around carrying: who carries by which rule and at what cost, pick-ups, what goes wrong, how long it takes."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import storages
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField
from erp.models import Document, ScopedQuerySet
from orders.models import OrderScopedQuerySet


class Trouble(models.TextChoices):
    """What is wrong with a parcel, of whatever carrier's words."""

    SILENT = "silent", _("no scan")
    REFUSED = "refused", _("refused")
    RETURNED = "returned", _("on its way back")
    DAMAGED = "damaged", _("damaged")
    LOST = "lost", _("lost")
    OTHER = "other", _("other trouble")


# What to do first, by problem.
PROPOSALS: dict[str, Any] = {
    Trouble.SILENT: _("Ask the carrier where the parcel is. Without an answer within a day have it searched for."),
    Trouble.REFUSED: _("Ring the customer up and ask why. Agree on another delivery, or take the goods back."),
    Trouble.RETURNED: _("Tell the customer. When the goods are back, take them in as a return or send them again."),
    Trouble.DAMAGED: _("Have photographs sent, claim the damage from the carrier, offer a replacement."),
    Trouble.LOST: _("Claim the loss from the carrier and send the goods again."),
    Trouble.OTHER: _("Talk to the carrier, then to the customer, and write down how it goes on."),
}


def _places(**kwargs: Any) -> ArrayField:
    return ArrayField(models.CharField(max_length=40), default=list, blank=True, **kwargs)


class CarrierRule(models.Model):
    """When which carrier's service is proposed. The first rule by position whose every condition holds wins.

    An empty condition always holds. Weights in kg and values in CNY: from (included) to (excluded).
    """

    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"), default=10)
    service = models.ForeignKey(
        "shipping.CarrierService", on_delete=models.CASCADE, related_name="rules", verbose_name=_("carrier service")
    )
    places = _places(
        verbose_name=_("regions"),
        help_text=_("Provinces or cities, separated by commas: 新疆, 西藏, 杭州. Empty: all."),
    )
    weight_from = models.DecimalField(_("weight from (kg)"), max_digits=10, decimal_places=3, null=True, blank=True)
    weight_to = models.DecimalField(_("weight below (kg)"), max_digits=10, decimal_places=3, null=True, blank=True)
    value_from = MoneyField(_("goods value from"), null=True, blank=True, default=None)
    value_to = MoneyField(_("goods value below"), null=True, blank=True, default=None)
    priority_from = models.PositiveSmallIntegerField(_("priority at least"), null=True, blank=True)
    days_left = models.SmallIntegerField(
        _("days left at most"), null=True, blank=True, help_text=_("Days until the promised date: 1 is tomorrow.")
    )
    warehouse = models.ForeignKey(
        "inventory.Warehouse",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("warehouse"),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("carrier rule")
        verbose_name_plural = _("carrier rules")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(weight_to__gt=F("weight_from")), name="carrierrule_weights_in_order"),
            models.CheckConstraint(condition=Q(value_to__gt=F("value_from")), name="carrierrule_values_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class FreightRate(models.Model):
    """What a parcel costs with a service: first weight and each further step (首重/续重), in kg and CNY."""

    service = models.ForeignKey(
        "shipping.CarrierService", on_delete=models.CASCADE, related_name="rates", verbose_name=_("carrier service")
    )
    places = _places(
        verbose_name=_("regions"), help_text=_("Provinces or cities, separated by commas. Empty: elsewhere.")
    )
    first_weight = models.DecimalField(_("first weight (kg)"), max_digits=8, decimal_places=3, default=Decimal(1))
    first_price = MoneyField(_("price of the first weight"))
    step_weight = models.DecimalField(_("further step (kg)"), max_digits=8, decimal_places=3, default=Decimal(1))
    step_price = MoneyField(_("price of each further step"))

    class Meta:
        verbose_name = _("freight rate")
        verbose_name_plural = _("freight rates")
        ordering = ["service", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_weight__gt=0, step_weight__gt=0, first_price__gte=0, step_price__gte=0),
                name="freightrate_sensible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}: {'、'.join(self.places) or '*'}"


class CarrierChoice(models.Model):
    """What the rules proposed for a shipment, what was chosen, and why it differs. Written at handover."""

    shipment = models.OneToOneField("shipping.Shipment", on_delete=models.CASCADE, related_name="choice")
    proposed = models.ForeignKey(
        "shipping.CarrierService", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("proposed")
    )
    proposed_freight = MoneyField(_("proposed freight"), null=True, default=None)
    rule = models.CharField(_("rule"), max_length=60, blank=True)
    why = models.JSONField(_("why"), default=list)  # [key, values] of each reason, in words for each reader
    chosen = models.ForeignKey(
        "shipping.CarrierService", on_delete=models.PROTECT, related_name="+", verbose_name=_("chosen")
    )
    chosen_freight = MoneyField(_("freight"))
    overridden = models.BooleanField(_("chosen otherwise"), default=False)
    reason = models.CharField(_("reason for another choice"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("choice of a carrier")
        verbose_name_plural = _("choices of carriers")
        indexes = [models.Index(fields=["-id"], condition=Q(overridden=True), name="carrierchoice_overridden")]

    def __str__(self) -> str:
        return f"{self.shipment_id}: {self.chosen_id}"


def private_storage() -> Any:
    """Where signatures lie: with the files of documents, never where a web server hands things out."""
    return storages["attachments"]


class Pickup(models.Model):
    """One visit of a carrier (交接): which shipments left together, who gave them, who signed."""

    number = models.CharField(_("number"), max_length=30, unique=True)
    carrier = models.ForeignKey(
        "shipping.Carrier", on_delete=models.PROTECT, related_name="pickups", verbose_name=_("carrying company")
    )
    shipments = models.PositiveSmallIntegerField(_("shipments"))
    parcels = models.PositiveSmallIntegerField(_("parcels"))
    courier = models.CharField(_("courier"), max_length=60)
    signature = models.FileField(_("signature"), storage=private_storage, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    key = models.CharField(max_length=60, unique=True)  # of the form, so that a repeat is the same visit

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("handover to a carrier")
        verbose_name_plural = _("handovers to carriers")

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The page of the visit."""
        return reverse("shipping:pickup", args=[self.number])


class ParcelProblem(Document):
    """Something is wrong with a parcel on its way: whose it is, what to do, by when."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        RESOLVED = "resolved", _("resolved")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.OPEN, protected=True)
    order = models.ForeignKey(
        "orders.SalesOrder", on_delete=models.PROTECT, related_name="parcel_problems", verbose_name=_("sales order")
    )
    parcel = models.ForeignKey(
        "shipping.Parcel", on_delete=models.PROTECT, related_name="problems", verbose_name=_("parcel")
    )
    trouble = models.CharField(_("problem"), max_length=10, choices=Trouble)
    event = models.ForeignKey("shipping.TrackingEvent", on_delete=models.PROTECT, null=True, related_name="problems")
    text = models.CharField(_("report in words"), max_length=300, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parcel_problems",
        verbose_name=_("handled by"),
    )
    deadline = models.DateTimeField(_("settle by"))
    resolution = models.CharField(_("how it was settled"), max_length=300, blank=True)

    objects = OrderScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("parcel problem")
        verbose_name_plural = _("parcel problems")
        indexes = [
            models.Index(fields=["deadline", "id"], condition=Q(status="open"), name="parcelproblem_open"),
            models.Index(fields=["status", "-id"], name="parcelproblem_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["parcel", "trouble"], condition=Q(status="open"), name="parcelproblem_one_open_of_a_kind"
            )
        ]

    def get_absolute_url(self) -> str:
        """The page of the problem."""
        return reverse("shipping:problem", args=[self.number])

    @transition(
        field=status,
        source=Status.OPEN,
        target=Status.RESOLVED,
        permission="shipping.change_parcelproblem",
        custom={"label": _("Settled"), "kind": "primary", "needs_note": True},
    )
    def resolve(self, *, by: Any = None, note: str = "") -> None:
        """The parcel is on its way again, or the customer has another answer."""
        self.resolution = note.strip()[:300]

    @transition(
        field=status,
        source=Status.RESOLVED,
        target=Status.OPEN,
        permission="shipping.change_parcelproblem",
        custom={"label": _("Open again"), "needs_note": True},
    )
    def reopen(self, *, by: Any = None, note: str = "") -> None:
        """It was not settled after all."""


class TransitTime(models.Model):
    """How many days parcels of a service took to a province (empty: anywhere): half of them, and nine of ten."""

    service = models.ForeignKey("shipping.CarrierService", on_delete=models.CASCADE, related_name="transit_times")
    province = models.CharField(_("province"), max_length=40, blank=True)
    shipments = models.PositiveIntegerField(_("shipments"))
    p50 = models.DecimalField(_("days, half of them"), max_digits=6, decimal_places=2)
    p90 = models.DecimalField(_("days, nine of ten"), max_digits=6, decimal_places=2)
    computed_at = models.DateTimeField(_("computed at"), default=timezone.now)

    class Meta:
        verbose_name = _("time in transit")
        verbose_name_plural = _("times in transit")
        constraints = [models.UniqueConstraint(fields=["service", "province"], name="transittime_service_province")]

    def __str__(self) -> str:
        return f"{self.service} {self.province or '*'}: {self.p50}"
