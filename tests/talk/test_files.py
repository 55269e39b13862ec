"""Files on documents: what is kept, who gets it, what the customer sees, and how the bytes go."""

import datetime as dt
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from PIL import Image

from erp.errors import NotPermitted
from erp.models import Attachment, StatusChange
from erp.talk import files, pictures
from erp.talk.comments import add_comment
from erp.talk.sniffing import FileRefused
from orders.models import SalesOrder
from tests.cast import make_order, make_product
from tests.talk.conftest import PDF, packed, picture, talk_url, upload

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
TYPES = "[Content_Types].xml"
ROOT = Path(settings.STORAGES["attachments"]["OPTIONS"]["location"])


def stored() -> set[str]:
    return {path.name for path in ROOT.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("合同.pdf", PDF, "pdf"),
        ("图.PNG", picture(), "png"),
        ("图.jpeg", picture("JPEG"), "jpg"),
        ("图.webp", picture("WEBP"), "webp"),
        ("图.bmp", picture("BMP"), "bmp"),
        ("图.tiff", picture("TIFF"), "tif"),
        ("表.xlsx", packed(TYPES, "xl/workbook.xml"), "xlsx"),
        ("文.docx", packed(TYPES, "word/document.xml"), "docx"),
        ("发票.ofd", packed("OFD.xml", "Doc_0/Document.xml"), "ofd"),
        ("表.ods", packed("mimetype", mimetype="application/vnd.oasis.opendocument.spreadsheet"), "ods"),
        ("旧.xls", OLE, "xls"),
        ("旧.wps", OLE, "wps"),
        ("清单.csv", "货号,数量\nA-1,3\n".encode("gb18030"), "csv"),
        ("说明.txt", "说明\n".encode(), "txt"),
        ("说明.txt", "说明\n".encode("utf-16"), "txt"),
        ("打包.zip", packed("a/合同.pdf", "图.png"), "zip"),
        ("图纸.dwg", b"AC1032" + b"\0" * 100, "dwg"),
    ],
)
def test_what_is_kept(cast: Any, order: SalesOrder, name: str, content: bytes, kind: str) -> None:
    file = files.attach(order, upload(name, content), by=cast.sales)
    assert (file.kind, file.size, file.name) == (kind, len(content), name)
    assert file.file.read() == content
    assert bool(file.thumbnail) == (kind in pictures.FORMATS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("空.pdf", b""),
        ("setup.exe", b"MZ\x90\0"),
        ("page.html", b"<html><script>1</script>"),
        ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
        ("改名.pdf", b"MZ\x90\0" * 200),
        ("改名.png", PDF),
        ("改名.txt", b"<!DOCTYPE html><script>1</script>"),
        ("run.txt", b"#!/bin/sh\nrm -rf /\n"),
        ("二进制.csv", b"a\0b"),
        ("page.pdf", b"<html>%PDF-1.4"),
        ("宏.xlsx", packed(TYPES, "xl/workbook.xml", "xl/vbaProject.bin")),
        ("宏.docm", packed(TYPES, "word/document.xml")),
        ("宏.xlsx", packed(TYPES, "xl/a.xml", **{TYPES: "application/vnd.ms-excel.sheet.macroEnabled.main+xml"})),
        ("宏.xls", OLE + "_VBA_PROJECT".encode("utf-16-le")),
        ("程序.zip", packed("readme.txt", "bin/setup.EXE")),
        ("坏.zip", b"PK\x03\x04broken"),
        ("坏.png", b"\x89PNG\r\n\x1a\nbroken"),
        ("半.jpg", picture("JPEG", (2000, 2000))[:400]),
        ("无名", b"text"),
    ],
)
def test_what_is_refused(cast: Any, order: SalesOrder, name: str, content: bytes) -> None:
    with pytest.raises(FileRefused):
        files.attach(order, upload(name, content), by=cast.sales)
    assert not Attachment.objects.exists()


def test_too_large_and_too_many(cast: Any, order: SalesOrder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 100)
    with pytest.raises(FileRefused, match=r"large\.pdf"):
        files.attach(order, upload("large.pdf", PDF + b"x" * 100), by=cast.sales)
    monkeypatch.setattr(files, "MOST", 1)
    files.attach(order, upload(), by=cast.sales)
    with pytest.raises(Exception, match="1"):
        files.attach(order, upload("b.pdf"), by=cast.sales)


