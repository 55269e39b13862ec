"""Changes of orders that people work on already: both versions whole, what they set off, and who agreed."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.models import Document, ScopedQuerySet
from erp.workflow import requirement
from orders.models.approval import MAY_APPROVE, names_missing
from orders.models.order import SalesOrder

if TYPE_CHECKING:
    from erp.models import User

MAY_CHANGE = "orders.change_salesorder"


@requirement(_("The order is not being fulfilled any more: what has left is changed by a return, not here."))
def order_is_amendable(amendment: "Amendment") -> bool:
    """The order is confirmed and something of it is still to leave."""
    return amendment.order.status in SalesOrder.FULFILLING


@requirement(
    _("The order was changed meanwhile. Open the change, compare it with the present version and save it again.")
)
def order_is_as_it_was(amendment: "Amendment") -> bool:
    """Nobody has changed the order since this was written."""
    return amendment.order.version == amendment.base_version


def _who_is_missing(amendment: "Amendment") -> str:
    steps = amendment.approvals.open().prefetch_related("roles", "people")
    return str(_("Still to agree: %(who)s.")) % {"who": names_missing(steps)}


@requirement(_who_is_missing)
def everybody_agreed(amendment: "Amendment") -> bool:
    """Nobody whom an approval policy names is still to decide."""
    return not amendment.approvals.open().exists()


def may_decide(amendment: Any, user: Any) -> bool:
    """Whether the decision is this person's: nobody's where none is needed, else by the policies' steps, or by right."""
    if not amendment.needs:
        return user.has_perm(MAY_CHANGE)
    if amendment.approvals.open().exists():
        return amendment.order.approvals.asked_of(user).filter(amendment=amendment).exists()
    return user.has_perm(MAY_APPROVE) or amendment.approvals.filter(policy_name__gt="", decided_by=user).exists()


class AmendmentQuerySet(ScopedQuerySet):
    """Changes by who may see their orders. Customers see what has come of them, not these."""

    def visible_to(self, user: "User") -> Self:
        """Those of the orders that a member of staff may see."""
        if user.is_portal or not user.is_active:
            return self.none()
        orders = SalesOrder.objects.visible_to(user)
        return self if user.has_perm("orders.view_all_orders") else self.filter(order__in=orders.values("pk"))

    def open(self) -> Self:
        """Changes that are neither in force nor given up."""
        return self.filter(status__in=Amendment.OPEN)


class Amendment(Document):
    """A change of a confirmed order (订单变更). Until it is applied the order is fulfilled as it stands.

    `before` and `after` are the whole order as `orders.amendments` writes it down; `effect` what the change was said to
    set off, as keys with values, so that each reader gets it in their own language.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")  # written, its effect looked at
        SUBMITTED = "submitted", _("to be decided")
        APPLIED = "applied", _("in force")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")

    OPEN = (Status.DRAFT, Status.SUBMITTED)

    number = models.CharField(_("number"), max_length=40, unique=True)
    status = FSMField(_("status"), choices=Status.choices, default=Status.DRAFT, protected=True)
    order = models.ForeignKey(SalesOrder, on_delete=models.CASCADE, related_name="amendments", verbose_name=_("order"))
    serial = models.PositiveSmallIntegerField(_("serial number"))  # first, second … change of this order
    base_version = models.PositiveIntegerField(_("changes version"))
    new_version = models.PositiveIntegerField(_("made version"), null=True, blank=True)
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))
    effect = models.JSONField(_("effect"), default=list)
    needs = models.JSONField(_("needs approval because of"), default=list)  # keys of `orders.amendments.NEEDS`
    stops_shipping = models.BooleanField(_("nothing is handed over meanwhile"), default=False)
    reason = models.TextField(_("reason"), max_length=1000)
    revision = models.PositiveIntegerField(default=0, editable=False)  # grows with every saving of the draft

    objects = AmendmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("order change")
        verbose_name_plural = _("order changes")
        ordering = ["serial"]
        constraints = [
            models.UniqueConstraint(fields=["order", "serial"], name="amendment_order_serial"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=["draft", "submitted"]), name="amendment_one_open_per_order"
            ),
        ]
        indexes = [
            models.Index(fields=["order"], condition=Q(status="submitted"), name="amendment_to_decide"),
        ]

    def get_absolute_url(self) -> str:
        """The page of this change."""
        return reverse("orders:amendment", args=[self.number.rsplit("-", 1)[0], self.serial])

    def read_only_because(self) -> str:
        """Changes of an archived order are only read."""
        return self.order.read_only_because()

    @property
    def is_open(self) -> bool:
        """Whether it is neither in force nor given up."""
        return self.status in self.OPEN

    @transition(
        field=status,
        source=Status.DRAFT,
        target=Status.SUBMITTED,
        permission=MAY_CHANGE,
        conditions=[order_is_amendable, order_is_as_it_was],
        custom={"label": _("Submit the change"), "kind": "primary"},
    )
    def submit(self, *, by: Any = None, note: str = "") -> None:
        """Ask for it."""

    @transition(
        field=status,
        source=Status.SUBMITTED,
        target=Status.APPLIED,
        permission=may_decide,
        conditions=[order_is_amendable, order_is_as_it_was, everybody_agreed],
        custom={"label": _("Agree and apply"), "kind": "primary"},
    )
    def apply(self, *, by: Any = None, note: str = "") -> None:
        """From now on the order is what this says."""
        self.new_version = self.base_version + 1

    @transition(
        field=status,
        source=Status.SUBMITTED,
        target=Status.REJECTED,
        permission=may_decide,
        custom={"label": _("Reject the change"), "kind": "danger", "needs_note": True},
    )
    def reject(self, *, by: Any = None, note: str = "") -> None:
        """The order stays as it is."""

    @transition(
        field=status,
        source=Status.SUBMITTED,
        target=Status.DRAFT,
        permission=MAY_CHANGE,
        custom={"label": _("Change it again"), "by_hand": True},
    )
    def revise(self, *, by: Any = None, note: str = "") -> None:
        """Somebody writes it anew; nobody is asked meanwhile."""

    @transition(
        field=status,
        source=[Status.DRAFT, Status.SUBMITTED],
        target=Status.WITHDRAWN,
        permission=MAY_CHANGE,
        custom={"label": _("Withdraw the change")},
    )
    def withdraw(self, *, by: Any = None, note: str = "") -> None:
        """Give it up; the order stays as it is."""
