"""Who must agree to an order: policies with levels, deputies, and the steps asked of people and decided by them."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from erp.fields import MoneyField, RateField
from erp.roles import ROLES
from inventory.models import Category
from orders.models.channel import Channel

if TYPE_CHECKING:
    from erp.models import User

MAY_APPROVE = "orders.approve_salesorder"
_SHARE = [MinValueValidator(-1), MaxValueValidator(1)]


def role_label(role: Group) -> str:
    """A role's name in the reader's language."""
    return str(ROLES[role.name]["label"]) if role.name in ROLES else role.name


class ApprovalPolicy(models.Model):
    """When an order needs people's agreement (审批规则): all conditions that are filled in must hold.

    Amounts in CNY, shares of 1. Hours are working hours.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    min_amount = MoneyField(
        _("total from"), null=True, blank=True, default=None, help_text=_("With tax, in yuan, this amount included.")
    )
    discount_above = RateField(
        _("discount above"),
        null=True,
        blank=True,
        default=None,
        validators=_SHARE,
        help_text=_("Of any line, against the list price, as a share: 0.1 is 10%."),
    )
    margin_below = RateField(
        _("margin below"),
        null=True,
        blank=True,
        default=None,
        validators=_SHARE,
        help_text=_("Of the whole order without tax, as a share: 0.15 is 15%."),
    )
    credit_exceeded = models.BooleanField(_("credit limit exceeded"), default=False)
    customer_days = models.PositiveSmallIntegerField(
        _("customer newer than (days)"), null=True, blank=True, default=None
    )
    categories = models.ManyToManyField(
        Category,
        blank=True,
        related_name="+",
        verbose_name=_("product groups"),
        help_text=_("Any line of one of these groups, groups below them included."),
    )
    channels = models.ManyToManyField(Channel, blank=True, related_name="+", verbose_name=_("channels"))
    check_codes = models.JSONField(
        _("checks with findings"), default=list, blank=True, help_text=_("Any of these found something.")
    )

    four_eyes = models.BooleanField(
        _("nobody approves their own order"),
        default=True,
        help_text=_("Who entered, corrected or resubmitted the order does not decide on it."),
    )
    remind_after = models.PositiveSmallIntegerField(_("remind after (working hours)"), null=True, blank=True)
    escalate_after = models.PositiveSmallIntegerField(_("escalate after (working hours)"), null=True, blank=True)
    escalate_role = models.ForeignKey(
        Group, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("escalate to role")
    )
    escalate_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("escalate to person"),
    )

    class Meta:
        verbose_name = _("approval policy")
        verbose_name_plural = _("approval policies")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Escalation goes to somebody."""
        if self.escalate_after is not None and not (self.escalate_role_id or self.escalate_person_id):
            raise ValidationError({"escalate_role": _now("Say to which role or person it is escalated.")})


class ApprovalLevel(models.Model):
    """One level of a policy (审批级别): who decides, and whether one of them is enough."""

    class Mode(models.TextChoices):
        ANY = "any", _("any one of them")
        ALL = "all", _("all of them")

    policy = models.ForeignKey(ApprovalPolicy, on_delete=models.CASCADE, related_name="levels")
    level = models.PositiveSmallIntegerField(_("level"), default=1, validators=[MinValueValidator(1)])
    mode = models.CharField(
        _("who must agree"),
        max_length=3,
        choices=Mode,
        default=Mode.ANY,
        help_text=_("Of a role, one member is enough in either case."),
    )
    roles = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("roles"))
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("people"))
    by_owner = models.BooleanField(_("the customer's salesperson"), default=False)

    class Meta:
        verbose_name = _("approval level")
        verbose_name_plural = _("approval levels")
        ordering = ["level"]
        constraints = [models.UniqueConstraint(fields=["policy", "level"], name="approvallevel_policy_level")]

    def __str__(self) -> str:
        return f"{self.policy_id}/{self.level}"


class DeputyQuerySet(models.QuerySet):
    """Deputies by day."""

    def on(self, day: dt.date) -> Self:
        """Those who stand in on this day."""
        return self.filter(starts__lte=day, ends__gte=day)


class Deputy(models.Model):
    """Who decides for somebody who is away (审批代理), on the first and last day and between them."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deputies", verbose_name=_("person")
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deputy_for", verbose_name=_("deputy")
    )
    starts = models.DateField(_("from"))
    ends = models.DateField(_("until"))

    objects = DeputyQuerySet.as_manager()

    class Meta:
        verbose_name = _("deputy")
        verbose_name_plural = _("deputies")
        ordering = ["-ends"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gte=F("starts")),
                name="deputy_days_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(person=F("deputy")),
                name="deputy_is_another",
                violation_error_message=_("Nobody stands in for themselves."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.deputy}"