def test_a_bomb_of_a_picture_is_not_decoded(cast: Any, order: SalesOrder) -> None:
    with pytest.raises(FileRefused, match="7000"):
        files.attach(order, upload("bomb.png", picture(size=(7000, 7000))), by=cast.sales)


def test_the_small_picture_is_drawn_anew(cast: Any, order: SalesOrder) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "<script>secret</script>"
    file = files.attach(order, upload("a.jpg", picture("JPEG", (900, 300), exif=exif)), by=cast.sales)
    content = file.thumbnail.read()
    assert b"secret" not in content
    with Image.open(BytesIO(content)) as small:
        assert small.format == "WEBP"
        assert max(small.size) == pictures.EDGE
        assert small.height > small.width


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\temp\\合同 v2.pdf", "合同 v2.pdf"),
        ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        ('we<ird>:"na|me?.pdf', "we_ird___na_me_.pdf"),
        (" . ", "file"),
        ("长" * 300 + ".pdf", "长" * 140 + ".pdf"),
    ],
)
def test_names_are_made_safe(given: str, kept: str) -> None:
    assert files.clean_name(given) == kept


def test_the_same_bytes_lie_there_once(cast: Any, order: SalesOrder) -> None:
    other = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    first = files.attach(order, upload(), by=cast.sales)
    assert files.attach(order, upload(), by=cast.manager).pk == first.pk
    again = files.attach(other, upload(), by=cast.sales)
    assert again.file.name == first.file.name
    assert Attachment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_lay_the_same_file_down_at_once(cast: Any, order: SalesOrder) -> None:
    start, found = threading.Barrier(2), []

    def lay(person: Any) -> None:
        try:
            start.wait(timeout=20)
            found.append(files.attach(order, upload("图.png", picture()), by=person).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=lay, args=(person,)) for person in (cast.sales, cast.manager)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 2
    assert len(set(found)) == 1


def test_staff_who_see_the_document_get_the_file_in_a_sandbox(
    client: Any, as_: Any, cast: Any, order: SalesOrder
) -> None:
    page = as_(cast.sales)
    answer = page.post(
        talk_url(order, "files/"), {"file": upload("合同 1.pdf")}, headers={"Accept": "application/json"}
    )
    file = Attachment.objects.get(pk=answer.json()["files"][0]["id"])
    address = f"/files/{file.pk}/{file.name}"
    got = page.get(address)
    assert b"".join(got.streaming_content) == PDF
    assert got["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Content-Disposition"].startswith("attachment;")
    assert "private" in got["Cache-Control"]
    assert got["Content-Type"] == "application/pdf"
    client.logout()
    assert client.get(address)["Location"].startswith("/accounts/login/")
    assert as_(cast.alpha_login).get(address).status_code == 404
    SalesOrder.objects.update(salesperson=cast.manager)
    type(cast.alpha).objects.update(owner=cast.manager)
    assert as_(cast.sales).get(address).status_code == 404
    assert as_(cast.manager).get(f"/files/{file.pk}/small.webp").status_code == 404  # not a picture
    assert as_(cast.manager).get("/files/999999/x.pdf").status_code == 404
    for public in ("/media/", "/static/"):
        assert as_(cast.manager).get(f"{public}{file.file.name}").status_code == 404


def test_pictures_are_shown_and_their_small_ones_too(as_: Any, cast: Any, order: SalesOrder) -> None:
    file = files.attach(order, upload("图.png", picture()), by=cast.sales)
    page = as_(cast.sales)
    assert page.get(f"/files/{file.pk}/{file.name}")["Content-Disposition"].startswith("inline;")
    assert page.get(f"/files/{file.pk}/small.webp")["Content-Type"] == "image/webp"
    assert f"/files/{file.pk}/small.webp" in page.get(order.get_absolute_url()).content.decode()


