"""The pages of after-sales: for whom they open, what they refuse, and what they keep."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from aftersales.models import ReturnRequest, ServiceCase
from aftersales.services import open_case
from erp.workflow import advance
from orders.models import SalesOrder
from tests.aftersales.conftest import ask_back

Shipped = Callable[..., SalesOrder]


def complain(order: SalesOrder, by: Any) -> ServiceCase:
    """A complaint."""
    return open_case(order, kind="complaint", subject="少发", text="少了一件", severity="high", by=by)


def test_service_opens_every_page(cast: Any, shipped: Shipped, sign_in: Any, client: Client) -> None:
    order = shipped(3)
    back, case = ask_back(order, 1, by=cast.service), complain(order, cast.service)
    pages = [
        "/aftersales/",
        "/aftersales/?tab=returns",
        "/aftersales/cases/?status=late&kind=complaint&severity=high&mine=true&q=少",
        "/aftersales/cases/?status=all",
        "/aftersales/returns/?status=all&reason=quality&q=1",
        "/aftersales/returns/export.xlsx",
        back.get_absolute_url(),
        case.get_absolute_url(),
        f"/aftersales/returns/new/?order={order.number}",
        f"/aftersales/cases/new/?order={order.number}",
    ]
    for page in pages:
        assert client.get(page).status_code == 302, page
    sign_in(cast.alpha_login)
    for page in pages:
        assert client.get(page).status_code == 404, page
    sign_in(cast.service)
    for page in pages:
        assert client.get(page).status_code == 200, page
    sign_in(cast.planner)
    for page in pages:
        assert client.get(page).status_code == 403, page


def test_missing(cast: Any, sign_in: Any) -> None:
    client = sign_in(cast.service)
    for page in (
        "/aftersales/returns/RT-0/",
        "/aftersales/cases/CS-0/",
        "/aftersales/returns/new/?order=SO-0",
        "/aftersales/cases/new/",
    ):
        assert client.get(page).status_code == 404, page


def test_sales_see_their_own_only(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    order = shipped(2, customer=cast.beta)
    SalesOrder.objects.filter(pk=order.pk).update(salesperson=cast.manager)
    case = complain(order, cast.service)
    cast.beta.owner = cast.manager
    cast.beta.save()
    client = sign_in(cast.sales)
    assert client.get(case.get_absolute_url()).status_code == 404
    assert case.number not in client.get("/aftersales/").content.decode()


def test_ask_back_in_the_browser(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    order = shipped(3)
    line = order.lines.get()
    client = sign_in(cast.service)
    address = f"/aftersales/returns/new/?order={order.number}"
    for typed in ("9", "x", "-1", "0.00001"):
        answer = client.post(address, {"order": order.number, f"line_{line.pk}": typed, "reason": "quality"})
        assert answer.status_code == 422 and f'value="{typed}"' in answer.content.decode()
    nothing = client.post(address, {"order": order.number, "reason": "quality", "text": "外箱破损"})
    assert nothing.status_code == 422 and "外箱破损" in nothing.content.decode()
    answer = client.post(address, {"order": order.number, f"line_{line.pk}": "2", "reason": "quality"})
    assert answer["Location"] == ReturnRequest.objects.get().get_absolute_url()


def test_three_people_take_a_return_to_its_end(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    request = ask_back(shipped(3), 2, by=cast.service)
    address, line = request.get_absolute_url(), request.lines.get()
    client = sign_in(cast.service)
    assert client.post(address + "transitions/", {"transition": "refuse"}).status_code == 422
    assert client.post(address + "transitions/", {"transition": "approve"}).status_code == 302
    assert client.post(address + "receive/", {f"received_{line.pk}": "2"}).status_code == 403
    client = sign_in(cast.warehouse)
    assert "¥" not in client.get(address).content.decode().split("<main")[1]  # the warehouse sees no prices
    wrong = client.post(address + "receive/", {f"received_{line.pk}": "5", "sellable": str(line.pk)})
    assert wrong.status_code == 422 and 'value="5"' in wrong.content.decode() and " checked" in wrong.content.decode()
    assert client.post(address + "receive/", {f"received_{line.pk}": ""}).status_code == 422
    done = client.post(address + "receive/", {f"received_{line.pk}": "2", "sellable": str(line.pk)})
    assert done.status_code == 302
    assert client.post(address + "receive/", {f"received_{line.pk}": "2"}).status_code == 422
    assert client.post(address + "transitions/", {"transition": "close"}).status_code == 403
    client = sign_in(cast.finance)
    assert client.post(address + "transitions/close/").status_code == 302
    assert "CN-" in client.get(address).content.decode()
    assert ReturnRequest.objects.get().status == "closed"


def test_case_in_the_browser(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    order = shipped(1)
    client = sign_in(cast.service)
    address = f"/aftersales/cases/new/?order={order.number}"
    data = {"order": order.number, "kind": "complaint", "severity": "high", "subject": "少发一件", "text": ""}
    wrong = client.post(address, data)
    assert wrong.status_code == 422 and "少发一件" in wrong.content.decode()
    client.post(address, {**data, "text": "少了"})
    case = ServiceCase.objects.get()
    page = case.get_absolute_url()
    assert case.number in client.get("/aftersales/").content.decode()
    assert client.post(page + "actions/", {"text": " "}).status_code == 422
    assert client.post(page + "transitions/", {"transition": "take"}).status_code == 302
    assert client.post(page + "actions/", {"text": "已联系"}).status_code == 302
    assert "已联系" in client.get(page).content.decode()
    assert client.post(page + "transitions/", {"transition": "resolve", "note": "好了"}).status_code == 302
    late = client.post(page + "actions/", {"text": "迟到的记录"})
    assert late.status_code == 422 and "迟到的记录" not in late.content.decode().split("<main")[0]
    assert sign_in(cast.sales).post(page + "actions/", {"text": "x"}).status_code in (403, 404)


def test_late_cases_are_marked(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    case = complain(shipped(1), cast.service)
    ServiceCase.objects.update(deadline=timezone.now() - dt.timedelta(hours=1))
    client = sign_in(cast.service)
    assert case.number in client.get("/aftersales/?status=late").content.decode()
    advance(case, "resolve", by=cast.service, note="好了")
    assert case.number not in client.get("/aftersales/?status=late").content.decode()


def test_export(cast: Any, shipped: Shipped, sign_in: Any) -> None:
    request = ask_back(shipped(3), 2, by=cast.service)
    answer = sign_in(cast.service).get("/aftersales/returns/export.xlsx")
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.iter_rows(values_only=True))
    assert rows[1][0] == request.number and rows[1][6] == 2


@pytest.mark.parametrize("path", ["/aftersales/cases/", "/aftersales/returns/"])
def test_queries_do_not_grow_with_rows(
    cast: Any, shipped: Shipped, sign_in: Any, path: str, django_assert_max_num_queries: Any
) -> None:
    for _number in range(4):
        order = shipped(1)
        ask_back(order, 1, by=cast.service)
        complain(order, cast.service)
    client = sign_in(cast.service)
    client.get(path)
    with django_assert_max_num_queries(14):
        client.get(path)
