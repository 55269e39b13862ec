"""After the sale: returns, complaints, and what customers say."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import QuantityField
from erp.models import Document
from erp.workflow import requirement
from orders.models import OrderLine, OrderScopedQuerySet, SalesOrder

if TYPE_CHECKING:
    pass


@requirement(_("It has no lines."))
def has_lines(request: "ReturnRequest") -> bool:
    """Something is to come back."""
    return request.lines.exists()


@requirement(_("Enter what came back first."))
def something_received(request: "ReturnRequest") -> bool:
    """At least one line has a received quantity."""
    return request.lines.filter(received__gt=0).exists()


class ReturnRequest(Document):
    """A customer wants to give goods back (退换货)."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("requested")
        APPROVED = "approved", _("waits for the goods")
        RECEIVED = "received", _("goods received")
        CLOSED = "closed", _("closed")
        REFUSED = "refused", _("refused")

    class Reason(models.TextChoices):
        DAMAGED = "damaged", _("damaged in transit")
        WRONG = "wrong", _("wrong goods")
        QUALITY = "quality", _("quality defect")
        SURPLUS = "surplus", _("not needed any more")
        OTHER = "other", _("other")

    OPEN = (Status.REQUESTED, Status.APPROVED, Status.RECEIVED)

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.REQUESTED, protected=True)
    order = models.ForeignKey(
        SalesOrder, on_delete=models.PROTECT, related_name="returns", verbose_name=_("sales order")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason, default=Reason.QUALITY)
    text = models.TextField(_("what the customer says"), max_length=2000, blank=True)
    by_customer = models.BooleanField(_("asked on the portal"), default=False)

    objects = OrderScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        permissions = [
            ("decide_returnrequest", "Can approve and refuse returns"),
            ("receive_returnrequest", "Can receive returned goods"),
            ("refund_returnrequest", "Can credit returns"),
        ]
        indexes = [models.Index(fields=["status", "-id"], name="returnrequest_status")]

    def get_absolute_url(self) -> str:
        """The return's page."""
        return reverse("aftersales:return", args=[self.number])

    @transition(
        field=status,
        source=Status.REQUESTED,
        target=Status.APPROVED,
        permission="aftersales.decide_returnrequest",
        conditions=[has_lines],
        custom={"label": _("Accept"), "kind": "primary"},
    )
    def approve(self, *, by: Any = None, note: str = "") -> None:
        """The goods may come back."""

    @transition(
        field=status,
        source=Status.REQUESTED,
        target=Status.REFUSED,
        permission="aftersales.decide_returnrequest",
        custom={"label": _("Refuse"), "kind": "danger", "needs_note": True},
    )
    def refuse(self, *, by: Any = None, note: str = "") -> None:
        """The customer keeps the goods."""

    @transition(
        field=status,
        source=Status.APPROVED,
        target=Status.RECEIVED,
        permission="aftersales.receive_returnrequest",
        conditions=[something_received],
        custom={"label": _("Receive goods"), "kind": "primary"},
    )
    def receive(self, *, by: Any = None, note: str = "") -> None:
        """The goods are back in the house."""

    @transition(
        field=status,
        source=Status.RECEIVED,
        target=Status.CLOSED,
        permission="aftersales.refund_returnrequest",
        custom={"label": _("Credit and close"), "kind": "primary"},
    )
    def close(self, *, by: Any = None, note: str = "") -> None:
        """The customer has the credit."""


class ReturnLine(models.Model):
    """So many of an order line that come back."""

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="return_lines")
    quantity = QuantityField(_("quantity"), default=None)
    received = QuantityField(_("received"))
    is_sellable = models.BooleanField(_("can be sold again"), default=False)

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        constraints = [
            models.UniqueConstraint(fields=["request", "order_line"], name="returnline_request_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="returnline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(received__gte=0) & Q(received__lte=models.F("quantity")),
                name="returnline_received_within_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.quantity}"


class ServiceCase(Document):
    """A complaint or question on an order (客诉/售后单)."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        IN_PROGRESS = "in_progress", _("in progress")
        RESOLVED = "resolved", _("resolved")

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", _("complaint")
        QUESTION = "question", _("question")
        REPAIR = "repair", _("repair")

    class Severity(models.TextChoices):
        LOW = "low", _("low")
        NORMAL = "normal", _("normal")
        HIGH = "high", _("high")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.OPEN, protected=True)
    order = models.ForeignKey(
        SalesOrder, on_delete=models.PROTECT, related_name="service_cases", verbose_name=_("sales order")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.COMPLAINT)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.NORMAL)
    subject = models.CharField(_("subject"), max_length=120)
    text = models.TextField(_("what happened"), max_length=4000)
    deadline = models.DateTimeField(_("answer by"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="service_cases",
        verbose_name=_("handled by"),
    )
    by_customer = models.BooleanField(_("opened on the portal"), default=False)

    objects = OrderScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("service case")
        verbose_name_plural = _("service cases")
        indexes = [
            models.Index(fields=["status", "-id"], name="servicecase_status"),
            # What still needs an answer, the nearest deadline first.
            models.Index(fields=["deadline", "id"], condition=~Q(status="resolved"), name="servicecase_deadline"),
            GinIndex(OpClass(Upper("subject"), name="gin_trgm_ops"), name="servicecase_subject"),
        ]

    def get_absolute_url(self) -> str:
        """The case's page."""
        return reverse("aftersales:case", args=[self.number])

    @transition(
        field=status,
        source=Status.OPEN,
        target=Status.IN_PROGRESS,
        permission="aftersales.change_servicecase",
        custom={"label": _("Take over"), "kind": "primary"},
    )
    def take(self, *, by: Any = None, note: str = "") -> None:
        """Somebody works on it."""
        self.owner = by

    @transition(
        field=status,
        source=[Status.OPEN, Status.IN_PROGRESS],
        target=Status.RESOLVED,
        permission="aftersales.change_servicecase",
        custom={"label": _("Resolve"), "kind": "primary", "needs_note": True},
    )
    def resolve(self, *, by: Any = None, note: str = "") -> None:
        """The customer has an answer."""

    @transition(
        field=status,
        source=Status.RESOLVED,
        target=Status.IN_PROGRESS,
        permission="aftersales.change_servicecase",
        custom={"label": _("Open again"), "needs_note": True},
    )
    def reopen(self, *, by: Any = None, note: str = "") -> None:
        """The answer was not enough."""


class CaseAction(models.Model):
    """One thing done about a case."""

    case = models.ForeignKey(ServiceCase, on_delete=models.CASCADE, related_name="actions")
    text = models.TextField(_("what was done"), max_length=2000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("case action")
        verbose_name_plural = _("case actions")

    def __str__(self) -> str:
        return self.text[:60]


class Feedback(models.Model):
    """What the customer says of an order (评价)."""

    order = models.OneToOneField(SalesOrder, on_delete=models.PROTECT, related_name="feedback")
    stars = models.PositiveSmallIntegerField(_("stars"))
    text = models.TextField(_("text"), max_length=1000, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="feedback_one_to_five_stars")
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.stars}"
