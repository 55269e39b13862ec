"""What customers say of their orders, to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from aftersales.models import Feedback


@admin.register(Feedback)
class FeedbackAdmin(ModelAdmin):
    """Stars and words of customers."""

    list_display = ("order", "stars", "text", "at")
    list_filter = ("stars",)
    list_select_related = ("order",)
    search_fields = ("order__number", "text")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Customers write, nobody else."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was said stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was said stays."""
        return False
