"""The main menu: where staff can go, and who sees which entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class NavItem:
    """One entry of the menu. Shown when the person has any of `perms` (none listed: everybody on staff).

    `own`: rights of those who work there all day; on their phones it stands in the bottom bar.
    """

    label: str | Promise
    path: str
    icon: str
    perms: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


NAVIGATION: tuple[NavItem, ...] = (
    NavItem(_("My work"), "/", "home"),
    NavItem(
        _("Sales orders"),
        "/orders/",
        "shopping-cart",
        ("orders.view_salesorder",),
        ("orders.add_salesorder", "orders.approve_salesorder"),
    ),
    NavItem(_("Customers"), "/orders/customers/", "users", ("orders.view_customer",), ("orders.add_customer",)),
    NavItem(_("Projects"), "/orders/projects/", "flag", ("orders.view_project",)),
    NavItem(
        _("Inventory"),
        "/inventory/",
        "packages",
        ("inventory.view_stockitem", "inventory.view_product"),
        ("inventory.receive_goods",),
    ),
    NavItem(
        _("Production"),
        "/production/",
        "building-factory-2",
        ("production.view_productionorder",),
        ("production.run_productionorder",),
    ),
    NavItem(
        _("Shipping"),
        "/shipping/",
        "truck-delivery",
        ("shipping.view_shipment", "shipping.view_picklist"),
        ("shipping.pick_picklist", "shipping.hand_over_shipment"),
    ),
    NavItem(_("Finance"), "/finance/", "coin-yuan", ("finance.view_invoice",), ("finance.post_payment",)),
    NavItem(
        _("After-sales"),
        "/aftersales/",
        "headset",
        ("aftersales.view_servicecase", "aftersales.view_returnrequest"),
        ("aftersales.change_servicecase",),
    ),
    NavItem(
        _("Reports"),
        "/reports/",
        "chart-bar",
        ("reports.view_orderday", "reports.view_reports"),
        ("reports.view_reports",),
    ),
    NavItem(_("Settings"), "/admin/", "settings", ("erp.change_company",)),
)
USUAL = ("/orders/", "/inventory/", "/shipping/")  # fill a bottom bar that a role leaves room in
BOTTOM = 4  # entries of the bottom bar, besides “More”


def visible_items(user: Any) -> list[NavItem]:
    """The entries this person may open."""
    return [item for item in NAVIGATION if not item.perms or any(user.has_perm(p) for p in item.perms)]


def bottom_items(user: Any, items: list[NavItem]) -> list[NavItem]:
    """The few entries for a phone's bottom bar: home, where this person works, and the usual ones, in menu order."""
    home, *rest = items
    own = [item for item in rest if any(user.has_perm(perm) for perm in item.own)]
    usual = [item for item in rest if item.path in USUAL and item not in own]
    chosen = [*own, *usual][: BOTTOM - 1]
    return [home, *(item for item in rest if item in chosen)]


def current_path(path: str, items: list[NavItem]) -> str:
    """Path of the entry that `path` belongs to: the longest that it starts with."""
    matches = [i.path for i in items if path == i.path or (i.path != "/" and path.startswith(i.path))]
    return max(matches, key=len, default="")
