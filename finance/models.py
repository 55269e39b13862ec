"""Money: what customers owe, what they paid, what is matched with what, and the general ledger."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField, QuantityField, RateField, UnitPriceField
from erp.models import Document, ScopedQuerySet, append_only
from erp.workflow import requirement
from orders.models import Customer, OrderLine, SalesOrder

if TYPE_CHECKING:
    from erp.models import User


class Account(models.Model):
    """An account of the chart (会计科目), numbered as the Ministry of Finance's 企业会计准则 numbers them."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("asset")
        LIABILITY = "liability", _("liability")
        EQUITY = "equity", _("equity")
        COST = "cost", _("cost")
        INCOME = "income", _("income")
        EXPENSE = "expense", _("expense")

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Period(models.Model):
    """An accounting month. Nothing is posted into a closed one."""

    month = models.DateField(_("month"), unique=True)
    is_closed = models.BooleanField(_("closed"), default=False)

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        ordering = ["-month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class JournalEntry(models.Model):
    """One voucher (凭证): lines that sum to zero. Corrections are reversals, never edits."""

    number = models.CharField(_("number"), max_length=30, unique=True)
    date = models.DateField(_("date"))
    text = models.CharField(_("text"), max_length=200)
    document_type = models.CharField(_("document type"), max_length=60)
    document_id = models.BigIntegerField(_("document"))
    key = models.CharField(_("key"), max_length=120, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        indexes = [models.Index(fields=["document_type", "document_id"], name="journalentry_document")]
        triggers = [append_only("journalentry_append_only")]

    def __str__(self) -> str:
        return self.number


class JournalLine(models.Model):
    """One line of a voucher: debit positive, credit negative, in CNY."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="+")
    amount = MoneyField(_("signed amount"), default=None)

    class Meta:
        verbose_name = _("journal line")
        verbose_name_plural = _("journal lines")
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="journalline_amount_not_zero")]
        indexes = [models.Index(fields=["account", "-id"], name="journalline_account")]
        triggers = [
            append_only("journalline_append_only"),
            # Checked at commit, so that an entry may be written line by line; whoever writes half an entry writes none.
            pgtrigger.Trigger(
                name="journalline_balanced",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF (SELECT sum(amount) FROM finance_journalline WHERE entry_id = NEW.entry_id) <> 0 THEN
                        RAISE EXCEPTION 'journal entry % does not sum to zero', NEW.entry_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="journalline_period_open",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM finance_journalentry e
                        JOIN finance_period p ON p.month = date_trunc('month', e.date)::date
                        WHERE e.id = NEW.entry_id AND p.is_closed
                    ) THEN
                        RAISE EXCEPTION 'the period of journal entry % is closed', NEW.entry_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.amount}"


class CustomerScopedQuerySet(ScopedQuerySet):
    """Documents that belong to a customer."""

    def visible_to(self, user: "User") -> Self:
        """Portal logins see their company's; staff with the right see all."""
        if user.is_portal:
            return self.filter(customer__logins__user=user)
        return super().visible_to(user)


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
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"]) | Q(number__isnull=False), name="invoice_posted_has_number"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="invoice_status"),
            models.Index(fields=["customer", "-id"], name="invoice_customer"),
            models.Index(fields=["due_date", "id"], condition=Q(status="posted"), name="invoice_due"),
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

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.POSTED,
        permission="finance.post_invoice",
        custom={"label": _("Post"), "kind": "primary"},
    )
    def post(self, *, by: Any = None, note: str = "") -> None:
        """The customer owes it."""

    @transition(
        field=status,
        source=Status.POSTED,
        target=Status.SETTLED,
        custom={"label": _("Settled"), "by_hand": False},
    )
    def settle(self, *, by: Any = None, note: str = "") -> None:
        """Matched in full."""

    @transition(
        field=status,
        source=Status.SETTLED,
        target=Status.POSTED,
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


@requirement(_("Part of it is allocated. Take the allocations back first."))
def nothing_allocated(payment: "Payment") -> bool:
    """No receivable is settled with it."""
    return payment.allocated == 0


class Payment(Document):
    """Money that came in (收款). What is not allocated is a prepayment (预收款)."""

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
                fields=["method", "reference"], condition=~Q(reference=""), name="payment_method_reference"
            ),
        ]
        indexes = [models.Index(fields=["customer", "-id"], name="payment_customer")]

    def get_absolute_url(self) -> str:
        """The payment's page."""
        return reverse("finance:payment", args=[self.number])

    @property
    def unallocated(self) -> Decimal:
        """The prepayment that is left."""
        return self.amount - self.allocated

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
    """Money or a credit note matched with a receivable (核销), signed: taking back writes a negative row."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="allocations")
    credit = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="used_for")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    amount = MoneyField(_("signed amount"), default=None)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(
                condition=Q(payment__isnull=False, credit__isnull=True)
                | Q(payment__isnull=True, credit__isnull=False),
                name="allocation_payment_or_credit",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="allocation_amount_not_zero"),
        ]
        triggers = [append_only("allocation_append_only")]

    def __str__(self) -> str:
        return f"{self.invoice_id}: {self.amount}"
