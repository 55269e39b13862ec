"""What every document with a life shares: a status, a timeline, a scope of who may see it."""

from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from erp.models.user import User


def append_only(name: str) -> pgtrigger.Protect:
    """A trigger that refuses to change or delete rows of a ledger."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)


class ScopedQuerySet(models.QuerySet):
    """Rows that a person may see. Every list, page, export and message starts from `visible_to`."""

    view_permission = ""

    def visible_to(self, user: "User") -> Self:
        """All rows for staff with the right to view them, nothing for anybody else."""
        if user.is_portal or not user.is_active:
            return self.none()
        permission = self.view_permission or f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"
        return self if user.has_perm(permission) else self.none()


class Document(models.Model):
    """A document with a state machine. The subclass declares `status` and its transitions.

    Only `erp.workflow.advance` moves the status.
    """

    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    status_since = models.DateTimeField(_("in this state since"), default=timezone.now, editable=False)

    if TYPE_CHECKING:
        status: Any
        number: str

        def get_status_display(self) -> str: ...

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number

    def arrive(self) -> None:
        """What the document itself keeps straight whenever a transition has brought it into another state, unsaved yet."""

    @classmethod
    def transitions(cls) -> dict[str, Any]:
        """The methods that are transitions of this document, by name, in the order they are declared."""
        found = cls._meta.get_field("status").transitions[cls]  # type: ignore[union-attr]
        order = {name: place for place, name in enumerate(vars(cls))}
        return dict(sorted(found.items(), key=lambda item: order.get(item[0], 999)))

    def read_only_because(self) -> str:
        """Why no person may change the document now, in words; empty when they may."""
        return ""

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the row afresh, status included.

        django-fsm's own mixin switches the field's protection off for the whole process meanwhile, which two threads
        of a web server would notice; forgetting this object's value first needs no such switch.
        """
        status = self.__dict__.pop("status", None)
        fields = kwargs.get("fields") or (args[1] if len(args) > 1 else None)
        if fields is not None and "status" not in fields:
            if status is not None:
                self.__dict__["status"] = status
        elif fields is None:
            deferred = self.get_deferred_fields() - {"status"}
            kwargs["fields"] = [f.attname for f in self._meta.concrete_fields if f.attname not in deferred]
            self._forget_relations()
        super().refresh_from_db(*args, **kwargs)

    def _forget_relations(self) -> None:
        """Drop cached related objects and prefetches, as Django does when it refreshes every field."""
        self.__dict__.pop("_prefetched_objects_cache", None)
        for relation in self._meta.related_objects:
            if relation.is_cached(self):
                relation.delete_cached_value(self)


class StatusChange(models.Model):
    """One row of a document's timeline (状态流水): who moved it, when, from where to where, and why.

    One table for every document, so that timelines, durations and bottlenecks all read the same rows.
    """

    document_type = models.CharField(_("document type"), max_length=60)
    document_id = models.BigIntegerField(_("document"))
    transition = models.CharField(_("transition"), max_length=60)
    source = models.CharField(_("from"), max_length=50, blank=True)
    target = models.CharField(_("to"), max_length=50)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    note = models.TextField(_("note"), blank=True)
    seconds = models.BigIntegerField(_("seconds in the state before"), default=0)

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        indexes = [
            models.Index(fields=["document_type", "document_id", "id"], name="statuschange_document"),
            models.Index(fields=["document_type", "at"], name="statuschange_type_at"),
        ]
        triggers = [append_only("statuschange_append_only")]

    def __str__(self) -> str:
        return f"{self.document_type} {self.document_id}: {self.source} → {self.target}"
