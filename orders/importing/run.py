"""The import itself: files through a mapping into orders, in chunks, with progress, and a report of what was refused."""

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.documents.reading import Row, read_table
from erp.errors import BusinessError
from erp.models import User
from orders.importing.grouping import Draft, Grouper
from orders.importing.mapping import Binding, Mapping
from orders.importing.resolving import Resolver
from orders.importing.spool import Spool
from orders.models import ImportRow, ImportRun
from orders.services.intake import Intake, approve_recent, create_orders_bulk, known_numbers

CHUNK = 500  # orders per transaction
TRIES = 3  # somebody else may enter one of the orders at the same moment

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Result:
    """What an import did, or would do in a dry run. `total` is the new orders' amount with tax."""

    rows: int = 0
    rows_bad: int = 0
    orders_created: int = 0
    orders_existing: int = 0
    orders_refused: int = 0
    orders_approved: int = 0
    lines: int = 0
    customers_created: int = 0
    products_created: int = 0
    total: Decimal = Decimal("0.00")
    kept: bool = True
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The figures as `ImportRun.result` keeps them."""
        return {**asdict(self), "total": str(self.total), "seconds": round(self.seconds, 2)}


@dataclass
class Import:
    """One passage of files through a mapping. Nothing is known here of pages or commands."""

    mapping: Mapping
    files: dict[str, Path]
    by: User | None
    dry_run: bool = False
    all_or_nothing: bool = False
    create_missing: bool = True
    progress: Progress = lambda done, total: None
    result: Result = field(default_factory=Result)
    _recent: list[int] = field(default_factory=list)
    _rows_done: int = 0

    def run(self, spool: Spool) -> Result:
        """Read, enter and report. Raises FileRefused when a file cannot be read; then nothing was entered."""
        started = time.monotonic()
        grouper = self._load(spool)
        resolver = Resolver(self.mapping, spool, self.by, self.create_missing)
        with ExitStack() as stack:
            if self.dry_run or self.all_or_nothing:
                stack.enter_context(transaction.atomic())
            self._enter(grouper.drafts(spool), resolver, spool)
            self._forget_unless_wanted()
        self.result.customers_created = resolver.customers_created
        self.result.products_created = resolver.products_created
        if self.result.kept and not self.dry_run:
            self.result.orders_approved = approve_recent(self._recent, by=self.by)
        self.result.seconds = time.monotonic() - started
        return self.result

    def _forget_unless_wanted(self) -> None:
        """Roll everything back after a dry run, and when all or nothing was asked and something is wrong."""
        self.result.kept = not (self.dry_run or (self.all_or_nothing and self.result.rows_bad))
        if not self.result.kept:
            transaction.set_rollback(True)

    # Reading

    def _load(self, spool: Spool) -> Grouper:
        """All files into the spool; every heading is checked before the first row is read."""
        two_files = self.mapping.has_line_file
        tables = {part: read_table(path) for part, path in self.files.items()}
        bindings = {
            part: self.mapping.binding(part, headings, file=self.files[part].name)
            for part, (headings, _rows) in tables.items()
        }
        if not two_files:
            bindings["line"] = self.mapping.binding("line", tables["order"][0], file=self.files["order"].name)
        for part in ("order", "line") if two_files else ("order",):
            rows = self._with_key(spool, bindings[part], part, tables[part][1])
            self.result.rows += spool.take(part if two_files else "line", rows)
        for part in ("customer", "product"):
            if part in tables:
                spool.take_side(part, _side_rows(bindings[part], tables[part][1]))
        return Grouper(bindings, self.mapping.options, two_files)

    def _with_key(
        self, spool: Spool, binding: Binding, part: str, rows: Iterator[Row]
    ) -> Iterator[tuple[str, int, list[str]]]:
        heading = binding.heading("external_number")
        for number, cells in rows:
            if key := binding.raw(cells, "external_number"):
                yield key, number, cells
            else:
                self.result.rows_bad += 1
                self.result.rows += 1
                self._rows_done += 1
                file = self.files[part].name
                spool.refuse([(file, number, "", heading, _("The row has no order number."), cells)])

    # Entering

    def _enter(self, drafts: Iterator[Draft], resolver: Resolver, spool: Spool) -> None:
        while chunk := list(islice(drafts, CHUNK)):
            for attempt in range(1, TRIES + 1):
                try:
                    with transaction.atomic():
                        intake = self._enter_chunk(chunk, resolver)
                    break
                except IntegrityError:
                    resolver.forget()
                    if attempt == TRIES:
                        raise
            self._count(chunk, intake)
            spool.refuse(self._bad_rows(chunk))
            self.progress(min(self._rows_done, self.result.rows), self.result.rows)

    def _enter_chunk(self, chunk: Sequence[Draft], resolver: Resolver) -> Intake:
        known = known_numbers(self.mapping.channel, [draft.external_number for draft in chunk])
        for draft in chunk:
            if draft.external_number in known:
                draft.errors.clear()  # it is there: what the file says about it now changes nothing
        orders = resolver.orders([draft for draft in chunk if draft.external_number not in known])
        intake = create_orders_bulk([order for _draft, order in orders], channel=self.mapping.channel, by=self.by)
        return Intake(created=intake.created, lines=intake.lines, known=known | intake.known)

    def _count(self, chunk: Sequence[Draft], intake: Intake) -> None:
        result = self.result
        result.orders_created += len(intake.created)
        result.orders_existing += len(intake.known)
        result.orders_refused += sum(bool(draft.errors) for draft in chunk)
        result.lines += intake.lines
        result.total += sum((order.total for order in intake.created), Decimal(0))
        self._rows_done += sum(len(draft.lines) or 1 for draft in chunk)
        if days := self.mapping.options.approve_days:
            since = timezone.now() - dt.timedelta(days=days)
            self._recent += [order.pk for order in intake.created if order.ordered_at >= since]

    def _bad_rows(self, chunk: Sequence[Draft]) -> Iterator[tuple[str, int, str, str, str, list[str]]]:
        seen: set[tuple[str, int]] = set()
        for draft in chunk:
            for (part, number, cells), heading, message in draft.errors:
                if (part, number) not in seen:
                    seen.add((part, number))
                    self.result.rows_bad += 1
                file = self.files.get(part) or self.files["order"]
                yield file.name, number, draft.external_number, heading, message, cells


def _side_rows(binding: Binding, rows: Iterator[Row]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a file of customers or products says, by their code; rows without one say nothing."""
    key = "customer_code" if binding.part == "customer" else "sku"
    for _number, cells in rows:
        values, _wrong = binding.read(cells)
        if values.get(key):
            yield values[key], values


