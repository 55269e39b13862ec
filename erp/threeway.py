"""Three-way merge of records and of lists of records: what two people made of the same thing, each unaware of the other.

`base` is what both began with. A value that one of them changed is theirs; what both changed differently is a conflict
and waits for a choice. Values are compared with `==`; nothing here knows what they mean.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Record = Mapping[str, Any]
Side = Literal["mine", "theirs"]
WHOLE = ""  # the name of a difference that is about a whole row: one removed what the other changed


@dataclass(frozen=True, slots=True)
class Difference:
    """One value as it was and as each made it. `key` names the row it is in, empty for the record itself."""

    name: str
    base: Any
    mine: Any
    theirs: Any
    key: str = ""

    @property
    def path(self) -> str:
        """What a choice is called: the name, or the row and the name."""
        return f"{self.key}.{self.name}" if self.key else self.name


@dataclass(slots=True)
class Merged:
    """What came out. `taken` are values that only they changed; `conflicts` those that wait for a choice."""

    record: dict[str, Any] = field(default_factory=dict)
    rows: list["Row"] = field(default_factory=list)
    taken: list[Difference] = field(default_factory=list)
    conflicts: list[Difference] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """A row of the result, and where it comes from: its places in my list and in theirs."""

    key: str
    record: dict[str, Any]
    mine: int | None = None
    theirs: int | None = None


def merge_record(
    base: Record | None, mine: Record, theirs: Record, *, choices: Mapping[str, Side], key: str = ""
) -> Merged:
    """Merge two records of the same fields. Without a base every difference is a conflict.

    A conflict with a choice is settled; one without keeps my value in the result and is listed.
    """
    merged = Merged()
    for name in mine:
        was = base.get(name) if base is not None else None
        found = Difference(name, was, mine[name], theirs.get(name), key)
        merged.record[name] = found.mine
        if found.mine == found.theirs:
            continue
        if base is not None and found.mine == was:
            merged.record[name] = found.theirs
            merged.taken.append(found)
        elif base is None or found.theirs != was:
            _settle(merged, found, choices)
    return merged


def _settle(merged: Merged, found: Difference, choices: Mapping[str, Side]) -> None:
    choice = choices.get(found.path)
    if choice is None:
        merged.conflicts.append(found)
    elif choice == "theirs":
        merged.record[found.name] = found.theirs


def align(
    base: Sequence[Record], other: Sequence[Record], *, key: Callable[[Record], Hashable]
) -> list[tuple[int | None, int | None]]:
    """Which row of `base` is which of `other`: rows of one key, unchanged ones first, then in their order."""
    free: dict[Hashable, list[int]] = {}
    for place, row in enumerate(other):
        free.setdefault(key(row), []).append(place)
    found: dict[int, int] = {}
    for place, row in enumerate(base):
        same = next((at for at in free.get(key(row), ()) if other[at] == row), None)
        if same is not None:
            found[place] = same
            free[key(row)].remove(same)
    for place, row in enumerate(base):
        if place not in found and free.get(key(row)):
            found[place] = free[key(row)].pop(0)
    pairs: list[tuple[int | None, int | None]] = [(place, found.get(place)) for place in range(len(base))]
    return pairs + [(None, place) for place in sorted(at for places in free.values() for at in places)]


def merge_rows(
    base: Sequence[Record] | None,
    mine: Sequence[Record],
    theirs: Sequence[Record],
    *,
    key: Callable[[Record], Hashable],
    choices: Mapping[str, Side],
) -> Merged:
    """Merge two lists of records. Rows stand in my order, what only they added at the end."""
    began: Sequence[Record] = base if base is not None else []
    with_mine, with_theirs = align(began, mine, key=key), align(began, theirs, key=key)
    triples: list[tuple[int | None, int | None, int | None]] = [
        (place, at, dict(with_theirs)[place]) for place, at in with_mine if place is not None
    ]
    triples += _added(
        [at for place, at in with_mine if place is None and at is not None],
        [at for place, at in with_theirs if place is None and at is not None],
        mine,
        theirs,
        key,
    )
    merged, seen = Merged(), dict[Hashable, int]()
    for place, at_mine, at_theirs in triples:
        rows = (began[place] if place is not None else None, _at(mine, at_mine), _at(theirs, at_theirs))
        product = key(next(row for row in rows if row is not None))
        seen[product] = seen.get(product, 0) + 1
        _merge_row(merged, rows, Row(f"{product}#{seen[product]}", {}, at_mine, at_theirs), choices)
    unmoved = base is not None and list(mine) == list(base)
    end = max(len(mine), len(theirs))
    merged.rows.sort(key=lambda row: _place(row, end, theirs_first=unmoved))
    return merged


def _at(rows: Sequence[Record], place: int | None) -> Record | None:
    return None if place is None else rows[place]


def _place(row: Row, end: int, *, theirs_first: bool) -> tuple[int, int]:
    first, second = (row.theirs, row.mine) if theirs_first else (row.mine, row.theirs)
    return (end if first is None else first, end if second is None else second)


def _added(
    mine: list[int], theirs: list[int], my_rows: Sequence[Record], their_rows: Sequence[Record], key: Any
) -> list[tuple[None, int | None, int | None]]:
    """Rows that were not there before; what both added under one key is one row."""
    pairs = align([my_rows[at] for at in mine], [their_rows[at] for at in theirs], key=key)
    return [
        (None, None if one is None else mine[one], None if other is None else theirs[other]) for one, other in pairs
    ]


def _merge_row(
    merged: Merged, rows: tuple[Record | None, Record | None, Record | None], row: Row, choices: Mapping[str, Side]
) -> None:
    base, mine, theirs = rows
    if mine is not None and theirs is not None:
        inside = merge_record(base, mine, theirs, choices=choices, key=row.key)
        row.record = inside.record
        merged.rows.append(row)
        merged.taken += inside.taken
        merged.conflicts += inside.conflicts
        return
    if mine is None and theirs is None:
        return
    whole = Difference(WHOLE, base, mine, theirs, row.key)
    if base is None:  # added by one of us
        kept = theirs if mine is None else mine
        if mine is None:
            merged.taken.append(whole)
    elif base in (mine, theirs):  # removed by one, left alone by the other
        kept = None
        if theirs is None:
            merged.taken.append(whole)
    else:
        choice = choices.get(whole.path)
        if choice is None:
            merged.conflicts.append(whole)
        kept = theirs if choice == "theirs" else mine
    if kept is not None:
        row.record = dict(kept)
        merged.rows.append(row)
