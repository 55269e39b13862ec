"""Projects: orders that belong together, and who answers for them."""

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from erp.fields import MoneyField
from erp.models import Document, ScopedQuerySet
from orders.models.customer import Customer

if TYPE_CHECKING:
    from erp.models import User


class ProjectQuerySet(ScopedQuerySet):
    """Projects by who may see them and by whether orders may still join them."""

    def visible_to(self, user: "User") -> Self:
        """Staff with the right; without the right to all orders only what they own or what their customers are in."""
        rows = super().visible_to(user)
        if user.is_portal or user.has_perm("orders.view_all_orders"):
            return rows
        return rows.filter(Q(owner=user) | Q(customer__owner=user))

    def active(self) -> Self:
        """Projects that orders may join."""
        return self.filter(status=Project.Status.ACTIVE)


class Project(Document):
    """Orders that belong together (项目): one building site, one exhibition. The budget is in CNY, with tax."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        CLOSED = "closed", _("closed")

    number = models.CharField(_("project number"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=120)
    status = FSMField(_("status"), choices=Status.choices, default=Status.ACTIVE, protected=True)
    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="projects",
        verbose_name=_("customer"),
        help_text=_("Empty: orders of any customer may belong to it."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("project manager")
    )
    starts_on = models.DateField(_("begins on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    budget = MoneyField(_("budget"), null=True, blank=True, default=None)
    note = models.TextField(_("note"), blank=True, max_length=2000)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="project_ends_after_start",
            ),
            models.CheckConstraint(condition=Q(budget=None) | Q(budget__gte=0), name="project_budget_not_negative"),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="project_status"),
            GinIndex(
                OpClass(Upper("number"), name="gin_trgm_ops"),
                OpClass(Upper("name"), name="gin_trgm_ops"),
                name="project_search",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        """The project's page."""
        return f"/orders/projects/{self.pk}/"

    @transition(
        field=status,
        source=Status.ACTIVE,
        target=Status.CLOSED,
        permission="orders.change_project",
        custom={"label": _("Close project"), "kind": "secondary"},
    )
    def close(self, *, by: Any = None, note: str = "") -> None:
        """No further orders join it; its figures stay."""

    @transition(
        field=status,
        source=Status.CLOSED,
        target=Status.ACTIVE,
        permission="orders.change_project",
        custom={"label": _("Open project again"), "kind": "secondary"},
    )
    def reopen(self, *, by: Any = None, note: str = "") -> None:
        """Orders may join it again."""
