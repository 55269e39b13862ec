"""Document numbers: unique always, gap-free where the law asks it."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from erp.numbering import SEQUENCES, next_gapless, next_number, next_numbers


@pytest.mark.parametrize("prefix", SEQUENCES)
def test_numbers_carry_prefix_and_day(db: Any, prefix: str) -> None:
    first, second = next_number(prefix), next_number(prefix)
    assert first != second
    assert first.startswith(f"{prefix}-{timezone.localdate():%Y%m%d}-")


def test_many_numbers_at_once_are_different(db: Any) -> None:
    assert len(set(next_numbers("SO", 50))) == 50


@pytest.mark.django_db(transaction=True)
def test_gapless_numbers_have_no_gap_even_when_some_are_rolled_back() -> None:
    taken: list[str] = []

    def work(index: int) -> None:
        try:
            with transaction.atomic():
                number = next_gapless("TST")
                if index % 3 == 0:
                    raise LookupError  # the document is not posted after all
            taken.append(number)
        except LookupError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(number.rsplit("-", 1)[1]) for number in taken) == list(range(1, 9))
