"""The real order files come in whole, twice, with the totals of their source."""

import csv
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count, Sum
from openpyxl import Workbook

from erp.models import StatusChange
from inventory.models import Product
from orders.models import ChannelOrder, Customer, ImportRun, OrderCheck, OrderLine, SalesOrder
from tests.material import MATERIAL

DATA = MATERIAL
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("basics"),
    pytest.mark.skipif(
        not (DATA / "northwind" / "orders.csv").exists(),
        reason=f"the order files are not at {DATA}; set ERP_SHARED_DATA to the folder that holds northwind/ and bike_sales/",
    ),
]
CENT = Decimal("0.01")


def read(*path: str) -> list[dict[str, str]]:
    with DATA.joinpath(*path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def northwind_totals() -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for row in read("northwind", "order_details.csv"):
        amount = Decimal(row["unit_price"]) * Decimal(row["quantity"]) * (1 - Decimal(row["discount"]))
        totals[row["order_id"]] = totals.get(row["order_id"], Decimal(0)) + amount.quantize(CENT, ROUND_HALF_UP)
    return totals


def bike_totals() -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for row in read("bike_sales", "bike_sales_sample.csv"):
        totals[row["order_id"]] = totals.get(row["order_id"], Decimal(0)) + Decimal(row["total_price"])
    return totals


def figures() -> tuple[Any, ...]:
    """All that an import writes, counted and summed."""
    return (
        SalesOrder.objects.aggregate(n=Count("id"), total=Sum("total"), untaxed=Sum("untaxed")),
        OrderLine.objects.aggregate(n=Count("id"), total=Sum("total"), quantity=Sum("quantity")),
        Customer.objects.count(),
        Product.objects.count(),
        OrderCheck.objects.count(),
        StatusChange.objects.count(),
        ChannelOrder.objects.count(),
    )


def test_northwind_twice() -> None:
    call_command("import_orders", DATA / "northwind")
    first = figures()
    totals = northwind_totals()
    assert dict(SalesOrder.objects.values_list("external_number", "total")) == totals
    assert first[1]["n"] == 2155
    assert (first[0]["n"], first[2]) == (830, 89)
    assert first[0]["total"] == sum(totals.values())
    assert not SalesOrder.objects.exclude(tax=0).exists()
    call_command("import_orders", DATA / "northwind" / "orders.csv", DATA / "northwind" / "order_details.csv")
    assert figures() == first
    again = ImportRun.objects.latest("id")
    assert (again.result["orders_created"], again.result["orders_existing"]) == (0, 830)


def test_northwind_takes_what_lies_beside_the_orders() -> None:
    call_command("import_orders", DATA / "northwind" / "orders.csv")
    order = SalesOrder.objects.select_related("customer").get(external_number="10248")
    assert order.customer.name == "Vins et alcools Chevalier"
    assert order.customer.code == "NW-VINET"
    assert order.ship_to["street"] == "59 rue de l'Abbaye"
    assert order.ship_to["phone"] == "26.47.15.10"
    assert f"{order.ordered_at.astimezone():%Y-%m-%d}" == "1996-07-04"
    assert order.status == SalesOrder.Status.PENDING  # years old: no approval by the system
    assert order.lines.get(position=1).product.name == "Queso Cabrales"
    assert order.lines.get(position=1).list_price == Decimal("21")
    assert order.lines.get(position=1).unit_price == Decimal("14")


def test_bike_sales_twice() -> None:
    call_command("import_orders", DATA / "bike_sales" / "bike_sales_sample.csv", mapping="bike_sales")
    first = figures()
    totals = bike_totals()
    assert dict(SalesOrder.objects.values_list("external_number", "total")) == totals
    assert (first[0]["n"], first[1]["n"], first[2], first[3]) == (322, 2466, 30, 97)
    call_command("import_orders", DATA / "bike_sales")
    assert figures() == first


def test_both_files_keep_apart() -> None:
    """Both sources count their orders from their own 1: nothing is taken for a repeat."""
    call_command("import_orders", DATA / "northwind")
    call_command("import_orders", DATA / "bike_sales")
    assert SalesOrder.objects.count() == 830 + 322
    assert SalesOrder.objects.aggregate(all=Sum("total"))["all"] == sum(northwind_totals().values()) + sum(
        bike_totals().values()
    )


def test_the_same_as_xlsx(tmp_path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    rows = read("bike_sales", "bike_sales_sample.csv")
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([float(v) if k in ("quantity", "price", "total_price") else v for k, v in row.items()])
    book.save(tmp_path / "bikes.xlsx")
    call_command("import_orders", tmp_path / "bikes.xlsx")
    assert dict(SalesOrder.objects.values_list("external_number", "total")) == bike_totals()


def test_dry_run_says_the_same_and_writes_nothing() -> None:
    before = figures()
    call_command("import_orders", DATA / "northwind", dry_run=True)
    assert figures() == before
    result = ImportRun.objects.get().result
    assert (result["orders_created"], result["lines"], result["customers_created"]) == (830, 2155, 89)
    assert Decimal(result["total"]) == sum(northwind_totals().values())
