"""Files as they really come: encodings, separators, spreadsheets, and what is wrong with them."""

import datetime as dt
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from openpyxl import Workbook

from erp.documents.reading import FileRefused, detect_encoding, read_table
from orders.importing.spool import Spool
from orders.importing.values import BadValue, decimal_of, discount_of, moment_of, price_of, quantity_of, tax_rate_of


def write(folder: Path, content: bytes | str, name: str = "orders.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


TEXT = "订单号,客户名称\nA-1,杭州大明机电\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_chinese_in_the_encodings_of_excel(tmp_path: Path, encoding: str) -> None:
    headings, rows = read_table(write(tmp_path, TEXT, encoding=encoding))
    assert headings == ["订单号", "客户名称"]
    assert list(rows) == [(2, ["A-1", "杭州大明机电"])]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(tmp_path: Path, separator: str) -> None:
    path = write(tmp_path, f'"a, b"{separator}c{separator}d\n1{separator}2{separator}3\n')
    headings, rows = read_table(path)
    assert headings == ["a, b", "c", "d"]
    assert [cells for _number, cells in rows] == [["1", "2", "3"]]


def test_row_numbers_are_those_of_the_spreadsheet(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n\n1,"two\nlines"\n,\n2,x\n')
    assert [(number, cells[0]) for number, cells in read_table(path)[1]] == [(3, "1"), (5, "2")]


def test_a_spreadsheet_reads_like_text(tmp_path: Path) -> None:
    book, moment = Workbook(), dt.datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001  spreadsheets know no zones
    book.active.append(["订单号", "数量", "单价", "日期", "空", "时间"])
    book.active.append([10248, 2.0, 9.8, dt.date(2026, 1, 2), None, moment])
    book.save(tmp_path / "x.xlsx")
    headings, rows = read_table(tmp_path / "x.xlsx")
    assert headings[:3] == ["订单号", "数量", "单价"]
    assert next(rows) == (2, ["10248", "2", "9.8", "2026-01-02", "", "2026-01-02 03:04:00"])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("orders.csv", b"", "orders.csv"),
        ("orders.csv", b"\n \n,,\n", "orders.csv"),
        ("orders.xls", b"\xd0\xcf\x11\xe0", "Excel"),
        ("orders.pdf", b"%PDF", "CSV"),
        ("orders.csv", b"\x89PNG\x00\x00", "orders.csv"),
        ("orders.csv", b"\xff\x80\x81 broken \x80", "orders.csv"),
        ("orders.xlsx", b"PK\x03\x04 nothing else", "orders.xlsx"),
        ("orders.csv", b'a,b\n1,"open\n', "2"),
    ],
)
def test_files_that_cannot_be_read_say_so(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        _headings, rows = read_table(write(tmp_path, content, name))
        list(rows)
    assert says in refusal.value.message
    assert refusal.value.field == "file"


def test_encoding_is_judged_by_the_whole_file(tmp_path: Path) -> None:
    late = "a\n" + "x\n" * 700_000 + "中文\n"
    assert detect_encoding(write(tmp_path, late, encoding="gb18030")) == "gb18030"


def test_a_large_file_needs_little_memory(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = write(tmp_path, "id,a,b\n" + "".join(f"{n},some text,12.50\n" for n in range(rows)), f"{rows}.csv")
        tracemalloc.start()
        with Spool() as spool:
            spool.take("line", ((cells[0], number, cells) for number, cells in read_table(path)[1]))
            assert sum(1 for _ in spool.groups(most=500)) == rows
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    assert peak(60_000) < peak(6_000) * 1.5 + 1_000_000


def test_rows_of_an_order_come_together_wherever_they_stand() -> None:
    with Spool() as spool:
        spool.take("line", [("B", 2, ["1"]), ("A", 3, ["2"]), ("B", 4, ["3"]), ("B", 5, ["4"])])
        found = [(key, [number for _part, number, _cells in rows]) for key, rows in spool.groups(most=2)]
    assert found == [("B", [2, 4]), ("A", [3])]


# Values


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234.50", "1234.50"), ("￥99", "99"), (" １２ ", "12"), ("12元", "12"), ("-3.5", "-3.5"), ("1e3", "1000")],
)
def test_numbers(text: str, value: str) -> None:
    assert decimal_of(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "NaN", "Infinity", "1e30", "--1", "2,5", "1,23.4"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(BadValue):
        decimal_of(text)


@pytest.mark.parametrize(
    ("text", "share"), [("0.15", "0.15"), ("15%", "0.15"), ("8.5折", "0.15"), ("85折", "0.15"), ("0", "0"), ("1", "1")]
)
def test_discounts(text: str, share: str) -> None:
    assert discount_of(text) == Decimal(share)


def test_wrong_discounts_quantities_prices_and_rates() -> None:
    for read, text in [
        (discount_of, "15"), (discount_of, "-0.1"), (quantity_of, "0"), (quantity_of, "-1"), (quantity_of, "1.00001"),
        (price_of, "-1"), (tax_rate_of, "-13%"), (tax_rate_of, "100%"),
    ]:  # fmt: skip
        with pytest.raises(BadValue):
            read(text)


def test_tax_rates() -> None:
    assert [tax_rate_of(text) for text in ("13%", "0.13", "13", "0", "1%")] == [
        Decimal(value) for value in ("0.13", "0.13", "0.13", "0", "0.01")
    ]


@pytest.mark.parametrize(
    "text",
    ["2026-11-05", "2026/11/5", "2026.11.05", "2026年11月5日", "20261105", " 2026-11-05 ", "2026-11-05 00:00"],
)
def test_dates_with_the_year_first(text: str) -> None:
    assert timezone.localtime(moment_of(text)).isoformat() == "2026-11-05T00:00:00+08:00"


def test_times_zones_and_other_forms() -> None:
    assert moment_of("2026-11-05T10:30:00Z") == dt.datetime(2026, 11, 5, 10, 30, tzinfo=dt.UTC)
    assert timezone.localdate(moment_of("31/12/2025", "%d/%m/%Y")) == dt.date(2025, 12, 31)
    assert timezone.localdate(moment_of("2025-12-31", "%d/%m/%Y")) == dt.date(2025, 12, 31)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-02-30", "31/12/2025", "0001-01-01"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(BadValue):
        moment_of(text)
