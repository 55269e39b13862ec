"""Web shops that send their orders by webhook: one folder per partner behind the interface of `base.Adapter`.

To add a partner: a folder with an adapter, a line in `ADAPTERS`, and its tests. To remove it: the reverse.
"""

from functools import cache

from django.utils.module_loading import import_string

from orders.channels.base import Adapter
from orders.models import Channel

ADAPTERS = {
    "shopify": "orders.channels.shopify.Shopify",
    "woocommerce": "orders.channels.woocommerce.WooCommerce",
}


@cache
def _adapter(name: str) -> Adapter | None:
    return import_string(ADAPTERS[name])() if name in ADAPTERS else None


def adapter_of(channel: Channel) -> Adapter | None:
    """The adapter of a channel; None for channels that take no webhooks."""
    return _adapter(channel.adapter)


def adapter_choices() -> list[tuple[str, str]]:
    """Every shop system that can be chosen for a channel: name and label."""
    return [(name, import_string(path).label) for name, path in ADAPTERS.items()]
