"""A fresh system of its own under var/bench: durable PostgreSQL, Valkey, web server and worker, and what they cost."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import psutil

FOLDER = "var/bench/system"
CUSTOMERS, PRODUCTS = 1_000, 10_000
STOCK = Decimal(1_000_000)  # of each product: no bench runs out
ROLES = ("sales", "approver", "warehouse", "logistics", "finance")


def enter(root: Path) -> None:
    """Make everything this process does from now on happen in a fresh folder. Call it before Django is set up."""
    folder = root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ |= {"ERP_VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "erp.settings", "DEBUG": "false"}
    for name in ("DATABASE_URL", "REDIS_URL", "DATABASE_REPLICA_URL"):
        os.environ.pop(name, None)


def furnish(clerks: int) -> None:
    """Master data as the figures are defined: a thousand customers, ten thousand stocked products, and the clerks."""
    from django.contrib.auth.models import Group
    from django.core.management import call_command

    from bench.load import Sizes, load
    from erp.models import Company, User
    from inventory.models import Product
    from inventory.services import Movement, default_warehouse, post_moves, receiving_place, virtual_place

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    load(Sizes(orders=1, products=PRODUCTS, customers=CUSTOMERS))
    Company.objects.update(auto_approve_limit=0, invoice_on_shipment=False)
    source, target = virtual_place("supplier"), receiving_place(default_warehouse())
    products = list(Product.objects.filter(kind="goods").values_list("pk", "standard_cost"))
    for start in range(0, len(products), 500):
        post_moves(
            [
                Movement(product, source.pk, target.pk, STOCK, f"bench-{product}", unit_cost=cost or Decimal(1))
                for product, cost in products[start : start + 500]
            ],
            document=None,
            by=None,
        )
    groups = Group.objects.filter(name__in=ROLES)
    for number in range(clerks):
        user = User.objects.create(
            username=f"clerk{number}", name=f"clerk{number}", email=f"clerk{number}@bench.example"
        )
        user.groups.set(groups)


@contextmanager
def serving() -> Iterator[tuple[int, "Meter"]]:
    """Start web server and worker as `make run` does; yields the port and a meter of all that serves."""
    from django.conf import settings

    from erp.embedded.launcher import application

    port = _free_port()
    started = []
    try:
        for part in application("127.0.0.1", str(port), development=False):
            if part.name in ("web", "worker"):
                started.append(subprocess.Popen(part.command, stdout=subprocess.DEVNULL, start_new_session=True))
                while part.ready and not part.ready():
                    signal.sigtimedwait([], 0.2)
        postmaster = int((Path(settings.VAR_DIR) / "postgres" / "postmaster.pid").read_text().split("\n")[0])
        valkey = next(p.pid for p in psutil.Process(postmaster).parent().children() if "valkey" in p.name())
        web, worker = (process.pid for process in started)
        yield port, Meter({"web": web, "worker": worker, "postgres": postmaster, "valkey": valkey})
    finally:
        for process in started:
            for child in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
                child.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Meter:
    """CPU seconds that each part has used, with all the processes that belong to it."""

    def __init__(self, parts: dict[str, int]) -> None:
        self.parts = parts

    def read(self) -> dict[str, float]:
        """CPU seconds of each part until now."""
        return {name: _seconds(psutil.Process(pid)) for name, pid in self.parts.items()}

    def memory(self) -> dict[str, int]:
        """Bytes that each part holds (proportional set size: what is shared counts once)."""
        return {name: _bytes(psutil.Process(pid)) for name, pid in self.parts.items()}


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _seconds(root: psutil.Process) -> float:
    total = 0.0
    for process in _family(root):
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _bytes(root: psutil.Process) -> int:
    return sum(process.memory_full_info().pss for process in _family(root))
