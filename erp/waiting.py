"""Why a document waits (为什么还没发): every app explains its part, and one sentence is named.

The apps are named here; each has a `waiting.py` whose explainer is called once for a whole page of documents, as
`explainer(inquiry)`, and yields causes in a constant number of queries. `Rank` decides which cause is named; the others
stand below it. A cause speaks to its reader: words are put into their language, addresses and buttons are shown to those
who may use them, and customers get words of their own.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from erp.roles import ROLES
from erp.web.formats import date

SOURCES: dict[str, list[str]] = {
    "orders.SalesOrder": [
        "orders.waiting.explain",
        "orders.waiting_changes.explain",
        "inventory.waiting.explain",
        "production.waiting.explain",
        "shipping.waiting.explain",
        "finance.waiting.explain",
    ],
}
PEOPLE_SHOWN = 3
PEOPLE_SECONDS = 60


class Rank(IntEnum):
    """Which cause is named first: what stops everything, then what nobody has arranged, then what only takes time."""

    HELD = 5
    REJECTED = 10
    CHECK = 11
    WARNING = 12
    LIMIT = 13
    CHANGE = 16
    UNRESERVED = 18
    TAKEN = 19
    NOT_ARRANGED = 20
    DRAFT = 21
    LATE = 22
    PARTS_MISSING = 24
    TO_START = 26
    PARTS_COMING = 28
    IN_WORK = 30
    COMING = 32
    TAKEN_BUT_ARRANGED = 36
    PARTLY = 37
    TROUBLE = 38
    PICK = 40
    PACK = 41
    HAND_OVER = 42
    REST = 46
    CHANGE_BESIDE = 47
    SILENT = 48
    TRANSIT = 50
    NOT_BILLED = 59
    OVERDUE = 60
    UNPAID = 62
    UNKNOWN = 99


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence as msgid and values, which becomes text in the language of whoever reads it."""

    text: str | Promise
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        values = {name: date(value) if isinstance(value, dt.date) else value for name, value in self.values.items()}
        return str(self.text) % values if values else str(self.text)


@dataclass(frozen=True, slots=True)
class Listed:
    """A few phrases in one sentence; the rest is only counted."""

    parts: tuple[Any, ...]
    most: int = 3

    def __str__(self) -> str:
        comma = "、" if (get_language() or "").startswith("zh") else ", "
        shown = comma.join(str(part) for part in self.parts[: self.most])
        more = len(self.parts) - self.most
        return _("%(shown)s and %(count)s more") % {"shown": shown, "count": more} if more > 0 else shown


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts next: a desk of the company, and the role whose people sit there."""

    label: str | Promise
    role: str


SALES = Desk(ROLES["sales"]["label"], "sales")
APPROVAL = Desk(ROLES["approver"]["label"], "approver")
PURCHASING = Desk(ROLES["purchasing"]["label"], "purchasing")
MANAGEMENT = Desk(ROLES["manager"]["label"], "manager")
WAREHOUSE = Desk(ROLES["warehouse"]["label"], "warehouse")
PRODUCTION = Desk(ROLES["planner"]["label"], "planner")
LOGISTICS = Desk(ROLES["logistics"]["label"], "logistics")
FINANCE = Desk(ROLES["finance"]["label"], "finance")


@dataclass(frozen=True, slots=True)
class Action:
    """The button that clears a cause: a POST with `fields`, or, without `post`, the page where it is done."""

    label: str | Promise
    url: str
    permission: str
    post: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForCustomer:
    """What the customer is told: nothing of documents, people, credit or cost."""

    code: str
    text: Words


CHECKING = ForCustomer("checking", Words(gettext_lazy("We have your order and are checking it.")))
ASKING = ForCustomer(
    "asking",
    Words(gettext_lazy("We could not accept the order as it stands. We will contact you; you may call us, too.")),
)
GATHERING = ForCustomer("gathering", Words(gettext_lazy("Your order is confirmed. We are getting the goods together.")))
MAKING = ForCustomer("making", Words(gettext_lazy("Your order is confirmed and is being made.")))
PACKING = ForCustomer("packing", Words(gettext_lazy("Your goods are ready and are being packed.")))
LEAVING = ForCustomer("leaving", Words(gettext_lazy("Your goods are packed and wait for the carrier.")))
TRAVELLING = ForCustomer("travelling", Words(gettext_lazy("Your goods are on their way to you.")))


def gathering(expected: dt.date | None) -> ForCustomer:
    """Goods are on their way to us, from that day on with luck."""
    if expected is None:
        return GATHERING
    words = gettext_lazy("Your order is confirmed. We expect the goods here on %(day)s and send them on at once.")
    return ForCustomer("gathering", Words(words, {"day": expected}))


def making(expected: dt.date | None) -> ForCustomer:
    """Goods are being made, until that day with luck."""
    if expected is None:
        return MAKING
    words = gettext_lazy("Your order is confirmed and is being made; we expect to finish it on %(day)s.")
    return ForCustomer("making", Words(words, {"day": expected}))


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why a document waits.

    `short` fits into a table cell. `lines` are the ids of the lines it stops; empty: all of them. `plain` replaces
    `text` for readers without `permission`, which the named document asks for. `people` go before those of the desk.
    """

    order: int
    code: str
    rank: int
    short: Words
    text: Words
    tone: str = "amber"
    lines: tuple[int, ...] = ()
    document: str = ""
    url: str = ""
    permission: str = ""
    plain: Words | None = None
    expected: dt.date | None = None
    desk: Desk | None = None
    people: tuple[str, ...] = ()
    action: Action | None = None
    customer: ForCustomer | None = None


