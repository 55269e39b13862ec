"""Subscriptions of roles, and the outbox with what failed in it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin

from erp.models import Outbox
from notifications import audience, services
from notifications.models import Subscription
from notifications.texts import EVENTS


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin):
    """Who hears of which event over which channel."""

    list_display = ("event_name", "channel", "role", "user", "is_active")
    list_filter = ("channel", "role", "is_active")
    list_select_related = ("role", "user")
    search_fields = ("event",)
    autocomplete_fields = ("user",)

    @admin.display(description=gettext_lazy("event"), ordering="event")
    def event_name(self, subscription: Subscription) -> str:
        """The event in words."""
        event = EVENTS.get(subscription.event)
        return str(event.name) if event else subscription.event

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "event":
            from django import forms

            return forms.ChoiceField(
                label=db_field.verbose_name, choices=[(key, event.name) for key, event in EVENTS.items()]
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Subscription, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audience.forget([obj.user_id] if obj.user_id else [])

    def delete_model(self, request: HttpRequest, obj: Subscription) -> None:
        super().delete_model(request, obj)
        audience.forget([obj.user_id] if obj.user_id else [])


@admin.register(Outbox)
class OutboxAdmin(ModelAdmin):
    """What must still leave the house, and what could not. Rows are read, and failed ones sent again."""

    list_display = (
        "key",
        "kind",
        "status",
        "attempts",
        "recipient",
        "created_at",
        "next_try_at",
        "done_at",
        "last_error",
    )
    list_filter = ("status", "kind")
    search_fields = ("key",)
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("send_again",)

    @admin.display(description=gettext_lazy("recipient"))
    def recipient(self, row: Outbox) -> str:
        """The address a mail goes to."""
        return str(row.payload.get("to", ""))

    @admin.action(description=gettext_lazy("Send failed messages again"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Outbox]) -> None:
        """Try failed messages from the start."""
        count = services.retry(queryset.filter(status=Outbox.Status.FAILED))
        if count:
            text = ngettext("%(count)s message will be sent again.", "%(count)s messages will be sent again.", count)
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
        else:
            self.message_user(request, _("None of the chosen messages has failed."), messages.WARNING)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Outbox | None = None) -> list[str]:
        return [field.name for field in Outbox._meta.fields]

    def has_delete_permission(self, request: HttpRequest, obj: Outbox | None = None) -> bool:
        return False
