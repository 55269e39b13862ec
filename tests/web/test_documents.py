import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from erp.documents import pdf, xlsx

HEADERS = ["单号", "金额", "时间", "备注"]
MOMENT = dt.datetime(2026, 11, 21, 16, 5, tzinfo=dt.UTC)
ROWS = [("SO-1", Decimal("1234.50"), MOMENT, "=cmd|' /C calc'!A0"), ("SO-2", Decimal("3"), None, "普通")]


def body(response):
    return b"".join(response.streaming_content)


def test_xlsx_keeps_numbers_and_local_time_and_runs_no_formula():
    response = xlsx.xlsx_response("订单.xlsx", HEADERS, (row for row in ROWS))
    sheet = load_workbook(io.BytesIO(body(response))).active
    header, first, second = sheet.iter_rows()
    assert [c.value for c in header] == HEADERS
    assert first[1].value == 1234.5 and first[1].number_format == "#,##0.00"
    assert first[2].value == dt.datetime(2026, 11, 22, 0, 5)  # noqa: DTZ001 -- a sheet knows no zones
    assert first[3].data_type == "s" and first[3].value.startswith("=cmd")
    assert second[1].number_format == "#,##0" and second[2].value is None
    assert sheet.freeze_panes == "A2"


def test_csv_opens_in_excel_and_runs_no_formula():
    text = body(xlsx.csv_response("a.csv", HEADERS, ROWS)).decode()
    assert text.startswith("\ufeff单号")
    first = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))[1]
    assert first == ["SO-1", "1234.50", "2026-11-22 00:05", "'=cmd|' /C calc'!A0"]


def test_a_negative_number_stays_a_number_in_csv():
    assert list(xlsx.csv_lines(["a"], [(Decimal("-5"),)]))[1].strip() == "-5"


@pytest.mark.django_db
def test_pdf_has_chinese_text_and_stays_small(settings):
    pytest.importorskip("weasyprint", exc_type=OSError)
    from pypdf import PdfReader

    content = pdf.render_pdf("pdf_test.html", {"number": "DN-1"})
    [page] = PdfReader(io.BytesIO(content)).pages
    text = page.extract_text()
    assert "送货单" in text and "DN-1" in text and "繁體龘" in text
    assert len(content) < 160_000
    assert pdf.pdf_response("送货单.pdf", content)["Content-Disposition"].startswith("inline; filename*=UTF-8''%E9")


@pytest.mark.django_db
def test_papers_load_nothing_but_data(settings, tmp_path):
    pytest.importorskip("weasyprint", exc_type=OSError)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"x")
    assert pdf.render_pdf("pdf_test.html", {"number": "DN-1", "picture": secret.as_uri(), "paper": "continuous"})


def test_without_pango_the_message_names_the_package(monkeypatch):
    import builtins

    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(pdf.MissingPango) as caught:
        pdf.render_pdf("documents/base.html", {})
    assert "Pango" in caught.value.message and "libpango" in caught.value.hint
