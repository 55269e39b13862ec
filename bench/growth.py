"""What the pages of `bench.reads` cost in the database at hand, in CPU time of web process and PostgreSQL together.

`python -m bench growth` prints a table and writes `var/bench/growth.json`; with `--against FILE`, the ratio to an
earlier run, of a smaller company. CPU time is what counts: other work on the machine disturbs it least.
"""

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import Client

from bench.reads import Read, ask, browsers, reads
from orders.models import SalesOrder

TIMES = 15
GOAL = 1.2  # times the cost in the small company


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one page: medians in milliseconds, `p95_ms` by the clock, statements, and the ratio of CPU to the small run."""

    cpu_ms: float
    web_ms: float
    database_ms: float
    mean_ms: float
    p95_ms: float
    queries: int
    ratio: float | None = None


def database_seconds() -> float:
    """CPU seconds of the connection's server process; 0 when it runs on another machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:
        return 0.0


def measure(client: Client, read: Read, times: int = TIMES) -> Figure:
    """Open one page so many times, after once to warm up."""
    ask(client, read)
    web, database, wall = [], [], []
    for _ in range(times):
        before, began, clock = database_seconds(), time.process_time(), time.perf_counter()
        ask(client, read)
        wall.append(time.perf_counter() - clock)
        web.append(time.process_time() - began)
        database.append(database_seconds() - before)
    with _counted() as statements:
        ask(client, read)
    return Figure(
        cpu_ms=_ms(statistics.median(map(sum, zip(web, database, strict=True)))),
        web_ms=_ms(statistics.median(web)),
        database_ms=_ms(statistics.median(database)),
        mean_ms=_ms(statistics.mean(wall)),
        p95_ms=_ms(sorted(wall)[int(0.95 * (times - 1))]),
        queries=len(statements),
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


@contextmanager
def _counted() -> Iterator[list[str]]:
    found: list[str] = []

    def note(execute, statement, params, many, context):  # type: ignore[no-untyped-def]
        found.append(str(statement))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def run(against: Path | None = None, times: int = TIMES) -> Path:
    """Measure every page and print it; return where the figures were written."""
    small = json.loads(against.read_text())["pages"] if against else {}
    browser, pages = browsers(), {}
    print(f"{'page':<44}{'CPU ms':>9}{'database':>10}{'p95 ms':>9}{'queries':>9}{'ratio':>8}")
    for read in reads():
        figure = measure(browser(read.person), read, times)
        earlier = small.get(read.name, {}).get("cpu_ms")
        found = asdict(figure) | {"ratio": round(figure.cpu_ms / earlier, 2) if earlier else None}
        pages[read.name] = found
        print(
            f"{read.name:<44}{figure.cpu_ms:>9.1f}{figure.database_ms:>10.1f}{figure.p95_ms:>9.1f}{figure.queries:>9}"
            f"{found['ratio'] or '':>8}"
        )
    path = Path(settings.BASE_DIR) / "var" / "bench" / "growth.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    orders = SalesOrder.objects.count()  # one count of a whole table, in no page
    path.write_text(json.dumps({"orders": orders, "pages": pages}, indent=1, ensure_ascii=False))
    return path
