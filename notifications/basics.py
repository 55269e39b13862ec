"""The subscriptions a new company starts with."""

from django.contrib.auth.models import Group

from notifications import audience
from notifications.models import Subscription
from notifications.texts import EVENTS


def ensure_basics() -> None:
    """Subscribe each role to the news that concerns its work; a row the administrator has changed stays as it is."""
    roles = dict(Group.objects.values_list("name", "pk"))
    Subscription.objects.bulk_create(
        [
            Subscription(event=key, channel=Subscription.Channel.BELL, role_id=roles[role])
            for key, event in EVENTS.items()
            for role in event.roles
            if role in roles
        ],
        ignore_conflicts=True,
    )
    audience.forget()
