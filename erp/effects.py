"""What a change of a document would set off, told before it is made: every app explains its part.

The apps are named here, as in `erp.waiting`; each has an `effects.py` with `explain(plan)`, which reads and never
writes, and `TEXTS`, its sentences by key. An effect is kept as key and values, and told in the language of the reader.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

SOURCES: dict[str, list[str]] = {
    "orders.SalesOrder": [
        "orders.effects",
        "inventory.effects",
        "production.effects",
        "shipping.effects",
        "finance.effects",
    ],
}

AREAS: dict[str, str | Promise] = {
    "money": _("Money"),
    "stock": _("Stock"),
    "production": _("Production"),
    "shipping": _("Shipping"),
    "approval": _("Approval"),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """One consequence: a key of its app's `TEXTS` with values that are text already. `permission`: who is told."""

    area: str
    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    tone: str = "grey"
    permission: str = ""


@dataclass(frozen=True, slots=True)
class LineDelta:
    """One line before and after, quantities in `unit`; `line` None is a new one, `after` zero one that goes."""

    line: Any
    product: Any
    unit: str
    before: Decimal
    after: Decimal

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.product.name)

    @property
    def reserved(self) -> Decimal:
        """What stock is promised to it now."""
        return self.line.reserved if self.line else Decimal(0)

    @property
    def shipped(self) -> Decimal:
        """What has left."""
        return self.line.shipped if self.line else Decimal(0)

    @property
    def to_release(self) -> Decimal:
        """Reserved and not needed any more."""
        return max(self.reserved - (self.after - self.shipped), Decimal(0))

    @property
    def to_get(self) -> Decimal:
        """Needed afterwards and not reserved yet."""
        return max(self.after - self.shipped - self.reserved, Decimal(0))

    @property
    def lacking(self) -> Decimal:
        """Needed now and not reserved yet."""
        return max(self.before - self.shipped - self.reserved, Decimal(0))


@dataclass(frozen=True, slots=True)
class Plan:
    """A document, what it would be, and the difference. `changed`: names of header fields that differ."""

    document: Any
    after: Any
    lines: Sequence[LineDelta]
    changed: frozenset[str]

    @property
    def moved(self) -> list[LineDelta]:
        """The lines whose quantity differs."""
        return [line for line in self.lines if line.before != line.after]


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one area."""

    area: str
    label: str
    rows: list[tuple[str, str]]  # text, tone


def effects_of(plan: Plan) -> list[Effect]:
    """Everything that the apps say a change would set off; a few queries for each of them."""
    found: list[Effect] = []
    for module in SOURCES.get(plan.document._meta.label, ()):
        explain: Callable[[Plan], Iterable[Effect]] = import_string(f"{module}.explain")
        found += explain(plan)
    return found


def as_json(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    """Effects as they are kept."""
    return [{**asdict(effect), "values": dict(effect.values)} for effect in effects]


def tell(rows: Iterable[Mapping[str, Any]], reader: Any) -> list[Told]:
    """Kept effects in the reader's language, by area, without what they may not see; None is told everything."""
    said: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if reader is None or not row["permission"] or reader.has_perm(row["permission"]):
            words = texts().get(row["key"])
            if words is not None:
                said.setdefault(row["area"], []).append((str(words) % row["values"], row["tone"]))
    return [Told(area, str(label), said[area]) for area, label in AREAS.items() if area in said]


@cache
def texts() -> dict[str, str | Promise]:
    """Every sentence by its key."""
    return dict(_texts())


def _texts() -> Iterator[tuple[str, str | Promise]]:
    for modules in SOURCES.values():
        for module in modules:
            yield from import_module(module).TEXTS.items()
