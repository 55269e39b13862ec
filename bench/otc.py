"""The order-to-cash cycle: orders of five lines from entry to posted receivable through the real pages.

Figures are CPU milliseconds of all server processes (web, worker, PostgreSQL, Valkey; not the load generator) per
complete order, orders per second, mean and 95th percentile per step, and statements per step.
"""

import json
import random
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import system
from bench.clerk import Clerk

LINE_SECONDS = 18_000_000  # milliseconds of one core in an hour, times five lines of an order


def run(root: Path, *, clerks: int, orders: int) -> dict[str, Any]:
    """Measure on a fresh system; `orders` is how many each clerk takes. Returns the figures and writes otc.json."""
    system.enter(root)
    import django

    django.setup()
    system.furnish(clerks)
    statements = count_statements()
    with system.serving() as (port, meter):
        people = [_clerk(number, clerks, port) for number in range(clerks)]
        for clerk in people:  # templates compiled, connections made
            clerk.cycle()
            clerk.cycle()
        steps: dict[str, list[float]] = defaultdict(list)
        before, began = meter.read(), time.perf_counter()
        _work(people, orders, steps)
        seconds, after, memory = time.perf_counter() - began, meter.read(), meter.memory()
    done = clerks * orders
    cpu = {name: round((after[name] - before[name]) * 1000 / done, 2) for name in after}
    total = round(sum(cpu.values()), 1)
    figures = {
        "orders": done,
        "clerks": clerks,
        "orders_per_s": round(done / seconds, 2),
        "cpu_ms_per_order": total,
        "cpu_ms_per_order_by_part": cpu,
        "lines_per_hour_per_core": round(LINE_SECONDS / total),
        "memory_mb": {name: round(size / 1e6) for name, size in memory.items()},
        "steps": {name: _figures(times, statements[name]) for name, times in steps.items()},
    }
    path = root / "var" / "bench" / "otc.json"
    path.write_text(json.dumps(figures, indent=1))
    _print(figures)
    return figures


def _figures(times: list[float], queries: int) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "mean_ms": round(statistics.mean(times) * 1000, 1),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))] * 1000, 1),
        "queries": queries,
    }


def _work(people: list[Clerk], orders: int, steps: dict[str, list[float]]) -> None:
    failures: list[BaseException] = []

    def work(clerk: Clerk) -> None:
        clerk.note = lambda step: _timed(steps[step])
        try:
            for _ in range(orders):
                clerk.cycle()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(clerk,)) for clerk in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@contextmanager
def _timed(into: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    into.append(time.perf_counter() - began)


def _clerk(number: int, of: int, port: int) -> Clerk:
    from bench.browser import Browser

    client = _signed_in(number)
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    return _with_goods(Browser(port, cookies), number, of)


def _signed_in(number: int) -> Any:
    from django.test import Client

    from erp.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=f"clerk{number}"))
    return client


def _with_goods(browser: Any, number: int, of: int) -> Clerk:
    from inventory.models import Product
    from orders.models import Customer

    customers = list(Customer.objects.order_by("pk").values_list("pk", "code"))[number::of]
    products = list(Product.objects.filter(kind="goods").order_by("pk").values_list("pk", "sku"))[number::of]
    return Clerk(browser, customers, products, random.Random(number))


def count_statements() -> dict[str, int]:
    """Statements of each step, counted in one cycle inside this process after another that warmed it up."""
    from django.db import connection

    from bench.browser import Inside

    counted: dict[str, int] = {}

    @contextmanager
    def count(step: str) -> Iterator[None]:
        found = 0

        def wrapper(execute: Any, *arguments: Any) -> Any:
            nonlocal found
            found += 1
            return execute(*arguments)

        with connection.execute_wrapper(wrapper):
            yield
        counted[step] = found

    clerk = _with_goods(Inside(_signed_in(0)), 0, 1)
    clerk.cycle()
    clerk.note = count
    clerk.cycle()
    return counted


def _print(figures: dict[str, Any]) -> None:
    print(f"\n{figures['orders']} orders of five lines by {figures['clerks']} clerks")
    parts = ", ".join(f"{name} {value}" for name, value in figures["cpu_ms_per_order_by_part"].items())
    print(f"  CPU per order      {figures['cpu_ms_per_order']} ms ({parts})")
    print(f"  orders per second  {figures['orders_per_s']}")
    print(f"  lines per hour and core  {figures['lines_per_hour_per_core']:,}")
    print(f"  {'step':<22}{'mean ms':>9}{'p95 ms':>9}{'statements':>12}")
    for name, step in figures["steps"].items():
        print(f"  {name:<22}{step['mean_ms']:>9}{step['p95_ms']:>9}{step['queries']:>12}")
