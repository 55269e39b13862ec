"""The general ledger: the chart of accounts, months, vouchers and their lines."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.fields import MoneyField
from erp.models import ScopedQuerySet, append_only
from inventory.models import StockMove
from orders.models import Customer


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
        indexes = [
            models.Index(fields=["document_type", "document_id"], name="journalentry_document"),
            models.Index(fields=["date", "id"], name="journalentry_date"),
        ]
        triggers = [append_only("journalentry_append_only")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The voucher's page."""
        return reverse("finance:entry", args=[self.number])


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
        indexes = [
            models.Index(fields=["account", "-id"], name="journalline_account"),
            # A customer's statement reads only the lines that carry a customer.
            models.Index(
                fields=["customer", "entry"], condition=Q(customer__isnull=False), name="journalline_customer"
            ),
        ]
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


class StockPosting(models.Model):
    """A stock movement that is in the general ledger, and the voucher that carries its value."""

    move = models.OneToOneField(StockMove, on_delete=models.PROTECT, related_name="posting")
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, null=True, related_name="stock_postings")

    class Meta:
        verbose_name = _("stock posting")
        verbose_name_plural = _("stock postings")
        triggers = [append_only("stockposting_append_only")]

    def __str__(self) -> str:
        return f"{self.move_id} → {self.entry_id}"
