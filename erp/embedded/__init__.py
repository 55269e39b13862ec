"""PostgreSQL, Valkey and the launcher for a machine that has neither: everything under `var/`."""

import os
from pathlib import Path

from erp.embedded.paths import VAR, secret


def ensure_environment(var: Path = VAR) -> None:
    """Set what the settings need and the environment lacks: SECRET_KEY, DATABASE_URL and REDIS_URL.

    Services that nobody runs yet are started and stop when the last process that asked for them has ended.
    Raises erp.embedded.door.ServicesError when they do not start.
    """
    if "SECRET_KEY" not in os.environ:
        os.environ["SECRET_KEY"] = secret("secret-key")
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    from erp.embedded.door import enter

    connection, environment = enter(var)
    connection.detach()  # stays open until the kernel closes it with this process
    for name, value in environment.items():
        os.environ.setdefault(name, value)