def test_a_refused_file_is_said_why(as_: Any, cast: Any, order: SalesOrder) -> None:
    page, address = as_(cast.sales), talk_url(order, "files/")
    answer = page.post(address, {"file": upload("a.exe", b"MZ")}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert "a.exe" in answer.json()["error"]
    answer = page.post(address, {"file": [upload("a.exe", b"MZ"), upload("b.pdf")]}, follow=True)
    assert "a.exe" in answer.content.decode()
    assert [file.name for file in Attachment.objects.all()] == ["b.pdf"]


def test_files_go_with_a_comment(as_: Any, cast: Any, order: SalesOrder) -> None:
    mine = files.attach(order, upload("a.pdf"), by=cast.sales)
    others = files.attach(order, upload("b.pdf"), by=cast.manager)
    as_(cast.sales).post(talk_url(order, "comments/"), {"text": "见附件", "file": [mine.pk, others.pk, "x"]})
    mine.refresh_from_db()
    others.refresh_from_db()
    assert mine.comment is not None
    assert mine.comment.text == "见附件"
    assert others.comment is None
    elsewhere = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    assert not add_comment(elsewhere, text="x", by=cast.sales, files=[others.pk]).files.exists()


def test_the_customer_gets_what_is_meant_for_them(as_: Any, cast: Any, order: SalesOrder) -> None:
    file = files.attach(order, upload("合同.pdf"), by=cast.sales)
    address, act = f"/files/{file.pk}/{file.name}", talk_url(order, f"files/{file.pk}/")
    portal = f"/portal/orders/{order.number}/"
    assert "合同.pdf" not in as_(cast.alpha_login).get(portal).content.decode()
    assert as_(cast.warehouse).post(act, {"act": "share"}).status_code == 403
    assert as_(cast.sales).post(act, {"act": "share"}).status_code == 302
    assert as_(cast.sales).post(act, {"act": "share"}).status_code == 302  # harmless
    assert "合同.pdf" in as_(cast.alpha_login).get(portal).content.decode()
    assert as_(cast.alpha_login).get(address).status_code == 200
    assert as_(cast.beta_login).get(address).status_code == 404
    as_(cast.manager).post(act, {"act": "hide"})
    assert as_(cast.alpha_login).get(address).status_code == 404
    told = StatusChange.objects.filter(document_id=order.pk, transition__in=["share_file", "hide_file"])
    assert [(row.transition, row.note) for row in told.order_by("id")] == [
        ("share_file", "合同.pdf"),
        ("hide_file", "合同.pdf"),
    ]
    with pytest.raises(NotPermitted):
        files.attach(order, upload("x.pdf"), by=cast.warehouse, for_customer=True)


def test_deleting_needs_the_right_and_is_told(as_: Any, cast: Any, order: SalesOrder) -> None:
    file = files.attach(order, upload("旧.pdf"), by=cast.sales)
    act = talk_url(order, f"files/{file.pk}/")
    assert as_(cast.warehouse).post(act, {"act": "delete"}).status_code == 403
    assert as_(cast.sales).post(act, {"act": "burn"}).status_code == 404
    assert as_(cast.manager).post(act, {"act": "delete"}).status_code == 302
    assert as_(cast.manager).post(act, {"act": "delete"}).status_code == 302
    assert as_(cast.sales).get(f"/files/{file.pk}/{file.name}").status_code == 404
    text = as_(cast.sales).get(order.get_absolute_url()).content.decode()
    assert "删除附件" in text
    assert StatusChange.objects.filter(transition="delete_file", document_id=order.pk).count() == 1
    assert as_(cast.sales).post(act, {"act": "share"}).status_code == 422


def test_bytes_go_weeks_later_unless_somebody_needs_them(cast: Any, order: SalesOrder) -> None:
    other = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    content = picture(size=(64, 32))
    first, second = (files.attach(one, upload("图.png", content), by=cast.sales) for one in (order, other))
    files.delete_file(order, first, by=cast.sales)
    assert files.clear_deleted() == 0
    old = timezone.now() - dt.timedelta(days=files.KEPT_DAYS, hours=1)
    Attachment.objects.filter(pk=first.pk).update(deleted_at=old)
    assert files.clear_deleted() == 0
    assert first.sha256 in stored()
    files.delete_file(other, second, by=cast.sales)
    Attachment.objects.filter(pk=second.pk).update(deleted_at=old)
    assert files.clear_deleted() == 1
    assert not {first.sha256, f"{first.sha256}.webp"} & stored()
    assert files.attach(order, upload("图.png", content), by=cast.sales).file.read() == content