class ApprovalStepQuerySet(models.QuerySet):
    """Steps by what is still to be decided."""

    def open(self) -> Self:
        """Steps of the level that is to be decided now."""
        return self.filter(decision="", opened_at__isnull=False)

    def asked_of(self, user: "User") -> Self:
        """Open steps that a person may decide: named, by role, or as somebody's deputy today. No query of its own."""
        absent = Deputy.objects.on(timezone.localdate()).filter(deputy=user).values("person")
        who = Q(people=user) | Q(people__in=absent) | Q(roles__user=user) | Q(roles__user__in=absent)
        if user.has_perm(MAY_APPROVE):
            who |= Q(people=None, roles=None)
        rows = self.open().filter(pk__in=ApprovalStep.objects.open().filter(who).values("pk"))
        return rows.exclude(Q(four_eyes=True) & (Q(order__created_by=user) | Q(asked_by=user)))


class ApprovalStep(models.Model):
    """One decision on an order (审批节点): who may take it, who did, when, why, and what was seen.

    A step without a policy is a decision by right. One without people and roles may be decided by whoever has the right.
    """

    class Decision(models.TextChoices):
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("not asked any more")

    order = models.ForeignKey("orders.SalesOrder", on_delete=models.CASCADE, related_name="approvals")
    # The change of the order that is decided on; none: the order itself.
    amendment = models.ForeignKey(
        "orders.Amendment", on_delete=models.CASCADE, null=True, blank=True, related_name="approvals"
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)  # each time the order is asked about anew
    level = models.PositiveSmallIntegerField(_("level"), default=1)
    policy = models.ForeignKey(ApprovalPolicy, on_delete=models.SET_NULL, null=True, related_name="steps")
    policy_name = models.CharField(_("approval policy"), max_length=80, blank=True)
    roles = models.ManyToManyField(Group, blank=True, related_name="+")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    demand = models.JSONField(default=dict)  # roles and people as the policy named them, before any escalation
    four_eyes = models.BooleanField(_("nobody approves their own order"), default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(_("asked at"), null=True)
    due_at = models.DateTimeField(_("due at"), null=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True)
    escalates_at = models.DateTimeField(_("escalates at"), null=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True)

    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    seen = models.JSONField(_("what was seen"), default=dict)
    at = models.DateTimeField(_("at"), null=True, default=timezone.now)

    objects = ApprovalStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval step")
        verbose_name_plural = _("approval steps")
        indexes = [
            models.Index(fields=["order"], condition=Q(decision=""), name="approvalstep_open"),
            models.Index(fields=["due_at"], condition=Q(decision="", reminded_at=None), name="approvalstep_to_remind"),
            models.Index(
                fields=["escalates_at"], condition=Q(decision="", escalated_at=None), name="approvalstep_to_escalate"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.decision or self.level}"

    @property
    def who(self) -> str:
        """Who may decide, in the reader's language; needs roles and people."""
        names = [str(person) for person in self.people.all()] + [role_label(role) for role in self.roles.all()]
        return "、".join(names) or _now("whoever may approve orders")


def names_missing(steps: Iterable[ApprovalStep]) -> str:
    """Who has to decide now, in words."""
    return "；".join(dict.fromkeys(step.who for step in steps))
