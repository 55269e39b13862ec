"""The main menu: where staff can go, and who sees which entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class NavItem:
    """One entry of the menu. Shown when the person has any of `perms` (none listed: everybody on staff)."""

    label: str | Promise
    path: str
    icon: str
    perms: tuple[str, ...] = ()
    primary: bool = False  # also in the bottom bar of a phone


NAVIGATION: tuple[NavItem, ...] = (
    NavItem(_("My work"), "/", "home", primary=True),
    NavItem(_("Sales orders"), "/orders/", "shopping-cart", ("orders.view_salesorder",), primary=True),
    NavItem(_("Customers"), "/orders/customers/", "users", ("orders.view_customer",)),
    NavItem(
        _("Inventory"), "/inventory/", "packages", ("inventory.view_stockitem", "inventory.view_product"), primary=True
    ),
    NavItem(_("Production"), "/production/", "building-factory-2", ("production.view_productionorder",)),
    NavItem(
        _("Shipping"),
        "/shipping/",
        "truck-delivery",
        ("shipping.view_shipment", "shipping.view_picklist"),
        primary=True,
    ),
    NavItem(_("Finance"), "/finance/", "coin-yuan", ("finance.view_invoice",)),
    NavItem(
        _("After-sales"), "/aftersales/", "headset", ("aftersales.view_servicecase", "aftersales.view_returnrequest")
    ),
    NavItem(_("Reports"), "/reports/", "chart-bar", ("reports.view_orderday", "reports.view_reports")),
    NavItem(_("Settings"), "/admin/", "settings", ("erp.change_company",)),
)


def visible_items(user: Any) -> list[NavItem]:
    """The entries this person may open."""
    return [item for item in NAVIGATION if not item.perms or any(user.has_perm(p) for p in item.perms)]


def current_path(path: str, items: list[NavItem]) -> str:
    """Path of the entry that `path` belongs to: the longest that it starts with."""
    matches = [i.path for i in items if path == i.path or (i.path != "/" and path.startswith(i.path))]
    return max(matches, key=len, default="")