# Runs that are kept, for the page and the command

PROGRESS_SECONDS = 60 * 60 * 24
CLAIM_SECONDS = 180  # longer than any chunk takes; after that a run without a sign of life is taken up again


def progress_key(run: ImportRun) -> str:
    """Where the progress of a run is kept while its transaction is open."""
    return f"import-progress:{run.pk}"


def claim(run: ImportRun) -> bool:
    """Take the run for this process; False when another works on it. The claim ends with the process that holds it."""
    return cache.add(_claim_key(run), True, CLAIM_SECONDS)


def left_behind() -> list[int]:
    """Runs that were started and that nobody works on: their worker died. One query."""
    under_way = ImportRun.objects.filter(status__in=[ImportRun.Status.WAITING, ImportRun.Status.RUNNING])
    runs = list(under_way.exclude(file="").order_by("id")[:100])
    claimed = cache.get_many([_claim_key(run) for run in runs])
    return [run.pk for run in runs if _claim_key(run) not in claimed]


def _claim_key(run: ImportRun) -> str:
    return f"import-claim:{run.pk}"


def execute(
    run: ImportRun, paths: Callable[[], Sequence[Path]], *, beside: Path | None = None, create_missing: bool = True
) -> ImportRun:
    """Carry a run out and keep its figures and bad rows; what is wrong with a file becomes its result, not an error.

    Safe to repeat: orders that are there stay as they are.
    """
    run.bad_rows.all().delete()
    run.status, run.result, run.finished_at = ImportRun.Status.RUNNING, {}, None
    run.save(update_fields=["status", "result", "finished_at"])
    cache.set(progress_key(run), (0, 0), PROGRESS_SECONDS)

    def progress(done: int, total: int) -> None:
        cache.set(progress_key(run), (done, total), PROGRESS_SECONDS)
        cache.touch(_claim_key(run), CLAIM_SECONDS)

    try:
        with Spool() as spool:
            mapping = Mapping.of(run.mapping)
            result = Import(
                mapping,
                mapping.sort_files(paths(), beside=beside),
                run.by,
                dry_run=run.dry_run,
                all_or_nothing=run.all_or_nothing,
                create_missing=create_missing,
                progress=progress,
            ).run(spool)
            _keep_bad_rows(run, spool)
    except BusinessError as refusal:
        return _finish(run, ImportRun.Status.FAILED, {"error": refusal.message, "hint": refusal.hint})
    except Exception:
        _finish(
            run,
            ImportRun.Status.FAILED,
            {
                "error": _("Something broke on our side."),
                "hint": _("What was entered until then is kept. Start the import again: nothing is entered twice."),
            },
        )
        raise
    run.rows_total = run.rows_done = result.rows
    return _finish(run, ImportRun.Status.DONE, result.as_json())


def _keep_bad_rows(run: ImportRun, spool: Spool) -> None:
    rows = spool.refused()
    while chunk := list(islice(rows, 1000)):
        ImportRow.objects.bulk_create(
            [
                ImportRow(
                    run=run,
                    file=file,
                    row=number,
                    external_number=key[:80],
                    column=heading[:120],
                    error=error,
                    data=cells,
                )
                for file, number, key, heading, error, cells in chunk
            ]
        )


def _finish(run: ImportRun, status: str, result: dict[str, Any]) -> ImportRun:
    run.status, run.result, run.finished_at = status, result, timezone.now()
    run.save()
    cache.delete_many([progress_key(run), _claim_key(run)])
    return run
