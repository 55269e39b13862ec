"""The administration of the chart of accounts and of accounting months; money itself is only looked at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from finance.models import Account, Period


@admin.register(Account)
class AccountAdmin(ModelAdmin):
    """The chart of accounts. The code is the ledger's key: it stays as it was entered."""

    list_display = ("code", "name", "kind")
    list_filter = ("kind",)
    search_fields = ("code", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code of an account that exists cannot change."""
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts stay."""
        return False


@admin.register(Period)
class PeriodAdmin(ModelAdmin):
    """Months, open or closed: nothing is posted into a closed one."""

    list_display = ("month", "is_closed")
    list_filter = ("is_closed",)

    def save_model(self, request: HttpRequest, obj: Period, form: Any, change: bool) -> None:
        """A month is kept by its first day, whichever day was typed."""
        obj.month = obj.month.replace(day=1)
        super().save_model(request, obj, form, change)
