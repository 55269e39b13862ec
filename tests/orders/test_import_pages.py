"""The import page: upload, look, name the columns, start, watch, and fetch what could not be taken."""

import threading
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from openpyxl import load_workbook

from orders.importing.builtin import GENERIC, TEMPLATE
from orders.importing.run import claim, execute, left_behind
from orders.models import ImportMapping, ImportRun, SalesOrder
from orders.tasks import import_orders

GOOD = "订单号,客户名称,下单日期,商品编码,数量,单价\nT-1,杭州大明机电,2020-11-01,FL-50,2,113\n"
BAD = GOOD + "T-2,杭州大明机电,2020-11-01,FL-50,零,113\n"
FOREIGN = "Bestellung;Kunde;Artikel;Menge;Preis;Datum\n77;Müller GmbH;BOLT;3;2,5;31.12.2025\n"


def file(text: str = GOOD, name: str = "orders.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


@pytest.fixture
def sales(client: Client, cast: SimpleNamespace) -> Client:
    client.force_login(cast.sales)
    return client


def upload(client: Client, *files: SimpleUploadedFile, **more: str) -> ImportRun:
    response = client.post("/orders/import/", {"files": list(files), **more})
    assert response.status_code == 302, response.content.decode()
    run = ImportRun.objects.latest("id")
    assert response["Location"] == f"/orders/import/{run.pk}/"
    return run


def start(client: Client, run: ImportRun, act: str = "enter", **more: str) -> ImportRun:
    """Start and let the worker's task run."""
    response = client.post(f"/orders/import/{run.pk}/start/", {"act": act, "create_missing": "on", **more})
    assert response.status_code == 302, response.content.decode()
    import_orders(run.pk)
    run.refresh_from_db()
    return run


pytestmark = pytest.mark.django_db


def test_upload_look_check_enter(sales: Client, cast: SimpleNamespace) -> None:
    run = upload(sales, file())
    assert (run.status, run.mapping.name, run.by) == ("uploaded", TEMPLATE, cast.sales)
    page = sales.get(f"/orders/import/{run.pk}/").content.decode()
    assert "杭州大明机电" in page
    assert "开始导入" in page
    assert not SalesOrder.objects.exists()
    start(sales, run, "check")
    assert run.dry_run
    assert "没有写入任何数据" in sales.get(f"/orders/import/{run.pk}/").content.decode()
    assert not SalesOrder.objects.exists()
    start(sales, run)
    page = sales.get(f"/orders/import/{run.pk}/").content.decode()
    assert "导入完成" in page
    order = SalesOrder.objects.get()
    assert (order.total, order.salesperson, order.customer.owner) == (226, cast.sales, cast.sales)
    refused = sales.post(f"/orders/import/{run.pk}/start/", {"act": "enter"})
    assert refused.status_code == 422
    assert "本次导入已完成" in refused.content.decode()


def test_the_page_follows_the_worker(sales: Client) -> None:
    run = upload(sales, file())
    sales.post(f"/orders/import/{run.pk}/start/", {"act": "enter"})
    run.refresh_from_db()
    assert run.status == "waiting"
    page = sales.get(f"/orders/import/{run.pk}/")
    token = page.content.decode().split("_v=")[1].split('"')[0]
    asked = {"_v": token}
    assert sales.get(f"/orders/import/{run.pk}/", asked, headers={"HX-Request": "true"}).status_code == 204
    assert "正在进行" in sales.post(f"/orders/import/{run.pk}/start/", {"act": "enter"}).content.decode()
    import_orders(run.pk)
    done = sales.get(f"/orders/import/{run.pk}/", asked, headers={"HX-Request": "true"})
    assert done.status_code == 286  # the last answer: htmx stops asking
    assert "<html" not in done.content.decode()


def test_bad_rows_are_shown_and_downloaded(sales: Client) -> None:
    run = start(sales, upload(sales, file(BAD)))
    page = sales.get(f"/orders/import/{run.pk}/").content.decode()
    assert "“零”不是数字。" in page
    sheet = load_workbook(BytesIO(b"".join(sales.get(f"/orders/import/{run.pk}/bad-rows.xlsx")))).active
    assert [cell.value for cell in sheet[2]][:5] == ["orders.csv", 3, "数量", "“零”不是数字。", "T-2"]
    text = b"".join(sales.get(f"/orders/import/{run.pk}/bad-rows.csv")).decode("utf-8-sig")
    assert text.count("\n") == 2
    assert SalesOrder.objects.get().external_number == "T-1"


def test_none_when_a_row_is_bad(sales: Client) -> None:
    run = start(sales, upload(sales, file(BAD)), keep="none")
    assert not SalesOrder.objects.exists()
    assert "没有导入任何订单" in sales.get(f"/orders/import/{run.pk}/").content.decode()
    start(sales, run, keep="good")
    assert SalesOrder.objects.count() == 1


def test_without_making_what_is_missing(sales: Client) -> None:
    run = upload(sales, file())
    sales.post(f"/orders/import/{run.pk}/start/", {"act": "enter"})
    import_orders(run.pk)
    run.refresh_from_db()
    errors = set(run.bad_rows.values_list("error", flat=True))
    assert errors == {"没有客户 杭州大明机电。", "没有商品 FL-50。"}
    assert not SalesOrder.objects.exists()


def test_columns_of_any_name_through_a_mapping_of_ones_own(sales: Client) -> None:
    run = upload(sales, file(FOREIGN, "export_2025.csv"))
    assert run.mapping.name == GENERIC
    page = sales.get(f"/orders/import/{run.pk}/").content.decode()
    assert "映射与文件不符" in page
    assert sales.post(f"/orders/import/{run.pk}/start/", {"act": "enter"}).status_code == 422
    typed = {
        "order.external_number": "Bestellung", "order.customer_name": "Kunde", "order.ordered_at": "Datum",
        "line.sku": "Artikel", "line.quantity": "Menge", "option.date_format": "%d.%m.%Y", "option.tax_rate": "19%",
        "option.promise_days": "7", "option.approve_days": "0", "channel": "file", "name": "", "act": "save",
    }  # fmt: skip
    path = f"/orders/import/{run.pk}/columns/"
    assert "Bestellung" in sales.get(path).content.decode()
    refused = sales.post(path, typed)
    assert refused.status_code == 422
    assert "Kunde</option>" in refused.content.decode()
    assert sales.post(path, {**typed, "name": TEMPLATE}).status_code == 422
    assert sales.post(path, {**typed, "name": "DE", "option.tax_rate": "x"}).status_code == 422
    assert sales.post(path, {**typed, "name": "DE", "option.approve_days": "-1"}).status_code == 422
    assert sales.post(path, {**typed, "name": "DE", "line.quantity": ""}).status_code == 422
    assert sales.post(path, {**typed, "name": "DE"}).status_code == 302
    run = start(sales, ImportRun.objects.get(pk=run.pk))
    order = SalesOrder.objects.get(external_number="77")
    assert f"{order.ordered_at.astimezone():%Y-%m-%d}" == "2025-12-31"
    assert str(order.lines.get().tax_rate) == "0.190000"
    later = upload(sales, file(FOREIGN.replace("77", "78"), "export_2026.csv"))
    assert later.mapping.name == "DE"  # found by its headings


def test_two_files_of_ones_own_shape(sales: Client) -> None:
    heads = file("Nr,Wer\n9,Acme\n", "head_1.csv")
    lines = file("Nr,Was,Stück\n9,BOLT,4\n", "pos_1.csv")
    run = upload(sales, heads, lines)
    path = f"/orders/import/{run.pk}/columns/"
    typed = {
        "part.0": "order", "part.1": "line", "order.external_number": "Nr", "order.customer_name": "Wer",
        "line.external_number": "Nr", "line.sku": "Was", "line.quantity": "Stück",
        "option.promise_days": "7", "option.approve_days": "0", "channel": "file", "name": "Zwei",
    }  # fmt: skip
    assert "Stück" in sales.post(path, {**typed, "act": "files"}).content.decode()
    assert sales.post(path, {**typed, "act": "save"}).status_code == 302
    assert ImportMapping.objects.get(name="Zwei").options["files"] == {"order": "head_*.csv", "line": "pos_*.csv"}
    start(sales, run)
    assert SalesOrder.objects.get().lines.get().quantity == 4


def test_another_mapping_may_be_chosen(sales: Client) -> None:
    run = upload(sales, file())
    assert sales.post(f"/orders/import/{run.pk}/mapping/", {"mapping": GENERIC}).status_code == 302
    run.refresh_from_db()
    assert run.mapping.name == GENERIC
    assert sales.post(f"/orders/import/{run.pk}/mapping/", {"mapping": "nonsense"}).status_code == 404


@pytest.mark.parametrize(
    "upload",
    [SimpleUploadedFile("x.pdf", b"%PDF"), SimpleUploadedFile("x.csv", b""), SimpleUploadedFile("x.xlsx", b"nonsense")],
)
def test_files_that_cannot_be_taken(sales: Client, settings: Any, upload: SimpleUploadedFile) -> None:
    response = sales.post("/orders/import/", {"files": [upload]})
    assert response.status_code == 422
    assert upload.name in response.content.decode()
    assert not ImportRun.objects.exists()
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("x.*") if path.is_file()]


