"""Who is told of an event: subscribed roles and persons, and the document's own people, as far as each may see it.

What rarely changes (who has which role, right and wish) is kept in the cache for a minute, so that an announcement
costs no query for it. The rule of who may see a document repeats `visible_to` for many people at once; a test
compares the two.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.db.models import Q

from erp.models import User
from notifications.models import Subscription
from notifications.texts import EVENTS

MINUTE = 60
ALL_ORDERS = "orders.view_all_orders"
# Receipts and returns are shown on their purchase order's page, a change to whoever sees its order.
# A comment names its readers itself, after asking whether they may see its document.
EVERYBODY = "everybody"
_VIEWED_AS = {
    "inventory.GoodsReceipt": "inventory.view_purchaseorder",
    "inventory.SupplierReturn": "inventory.view_purchaseorder",
    "orders.Amendment": "orders.view_salesorder",
    "erp.Comment": EVERYBODY,
}
# Of these, people without the right to all orders see only what is theirs.
_OWNED = {
    "orders.SalesOrder",
    "orders.Amendment",
    "shipping.PickList",
    "shipping.Shipment",
    "aftersales.ReturnRequest",
    "aftersales.ServiceCase",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """What must be known of a person to decide on telling them. `wishes`: (event, channel) → yes or no."""

    user_id: int
    name: str
    language: str
    email: str
    rights: frozenset[str]
    wishes: dict[tuple[str, str], bool] = field(default_factory=dict)

    def may_see(self, label: str, owner_ids: frozenset[int]) -> bool:
        """Whether a document of this kind, owned by these people, is visible to the person."""
        if view_permission(label) not in self.rights:
            return False
        return label not in _OWNED or ALL_ORDERS in self.rights or self.user_id in owner_ids


@dataclass(frozen=True, slots=True)
class Hearing:
    """One person who is told, and over which channels."""

    reader: Reader
    channels: frozenset[str]


def view_permission(label: str) -> str:
    """The right that lets a person see documents of this kind."""
    app, model = label.split(".")
    return _VIEWED_AS.get(label) or f"{app}.view_{model.lower()}"


def label_of(event: str) -> str:
    """The document label of an event key."""
    return event.rpartition(".")[0]


def hearers(event: str, *, own_ids: Iterable[int], owner_ids: frozenset[int], except_id: int | None) -> list[Hearing]:
    """Everybody who is told of an event, each once. No query while the cache is warm.

    `own_ids` are the document's own people, `owner_ids` those whose documents it is among, `except_id` the actor.
    """
    label = label_of(event)
    subscribed, own = _cached(event, frozenset(own_ids))
    channels: dict[int, set[str]] = defaultdict(set)
    readers: dict[int, Reader] = {}
    for hearing in subscribed:
        readers[hearing.reader.user_id] = hearing.reader
        channels[hearing.reader.user_id] |= hearing.channels
    for reader in own:
        readers[reader.user_id] = reader
        channels[reader.user_id] |= {c for c in EVENTS[event].own if reader.wishes.get((event, c), True)}
    return [
        Hearing(reader, frozenset(channels[user_id]))
        for user_id, reader in readers.items()
        if user_id != except_id and channels[user_id] and reader.may_see(label, owner_ids)
    ]


def forget(user_ids: Iterable[int] = ()) -> None:
    """Drop what the cache knows of subscriptions, and of these persons."""
    cache.delete_many([_event_key(event) for event in EVENTS] + [_reader_key(pk) for pk in user_ids])


def _event_key(event: str) -> str:
    return f"audience:{event}"


def _reader_key(user_id: int) -> str:
    return f"reader:{user_id}"


def _cached(event: str, own_ids: frozenset[int]) -> tuple[list[Hearing], list[Reader]]:
    """Subscribed people and own people; one trip to the cache, and queries only for what it does not hold."""
    keys = {pk: _reader_key(pk) for pk in own_ids}
    found: dict[str, Any] = cache.get_many([_event_key(event), *keys.values()])
    missing: dict[str, Any] = {}
    if _event_key(event) not in found:
        missing[_event_key(event)] = _subscribed(event)
    if unknown := [pk for pk, key in keys.items() if key not in found]:
        loaded = load_readers(unknown)
        # Who may not be told (left, or a customer) is remembered too.
        missing.update({keys[pk]: loaded.get(pk) for pk in unknown})
    if missing:
        cache.set_many(missing, MINUTE)
        found.update(missing)
    return found[_event_key(event)], [reader for pk in own_ids if (reader := found[keys[pk]])]


def _subscribed(event: str) -> list[Hearing]:
    """Members of subscribed roles and subscribed persons, with everyone's own wishes put on top."""
    channels: dict[int, set[str]] = defaultdict(set)
    roles: dict[int, set[str]] = defaultdict(set)
    wishes: list[tuple[int, str, bool]] = []
    rows = Subscription.objects.filter(event=event).values_list("channel", "role_id", "user_id", "is_active")
    for channel, role_id, user_id, is_active in rows:
        if role_id is None:
            wishes.append((user_id, channel, is_active))
        elif is_active:
            roles[role_id].add(channel)
    members = User.groups.through.objects.filter(group_id__in=roles).values_list("user_id", "group_id")
    for user_id, role_id in members if roles else ():
        channels[user_id] |= roles[role_id]
    for user_id, channel, wanted in wishes:
        (channels[user_id].add if wanted else channels[user_id].discard)(channel)
    readers = load_readers([pk for pk, wanted in channels.items() if wanted])
    return [Hearing(reader, frozenset(channels[pk])) for pk, reader in readers.items()]


def load_readers(user_ids: Iterable[int]) -> dict[int, Reader]:
    """What must be known of these people; three queries. Customers and people who left are left out."""
    users = {u.pk: u for u in User.objects.filter(pk__in=list(user_ids), is_active=True, is_portal=False)}
    if not users:
        return {}
    rights = _rights_of(users)
    wishes: dict[int, dict[tuple[str, str], bool]] = defaultdict(dict)
    for user_id, event, channel, is_active in Subscription.objects.filter(user_id__in=users).values_list(
        "user_id", "event", "channel", "is_active"
    ):
        wishes[user_id][(event, channel)] = is_active
    return {
        pk: Reader(pk, str(user), user.language, user.email, rights[pk], dict(wishes[pk])) for pk, user in users.items()
    }


def _rights_of(users: dict[int, User]) -> dict[int, frozenset[str]]:
    """The rights that matter here, of each person, by roles and by name; one query."""
    needed = {view_permission(label_of(event)) for event in EVENTS} - {EVERYBODY} | {ALL_ORDERS}
    match = Q()
    for right in needed:
        app, codename = right.split(".")
        match |= Q(permission__content_type__app_label=app, permission__codename=codename)
    columns = ("permission__content_type__app_label", "permission__codename")
    group_rights = apps.get_model("auth.Group").permissions.through.objects.filter(match, group__user__in=users)
    user_rights = User.user_permissions.through.objects.filter(match, user_id__in=users)
    found = {pk: {EVERYBODY, *(needed if user.is_superuser else ())} for pk, user in users.items()}
    rows = group_rights.values_list("group__user", *columns).union(user_rights.values_list("user_id", *columns))
    for user_id, app, codename in rows:
        found[user_id].add(f"{app}.{codename}")
    return {pk: frozenset(rights) for pk, rights in found.items()}
