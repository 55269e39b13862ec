"""Drives orders through the whole path over simulated days, through the same services that people use."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from demo.carriage import start_live_carrier
from demo.simulation.clock import ZONE, Clock
from demo.simulation.floor import Floor
from demo.simulation.office import Office
from erp.models import User
from orders.models import SalesOrder

DRAIN_DAYS = 110  # after the last order, until the last customer has paid
MAX_DRAIN_DAYS = 60  # beyond that, into the future, if it must be
STATISTICS_DAYS = 10  # tables grow from empty faster than autovacuum looks; plans for empty tables are bad plans


@dataclass(slots=True)
class Result:
    """What a simulation left: how many orders in which state, and how many days it lived through."""

    orders: int
    days: int
    by_status: dict[str, int] = field(default_factory=dict)


class Team:
    """One person a role, taken from the roles' members."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.members: dict[str, list[User]] = {
            group.name: sorted(group.user_set.filter(is_active=True), key=lambda user: user.pk)
            for group in Group.objects.prefetch_related("user_set")
        }

    def __getitem__(self, role: str) -> User:
        people = self.members.get(role)
        if not people:
            raise LookupError(f"nobody has the role “{role}”; run load_demo first")
        return people[0] if role != "sales" else self.rng.choice(people)


def simulate(
    *, orders: int, seed: int, days: int = 60, drain: bool = True, progress: Callable[[int, int], None] | None = None
) -> Result:
    """Enter `orders` over `days` working days and let everybody do their work twice a day.

    With `drain` the company goes on working until no order waits for anybody (orders that customers never pay for
    aside); without, the simulation ends today with orders in every state. The same seed does the same work.
    """
    rng = random.Random(seed)
    length = days + (DRAIN_DAYS if drain else 0)
    now = timezone.localtime(timezone=ZONE)
    today = now.date()
    start = dt.datetime.combine(today - dt.timedelta(days=length), dt.time(8, 30), ZONE)
    ids: set[int] = set()
    with Clock(start, rng=rng, end=None if drain else now) as clock:
        # Durable commits would only slow the past down; nobody has been promised anything yet.
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO off")
        team = Team(rng)
        office, floor = Office(clock, team, rng, ids), Floor(clock, team, rng, ids)
        lived = 0
        plan = _plan(orders, days, rng)
        for day in range(length + (MAX_DRAIN_DAYS if drain else 0)):
            date = (start + dt.timedelta(days=day)).date()
            if (not drain and date >= today) or (drain and day > days and not _work_left(ids)):
                break
            if day % STATISTICS_DAYS == 0:
                with connection.cursor() as cursor:
                    cursor.execute("ANALYZE")
            lived += 1
            _live(date, plan[day] if day < days else 0, office, floor, clock)
            if progress:
                progress(min(len(ids), orders), orders)
        if not drain:
            clock.move_to(min(dt.datetime.combine(today, dt.time(9), ZONE), now - dt.timedelta(hours=4)))
            _this_morning(office, floor)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO DEFAULT")
    return Result(orders=len(ids), days=lived, by_status=_count(ids))


def _plan(orders: int, days: int, rng: random.Random) -> list[int]:
    """How many orders come in on each day; growing a little, as a healthy company's do."""
    weights = [rng.uniform(0.5, 1.5) * (0.7 + 0.6 * day / days) for day in range(days)]
    exact = [weight * orders / sum(weights) for weight in weights]
    counts, carried = [], 0.0
    for value in exact:
        carried += value
        counts.append(int(carried))
        carried -= int(carried)
    counts[-1] += orders - sum(counts)
    return counts


def _live(date: dt.date, new: int, office: Office, floor: Floor, clock: Clock) -> None:
    """One working day: a morning and an afternoon, everybody once in each."""
    for hour, share in ((9, (new + 1) // 2), (14, new // 2)):
        clock.move_to(dt.datetime.combine(date, dt.time(hour), ZONE))
        office.enter_orders(share)
        office.correct_rejected()
        office.approve()
        floor.buy_and_receive()
        floor.make()
        floor.pick_pack_hand_over()
        clock.move_to(dt.datetime.combine(date, dt.time(hour + 3), ZONE))
        floor.follow_parcels()
        office.collect_money()
        office.look_after()


def _this_morning(office: Office, floor: Floor) -> None:
    """Today has begun: something lies on every desk, and nobody has finished anything yet."""
    office.enter_orders(16)
    office.approve(rejections=0.25)
    floor.make()
    floor.pick(later=0.5)
    floor.pack(later=0.4)
    start_live_carrier()
    floor.hand_over(later=0.7)
    office.enter_orders(6)
    office.hear_customers()


def _work_left(ids: set[int]) -> bool:
    busy = [status for status in SalesOrder.Status if status not in ("completed", "cancelled")]
    return SalesOrder.objects.filter(pk__in=ids, status__in=busy).exists()


def _count(ids: set[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for status in SalesOrder.objects.filter(pk__in=ids).values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found
