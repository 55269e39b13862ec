"""The sales order: its lines, its checks, the decisions on it, and its state machine."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField, QuantityField, RateField, UnitPriceField
from erp.models import Company, Document, ScopedQuerySet
from erp.money import round_quantity
from erp.workflow import requirement
from inventory.models import Product, Warehouse
from inventory.units import in_packs
from orders.models.approval import MAY_APPROVE, ApprovalStep, names_missing
from orders.models.channel import Channel
from orders.models.check import OrderCheck
from orders.models.customer import Customer, PriceRule, among, looked_after_by

if TYPE_CHECKING:
    from erp.models import User


@requirement(_("The order has no lines."))
def has_lines(order: "SalesOrder") -> bool:
    """An order is about something."""
    return order.lines.exists()


def _blocking_findings(order: "SalesOrder") -> str:
    blocking = order.checks.filter(severity=OrderCheck.Severity.BLOCK)
    messages = " ".join(check.message for check in blocking)
    return str(_("These checks must be mended first: %(checks)s")) % {"checks": messages}


@requirement(_blocking_findings)
def no_blocking_check(order: "SalesOrder") -> bool:
    """No check found something that makes the order impossible."""
    return not order.checks.filter(severity=OrderCheck.Severity.BLOCK).exists()


@requirement(lambda order: str(_("The order is on hold: %(reason)s")) % {"reason": order.hold_reason})
def not_on_hold(order: "SalesOrder") -> bool:
    """Nobody has put the order on hold."""
    return not order.hold_reason


BEFORE_APPROVAL = [has_lines, not_on_hold, no_blocking_check]  # of every decision, at whichever level


def is_read(order: "SalesOrder", relation: str) -> bool:
    """Whether whoever loaded the order has read this relation with it, to be used instead of asking again."""
    return relation in getattr(order, "_prefetched_objects_cache", {})


@requirement(_("Goods have left already. Open a return instead."))
def nothing_shipped(order: "SalesOrder") -> bool:
    """No line has been shipped, not even in part."""
    if is_read(order, "lines"):
        return all(line.shipped <= 0 for line in order.lines.all())
    return not order.lines.filter(shipped__gt=0).exists()


@requirement(_("A payment is allocated to the order. Take the allocation back first."))
def nothing_paid(order: "SalesOrder") -> bool:
    """No money is allocated."""
    return order.paid == 0


@requirement(_("Delivery is not confirmed yet."))
def is_delivered(order: "SalesOrder") -> bool:
    """The customer has everything."""
    return order.delivered_at is not None


@requirement(_("It is not paid in full yet."))
def is_settled_or_need_not_be(order: "SalesOrder") -> bool:
    """The receivable is settled, unless the company's policy does not ask for it."""
    return order.settled_at is not None or not Company.current().settle_before_completion


def _levels_missing(order: "SalesOrder") -> str:
    steps = order.approvals.open().prefetch_related("roles", "people")
    return str(_("Level %(level)s must agree first: %(who)s.")) % {
        "level": next(iter(steps)).level if steps else "",
        "who": names_missing(steps),
    }


@requirement(_levels_missing)
def all_levels_agreed(order: "SalesOrder") -> bool:
    """Nobody whom an approval policy names is still to decide."""
    return not order.approvals.open().exists()


def may_decide(order: Any, user: Any) -> bool:
    """Whether the decision is this person's: by the policies' steps, or, where none matches, by right."""
    if order.approvals.open().exists():
        return order.approvals.asked_of(user).exists()
    return user.has_perm(MAY_APPROVE) or order.approvals.filter(policy_name__gt="", decided_by=user).exists()


class SalesOrderQuerySet(ScopedQuerySet):
    """Orders by who may see them and by whether they still need work."""

    def visible_to(self, user: "User") -> Self:
        """A portal login sees its company's orders; sales their own; others with the right see all."""
        if user.is_portal:
            return self.filter(customer__logins__user=user)
        rows = super().visible_to(user)
        if user.has_perm("orders.view_all_orders"):
            return rows
        # Whoever is asked to decide sees what they decide on, and later what they have decided.
        asked = ApprovalStep.objects.asked_of(user).values("order")
        decided = ApprovalStep.objects.filter(decided_by=user).values("order")
        return rows.filter(looked_after_by(user) | among("pk", asked) | among("pk", decided))

    def live(self) -> Self:
        """Orders that are not archived."""
        return self.filter(archived_at=None)

    def open(self) -> Self:
        """Orders that somebody still has to work on."""
        return self.filter(status__in=SalesOrder.OPEN)


