"""Read access to stock, its ledgers and its documents: services write them, nobody edits them here."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin, TabularInline

from inventory.models import (
    GoodsReceipt,
    ProductCost,
    PurchaseLine,
    PurchaseOrder,
    ReceiptLine,
    Reservation,
    ReservationEntry,
    StockItem,
    StockMove,
    SupplyRequest,
)

MOST = 10_000


class CappedPaginator(Paginator):
    """Counts no further than a cap: a ledger grows without end, and nobody turns a thousand pages."""

    @cached_property
    def count(self) -> int:
        """Rows, at most the cap."""
        rows: Any = self.object_list
        return int(rows[:MOST].count())


class ReadOnly:
    """Rows can be looked at, nothing else."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LedgerAdmin(ReadOnly, ModelAdmin):
    """A long table, newest first."""

    paginator = CappedPaginator
    show_full_result_count = False
    ordering = ("-id",)


@admin.register(StockMove)
class StockMoveAdmin(LedgerAdmin):
    """The stock ledger."""

    list_display = ("at", "product", "source", "target", "quantity", "value", "document_type", "reason", "by")
    list_select_related = ("product", "source", "target", "by")
    search_fields = ("product__sku", "key")


@admin.register(StockItem)
class StockItemAdmin(LedgerAdmin):
    """Balances."""

    list_display = ("product", "place", "lot", "on_hand", "reserved")
    list_select_related = ("product", "place", "lot")
    search_fields = ("product__sku", "product__name", "place__code")


@admin.register(ProductCost)
class ProductCostAdmin(LedgerAdmin):
    """Moving averages."""

    list_display = ("product", "warehouse", "quantity", "value")
    list_select_related = ("product", "warehouse")
    search_fields = ("product__sku", "product__name")


@admin.register(Reservation)
class ReservationAdmin(LedgerAdmin):
    """Who holds what."""

    list_display = ("item", "holder_type", "holder_id", "quantity", "since")
    list_select_related = ("item",)
    search_fields = ("item__product__sku",)


@admin.register(ReservationEntry)
class ReservationEntryAdmin(LedgerAdmin):
    """The reservation ledger."""

    list_display = ("at", "item", "holder_type", "holder_id", "quantity", "reason", "by")
    list_select_related = ("item", "by")
    search_fields = ("item__product__sku",)


@admin.register(SupplyRequest)
class SupplyRequestAdmin(LedgerAdmin):
    """Needs that stock does not cover."""

    list_display = ("product", "warehouse", "supply", "quantity", "covered", "needed_by", "status")
    list_filter = ("status", "supply")
    list_select_related = ("product", "warehouse")
    search_fields = ("product__sku",)


class PurchaseLineInline(ReadOnly, TabularInline):
    """Lines."""

    model = PurchaseLine
    extra = 0


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(LedgerAdmin):
    """Purchase orders; they are worked on at /inventory/purchases/."""

    list_display = ("number", "supplier", "warehouse", "status", "expected_on", "total")
    list_filter = ("status",)
    list_select_related = ("supplier", "warehouse")
    search_fields = ("number", "supplier__name")
    inlines = (PurchaseLineInline,)


class ReceiptLineInline(ReadOnly, TabularInline):
    """Lines."""

    model = ReceiptLine
    extra = 0


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(LedgerAdmin):
    """Goods receipts."""

    list_display = ("number", "order", "place", "status", "total", "created_at", "created_by")
    list_select_related = ("order", "place", "created_by")
    search_fields = ("number", "order__number")
    inlines = (ReceiptLineInline,)
