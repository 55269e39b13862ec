"""Administration of people, roles, the company's settings and API tokens. Unfold's look throughout."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from erp.models import ApiToken, Company, Job, SavedView, User, ViewDefault
from erp.roles import ROLES

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):
    """People with a login. Roles decide what they see and may do."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "name", "roles", "is_portal", "is_active", "last_login")
    list_filter = ("groups", "is_portal", "is_active")
    search_fields = ("username", "name", "email", "phone")
    ordering = ("username",)
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("name", "email", "phone", "language")}),
        (
            gettext_lazy("Rights"),
            {"fields": ("groups", "is_portal", "is_active", "is_staff", "is_superuser")},
        ),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=gettext_lazy("roles"))
    def roles(self, user: User) -> str:
        """The person's roles in words."""
        return "、".join(role_name(group.name) for group in user.groups.all())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What a person did stays theirs: switch the login off instead.
        return False


def role_name(name: str) -> str:
    """A role's name in the reader's language; a role that the company made itself keeps its own."""
    return str(ROLES[name]["label"]) if name in ROLES else name


@admin.register(Group)
class RoleAdmin(BaseGroupAdmin, ModelAdmin):
    """Roles and their rights."""

    list_display = ("label", "name")
    search_fields = ("name",)

    @admin.display(description=gettext_lazy("role"))
    def label(self, group: Group) -> str:
        """The role in words."""
        return role_name(group.name)


@admin.register(Company)
class CompanyAdmin(ModelAdmin):
    """The one settings row."""

    fieldsets = (
        (
            gettext_lazy("On papers"),
            {"fields": ("name", "name_en", "tax_number", "address", "phone", "bank", "logo")},
        ),
        (
            gettext_lazy("Policies"),
            {
                "fields": (
                    "currency",
                    "default_tax_rate",
                    "auto_approve_limit",
                    "purchase_approval_limit",
                    "over_delivery",
                    "adjustment_limit",
                    "count_approval_limit",
                    "count_again_limit",
                    "cycle_count_products",
                    "settle_before_completion",
                    "invoice_on_shipment",
                    "archive_after_days",
                )
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not Company.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ApiTokenForm(forms.ModelForm):
    """A token is named and given to a person; its secret is shown once."""

    class Meta:
        model = ApiToken
        fields = ("user", "name")


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    """Bearer tokens of the API."""

    form = ApiTokenForm
    list_display = ("user", "name", "created_at", "revoked_at")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["user", "name"])
            return
        token, secret = ApiToken.issue(obj.user, name=obj.name)
        obj.pk = token.pk
        messages.warning(request, _("Copy this token now; it is not shown again: %(secret)s") % {"secret": secret})

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        obj.refresh_from_db()
        return super().log_addition(request, obj, message)

    @admin.action(description=gettext_lazy("Revoke"))
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        """Close tokens for good."""
        queryset.filter(revoked_at=None).update(revoked_at=timezone.now())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ViewDefaultInline(TabularInline):
    """Whose list opens with the view."""

    model = ViewDefault
    extra = 0
    fields = ("user", "role")
    readonly_fields = ("user", "role")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SavedView)
class SavedViewAdmin(ModelAdmin):
    """Views of lists; they are made and changed on the lists themselves."""

    list_display = ("name", "list_key", "owner", "shared", "changed_at")
    list_filter = ("list_key", "shared")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username", "owner__name")
    readonly_fields = ("list_key", "name", "owner", "shared", "query", "columns", "density", "changed_at")
    inlines = (ViewDefaultInline,)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).exclude(name="")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ModelAdmin):
    """Long work: what runs, what is done, what failed."""

    list_display = ("title", "kind", "by", "status", "done", "total", "created_at", "finished_at")
    list_filter = ("status", "kind")
    list_select_related = ("by",)
    search_fields = ("title", "by__username", "by__name")
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
