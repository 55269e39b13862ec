"""A ring of locks is broken by PostgreSQL, and the verb that lost runs again."""

import threading

import pytest
from django.db import IntegrityError, connection

from erp.models import Counter
from erp.transactions import verb


@pytest.mark.django_db(transaction=True)
def test_the_victim_of_a_deadlock_runs_again() -> None:
    first, second = Counter.objects.create(name="a"), Counter.objects.create(name="b")
    both_hold_one = threading.Barrier(2)
    tries: list[str] = []

    @verb
    def count_both(name: str, one: int, other: int) -> None:
        tries.append(name)
        Counter.objects.select_for_update().get(pk=one)
        if tries.count(name) == 1:
            both_hold_one.wait()
        Counter.objects.select_for_update().get(pk=other)
        for counter in Counter.objects.all():
            counter.value += 1
            counter.save()

    def work(name: str, one: int, other: int) -> None:
        try:
            count_both(name, one, other)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=("x", first.pk, second.pk)),
        threading.Thread(target=work, args=("y", second.pk, first.pk)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tries) in (["x", "x", "y"], ["x", "y", "y"])
    assert list(Counter.objects.values_list("value", flat=True)) == [2, 2]


@pytest.mark.django_db(transaction=True)
def test_other_errors_are_not_tried_again_and_leave_nothing() -> None:
    tries = []

    @verb
    def make_twice() -> None:
        tries.append(1)
        Counter.objects.create(name="once")
        Counter.objects.create(name="once")

    with pytest.raises(IntegrityError):
        make_twice()
    assert len(tries) == 1
    assert not Counter.objects.exists()
