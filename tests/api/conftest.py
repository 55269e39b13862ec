"""A program that calls the API."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from erp.models import ApiToken, User
from tests.cast import make_product, put_in_stock


class Caller:
    """Calls the API with somebody's token; answers carry `.json()`."""

    def __init__(self, user: User | None) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {ApiToken.issue(user)[1]}"} if user else {}

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def post(self, path: str, body: Any, *, key: str = "", **headers: str) -> HttpResponse:
        extra = {"Idempotency-Key": key} if key else {}
        return self.client.post(
            f"/api/v1{path}",
            body if isinstance(body, str) else json.dumps(body),
            content_type="application/json",
            headers={**self.headers, **extra, **headers},
        )


@pytest.fixture
def sales(cast: SimpleNamespace) -> Caller:
    return Caller(cast.sales)


@pytest.fixture
def goods(basics: None) -> SimpleNamespace:
    """Ten of BOLT in stock; NUT is out of stock."""
    bolt, nut = make_product("BOLT", price="10"), make_product("NUT", price="2.5")
    put_in_stock(bolt, 10)
    return SimpleNamespace(bolt=bolt, nut=nut)


def order_body(cast: SimpleNamespace, **changes: Any) -> dict[str, Any]:
    """A body that is right unless `changes` makes it wrong."""
    return {
        "customer": cast.alpha.code,
        "channel": "api",
        "external_number": "A-1",
        "promised_date": "2099-12-01",
        "note": "",
        "lines": [{"sku": "BOLT", "quantity": "2", "unit_price": None}],
        **changes,
    }
