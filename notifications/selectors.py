"""What readers see of their notices."""

from dataclasses import dataclass

from django.utils.functional import Promise

from erp.models import User
from notifications.audience import label_of, load_readers, view_permission
from notifications.models import Notice, Subscription
from notifications.services import default_wishes, role_wishes
from notifications.texts import EVENTS, Event

UNREAD_CAP = 100


def unread_count(user: User) -> int:
    """How many notices wait, counted no further than the cap; one query over an index of unread rows."""
    return Notice.objects.visible_to(user).unread().values("pk")[:UNREAD_CAP].count()


def latest(user: User, count: int = 8) -> list[Notice]:
    """The newest notices; one query."""
    return list(Notice.objects.visible_to(user).order_by("-id")[:count])


@dataclass(frozen=True, slots=True)
class Wish:
    """One line of the settings page: an event, and whether it comes by bell and by mail.

    `mine`: it comes only for documents that are the person's own.
    """

    key: str
    event: Event
    bell: bool
    mail: bool
    mine: bool


def wishes(user: User) -> list[tuple[str | Promise, list[Wish]]]:
    """Events that this person may be told of, by kind of document, with what is in force; five queries."""
    from django.apps import apps

    reader = load_readers([user.pk]).get(user.pk)
    if reader is None:
        return []
    by_role = role_wishes(user)
    chosen = {**default_wishes(user, by_role), **reader.wishes}
    groups: dict[str, list[Wish]] = {}
    for key, event in EVENTS.items():
        if view_permission(label_of(key)) in reader.rights:
            bell, mail = chosen[key, Subscription.Channel.BELL], chosen[key, Subscription.Channel.MAIL]
            everything = any((key, c) in by_role or reader.wishes.get((key, c)) for c in Subscription.Channel.values)
            wish = Wish(key, event, bell, mail, mine=(bell or mail) and not everything)
            groups.setdefault(label_of(key), []).append(wish)
    return [(apps.get_model(label)._meta.verbose_name, found) for label, found in groups.items()]
