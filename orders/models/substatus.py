"""Sub-statuses (自定义状态): the company's own words for where an order stands inside one of the six states."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from orders.models.order import SalesOrder

if TYPE_CHECKING:
    from erp.models import User

CACHE_KEY, CACHE_SECONDS = "orders.substatuses", 60


class Tone(models.TextChoices):
    """The kit's label colours; each has text that is readable on it, light and dark."""

    GREY = "grey", _("grey")
    BLUE = "blue", _("blue")
    CYAN = "cyan", _("cyan")
    INDIGO = "indigo", _("indigo")
    VIOLET = "violet", _("violet")
    GREEN = "green", _("green")
    AMBER = "amber", _("amber")
    RED = "red", _("red")


class SubStatus(models.Model):
    """One of them. It belongs to a state for good: an order that leaves the state leaves the sub-status too."""

    state = models.CharField(_("state"), max_length=50, choices=SalesOrder.Status)
    name = models.CharField(_("name"), max_length=30)
    name_hant = models.CharField(_("name in traditional Chinese"), max_length=30, blank=True)
    name_en = models.CharField(_("English name"), max_length=40, blank=True)
    colour = models.CharField(_("colour"), max_length=10, choices=Tone, default=Tone.GREY)
    position = models.PositiveSmallIntegerField(_("place in lists"), default=0)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Only active ones are offered; orders that have it keep it.")
    )
    is_default = models.BooleanField(
        _("given on arrival"), default=False, help_text=_("Orders get it by themselves when they come into the state.")
    )
    is_public = models.BooleanField(
        _("shown to customers"), default=False, help_text=_("Customers see it on the portal beside the state.")
    )
    roles = models.ManyToManyField(
        Group,
        blank=True,
        related_name="+",
        verbose_name=_("who may set it"),
        help_text=_("Nobody chosen: whoever may change orders."),
    )

    class Meta:
        verbose_name = _("sub-status")
        verbose_name_plural = _("sub-statuses")
        ordering = ["state", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["state", "name"], name="substatus_state_name"),
            models.UniqueConstraint(fields=["state"], condition=Q(is_default=True), name="substatus_one_default"),
            # What the orders' foreign key refers to: the sub-status and its state together.
            models.UniqueConstraint(fields=["id", "state"], name="substatus_id_state"),
        ]

    def __str__(self) -> str:
        return self.label

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Readers of the list see the change at once."""
        super().save(*args, **kwargs)
        forget()

    @property
    def label(self) -> str:
        """Its name in the reader's language."""
        language = (get_language() or "").lower()
        if language.startswith("en"):
            return self.name_en or self.name
        return (self.name_hant or self.name) if language in ("zh-hant", "zh-tw", "zh-hk") else self.name

    def clean(self) -> None:
        """The state stays; what is not active cannot be given on arrival."""
        if self.pk and SubStatus.objects.filter(pk=self.pk).exclude(state=self.state).exists():
            raise ValidationError({"state": _t("A sub-status stays in its state. Make another one there.")})
        if self.is_default and not self.is_active:
            raise ValidationError({"is_default": _t("Only an active sub-status can be given on arrival.")})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Readers of the list see the change at once."""
        done = super().delete(*args, **kwargs)
        forget()
        return done

    def may_be_set_by(self, user: "User | None") -> bool:
        """Whether the person may give it to an order; None is the system. One query where roles are named."""
        if user is None:
            return True
        if user.is_portal or not user.is_active:
            return False
        roles = {role.pk for role in self.roles.all()}
        if user.is_superuser or not roles:
            return user.has_perm("orders.change_salesorder")
        return user.groups.filter(pk__in=roles).exists()


def forget() -> None:
    """Read the list afresh next time: now, and once more when others can see what was written."""
    cache.delete(CACHE_KEY)
    transaction.on_commit(lambda: cache.delete(CACHE_KEY))


def catalogue() -> list[SubStatus]:
    """Every sub-status with its roles, in order; kept for a minute, so that no page and no transition asks for it."""
    found = cache.get(CACHE_KEY)
    if found is None:
        found = list(SubStatus.objects.prefetch_related("roles"))
        cache.set(CACHE_KEY, found, CACHE_SECONDS)
    return found


def settable_by(user: "User") -> list[SubStatus]:
    """The active sub-statuses that a person may give to orders. One query where any names roles, none otherwise."""
    active = [one for one in catalogue() if one.is_active]
    named = any(one.roles.all() for one in active) and not user.is_superuser
    mine = set(user.groups.values_list("pk", flat=True)) if named else set()
    anyhow = user.has_perm("orders.change_salesorder")
    return [
        one
        for one in active
        if (anyhow if user.is_superuser or not (roles := one.roles.all()) else any(role.pk in mine for role in roles))
    ]


def on_arrival(state: str) -> SubStatus | None:
    """What an order gets that comes into the state. One query where the state has such a one, none otherwise."""
    given = next((one for one in catalogue() if one.state == state and one.is_default and one.is_active), None)
    # What is kept of the list may be a minute old.
    return SubStatus.objects.filter(pk=given.pk, is_active=True).first() if given else None
