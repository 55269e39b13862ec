"""Runs PostgreSQL and Valkey for tests and for commands typed by hand, as long as anybody uses them."""

import time
from pathlib import Path

from erp.embedded.door import Door, lock
from erp.embedded.log import Log
from erp.embedded.paths import TEST_VAR
from erp.embedded.postgres import Postgres
from erp.embedded.supervisor import Supervisor
from erp.embedded.valkey import Valkey

LINGER = 1.5  # seconds without guests before it ends: the next command may follow at once
FIRST_LINGER = 30.0  # the same before the first guest, who may have been killed on its way


def keep(var: Path) -> int:
    """Serve until the last guest has gone. Returns the exit code; 0 as well when another keeper is there."""
    held = lock(var)
    if held is None:
        return 0
    durable = var != TEST_VAR
    postgres, valkey = Postgres(var, durable=durable), Valkey(var, durable=durable)
    door = Door(var, {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url})
    alone_since = time.monotonic()

    def abandoned() -> bool:
        nonlocal alone_since
        if door.guests or not door.is_open:
            alone_since = time.monotonic()
        return time.monotonic() - alone_since > (LINGER if door.had_guests else FIRST_LINGER)

    supervisor = Supervisor([[postgres.part(), valkey.part()]], Log(), should_stop=abandoned)
    supervisor.on_ready = lambda: door.open(supervisor)
    return supervisor.run()
