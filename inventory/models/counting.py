"""Counting stock: which bins, what the books said, what was found there, and what becomes of the difference."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.errors import TransitionRefused
from erp.fields import MoneyField, QuantityField, UnitPriceField
from erp.models import Company, Document, ScopedQuerySet, append_only
from erp.money import ZERO, round_money
from erp.web.formats import money
from erp.workflow import requirement
from inventory.models.product import Product
from inventory.models.stock import Lot, Place, Warehouse


@requirement(_("There is no bin to count."))
def has_bins(count: "StockCount") -> bool:
    """Whether the count names bins."""
    return count.bins.exists()


def _uncounted(count: "StockCount") -> str:
    left = count.lines.filter(counted=None).count()
    return gettext("%(lines)s lines are not counted yet.") % {"lines": left}


@requirement(_uncounted)
def all_counted(count: "StockCount") -> bool:
    """Whether somebody said of every line how much is there."""
    return not count.lines.filter(counted=None).exists()


@requirement(_("Some bins are not finished yet."))
def all_bins_done(count: "StockCount") -> bool:
    """Whether somebody was at every bin."""
    return not count.bins.filter(done_at=None).exists()


def _over_limit(count: "StockCount") -> str:
    limit = Company.current().count_approval_limit
    return gettext("The differences are worth more than %(limit)s: another person approves them.") % {
        "limit": money(limit, "CNY")
    }


@requirement(_over_limit)
def within_limit(count: "StockCount") -> bool:
    """Whether the differences are small enough to be written without another person."""
    return not count.needs_approval


@requirement(_("The differences are small: post the count."))
def over_limit(count: "StockCount") -> bool:
    """Whether another person has to agree."""
    return count.needs_approval


class StockCount(Document):
    """A count of bins (盘点单). `gain` and `loss` are what the differences are worth, in CNY, both positive."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        COUNTING = "counting", _("counting")
        REVIEW = "review", _("in review")
        POSTED = "posted", _("posted")
        CANCELLED = "cancelled", _("cancelled")

    class Scope(models.TextChoices):
        FULL = "full", _("full count")
        CYCLIC = "cyclic", _("cycle count")

    UNDER_WAY = (Status.COUNTING, Status.REVIEW)

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    scope = models.CharField(_("kind"), max_length=10, choices=Scope, default=Scope.FULL)
    products = models.ManyToManyField(Product, blank=True, related_name="+", verbose_name=_("products"))
    blind = models.BooleanField(
        _("blind"), default=True, help_text=_("Whoever counts does not see what the books say.")
    )
    freeze = models.BooleanField(
        _("freeze the bins"),
        default=False,
        help_text=_("Nothing may be moved in or out until the count is posted. Otherwise movements are reckoned with."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    gain = MoneyField(_("found, worth"), editable=False)
    loss = MoneyField(_("missing, worth"), editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        indexes = [models.Index(fields=["status", "-id"], name="stockcount_status")]
        permissions = [
            ("enter_stockcount", "Can count stock"),
            ("approve_stockcount", "Can approve differences of stock counts"),
        ]

    def get_absolute_url(self) -> str:
        """The count's page."""
        return reverse("inventory:count", args=[self.number])

    @property
    def needs_approval(self) -> bool:
        """Whether the differences are worth more than the company lets be posted without another person (0: no limit)."""
        limit = Company.current().count_approval_limit
        return bool(limit) and self.gain + self.loss > limit

    def is_own(self, user: Any) -> bool:
        """Whether the person planned, counted or finished it, and so cannot approve it."""
        if user is None:
            return False
        if user.pk in (self.created_by_id, self.finished_by_id):
            return True
        return CountEntry.objects.filter(line__document=self, by=user).exists()

    def losses(self) -> dict[tuple[int, int, int | None], Decimal]:
        """What posting takes out of stock: `{(product, place, lot): stock units}`."""
        rows = self.lines.filter(counted__lt=F("book"))
        return {(row.product_id, row.place_id, row.lot_id): -row.difference for row in rows}

    def changed_products(self) -> set[int]:
        """The products whose stock posting changes."""
        return set(self.lines.exclude(counted=F("book")).values_list("product_id", flat=True))

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.COUNTING,
        permission="inventory.change_stockcount",
        conditions=[has_bins],
        custom={"label": _("Start counting"), "kind": "primary"},
    )
    def start(self, *, by: Any = None, note: str = "") -> None:
        """Write down what the books say, and let people count."""
        self.started_at = timezone.now()

    @transition(
        field=status,
        source=Status.COUNTING,
        target=Status.REVIEW,
        permission="inventory.enter_stockcount",
        conditions=[all_counted, all_bins_done],
        custom={"label": _("Finish counting"), "kind": "primary"},
    )
    def finish(self, *, by: Any = None, note: str = "") -> None:
        """Everything is counted: look at the differences."""
        self.finished_by = by

    @transition(
        field=status,
        source=Status.REVIEW,
        target=Status.COUNTING,
        permission="inventory.change_stockcount",
        custom={"label": _("Count again"), "by_hand": False},
    )
    def recount(self, *, by: Any = None, note: str = "") -> None:
        """Some lines are counted once more."""
        self.finished_by = None
        self.gain = self.loss = ZERO

    @transition(
        field=status,
        source=Status.REVIEW,
        target=Status.POSTED,
        permission="inventory.change_stockcount",
        conditions=[within_limit],
        custom={"label": _("Post differences"), "kind": "primary"},
    )
    def post(self, *, by: Any = None, note: str = "") -> None:
        """Write the differences into stock."""
        self.posted_by = by

    @transition(
        field=status,
        source=Status.REVIEW,
        target=Status.POSTED,
        permission="inventory.approve_stockcount",
        conditions=[over_limit],
        custom={"label": _("Approve and post"), "kind": "primary"},
    )
    def approve(self, *, by: Any = None, note: str = "") -> None:
        """Agree to large differences and write them. Raises TransitionRefused for who planned or counted."""
        if self.is_own(by):
            raise TransitionRefused(
                gettext("You planned, counted or finished this count: somebody else approves it."), code="four_eyes"
            )
        self.posted_by = by

    @transition(
        field=status,
        source=[Status.DRAFT, Status.COUNTING, Status.REVIEW],
        target=Status.CANCELLED,
        permission="inventory.change_stockcount",
        custom={"label": _("Cancel"), "kind": "danger", "needs_note": True},
    )
    def cancel(self, *, by: Any = None, note: str = "") -> None:
        """Give the count up; stock stays as it is."""


class CountBin(models.Model):
    """One bin of a count; `open` while the count is under way, so that a bin is in one such count only."""

    document = models.ForeignKey(StockCount, on_delete=models.CASCADE, related_name="bins")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="counts")
    open = models.BooleanField(_("being counted"), default=False)
    frozen = models.BooleanField(_("frozen"), default=False)
    done_at = models.DateTimeField(_("done at"), null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("bin of a count")
        verbose_name_plural = _("bins of a count")
        constraints = [
            models.UniqueConstraint(fields=["document", "place"], name="countbin_document_place"),
            models.UniqueConstraint(fields=["place"], condition=Q(open=True), name="countbin_one_open_count"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.place_id}"


class CountLine(models.Model):
    """One product (and lot) in one bin, in stock units, seen from the shelf: what was picked does not lie there.

    `snapshot` is what the books said when the count began, `book` at the moment of the last counting, `counted` what was
    found then. The difference of those two stays true whatever moves afterwards.
    """

    document = models.ForeignKey(StockCount, on_delete=models.CASCADE, related_name="lines")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="count_lines")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="+")
    snapshot = QuantityField(_("in the books at the start"))
    book = QuantityField(_("in the books"))
    counted = QuantityField(_("counted"), null=True, default=None)
    counted_at = models.DateTimeField(_("counted at"), null=True)
    rounds = models.PositiveSmallIntegerField(_("times counted"), default=0)
    again = models.BooleanField(_("to be counted again"), default=False)
    unit_cost = UnitPriceField(_("unit cost"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("line of a count")
        verbose_name_plural = _("lines of a count")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "place", "product", "lot"], name="countline_place_product_lot", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(counted=None) | Q(counted__gte=0), name="countline_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.product_id} @ {self.place_id}"

    @property
    def difference(self) -> Decimal:
        """Found (positive) or missing (negative), in stock units; zero as long as nobody counted."""
        return ZERO if self.counted is None else self.counted - self.book

    @property
    def value(self) -> Decimal:
        """What the difference is worth, signed, in CNY."""
        return round_money(self.difference * self.unit_cost)

    @property
    def moved(self) -> Decimal:
        """What moved in (positive) or out between the start and the counting."""
        return self.book - self.snapshot


class CountEntry(models.Model):
    """One counting of a line: who found how much, and what the books said at that moment."""

    line = models.ForeignKey(CountLine, on_delete=models.CASCADE, related_name="entries")
    quantity = QuantityField(_("counted"), default=None)
    book = QuantityField(_("in the books"), default=None)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    key = models.CharField(_("key"), max_length=80, blank=True, editable=False)

    class Meta:
        verbose_name = _("counting")
        verbose_name_plural = _("countings")
        constraints = [models.UniqueConstraint(fields=["line", "key"], condition=~Q(key=""), name="countentry_key")]
        triggers = [append_only("countentry_append_only")]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.quantity}"
