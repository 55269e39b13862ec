"""Whoever tells us what became of parcels: one folder per partner behind the interface of `base.Adapter`.

To add a partner: a folder with an adapter, a line in `ADAPTERS`, and its tests. To remove it: the reverse.
"""

from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from shipping.carriers.base import Adapter
from shipping.models import Carrier

ADAPTERS = {
    "manual": "shipping.carriers.manual.Manual",
    "signed": "shipping.carriers.signed.Signed",
    "kuaidi100": "shipping.carriers.kuaidi100.Kuaidi100",
    "simulated": "shipping.carriers.simulated.Simulated",
}


@cache
def _adapter(name: str) -> Adapter:
    return import_string(ADAPTERS.get(name, ADAPTERS["manual"]))()


def adapter_of(carrier: Carrier) -> Adapter:
    """How a carrier reports; one whose way we do not know (any more) reports nothing by itself."""
    return _adapter(carrier.adapter)


def adapter_choices() -> list[tuple[str, str | Promise]]:
    """Every way of reporting that can be chosen for a carrier: name and label; the simulation in the demo only."""
    return [(name, _adapter(name).label) for name in ADAPTERS if name != "simulated" or settings.DEMO_CARRIER]