def test_no_file_at_all(sales: Client) -> None:
    assert sales.post("/orders/import/", {}).status_code == 422


def test_files_that_are_gone(sales: Client) -> None:
    run = upload(sales, file())
    Path(run.file.path).unlink()
    assert "文件已不存在" in sales.get(f"/orders/import/{run.pk}/").content.decode()
    assert sales.post(f"/orders/import/{run.pk}/start/", {"act": "enter"}).status_code == 422


def test_who_may(client: Client, cast: SimpleNamespace) -> None:
    client.force_login(cast.sales)
    run = upload(client, file())
    paths = ["/orders/import/", "/orders/import/template.xlsx", f"/orders/import/{run.pk}/"]
    for person, status in [(cast.warehouse, 403), (cast.alpha_login, 404), (cast.manager, 200)]:
        client.force_login(person)
        assert [client.get(path).status_code for path in paths] == [status] * 3
    other = Client()
    assert other.get("/orders/import/").status_code == 302
    from tests.cast import make_user

    other.force_login(make_user("sales", "sales-two"))
    assert other.get(f"/orders/import/{run.pk}/").status_code == 404  # somebody else's import
    assert other.post(f"/orders/import/{run.pk}/start/").status_code == 404


def test_the_task_delivered_twice_enters_nothing_twice(sales: Client) -> None:
    run = start(sales, upload(sales, file()))
    import_orders(run.pk)
    ImportRun.objects.filter(pk=run.pk).update(status="running")  # the worker was killed before its last word
    import_orders(run.pk)
    run.refresh_from_db()
    assert (run.status, run.result["orders_existing"]) == ("done", 1)
    assert SalesOrder.objects.count() == 1