class OrderScopedQuerySet(ScopedQuerySet):
    """Documents of floors above that belong to an order: seen by whoever sees the order."""

    def visible_to(self, user: "User") -> Self:
        """Portal logins see what belongs to their company's orders; sales what belongs to theirs; others with the right all."""
        if user.is_portal:
            return self.filter(order__customer__logins__user=user)
        rows = super().visible_to(user)
        if user.has_perm("orders.view_all_orders"):
            return rows
        return rows.filter(looked_after_by(user, "order__"))


@pghistory.track(
    pghistory.UpdateEvent(),
    fields=["promised_date", "priority", "customer_note", "hold_reason", "ship_to", "total", "salesperson"],
)
class SalesOrder(Document):
    """What a customer asked for (销售订单). Amounts in `currency`.

    `status` tells fulfilment, `payment_state` money, `approved_at` approval: three facts, never mixed.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")  # entered, waits for approval
        APPROVED = "approved", _("Approved")  # waits for stock
        IN_PRODUCTION = "in_production", _("In production")  # something is being made for it
        READY_TO_SHIP = "ready_to_ship", _("Ready to ship")  # everything left is reserved
        SHIPPED = "shipped", _("Shipped")  # everything has left
        COMPLETED = "completed", _("Completed")  # delivered and settled
        REJECTED = "rejected", _("Rejected")  # back to sales
        CANCELLED = "cancelled", _("Cancelled")

    class PaymentState(models.TextChoices):
        UNPAID = "unpaid", _("Unpaid")
        PARTLY = "partly", _("Partly paid")
        PAID = "paid", _("Paid")

    class Priority(models.IntegerChoices):
        NORMAL = 0, _("Normal")
        HIGH = 5, _("High")
        URGENT = 9, _("Urgent")

    OPEN = (Status.PENDING, Status.APPROVED, Status.IN_PRODUCTION, Status.READY_TO_SHIP, Status.SHIPPED)
    FULFILLING = (Status.APPROVED, Status.IN_PRODUCTION, Status.READY_TO_SHIP)
    EDITABLE = (Status.PENDING, Status.REJECTED)

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.PENDING, protected=True)
    # A composite foreign key on (sub_status, status) keeps it within its state: see migration 0002_sub_statuses.
    sub_status = models.ForeignKey(
        "orders.SubStatus",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_constraint=False,
        db_index=False,
        related_name="orders",
        verbose_name=_("sub-status"),
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders", verbose_name=_("customer"))
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="orders", verbose_name=_("channel"))
    external_number = models.CharField(_("external number"), max_length=80, blank=True)
    salesperson = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("salesperson"),
    )
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    project = models.ForeignKey(
        "orders.Project",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("project"),
        db_index=False,  # see salesorder_project
    )
    priority = models.SmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    ordered_at = models.DateTimeField(_("ordered at"), default=timezone.now)
    promised_date = models.DateField(_("promised date"))
    customer_note = models.TextField(_("special wishes"), blank=True, max_length=2000)

    # Where the goods go, as it stood when the order was entered: recipient, phone, province, city, district, street.
    ship_to = models.JSONField(_("ship to"), default=dict)
    phone_last4 = models.CharField(_("last four digits of the phone"), max_length=4, blank=True, editable=False)

    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    rate = RateField(_("exchange rate"), default=Decimal(1))
    untaxed = MoneyField(_("amount without tax"))
    tax = MoneyField(_("tax"))
    total = MoneyField(_("total with tax"))
    paid = MoneyField(_("paid"), editable=False)
    payment_state = models.CharField(
        _("payment"), max_length=10, choices=PaymentState, default=PaymentState.UNPAID, editable=False
    )

    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True, editable=False)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True, editable=False)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True, editable=False)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True, editable=False)
    hold_reason = models.CharField(_("hold reason"), max_length=200, blank=True)
    hold_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("held by"),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    # Out of the working lists and only read; `restored_at` keeps an order that was taken back out for another while.
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True, editable=False)
    restored_at = models.DateTimeField(_("restored from the archive at"), null=True, blank=True, editable=False)

    objects = SalesOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("sales order")
        verbose_name_plural = _("sales orders")
        permissions = [
            ("approve_salesorder", "Can approve and reject orders"),
            ("resubmit_salesorder", "Can correct and resubmit rejected orders"),
            ("cancel_salesorder", "Can cancel orders"),
            ("hold_salesorder", "Can hold and release orders"),
            ("view_all_orders", "Can see orders and customers of every salesperson"),
            ("view_margin", "Can see cost and margin"),
            ("split_salesorder", "Can split orders"),
            ("merge_salesorder", "Can merge orders"),
            ("assign_salesorder", "Can give orders to another salesperson"),
            ("restore_salesorder", "Can restore orders from the archive"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_number"],
                condition=~Q(external_number=""),
                name="salesorder_channel_external_number",
            ),
            models.CheckConstraint(condition=Q(total=F("untaxed") + F("tax")), name="salesorder_total_is_sum"),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="salesorder_status"),
            models.Index(fields=["customer", "-id"], name="salesorder_customer"),
            models.Index(
                fields=["sub_status", "-id"], condition=Q(sub_status__isnull=False), name="salesorder_sub_status"
            ),
            models.Index(fields=["salesperson", "status", "-id"], name="salesorder_seller"),
            models.Index(fields=["channel", "status", "-id"], name="salesorder_channel"),
            models.Index(fields=["status", "ordered_at", "id"], name="salesorder_status_ordered"),
            models.Index(fields=["shipped_at", "id"], name="salesorder_shipped"),
            # What is not paid, or stopped by somebody, is little beside what is finished.
            models.Index(
                fields=["payment_state", "status", "-id"],
                condition=~Q(payment_state="paid"),
                name="salesorder_unpaid",
            ),
            models.Index(fields=["status", "-id"], condition=~Q(hold_reason=""), name="salesorder_held"),
            models.Index(fields=["project", "-id"], condition=Q(project__isnull=False), name="salesorder_project"),
            # Any part of our number or the channel's, and the recipient's phone from its beginning.
            GinIndex(
                OpClass(Upper("number"), name="gin_trgm_ops"),
                OpClass(Upper("external_number"), name="gin_trgm_ops"),
                name="salesorder_search",
            ),
            models.Index(fields=["phone_last4", "-id"], name="salesorder_last4"),
            models.Index(OpClass(KT("ship_to__phone"), name="text_pattern_ops"), name="salesorder_phone"),
            # What is late, or due soon.
            models.Index(
                fields=["promised_date", "id"],
                condition=Q(status__in=["pending", "approved", "in_production", "ready_to_ship"]),
                name="salesorder_due",
            ),
            # The working lists, by each column that sorts them.
            models.Index(fields=["status", "-id"], condition=Q(archived_at=None), name="salesorder_live"),
            models.Index(fields=["ordered_at", "id"], name="salesorder_ordered"),
            models.Index(fields=["promised_date", "id"], name="salesorder_promised"),
            models.Index(fields=["total", "id"], name="salesorder_total"),
            # The archive, and what goes into it next.
            models.Index(fields=["-id"], condition=Q(archived_at__isnull=False), name="salesorder_archived"),
            models.Index(
                fields=["status_since", "id"],
                condition=Q(archived_at=None, status__in=["completed", "cancelled"]),
                name="salesorder_to_archive",
            ),
            # Who waits for stock, in the order in which it is handed out.
            models.Index(
                fields=["-priority", "promised_date", "id"],
                condition=Q(status__in=["approved", "in_production"]),
                name="salesorder_waiting",
            ),
        ]

    def get_absolute_url(self) -> str:
        """The order's page for staff; the address is part of the API and never changes."""
        return f"/orders/{self.number}/"

    def get_stock_url(self) -> str:
        """Where people see and change what stock the order holds."""
        return f"/orders/{self.number}/stock/"

    def read_only_because(self) -> str:
        """An archived order is only read."""
        return str(_("%(number)s is archived.")) % {"number": self.number} if self.archived_at else ""

    @property
    def outstanding(self) -> Decimal:
        """Still to be paid, in the order's currency."""
        return self.total - self.paid

    def arrive(self) -> None:
        """The sub-status of the state that was left goes; the new state's own one comes, where there is one."""
        from orders.models.substatus import on_arrival

        self.sub_status = on_arrival(self.status)

    def complete_conditions_met(self) -> bool:
        """Whether nothing is left to do but to say so."""
        return is_delivered(self) and is_settled_or_need_not_be(self)

    @property
    def is_late(self) -> bool:
        """Whether the promised date has passed before everything left."""
        return self.status in (self.Status.PENDING, *self.FULFILLING) and self.promised_date < timezone.localdate()

    @transition(
        field=status,
        source=Status.PENDING,
        target=Status.APPROVED,
        permission=may_decide,
        conditions=[*BEFORE_APPROVAL, all_levels_agreed],
        custom={"label": _("Approve"), "kind": "primary"},
    )
    def approve(self, *, by: Any = None, note: str = "") -> None:
        """Agree to deliver."""
        self.approved_at = timezone.now()

    @transition(
        field=status,
        source=Status.PENDING,
        target=Status.REJECTED,
        permission=may_decide,
        custom={"label": _("Reject"), "kind": "danger", "needs_note": True},
    )
    def reject(self, *, by: Any = None, note: str = "") -> None:
        """Send the order back to sales with a reason."""

    @transition(
        field=status,
        source=Status.REJECTED,
        target=Status.PENDING,
        permission="orders.resubmit_salesorder",
        conditions=[has_lines],
        custom={"label": _("Resubmit"), "kind": "primary"},
    )
    def resubmit(self, *, by: Any = None, note: str = "") -> None:
        """Ask for approval again after correction."""

    @transition(
        field=status,
        source=Status.APPROVED,
        target=Status.IN_PRODUCTION,
        custom={"label": _("Start production"), "by_hand": False},
    )
    def start_production(self, *, by: Any = None, note: str = "") -> None:
        """Something must be made for this order."""

    @transition(
        field=status,
        source=[Status.APPROVED, Status.IN_PRODUCTION],
        target=Status.READY_TO_SHIP,
        custom={"label": _("Everything reserved"), "by_hand": False},
    )
    def make_ready(self, *, by: Any = None, note: str = "") -> None:
        """Everything still to be shipped is reserved."""

    @transition(
        field=status,
        source=[Status.IN_PRODUCTION, Status.READY_TO_SHIP],
        target=Status.APPROVED,
        custom={"label": _("Wait for stock again"), "by_hand": False},
    )
    def wait_again(self, *, by: Any = None, note: str = "") -> None:
        """Stock or production that the order counted on fell away."""

    @transition(
        field=status,
        source=Status.READY_TO_SHIP,
        target=Status.SHIPPED,
        conditions=[not_on_hold],
        custom={"label": _("Ship"), "by_hand": False},
    )
    def ship(self, *, by: Any = None, note: str = "") -> None:
        """The last of the goods has left."""
        self.shipped_at = timezone.now()

    @transition(
        field=status,
        source=Status.SHIPPED,
        target=Status.COMPLETED,
        conditions=[is_delivered, is_settled_or_need_not_be],
        custom={"label": _("Complete"), "by_hand": False},
    )
    def complete(self, *, by: Any = None, note: str = "") -> None:
        """Delivered and settled: nothing is left to do."""

    @transition(
        field=status,
        source=Status.COMPLETED,
        target=Status.SHIPPED,
        custom={"label": _("Open again"), "by_hand": False},
    )
    def reopen(self, *, by: Any = None, note: str = "") -> None:
        """A payment was taken back after the order was completed."""

    @transition(
        field=status,
        source=[Status.PENDING, Status.REJECTED, Status.APPROVED, Status.IN_PRODUCTION, Status.READY_TO_SHIP],
        target=Status.CANCELLED,
        permission="orders.cancel_salesorder",
        conditions=[nothing_shipped, nothing_paid],
        custom={"label": _("Cancel order"), "kind": "danger", "needs_note": True},
    )
    def cancel(self, *, by: Any = None, note: str = "") -> None:
        """Give the order up and release all that it held."""
        self.hold_reason, self.hold_by = "", None

    @transition(
        field=status,
        source=[Status.PENDING, Status.APPROVED, Status.IN_PRODUCTION, Status.READY_TO_SHIP],
        target=Status.CANCELLED,
        conditions=[nothing_shipped, nothing_paid],
        custom={"label": _("Merged into another order"), "by_hand": False},
    )
    def merge_away(self, *, by: Any = None, note: str = "") -> None:
        """The order goes on as part of another one, which has all that it held."""


