"""How the settings pages (`/admin/`, django-unfold) look: our colours, and a menu in the order of the business."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

# The brand's blue in the eleven shades that unfold asks for.
BLUE = {
    "50": "oklch(97.2% .012 262)",
    "100": "oklch(94.2% .026 262)",
    "200": "oklch(89% .053 262)",
    "300": "oklch(81% .094 262)",
    "400": "oklch(70.5% .142 262)",
    "500": "oklch(60.5% .18 262)",
    "600": "oklch(50.8% .185 263)",
    "700": "oklch(44.5% .166 263)",
    "800": "oklch(39% .134 264)",
    "900": "oklch(34.5% .1 264)",
    "950": "oklch(26% .07 265)",
}
# Apps that a company shapes, in the order of the business; whatever else is registered is for technicians.
BUSINESS = (
    "erp",
    "auth",
    "orders",
    "inventory",
    "production",
    "shipping",
    "finance",
    "aftersales",
    "notifications",
    "reports",
)
ICONS = {
    "erp": "apartment",
    "auth": "badge",
    "orders": "shopping_cart",
    "inventory": "inventory_2",
    "production": "factory",
    "shipping": "local_shipping",
    "finance": "payments",
    "aftersales": "support_agent",
    "notifications": "notifications",
    "reports": "bar_chart",
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu of `/admin/`: what this person may open, business first, technical things folded at the end."""
    from django.contrib import admin

    apps = {app["app_label"]: app for app in admin.site.get_app_list(request)}
    groups = [
        {
            "title": apps[label]["name"],
            "separator": True,
            "collapsible": True,
            "items": [{**item, "icon": ICONS.get(label, "settings")} for item in _items(apps[label])],
        }
        for label in BUSINESS
        if label in apps
    ]
    technical = [item for label, app in apps.items() if label not in BUSINESS for item in _items(app)]
    if technical:
        groups.append({"title": _("Technical"), "separator": True, "collapsible": True, "items": technical})
    return groups


def _items(app: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"title": model["name"], "link": model["admin_url"]} for model in app["models"] if model["admin_url"]]
