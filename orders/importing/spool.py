"""Rows of files on disk, so that those of one order come together wherever they stand, in constant memory."""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Spooled = tuple[str, int, list[str]]  # part, row number, cells


class Spool:
    """A temporary SQLite file that takes rows in any order and gives them back order by order."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "rows.sqlite", isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;"
            "CREATE TABLE rows (id INTEGER PRIMARY KEY, key TEXT, part TEXT, number INTEGER, cells TEXT);"
            "CREATE TABLE side (part TEXT, key TEXT, cells TEXT, PRIMARY KEY (part, key)) WITHOUT ROWID;"
            "CREATE TABLE bad (id INTEGER PRIMARY KEY, file TEXT, number INTEGER, key TEXT, heading TEXT, error TEXT,"
            " cells TEXT);"
        )

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._folder.cleanup()

    def take(self, part: str, rows: Iterable[tuple[str, int, list[str]]]) -> int:
        """Store rows as (key, row number, cells); returns how many."""
        self._db.execute("BEGIN")
        before = self._db.total_changes
        self._db.executemany(
            "INSERT INTO rows (key, part, number, cells) VALUES (?, ?, ?, ?)",
            ((key, part, number, json.dumps(cells, ensure_ascii=False)) for key, number, cells in rows),
        )
        self._db.execute("COMMIT")
        return self._db.total_changes - before

    def groups(self, *, most: int) -> Iterator[tuple[str, list[Spooled]]]:
        """The rows of each key together, keys in the order of their first row; of one key no more than `most` rows."""
        self._db.execute("CREATE INDEX IF NOT EXISTS rows_key ON rows (key)")
        self._db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS firsts AS SELECT MIN(id) AS first, key FROM rows GROUP BY key"
        )
        cursor = self._db.execute(
            "SELECT rows.key, rows.part, rows.number, rows.cells FROM firsts JOIN rows ON rows.key = firsts.key"
            " ORDER BY firsts.first, rows.id"
        )
        current: str | None = None
        found: list[Spooled] = []
        for key, part, number, cells in cursor:
            if key != current and found:
                yield current, found  # type: ignore[misc]
                found = []
            current = key
            if len(found) < most:
                found.append((part, number, json.loads(cells)))
        if found:
            yield current, found  # type: ignore[misc]

    def take_side(self, part: str, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Store what a file beside the orders says about a customer or product; the first mention of a key wins."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR IGNORE INTO side (part, key, cells) VALUES (?, ?, ?)",
            ((part, key, json.dumps(values, default=str, ensure_ascii=False)) for key, values in rows),
        )
        self._db.execute("COMMIT")

    def side(self, part: str, key: str) -> dict[str, Any]:
        """What the file beside the orders says about a key; empty when nothing."""
        row = self._db.execute("SELECT cells FROM side WHERE part = ? AND key = ?", (part, key)).fetchone()
        return json.loads(row[0]) if row else {}

    def refuse(self, rows: Iterable[tuple[str, int, str, str, str, list[str]]]) -> None:
        """Note bad rows as (file, row number, key, heading, error, cells)."""
        self._db.executemany(
            "INSERT INTO bad (file, number, key, heading, error, cells) VALUES (?, ?, ?, ?, ?, ?)",
            ((*row[:5], json.dumps(row[5], ensure_ascii=False)) for row in rows),
        )

    def refused(self) -> Iterator[tuple[str, int, str, str, str, list[str]]]:
        """The bad rows by file and row number."""
        cursor = self._db.execute("SELECT file, number, key, heading, error, cells FROM bad ORDER BY file, number, id")
        for file, number, key, heading, error, cells in cursor:
            yield file, number, key, heading, error, json.loads(cells)