@dataclass(slots=True)
class Inquiry:
    """The documents of one page with their lines, and what explainers have read about them already."""

    orders: list[Any]
    lines: dict[int, list[Any]]  # by document
    short: list[tuple[Any, Any]]  # (document, line) of the goods that are not all reserved yet
    holder_type: str  # of the lines, in reservations and needs
    memo: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, read: Callable[[], Any]) -> Any:
        """What `read` returns, read once for the page however many explainers ask."""
        if name not in self.memo:
            self.memo[name] = read()
        return self.memo[name]

    def in_state(self, *statuses: str) -> list[Any]:
        """The documents in one of these states."""
        return [order for order in self.orders if order.status in statuses]


Explainer = Callable[[Inquiry], Iterable[Cause]]


def explainers(label: str) -> list[Explainer]:
    """The functions that explain why documents of this kind wait."""
    return [import_string(path) for path in SOURCES.get(label, ())]


def causes_of(inquiry: Inquiry, label: str) -> dict[int, list[Cause]]:
    """Every cause of each document, the one to be named first; of two alike the one that takes longer."""
    found: dict[int, list[Cause]] = {order.pk: [] for order in inquiry.orders}
    for explain in explainers(label):
        for cause in explain(inquiry):
            found[cause.order].append(cause)
    for causes in found.values():
        causes.sort(key=_urgency)
    return found


def _urgency(cause: Cause) -> tuple[int, int]:
    return cause.rank, -(cause.expected or dt.date.min).toordinal()


def of_line(causes: Iterable[Cause], line_id: int) -> Cause | None:
    """The first of the sorted causes that stops this line."""
    return next((cause for cause in causes if not cause.lines or line_id in cause.lines), None)


@dataclass(frozen=True, slots=True)
class Button:
    """An action that this reader may take, in their language."""

    label: str
    url: str
    post: bool
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """A cause as one reader gets it: words in their language, and only what they may see and do."""

    code: str
    short: str
    text: str
    tone: str
    document: str
    url: str
    expected: dt.date | None
    late: bool
    role: str
    desk: str
    people: tuple[str, ...]
    action: Button | None
    cause: Cause

    @property
    def who(self) -> str:
        """Who acts next: the desk, and its people by name."""
        if not self.people:
            return self.desk
        names = Listed(self.people, PEOPLE_SHOWN)
        return _("%(desk)s: %(people)s") % {"desk": self.desk, "people": names} if self.desk else str(names)


def tell(cause: Cause, reader: Any, *, today: dt.date, people: Mapping[str, list[str]]) -> Said:
    """Put a cause into the words of one reader; None is the system, which sees all and does nothing.

    `people` is what `people_by_role` returned, read once for a page.
    """
    may_see = not cause.permission or reader is None or reader.has_perm(cause.permission)
    words = cause.text if may_see or cause.plain is None else cause.plain
    hidden = not may_see and cause.plain is not None
    action = cause.action
    may_act = action is not None and reader is not None and reader.has_perm(action.permission)
    return Said(
        code=cause.code,
        short=str(cause.short),
        text=str(words),
        tone=cause.tone,
        document="" if hidden else cause.document,
        url=cause.url if may_see else "",
        expected=cause.expected,
        late=cause.expected is not None and cause.expected < today,
        role=cause.desk.role if cause.desk else "",
        desk=str(cause.desk.label) if cause.desk else "",
        people=cause.people or (tuple(people.get(cause.desk.role, ())) if cause.desk else ()),
        action=Button(str(action.label), action.url, action.post, action.fields) if action and may_act else None,
        cause=cause,
    )


def people_by_role() -> dict[str, list[str]]:
    """Names of the active people with each role; one query, kept for a minute."""
    people: dict[str, list[str]] | None = cache.get("waiting-people")
    if people is None:
        people = _read_people()
        cache.set("waiting-people", people, PEOPLE_SECONDS)
    return people


def _read_people() -> dict[str, list[str]]:
    from erp.models import User

    people: dict[str, list[str]] = {}
    rows = User.objects.filter(is_active=True, is_portal=False, groups__name__in=ROLES).order_by("id")
    for role, name, username in rows.values_list("groups__name", "name", "username"):
        people.setdefault(role, []).append(name or username)
    return people


def said_as_json(said: Said | None) -> dict[str, Any] | None:
    """What the API tells: `{"code", "text", "document", "expected", "who", "action"}`, or null."""
    if said is None:
        return None
    action = said.action
    return {
        "code": said.code,
        "text": said.text,
        "document": said.document or None,
        "expected": said.expected,
        "who": {"role": said.role, "label": said.desk, "people": list(said.people)} if said.who else None,
        "action": {"label": action.label, "method": "POST" if action.post else "GET", "url": action.url}
        if action
        else None,
    }


def customer_as_json(cause: Cause | None) -> dict[str, Any] | None:
    """What a customer's program gets: the customer's words, and nothing of the house."""
    if cause is None or cause.customer is None:
        return None
    words = cause.customer
    blank = dict.fromkeys(("document", "expected", "who", "action"))
    return {"code": words.code, "text": str(words.text), **blank}
