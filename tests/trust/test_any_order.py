"""Every verb that touches stock, in any order and however often: the books stay true.

`ERP_TRUST_EXAMPLES=300 make test ARGS=tests/trust/test_any_order.py` looks longer, in new corners each time.
"""

import os
from types import SimpleNamespace

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.trust.machine import AnythingHappens

EXAMPLES = int(os.environ.get("ERP_TRUST_EXAMPLES", "0"))
SHORT = {
    "max_examples": 8,
    "stateful_step_count": 25,
    "derandomize": True,
    "database": None,
    "phases": [Phase.generate],
}
LONG = {"max_examples": EXAMPLES, "stateful_step_count": 50, "print_blob": True, "phases": [Phase.generate]}


def test_any_sequence_of_acts_keeps_the_books_true(cast: SimpleNamespace) -> None:
    class Machine(AnythingHappens):
        def __init__(self) -> None:
            self.cast = cast
            self.savepoint = transaction.savepoint()
            super().__init__()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.savepoint)

    profile = LONG if EXAMPLES else SHORT
    run_state_machine_as_test(
        Machine, settings=settings(deadline=None, suppress_health_check=list(HealthCheck), **profile)
    )
