"""An order to talk about, and files to lay on it."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from orders.models import SalesOrder
from tests.cast import make_order, make_product

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def order(cast: Any, no_auto_approval: Any) -> SalesOrder:
    """The salesperson's pending order."""
    return make_order((make_product("HG-1", name="合页"), 2), customer=cast.alpha, by=cast.sales)


@pytest.fixture
def as_(client: Client) -> Callable[[Any], Client]:
    """The client signed in as somebody."""

    def sign_in(user: Any) -> Client:
        client.force_login(user)
        return client

    return sign_in


def talk_url(document: Any, tail: str = "") -> str:
    return f"/talk/{document._meta.label}/{document.pk}/{tail}"


def upload(name: str = "合同.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def picture(kind: str = "PNG", size: tuple[int, int] = (800, 600), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def packed(*names: str, **contents: str) -> bytes:
    """A ZIP file with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, contents.get(name, "x"))
    return out.getvalue()
