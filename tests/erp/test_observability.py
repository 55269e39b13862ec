"""Request ids and structured logs."""

import json
import logging

import pytest
from django.test import Client

from erp.observability import JsonFormatter, RequestIdFilter, request_id


@pytest.mark.parametrize(("given", "kept"), [("abc-123", True), ("x" * 65, False), ("bad id\n", False), ("", False)])
def test_request_id_is_kept_when_it_is_safe(client: Client, db: None, given: str, kept: bool) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": given.replace("\n", "")})
    assert (response["X-Request-ID"] == given) is kept
    assert response["X-Request-ID"]


def test_a_log_line_is_one_json_object_with_the_request_id() -> None:
    record = logging.makeLogRecord({"name": "orders", "msg": "shipped %s", "args": ("SO-1",), "order": "SO-1"})
    token = request_id.set("r-1")
    try:
        RequestIdFilter().filter(record)
    finally:
        request_id.reset(token)
    line = json.loads(JsonFormatter().format(record))
    assert (line["message"], line["request_id"], line["order"]) == ("shipped SO-1", "r-1", "SO-1")
