"""Helpers every page uses; `docs/pages.md` shows how. Import them from here."""

from erp.web.access import get_or_404, may, perm_required, require_perm, staff_required
from erp.web.errors import add_error
from erp.web.lists import Page, capped_count, capped_counts, keyset_page, sort_order
from erp.web.live import finished, live_token, unchanged
from erp.web.pages import add_trigger, back_url, go, is_partial, render_blocks, render_page, toast
from erp.web.query import active_filters, changed_query

__all__ = [
    "Page",
    "active_filters",
    "add_error",
    "add_trigger",
    "back_url",
    "capped_count",
    "capped_counts",
    "changed_query",
    "finished",
    "get_or_404",
    "go",
    "is_partial",
    "keyset_page",
    "live_token",
    "may",
    "perm_required",
    "render_blocks",
    "render_page",
    "require_perm",
    "sort_order",
    "staff_required",
    "toast",
    "unchanged",
]
