"""What was changed on a customer: each field before and after, who did it, and when."""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from erp.models import User
from orders.models import Customer, PriceList

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one change; `who` None is the system."""

    at: dt.datetime
    who: str | None
    field: str
    before: str
    after: str


def history_of(customer: Customer) -> list[Change]:
    """The newest changes of a customer's data, newest first. At most five queries."""
    events = apps.get_model("orders", "CustomerEvent")._default_manager
    rows = list(events.filter(pgh_obj_id=customer.pk).select_related("pgh_context").order_by("-pgh_id")[: SHOWN + 1])
    rows.reverse()
    fields = [field for field in rows[0]._meta.concrete_fields if not field.name.startswith("pgh_")] if rows else []
    fields = [field for field in fields if field.name != "id"]
    differing = [
        (row, field, getattr(before, field.attname), getattr(row, field.attname))
        for before, row in pairwise(rows)
        for field in fields
        if getattr(before, field.attname) != getattr(row, field.attname)
    ]
    names = _names([(field, value) for _row, field, *values in differing for value in values], rows)
    changes = [
        Change(
            at=row.pgh_created_at,
            who=names.get((User, _who(row))),
            field=str(Customer._meta.get_field(field.name).verbose_name),
            before=_shown(field, before, names),
            after=_shown(field, after, names),
        )
        for row, field, before, after in differing
    ]
    return changes[::-1]


def _who(row: Any) -> Any:
    return (row.pgh_context.metadata or {}).get("user") if row.pgh_context else None


def _names(values: list[tuple[Any, Any]], rows: list[Any]) -> dict[tuple[Any, Any], str]:
    """Names of the people, price lists and customers that the changes speak of. One query a kind."""
    keys: dict[Any, set[Any]] = {User: {who for row in rows if (who := _who(row))}, PriceList: set(), Customer: set()}
    for field, value in values:
        if field.is_relation and value is not None:
            keys[field.related_model].add(value)
    return {
        (model, one.pk): str(one)
        for model, wanted in keys.items()
        if wanted
        for one in model._default_manager.filter(pk__in=wanted)
    }


def _shown(field: models.Field, value: Any, names: dict[tuple[Any, Any], str]) -> str:
    if value is None or value == "":
        return "—"
    if field.is_relation:
        return names.get((field.related_model, value), str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.name == "level":
        return str(Customer.Level(value).label)
    return str(value)
