"""Sub-statuses in the admin. Removing one that orders have asks where they go."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from erp.errors import BusinessError
from orders.models import SubStatus
from orders.models.approval import role_label
from orders.models.substatus import forget
from orders.services import remove_sub_statuses
from orders.substatuses import in_use

NONE = "none"


class RemovalForm(forms.Form):
    """Where the orders of each sub-status go; only asked of those that orders have."""

    def __init__(self, *args: Any, leaving: list[SubStatus], counts: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leaving = leaving
        leaving_keys = {one.pk for one in leaving}
        states = {one.state for one in leaving}
        others = [
            one for one in SubStatus.objects.filter(state__in=states, is_active=True) if one.pk not in leaving_keys
        ]
        for one in leaving:
            if counts[one.pk] == "0":
                continue
            same = [(str(other.pk), other.label) for other in others if other.state == one.state]
            self.fields[f"target-{one.pk}"] = forms.ChoiceField(
                label=_("Orders with “%(name)s” (%(state)s): %(count)s")
                % {"name": one.label, "state": one.get_state_display(), "count": counts[one.pk]},
                choices=[("", _("Where do they go?")), *same, (NONE, _("to none: the state alone"))],
                widget=UnfoldAdminSelectWidget,
                error_messages={"required": _("Say where these orders go.")},
            )

    def moves(self) -> dict[SubStatus, SubStatus | None]:
        """For the service."""
        chosen = {one.pk: self.cleaned_data.get(f"target-{one.pk}", NONE) for one in self.leaving}
        targets = SubStatus.objects.in_bulk([int(value) for value in chosen.values() if value != NONE])
        return {one: targets.get(int(value)) if (value := chosen[one.pk]) != NONE else None for one in self.leaving}


@admin.register(SubStatus)
class SubStatusAdmin(ModelAdmin):
    """The company's own words inside the six states."""

    list_display = ["name", "state", "colour", "position", "is_active", "is_default", "is_public"]
    list_editable = ["position"]
    list_filter = ["state", "is_active"]
    search_fields = ["name", "name_hant", "name_en"]
    filter_horizontal = ["roles"]
    actions = ["remove_chosen"]
    fieldsets = [
        (None, {"fields": ["state", "name", "name_hant", "name_en", "colour", "position"]}),
        (gettext_lazy("Where and by whom it is used"), {"fields": ["is_active", "is_default", "is_public", "roles"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The state is chosen once."""
        return ["state"] if obj else []

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Roles by their labels."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name == "roles":
            field.label_from_instance = role_label
        return field

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[forms.ModelForm]:
        """The list edits one column."""
        return super().get_changelist_form(request, form=forms.ModelForm, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Who may set it counts at once."""
        super().save_related(request, form, formsets, change)
        forget()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Removing goes through the page that asks where the orders go."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_urls(self) -> list[Any]:
        """The page that asks, beside the usual ones."""
        page = self.admin_site.admin_view(self.remove_view)
        return [path("remove/", page, name="orders_substatus_remove"), *super().get_urls()]

    @admin.action(description=gettext_lazy("Remove or take out of use…"), permissions=["delete"])
    def remove_chosen(self, request: HttpRequest, queryset: QuerySet[SubStatus]) -> HttpResponse:
        """Ask for all of them on one page."""
        return _to_removal(queryset.values_list("pk", flat=True))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The same page for one."""
        return _to_removal([object_id])

    def remove_view(self, request: HttpRequest) -> HttpResponse:
        """How many orders have each, where they go, and then all of it or nothing."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        keys = [key for key in request.GET.getlist("id")[:200] if key.isdigit() and len(key) < 19]
        leaving = list(SubStatus.objects.filter(pk__in=keys))
        if not leaving:
            self.message_user(request, _("These sub-statuses are not there any more."), messages.WARNING)
            return redirect("admin:orders_substatus_changelist")
        form = RemovalForm(request.POST or None, leaving=leaving, counts=in_use(leaving))
        if request.method == "POST" and form.is_valid() and self._removed(request, form):
            return redirect("admin:orders_substatus_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Remove sub-statuses"),
            "form": form,
            "leaving": leaving,
        }
        status = 422 if request.method == "POST" else 200
        return TemplateResponse(request, "admin/orders/substatus/remove.html", context, status=status)

    def _removed(self, request: HttpRequest, form: RemovalForm) -> bool:
        try:
            moved = remove_sub_statuses(form.moves(), by=request.user, delete="deactivate" not in request.POST)  # type: ignore[arg-type]
        except BusinessError as refusal:
            form.add_error(None, f"{refusal.message} {refusal.hint}".strip())
            return False
        done = _("Out of use.") if "deactivate" in request.POST else _("Removed.")
        text = ngettext("%(num)s order was moved.", "%(num)s orders were moved.", moved) % {"num": moved}
        self.message_user(request, f"{done} {text}")
        return True


def _to_removal(keys: Any) -> HttpResponse:
    query = "&".join(f"id={key}" for key in keys)
    return redirect(f"{reverse('admin:orders_substatus_remove')}?{query}")
