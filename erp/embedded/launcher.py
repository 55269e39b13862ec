"""`make run` and `make dev`: the whole system on one machine, every part supervised."""

import http.client
import os
import socket
import sys
import time

import environ

from erp.embedded.door import Door, knock, lock
from erp.embedded.guardian import guarded
from erp.embedded.log import Log
from erp.embedded.parts import Part
from erp.embedded.paths import ROOT, VAR, secret
from erp.embedded.postgres import Postgres
from erp.embedded.supervisor import Supervisor
from erp.embedded.valkey import Valkey

DEMO_ACCOUNTS = "sales approver planner warehouse logistics finance service manager admin customer"
QUEUES = "interactive,notify,batch"
WEB_WORKERS = 2
WEB_THREADS = 8  # requests that one web worker handles at once
WORKER_PROCESSES = 2
PATIENCE = 5.0  # seconds for a command that is about to leave the database


def launch(*, development: bool) -> int:
    """Start everything, supervise it until a signal comes, stop it in order; return the exit code."""
    return guarded(lambda: _launch(development=development))


def _launch(*, development: bool) -> int:
    environ.Env.read_env(ROOT / ".env")
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    held = _take_lock()
    _check_port(host, port)

    stages: list[list[Part]] = [[]]
    environment = {
        "PORT": port,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "erp.settings",
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secret("secret-key"),
        "DEMO": os.environ.get("DEMO", "1"),
        "DEMO_PASSWORD": os.environ.get("DEMO_PASSWORD") or secret("demo-password", length=10),
    }
    if development:
        environment["DEBUG"] = "true"
    if not os.environ.get("DATABASE_URL"):
        postgres = Postgres(VAR)
        environment["DATABASE_URL"] = postgres.url
        stages[0].append(postgres.part())
    if not os.environ.get("REDIS_URL"):
        valkey = Valkey(VAR)
        environment["REDIS_URL"] = valkey.url
        stages[0].append(valkey.part())
    os.environ.update(environment)
    stages += [[_prepare()], application(host, port, development=development)]

    address = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}/"  # noqa: S104
    log = Log()
    door = Door(VAR, {**environment, "ADDRESS": address})
    supervisor = Supervisor([stage for stage in stages if stage], log)

    def welcome() -> None:
        door.open(supervisor)
        log.say(_welcome(address, environment["DEMO_PASSWORD"]))

    supervisor.on_ready = welcome
    try:
        return supervisor.run()
    finally:
        os.close(held)


def _take_lock() -> int:
    deadline = time.monotonic() + PATIENCE
    while (held := lock(VAR)) is None:
        found = knock(VAR)
        if found and "ADDRESS" in found[1]:
            sys.exit(
                f"It runs already in this folder: {found[1]['ADDRESS']}\n"
                "Stop that one first (Ctrl-C in its terminal), or use it."
            )
        if time.monotonic() > deadline:
            sys.exit(
                "Another command of this folder is using its database (a manage.py command, or a start or stop).\n"
                "Try again when that has ended."
            )
        time.sleep(0.2)  # a command that has just ended lets go of the database within two seconds
    return held


def _check_port(host: str, port: str) -> None:
    if not port.isdigit() or not 0 < int(port) < 65536:
        sys.exit(f"PORT must be a number from 1 to 65535, not {port!r}.")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            sys.exit(
                f"Cannot listen on {host}:{port}: {error.strerror}.\n"
                f"Another program may be using that port. Choose another one: PORT={int(port) + 1} make run"
            )


def _python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def _prepare() -> Part:
    return Part(name="prepare", command=_python("erp.embedded", "prepare"), once=True)


def application(host: str, port: str, *, development: bool) -> list[Part]:
    """Return the parts that are ours: web server, worker and beat."""
    web = ["granian", "erp.wsgi:application", "--interface", "wsgi", "--host", host, "--port", port, "--no-ws"]
    web += ["--blocking-threads", str(WEB_THREADS), "--log-level", "error"]
    worker = ["celery", "--quiet", "-A", "erp", "worker", "--queues", QUEUES, "--concurrency", str(WORKER_PROCESSES)]
    worker += ["--loglevel", "warning", "--without-gossip", "--without-mingle", "-O", "fair"]
    beat = ["celery", "--quiet", "-A", "erp", "beat", "--loglevel", "warning", "--pidfile="]
    web += ["--workers", "1" if development else str(WEB_WORKERS)]
    web += ["--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "8"]
    if development:
        web += ["--reload", "--reload-ignore-paths", str(VAR)]
    commands = {"web": _python(*web), "worker": _python(*worker), "beat": _python(*beat)}
    if development:
        for name in ("worker", "beat"):
            commands[name] = _reloading(commands[name])
    # Celery warns every root user of pickle, which we do not accept.
    quiet = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
    return [
        Part(name="web", command=commands["web"], ready=lambda: _answers(host, port), grace=12),
        Part(name="worker", command=commands["worker"], environment=quiet, grace=30),
        Part(name="beat", command=commands["beat"]),
    ]


def _reloading(command: list[str]) -> list[str]:
    folders = [str(path) for path in ROOT.iterdir() if (path / "__init__.py").exists()]
    return _python("watchfiles", "--filter", "python", "--sigint-timeout", "5", " ".join(command), *folders)


def _answers(host: str, port: str) -> bool:
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(target, int(port), timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _welcome(address: str, password: str) -> str:
    accounts = "\n".join(f"    {name}" for name in DEMO_ACCOUNTS.split())
    return f"""
  Ready: {address}

  Demo accounts, one a role (password of each: {password}):
{accounts}

  Ctrl-C stops everything. What was entered stays in {VAR}.
"""
