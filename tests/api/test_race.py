"""The same order sent twenty times at once is entered once: real threads, real connections, a real server."""

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from erp.models import ApiToken, IdempotencyKey, StatusChange
from inventory.models import Reservation
from orders.models import OrderLine, SalesOrder
from tests.api.conftest import order_body

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS = 20


def send_at_once(url: str, token: str, body: dict[str, Any], keys: list[str]) -> list[tuple[int, dict[str, Any]]]:
    """Post the body once for each key, all at the same moment; an empty key sends no header."""
    ready = threading.Barrier(len(keys))

    def send(key: str) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        ready.wait()
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(send, keys))


@pytest.fixture
def token(cast: SimpleNamespace) -> str:
    return ApiToken.issue(cast.sales)[1]


def check_one_order(answers: list[tuple[int, dict[str, Any]]]) -> None:
    statuses = sorted(status for status, _body in answers)
    assert statuses == [200] * (CALLERS - 1) + [201], answers
    assert len({body["number"] for _status, body in answers}) == 1
    assert SalesOrder.objects.count() == 1
    assert OrderLine.objects.count() == 1
    assert Reservation.objects.count() == 1
    assert StatusChange.objects.filter(document_type="orders.SalesOrder", transition="create").count() == 1


def test_with_one_idempotency_key(live_server: Any, token: str, cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    body = order_body(cast, external_number="")
    check_one_order(send_at_once(f"{live_server.url}/api/v1/orders", token, body, ["same"] * CALLERS))
    assert IdempotencyKey.objects.count() == 1


def test_with_one_external_number(live_server: Any, token: str, cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    check_one_order(send_at_once(f"{live_server.url}/api/v1/orders", token, order_body(cast), [""] * CALLERS))


def test_with_both(live_server: Any, token: str, cast: SimpleNamespace, goods: SimpleNamespace) -> None:
    keys = [f"key-{n % 5}" for n in range(CALLERS)]
    check_one_order(send_at_once(f"{live_server.url}/api/v1/orders", token, order_body(cast), keys))
