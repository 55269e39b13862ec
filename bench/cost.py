"""What a request makes PostgreSQL do, counted and not timed: statements, rows looked at, blocks touched."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

_COUNTED = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan", "Tid Scan")


@dataclass(slots=True)
class Cost:
    """`rows` that scans produced or threw away, `blocks` of 8 kB in memory or not, `worst` the dearest statement."""

    queries: int = 0
    rows: int = 0
    blocks: int = 0
    worst: str = ""
    worst_rows: int = 0
    plan: str = ""
    statements: list[tuple[str, Any]] = field(default_factory=list)


@contextmanager
def recorded() -> Iterator[Cost]:
    """Count the statements of a block; `explain` afterwards says what they cost."""
    cost = Cost()

    def note(execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: Any) -> Any:
        cost.queries += 1
        if not many and isinstance(statement, str):
            cost.statements.append((statement, params))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(note):
        yield cost


def explain(cost: Cost) -> Cost:
    """Run the reading statements once more and add up what their plans really touched."""
    for statement, params in cost.statements:
        if not statement.lstrip(" (").upper().startswith(("SELECT", "WITH")) or "FOR UPDATE" in statement:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON, TIMING OFF) {statement}", params)
            found = cursor.fetchone()[0]
        plan = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
        rows = _rows(plan)
        cost.rows += rows
        cost.blocks += plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)
        if rows > cost.worst_rows:
            text: list[str] = []
            _outline(plan, 0, text)
            cost.worst, cost.worst_rows, cost.plan = statement % _shown(params), rows, "\n".join(text)
    return cost


def _shown(params: Any) -> Any:
    return tuple(map(repr, params)) if isinstance(params, list | tuple) else params or ()


def _rows(plan: dict[str, Any]) -> int:
    below = sum(_rows(child) for child in plan.get("Plans", []))
    return below + (_own(plan) if plan["Node Type"] in _COUNTED else 0)


def _own(plan: dict[str, Any]) -> int:
    thrown = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    return round((plan["Actual Rows"] + thrown) * plan["Actual Loops"])


def _outline(plan: dict[str, Any], depth: int, lines: list[str]) -> None:
    name = plan.get("Index Name") or plan.get("Relation Name") or ""
    condition = plan.get("Index Cond") or plan.get("Filter") or ""
    lines.append(f"{'  ' * depth}{plan['Node Type']} {name} {_own(plan)} rows {condition}")
    for child in plan.get("Plans", []):
        _outline(child, depth + 1, lines)
