"""Runs PostgreSQL and Valkey for tests and for commands typed by hand, as long as anybody uses them."""

from pathlib import Path

from erp.embedded.door import Door, lock
from erp.embedded.log import Log
from erp.embedded.paths import TEST_VAR
from erp.embedded.postgres import Postgres
from erp.embedded.supervisor import Supervisor
from erp.embedded.valkey import Valkey

LINGER_TURNS = 2  # turns of the supervisor's loop without guests before it ends: the next command may follow at once


def keep(var: Path) -> int:
    """Serve until the last guest has gone. Returns the exit code; 0 as well when another keeper is there."""
    held = lock(var)
    if held is None:
        return 0
    durable = var != TEST_VAR
    postgres, valkey = Postgres(var, durable=durable), Valkey(var, durable=durable)
    door = Door(var, {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url})
    empty_turns = 0

    def abandoned() -> bool:
        nonlocal empty_turns
        empty_turns = 0 if door.guests or not door.had_guests else empty_turns + 1
        return empty_turns > LINGER_TURNS

    supervisor = Supervisor([[postgres.part(), valkey.part()]], Log(), should_stop=abandoned)
    supervisor.on_ready = lambda: door.open(supervisor)
    return supervisor.run()