def test_the_import_of_a_worker_that_died_is_taken_up_again(
    sales: Client,
) -> None:
    run = upload(sales, file(BAD))
    sales.post(f"/orders/import/{run.pk}/start/", {"act": "enter", "create_missing": "on"})
    run.refresh_from_db()
    ImportRun.objects.filter(pk=run.pk).update(status="running")
    assert claim(run)
    assert left_behind() == []  # it lives
    import_orders(run.pk)  # the broker's second delivery of the task finds it at work
    assert not SalesOrder.objects.exists()
    cache.clear()  # the claim has run out
    assert left_behind() == [run.pk]
    import_orders(run.pk)
    assert SalesOrder.objects.get().external_number == "T-1"
    assert left_behind() == []
    assert "“零”不是数字。" in sales.get(f"/orders/import/{run.pk}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once(cast: SimpleNamespace, tmp_path: Path) -> None:
    """Real connections: each order is entered once, whoever comes first."""
    path = tmp_path / "orders.csv"
    head, line = GOOD.strip().split("\n")
    path.write_text("\n".join([head, *(line.replace("T-1", f"T-{n}") for n in range(700))]))
    runs = [
        ImportRun.objects.create(filename=path.name, mapping=ImportMapping.objects.get(name=TEMPLATE), by=cast.sales)
        for _n in range(3)
    ]
    ready = threading.Barrier(len(runs))

    def enter(run: ImportRun) -> None:
        ready.wait()
        try:
            execute(run, lambda: [path])
        finally:
            connection.close()

    threads = [threading.Thread(target=enter, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.status for run in runs] == ["done"] * 3
    assert SalesOrder.objects.count() == 700
    assert sum(run.result["orders_created"] for run in runs) == 700
