"""What a company cannot work without: each app's own list, made in the order of the floors."""

from django.utils.module_loading import import_string

from erp.models import Company

APPS_WITH_BASICS = [
    "inventory.basics.ensure_basics",
    "orders.basics.ensure_basics",
    "production.basics.ensure_basics",
    "shipping.basics.ensure_basics",
    "finance.basics.ensure_basics",
    "notifications.basics.ensure_basics",
]


def ensure_basics() -> None:
    """Make the company row, channels, units, places, carriers and accounts that are missing; repeatable."""
    Company.current()
    for path in APPS_WITH_BASICS:
        import_string(path)()
