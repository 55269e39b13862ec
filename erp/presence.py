"""Who has something open for editing right now. Kept in Redis for half a minute after the last sign of life.

It informs and never blocks: when Redis is away, nobody seems to be there.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import redis
from django.conf import settings

from erp.models import User

TTL = 30  # seconds without a sign of life until somebody counts as gone
TIMEOUT = 0.5


@dataclass(frozen=True, slots=True)
class Editor:
    """Somebody who has it open, and since when. `is_self`: the same person in another window."""

    name: str
    since: datetime
    is_self: bool


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, decode_responses=True)


def _keys(subject: str) -> tuple[str, str]:
    return f"presence:{subject}", f"presence:{subject}:since"


def here(subject: str, *, user: User, window: str) -> list[Editor]:
    """Say that the person has it open in this window; the others who have. One round trip, and a query if there are any."""
    now, me = time.time(), f"{user.pk}:{window}"
    seen, since = _keys(subject)
    try:
        with _client(settings.REDIS_URL).pipeline() as pipe:
            pipe.zadd(seen, {me: now})
            pipe.hsetnx(since, me, str(now))
            pipe.zremrangebyscore(seen, "-inf", now - TTL)
            pipe.zrange(seen, 0, -1)
            pipe.hgetall(since)
            pipe.expire(seen, TTL)
            pipe.expire(since, TTL)
            answers = pipe.execute()
    except redis.RedisError:
        return []
    return _editors([member for member in answers[3] if member != me], answers[4], user)


def gone(subject: str, *, user: User, window: str) -> None:
    """The window was closed, or what was typed in it is saved."""
    me, (seen, since) = f"{user.pk}:{window}", _keys(subject)
    try:
        with _client(settings.REDIS_URL).pipeline() as pipe:
            pipe.zrem(seen, me)
            pipe.hdel(since, me)
            pipe.execute()
    except redis.RedisError:
        return


def _editors(members: list[str], since: dict[str, str], user: User) -> list[Editor]:
    """One row a person, with the window that was opened first."""
    first: dict[int, float] = {}
    for member in members:
        pk = int(member.partition(":")[0])
        began = float(since.get(member, time.time()))
        first[pk] = min(first.get(pk, began), began)
    names = {row.pk: str(row) for row in User.objects.filter(pk__in=first)} if first else {}
    return [
        Editor(names[pk], datetime.fromtimestamp(began, UTC), pk == user.pk)
        for pk, began in sorted(first.items(), key=lambda item: item[1])
        if pk in names
    ]
