"""Receivables and credit notes: what customers owe, and what we owe them back."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField, QuantityField, RateField, UnitPriceField
from erp.models import Document, ScopedQuerySet
from erp.money import round_money
from erp.workflow import requirement
from orders.models import Customer, OrderLine, SalesOrder

if TYPE_CHECKING:
    from erp.models import User


class CustomerScopedQuerySet(ScopedQuerySet):
    """Documents that belong to a customer."""

    def visible_to(self, user: "User") -> Self:
        """Portal logins see their company's; staff with the right see all."""
        if user.is_portal:
            return self.filter(customer__logins__user=user)
        return super().visible_to(user)


@requirement(_("It is not matched in full yet."))
def is_matched_in_full(invoice: "Invoice") -> bool:
    """Nothing of it is outstanding."""
    return invoice.allocated == invoice.total


@requirement(_("It is matched in full."))
def is_open_again(invoice: "Invoice") -> bool:
    """Something of it is outstanding."""
    return invoice.allocated < invoice.total


@requirement(_("It has no lines."))
def has_lines(invoice: "Invoice") -> bool:
    """It bills something."""
    return invoice.lines.exists()


class Invoice(Document):
    """A receivable (应收). Its number is gap-free and taken on posting; amounts in the order's currency."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        CREDIT = "credit", _("credit note")  # amounts are positive; it lowers what the customer owes

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        POSTED = "posted", _("posted")
        SETTLED = "settled", _("settled")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=30, unique=True, null=True, blank=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.INVOICE)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("customer")
    )
    order = models.ForeignKey(
        SalesOrder, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("sales order")
    )
    source_key = models.CharField(max_length=80, unique=True)
    invoice_date = models.DateField(_("date"), default=timezone.localdate)
    due_date = models.DateField(_("due"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    rate = RateField(_("exchange rate"), default=Decimal(1))
    untaxed = MoneyField(_("amount without tax"))
    tax = MoneyField(_("tax"))
    total = MoneyField(_("total with tax"))
    allocated = MoneyField(_("allocated"), editable=False)

    objects = CustomerScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("receivable")
        verbose_name_plural = _("receivables")
        permissions = [("post_invoice", "Can post receivables")]
        constraints = [
            models.CheckConstraint(condition=Q(total=F("untaxed") + F("tax")), name="invoice_total_is_sum"),
            models.CheckConstraint(
                condition=Q(allocated__gte=0) & Q(allocated__lte=F("total")), name="invoice_allocated_within_total"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="invoice_status"),
            models.Index(fields=["customer", "-id"], name="invoice_customer"),
            models.Index(fields=["due_date", "id"], condition=Q(status="posted"), name="invoice_due"),
            GinIndex(OpClass(Upper("number"), name="gin_trgm_ops"), name="invoice_search"),
        ]
        triggers = [
            # Checked at commit: the number is the last thing that posting takes, because its counter stays locked.
            pgtrigger.Trigger(
                name="invoice_posted_has_number",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM finance_invoice
                        WHERE id = NEW.id AND number IS NULL AND status NOT IN ('draft', 'cancelled')
                    ) THEN
                        RAISE EXCEPTION 'receivable % is posted without a number', NEW.id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(_("draft receivable"))

    def get_absolute_url(self) -> str:
        """The receivable's page."""
        return reverse("finance:invoice", args=[self.pk])

    @property
    def outstanding(self) -> Decimal:
        """Still to be settled."""
        return self.total - self.allocated

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note."""
        return self.kind == self.Kind.CREDIT

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been paid before today."""
        return (
            self.status == self.Status.POSTED
            and not self.is_credit
            and self.due_date is not None
            and self.due_date < timezone.localdate()
        )

    @property
    def value(self) -> Decimal:
        """The total in the company's currency."""
        return round_money(self.total * self.rate)

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.POSTED,
        permission="finance.post_invoice",
        conditions=[has_lines],
        custom={"label": _("Post"), "kind": "primary"},
    )
    def post(self, *, by: Any = None, note: str = "") -> None:
        """The customer owes it."""

    @transition(
        field=status,
        source=Status.POSTED,
        target=Status.SETTLED,
        conditions=[is_matched_in_full],
        custom={"label": _("Settled"), "by_hand": False},
    )
    def settle(self, *, by: Any = None, note: str = "") -> None:
        """Matched in full."""

    @transition(
        field=status,
        source=Status.SETTLED,
        target=Status.POSTED,
        conditions=[is_open_again],
        custom={"label": _("Open again"), "by_hand": False},
    )
    def reopen(self, *, by: Any = None, note: str = "") -> None:
        """An allocation was taken back."""

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.CANCELLED,
        permission="finance.post_invoice",
        custom={"label": _("Discard"), "kind": "danger", "needs_note": True},
    )
    def cancel(self, *, by: Any = None, note: str = "") -> None:
        """It is not to be posted."""


class InvoiceLine(models.Model):
    """So many of an order line, billed or credited."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="invoice_lines")
    quantity = QuantityField(_("quantity"), default=None)
    unit_price = UnitPriceField(_("unit price without tax"))
    tax_rate = RateField(_("tax rate"))
    untaxed = MoneyField(_("amount without tax"))
    tax = MoneyField(_("tax"))

    class Meta:
        verbose_name = _("receivable line")
        verbose_name_plural = _("receivable lines")
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="invoiceline_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.invoice_id}: {self.quantity}"
