"""How people like their lists: saved views, and which of them opens first."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.models.document import ScopedQuerySet
from erp.models.user import User


class SavedViewQuerySet(ScopedQuerySet):
    """Views are their owner's, and everybody's when shared."""

    def visible_to(self, user: User) -> Self:
        """One's own and the shared ones; customers have none."""
        if user.is_portal or not user.is_active:
            return self.none()
        return self.filter(Q(owner=user) | Q(shared=True))

    def for_list(self, key: str, user: User) -> Self:
        """The views of a list that a person may choose, each with `is_mine_first` and `is_roles_first`. One query."""
        firsts = ViewDefault.objects.filter(list_key=key, view=OuterRef("pk"))
        roles = user.groups.values("pk")
        return (
            self.visible_to(user)
            .filter(list_key=key)
            .annotate(
                is_mine_first=Exists(firsts.filter(user=user)), is_roles_first=Exists(firsts.filter(role__in=roles))
            )
            .select_related("owner")
            .order_by("shared", Lower("name"), "id")
        )


class SavedView(models.Model):
    """A list as somebody wants to see it again (视图): filters and sorting as in the address, columns, density.

    The one without a name keeps how its owner likes the list outside any named view.
    """

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        DENSE = "dense", _("Dense")

    list_key = models.CharField(_("list"), max_length=40)
    name = models.CharField(_("name"), max_length=60, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views", verbose_name=_("owner")
    )
    shared = models.BooleanField(_("shared with everybody"), default=False)
    query = models.CharField(_("filters and sorting"), max_length=2000, blank=True)
    columns = models.JSONField(_("columns"), default=list, blank=True)
    density = models.CharField(_("density"), max_length=12, choices=Density, blank=True)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        permissions = [("share_savedview", "Can share views and make them the default of a role")]
        constraints = [models.UniqueConstraint("owner", "list_key", Lower("name"), name="savedview_name_of_owner")]
        indexes = [models.Index(fields=["list_key"], condition=Q(shared=True), name="savedview_shared")]

    def __str__(self) -> str:
        return self.name or str(_("(own layout)"))


class ViewDefault(models.Model):
    """The view with which a list opens: for one person, or for everybody of a role."""

    list_key = models.CharField(_("list"), max_length=40)
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="defaults", verbose_name=_("view"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    role = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("role")
    )

    class Meta:
        verbose_name = _("default view")
        verbose_name_plural = _("default views")
        constraints = [
            models.UniqueConstraint(fields=["list_key", "user"], name="viewdefault_user"),
            models.UniqueConstraint(fields=["list_key", "role"], name="viewdefault_role"),
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(role__isnull=True), name="viewdefault_of_person_or_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.list_key}: {self.view} ← {self.user or self.role}"
