"""Three-way merge: what two people made of one record, and of one list."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from erp.threeway import WHOLE, Merged, merge_record, merge_rows

values = st.integers(0, 2)
records = st.fixed_dictionaries(dict.fromkeys(("a", "b", "c"), values))
lines = st.lists(
    st.fixed_dictionaries({"p": st.integers(0, 2), "q": st.integers(1, 3), "w": st.integers(0, 1)}), max_size=6
)


def rows(base: Any, mine: Any, theirs: Any, choices: Any = None) -> Merged:
    return merge_rows(base, mine, theirs, key=lambda row: row["p"], choices=choices or {})


def plain(merged: Merged) -> list[dict[str, Any]]:
    return [row.record for row in merged.rows]


def bag(found: list[dict[str, Any]]) -> list[Any]:
    return sorted(tuple(sorted(row.items())) for row in found)


def line(p: int, q: int, w: int = 0) -> dict[str, int]:
    return {"p": p, "q": q, "w": w}


def test_a_record() -> None:
    base, mine, theirs = {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1, "c": 2}, {"a": 1, "b": 3, "c": 3}
    merged = merge_record(base, mine, theirs, choices={})
    assert merged.record == {"a": 2, "b": 3, "c": 2}
    assert [one.name for one in merged.taken] == ["b"]
    assert [one.path for one in merged.conflicts] == ["c"]
    assert merge_record(base, mine, theirs, choices={"c": "theirs"}).record["c"] == 3
    assert merge_record(base, mine, theirs, choices={"c": "mine"}).conflicts == []


def test_without_a_base_every_difference_is_asked() -> None:
    merged = merge_record(None, {"a": 1, "b": 2}, {"a": 1, "b": 3}, choices={})
    assert [one.name for one in merged.conflicts] == ["b"]


def test_rows_added_removed_and_changed_on_each_side() -> None:
    base = [line(1, 1), line(2, 2), line(3, 3)]
    mine = [line(1, 9), line(3, 3), line(4, 4)]  # changed 1, removed 2, added 4
    theirs = [line(1, 1, 1), line(2, 2), line(3, 8), line(5, 5)]  # wish on 1, changed 3, added 5
    merged = rows(base, mine, theirs)
    assert plain(merged) == [line(1, 9, 1), line(3, 8), line(4, 4), line(5, 5)]
    assert merged.conflicts == []
    assert [(one.key, one.name) for one in merged.taken] == [("1#1", "w"), ("3#1", "q"), ("5#1", WHOLE)]


def test_one_removed_what_the_other_changed() -> None:
    base = [line(1, 1), line(2, 2)]
    removed, changed = [line(2, 2)], [line(1, 5), line(2, 2)]
    merged = rows(base, removed, changed)
    assert [one.path for one in merged.conflicts] == ["1#1."]
    assert plain(rows(base, removed, changed, {"1#1.": "mine"})) == removed
    assert plain(rows(base, removed, changed, {"1#1.": "theirs"})) == [line(2, 2), line(1, 5)]
    assert plain(rows(base, changed, removed, {"1#1.": "theirs"})) == removed


def test_both_added_the_same_product() -> None:
    merged = rows([], [line(1, 1)], [line(1, 2)])
    assert [one.path for one in merged.conflicts] == ["1#1.q"]
    assert plain(rows([], [line(1, 1)], [line(1, 1)])) == [line(1, 1)]


def test_two_lines_of_one_product_are_told_apart() -> None:
    base = [line(1, 1), line(1, 2)]
    assert plain(rows(base, [line(1, 2)], base)) == [line(1, 2)]  # the first one was removed, not the second changed
    assert plain(rows(base, base, [line(1, 1), line(1, 3)])) == [line(1, 1), line(1, 3)]


@given(records, records)
def test_a_record_that_only_one_changed(base: Any, other: Any) -> None:
    assert merge_record(base, base, other, choices={}).record == other
    assert merge_record(base, other, base, choices={}).record == other
    same = merge_record(base, other, other, choices={})
    assert (same.record, same.taken, same.conflicts) == (other, [], [])


@given(records, records, records)
def test_choices_settle_every_conflict(base: Any, mine: Any, theirs: Any) -> None:
    open_ones = merge_record(base, mine, theirs, choices={}).conflicts
    settled = merge_record(base, mine, theirs, choices={one.path: "theirs" for one in open_ones})
    assert settled.conflicts == []
    swapped = merge_record(base, theirs, mine, choices={one.path: "mine" for one in open_ones})
    assert settled.record == swapped.record  # whose side one is on changes nothing
    for name in base:
        if mine[name] == base[name]:
            assert settled.record[name] == theirs[name]


@given(lines, lines)
def test_rows_that_only_one_changed(base: Any, other: Any) -> None:
    for merged in (rows(base, base, other), rows(base, other, base)):
        assert plain(merged) == other
        assert merged.conflicts == []
    same = rows(base, other, other)
    assert bag(plain(same)) == bag(other)
    assert same.taken == same.conflicts == []


@given(lines, lines, lines)
def test_rows_lose_nothing(base: Any, mine: Any, theirs: Any) -> None:
    merged = rows(base, mine, theirs)
    places = [row.mine for row in merged.rows if row.mine is not None]
    assert len(set(places)) == len(places)  # no row twice
    paths = [one.path for one in merged.conflicts]
    assert len(set(paths)) == len(paths)
    for side in ("mine", "theirs"):
        settled = rows(base, mine, theirs, dict.fromkeys(paths, side))
        assert settled.conflicts == []
    began = {line_["p"] for line_ in base}
    for product in ({one["p"] for one in mine} | {one["p"] for one in theirs}) - began:
        assert product in {row["p"] for row in plain(merged)}  # whatever anybody added is there
