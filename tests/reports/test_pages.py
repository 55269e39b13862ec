"""Report pages and their files: who may open them, what they show, what they cost."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from reports.selectors import REPORTS

pytestmark = pytest.mark.django_db
ADDRESSES = ["/reports/", *(f"/reports/{slug}/" for slug in REPORTS)]
PERIOD = "since=2026-11-01&until=2026-11-20"


@pytest.mark.parametrize("address", ADDRESSES)
def test_managers_see_them(manager: Client, past: Any, stay: Any, address: str) -> None:
    order = past("2026-11-05", "1234.50", shipped="2026-11-06", status="shipped")
    stay(order, "pending", 7200)
    page = manager.get(f"{address}?{PERIOD}")
    assert page.status_code == 200
    assert "data-chart" in page.content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_empty_company_is_told_so(manager: Client, address: str) -> None:
    page = manager.get(address)
    assert page.status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_others_do_not(client: Client, cast: SimpleNamespace, address: str) -> None:
    assert client.get(address).status_code == 302  # to the login
    client.force_login(cast.warehouse)
    assert client.get(address).status_code == 403
    client.force_login(cast.alpha_login)
    assert client.get(address).status_code == 404


def test_an_unknown_report_does_not_exist(manager: Client) -> None:
    assert manager.get("/reports/nonsense/").status_code == 404


def test_reports_are_read_only(manager: Client) -> None:
    assert manager.post("/reports/sales/").status_code == 405


def test_htmx_gets_the_report_alone(manager: Client, past: Any) -> None:
    past("2026-11-05")
    page = manager.get(f"/reports/sales/?{PERIOD}", headers={"HX-Request": "true"}).content.decode()
    assert page.lstrip().startswith('<div id="report"')


def test_a_day_that_is_none_is_said_and_the_rest_shown(manager: Client) -> None:
    page = manager.get("/reports/sales/?since=yesterday")
    assert page.status_code == 200
    assert "yesterday" in page.content.decode()


def test_xlsx_holds_what_the_screen_shows(manager: Client, past: Any) -> None:
    past("2026-11-05", "1234.50")
    past("2026-11-06", "0.50", channel="web")
    answer = manager.get(f"/reports/sales/?by=channel&{PERIOD}&format=xlsx")
    assert "sales-channel_2026-11-01_2026-11-20.xlsx" in answer["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert len(rows) == 4  # heading, two channels, total
    assert [float(row[2]) for row in rows[1:]] == [1234.5, 0.5, 1235.0]
    page = manager.get(f"/reports/sales/?by=channel&{PERIOD}").content.decode()
    assert all(row[0] in page for row in rows)


@pytest.mark.parametrize("slug", REPORTS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_every_report_can_be_taken_along(manager: Client, past: Any, stay: Any, slug: str, form: str) -> None:
    stay(past("2026-11-05", shipped="2026-11-06", status="shipped"), "pending", 7200)
    answer = manager.get(f"/reports/{slug}/?{PERIOD}&format={form}")
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content)) > 50


def test_csv_is_safe_to_open(manager: Client, past: Any, cast: SimpleNamespace) -> None:
    cast.alpha.name = "=cmd|calc"
    cast.alpha.save()
    past("2026-11-05")
    text = b"".join(manager.get(f"/reports/sales/?by=customer&{PERIOD}&format=csv").streaming_content).decode(
        "utf-8-sig"
    )
    assert "'=cmd|calc" in text


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_cost_does_not_grow_with_the_orders(
    manager: Client, past: Any, stay: Any, django_assert_max_num_queries: Any, address: str
) -> None:
    for number in range(6):
        stay(past(f"2026-11-{5 + number:02d}", shipped="2026-11-15", status="shipped"), "pending", 7200)
    manager.get(f"{address}?{PERIOD}")
    with django_assert_max_num_queries(28 if address == "/reports/" else 16):
        manager.get(f"{address}?{PERIOD}")


def test_the_week_of_a_chart_leads_to_the_orders_shipped_in_it(manager: Client, past: Any) -> None:
    inside = past("2026-11-05", shipped="2026-11-10", status="shipped")
    outside = past("2026-11-05", shipped="2026-11-17", status="shipped")
    page = manager.get("/orders/?shipped_since=2026-11-09&shipped_until=2026-11-15").content.decode()
    assert inside.number in page
    assert outside.number not in page


def test_every_link_of_a_report_opens_a_list(manager: Client, past: Any, stay: Any, wanted: Any) -> None:
    for number in range(3):
        stay(past(f"2026-11-{5 + number:02d}", shipped="2026-11-15", status="shipped"), "pending", 7200)
    for make in REPORTS.values():
        for by in ("day", "customer", "product", "salesperson", "channel"):
            report = make(wanted(f"{PERIOD}&by={by}"))
            linked = [row for row in report.rows if row.href]
            assert linked
            assert manager.get(linked[0].href).status_code == 200
