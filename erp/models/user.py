"""People who can sign in: staff by role, customers by company."""

from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from pypinyin import Style, lazy_pinyin


def pinyin_of(name: str) -> str:
    """Pinyin and pinyin initials of a person's name, in lower case."""
    if not name:
        return ""
    whole = "".join(lazy_pinyin(name)).lower()[:200]
    return f"{whole} {''.join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()[:60]}"


class User(AbstractUser):
    """A login. Staff hold roles (groups); a portal login belongs to a customer through `orders.CustomerUser`."""

    name = models.CharField(_("name"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_portal = models.BooleanField(_("customer login"), default=False)
    # By which colleagues find a person: the name's pinyin and its initials, `zhangsan zs`.
    pinyin = models.CharField(_("pinyin"), max_length=300, blank=True, editable=False, db_default="")

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pinyin = pinyin_of(self.name)
        if (fields := kwargs.get("update_fields")) is not None and "name" in fields:
            kwargs["update_fields"] = {*fields, "pinyin"}
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return str(self)

    @cached_property
    def role_names(self) -> frozenset[str]:
        """Names of the person's roles; one query, once per request."""
        return frozenset(self.groups.values_list("name", flat=True))
