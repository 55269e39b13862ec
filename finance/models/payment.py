"""Money that came in or went back, and what it is matched with."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField
from erp.models import Document, append_only
from erp.workflow import requirement
from finance.models.invoice import CustomerScopedQuerySet, Invoice
from orders.models import Customer


@requirement(_("Part of it is allocated. Take the allocations back first."))
def nothing_allocated(payment: "Payment") -> bool:
    """No receivable is settled with it."""
    return payment.allocated == 0


class Payment(Document):
    """Money that came in (收款) or went back (退款), in CNY.

    What is not allocated of a receipt is a prepayment (预收款); a refund is allocated to credit notes.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("money received")
        REFUND = "refund", _("refund")

    class Method(models.TextChoices):
        BANK = "bank", _("bank transfer")
        ALIPAY = "alipay", _("Alipay")
        WECHAT = "wechat", _("WeChat Pay")
        CASH = "cash", _("cash")
        DRAFT = "draft", _("bank draft")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        POSTED = "posted", _("posted")
        REVERSED = "reversed", _("reversed")

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.RECEIPT, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="payments", verbose_name=_("customer")
    )
    received_on = models.DateField(_("received on"), default=timezone.localdate)
    method = models.CharField(_("method"), max_length=10, choices=Method, default=Method.BANK)
    reference = models.CharField(_("bank reference"), max_length=80, blank=True)
    amount = MoneyField(_("amount"), default=None)
    allocated = MoneyField(_("allocated"), editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = CustomerScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        permissions = [("post_payment", "Can post and allocate payments")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(allocated__gte=0) & Q(allocated__lte=F("amount")), name="payment_allocated_within_amount"
            ),
            models.UniqueConstraint(
                fields=["method", "reference"],
                condition=~Q(reference="") & ~Q(status="reversed"),
                name="payment_method_reference",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="payment_status"),
            models.Index(fields=["customer", "-id"], name="payment_customer"),
            GinIndex(
                OpClass(Upper("number"), name="gin_trgm_ops"),
                OpClass(Upper("reference"), name="gin_trgm_ops"),
                name="payment_search",
            ),
            # Prepayments that can still be used.
            models.Index(
                fields=["customer", "id"],
                condition=Q(status="posted") & Q(allocated__lt=F("amount")),
                name="payment_unallocated",
            ),
            # The same, oldest first: what finance has to match.
            models.Index(
                fields=["id"], condition=Q(status="posted") & Q(allocated__lt=F("amount")), name="payment_to_match"
            ),
        ]

    def get_absolute_url(self) -> str:
        """The payment's page."""
        return reverse("finance:payment", args=[self.number])

    @property
    def unallocated(self) -> Decimal:
        """The prepayment that is left."""
        return self.amount - self.allocated

    @property
    def is_refund(self) -> bool:
        """Whether the money went back to the customer."""
        return self.kind == self.Kind.REFUND

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.POSTED,
        permission="finance.post_payment",
        custom={"label": _("Post"), "kind": "primary"},
    )
    def post(self, *, by: Any = None, note: str = "") -> None:
        """The money is on our account."""

    @transition(
        field=status,
        source=Status.POSTED,
        target=Status.REVERSED,
        permission="finance.post_payment",
        conditions=[nothing_allocated],
        custom={"label": _("Reverse"), "kind": "danger", "needs_note": True},
    )
    def reverse(self, *, by: Any = None, note: str = "") -> None:
        """It was entered by mistake, or it bounced."""


class Allocation(models.Model):
    """Money or a credit note matched with a receivable (核销), signed: taking back writes a negative row.

    `invoice` is the receivable, or the credit note that a refund pays out.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="allocations")
    credit = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="used_for")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    amount = MoneyField(_("signed amount"), default=None)
    takes_back = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="taken_back_by")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(
                condition=Q(payment__isnull=False, credit__isnull=True) | Q(payment__isnull=True, credit__isnull=False),
                name="allocation_payment_or_credit",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, takes_back__isnull=True) | Q(amount__lt=0, takes_back__isnull=False),
                name="allocation_negative_takes_back",
            ),
        ]
        triggers = [append_only("allocation_append_only")]

    def __str__(self) -> str:
        return f"{self.invoice_id}: {self.amount}"
