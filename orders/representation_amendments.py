"""How changes of confirmed orders read in the API."""

from typing import Any

from ninja import Schema

from erp.effects import tell
from erp.models import User
from erp.privacy import address_for
from erp.rest import Moment
from orders.amendments import compare
from orders.models import Amendment


class EffectOut(Schema):
    """One thing that the change was said to set off: `money`, `stock`, `production`, `shipping` or `approval`."""

    area: str
    text: str


class AmendmentOut(Schema):
    """A change of a confirmed order. `before` and `after` are the order whole; `changes` says in words what differs.

    `made_version` is null until it is in force. Quantities, prices and amounts are strings.
    """

    serial: int
    number: str
    status: str
    status_label: str
    base_version: int
    made_version: int | None
    reason: str
    needs: list[str]
    by: str | None
    created_at: Moment
    changes: list[str]
    effects: list[EffectOut]
    before: dict[str, Any]
    after: dict[str, Any]


def amendment_out(one: Amendment, *, user: User) -> dict[str, Any]:
    """The change as JSON, as far as the caller may read it; it needs its order and who wrote it. No query."""
    return AmendmentOut(
        serial=one.serial,
        number=one.number,
        status=one.status,
        status_label=one.get_status_display(),
        base_version=one.base_version,
        made_version=one.new_version,
        reason=one.reason,
        needs=one.needs,
        by=str(one.created_by) if one.created_by else None,
        created_at=one.created_at,
        changes=compare(one, user).words,
        effects=[EffectOut(area=part.area, text=text) for part in tell(one.effect, user) for text, _tone in part.rows],
        before=_version(one.before, user),
        after=_version(one.after, user),
    ).model_dump(mode="json")


def _version(kept: dict[str, Any], user: User) -> dict[str, Any]:
    hidden = ("price_rule_id", "product_id", "line")
    head = {**kept["header"], "ship_to": address_for(user, kept["header"]["ship_to"])}
    lines = [{name: value for name, value in row.items() if name not in hidden} for row in kept["lines"]]
    return {"header": head, "totals": kept["totals"], "lines": lines}