class OrderLine(models.Model):
    """One product of an order (订单行). Quantities in the product's stock unit `unit`; `unit_price` without tax.

    The counted facts only grow with what really happened; `picked` includes what has been shipped since. A line that was
    entered in another unit keeps its name, how many stock units one is, and the exact price of one: the amounts come
    from these.
    """

    order = models.ForeignKey(SalesOrder, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="order_lines", db_index=False)
    description = models.CharField(_("description"), max_length=300)
    quantity = QuantityField(_("quantity"), default=None)
    unit = models.CharField(_("unit"), max_length=20)
    unit_price = UnitPriceField(_("unit price without tax"))
    list_price = UnitPriceField(_("price by the list"))
    # The price rule that won, and what it was called then; empty when the price was agreed by hand.
    price_rule = models.ForeignKey(
        PriceRule, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("price rule")
    )
    price_source = models.CharField(_("price from"), max_length=80, blank=True)
    discount = RateField(_("discount (share)"))
    tax_rate = RateField(_("tax rate"))
    untaxed = MoneyField(_("amount without tax"))
    tax = MoneyField(_("tax"))
    total = MoneyField(_("total with tax"))
    wish = models.CharField(_("special wish"), max_length=300, blank=True)
    entered_unit = models.CharField(_("unit as entered"), max_length=20, blank=True, default="", db_default="")
    factor = QuantityField(_("stock units in one"), default=Decimal(1), db_default=Decimal(1))
    entered_price = UnitPriceField(_("price of the unit as entered"), null=True, blank=True, default=None)

    reserved = QuantityField(_("reserved"))
    made = QuantityField(_("made"))
    picked = QuantityField(_("picked"))
    shipped = QuantityField(_("shipped"))
    delivered = QuantityField(_("delivered"))
    invoiced = QuantityField(_("invoiced"))
    returned = QuantityField(_("returned"))

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="orderline_order_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orderline_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="orderline_price_not_negative"),
            models.CheckConstraint(condition=Q(factor__gt=0), name="orderline_factor_positive"),
            models.CheckConstraint(condition=Q(discount__gte=0, discount__lte=1), name="orderline_discount_is_share"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("quantity") - F("shipped")),
                name="orderline_reserved_within_open",
            ),
            models.CheckConstraint(
                condition=Q(shipped__gte=0) & Q(shipped__lte=F("picked")) & Q(picked__lte=F("quantity")),
                name="orderline_shipped_picked_ordered",
            ),
            models.CheckConstraint(
                condition=Q(delivered__gte=0) & Q(delivered__lte=F("shipped")),
                name="orderline_delivered_within_shipped",
            ),
            models.CheckConstraint(
                condition=Q(returned__gte=0) & Q(returned__lte=F("shipped")), name="orderline_returned_within_shipped"
            ),
            models.CheckConstraint(
                condition=Q(invoiced__gte=0) & Q(invoiced__lte=F("quantity")), name="orderline_invoiced_within_ordered"
            ),
        ]
        indexes = [
            # The newest orders of an article.
            models.Index(fields=["product", "-order"], name="orderline_product"),
            # Lines that left and are not billed yet: few, however many there were.
            models.Index(fields=["order"], condition=Q(shipped__gt=F("invoiced")), name="orderline_to_bill"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position}"

    @property
    def pack(self) -> str:
        """The unit as entered; empty for the stock unit, and where a part of the line is no countable number of it."""
        whole = round_quantity(self.quantity / self.factor) * self.factor == self.quantity
        return self.entered_unit if whole else ""

    @property
    def sold_unit(self) -> str:
        """The unit in which the line was entered."""
        return self.pack or self.unit

    @property
    def sold_quantity(self) -> Decimal:
        """The quantity in the unit in which it was entered."""
        return self.quantity / self.factor if self.pack else self.quantity

    @property
    def sold_price(self) -> Decimal:
        """The price without tax of one unit as entered."""
        return self.entered_price if self.pack and self.entered_price is not None else self.unit_price

    def counted(self, quantity: Decimal) -> str:
        """A quantity of stock units in the words of the line: `2 箱 (24 个)`."""
        return in_packs(quantity, unit=self.entered_unit, factor=self.factor, stock_unit=self.unit)

    @property
    def to_ship(self) -> Decimal:
        """Still to be shipped."""
        return self.quantity - self.shipped

    @property
    def short(self) -> Decimal:
        """Neither shipped nor reserved yet."""
        return self.quantity - self.shipped - self.reserved
