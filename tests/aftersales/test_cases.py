"""Cases and feedback."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from aftersales.models import CaseAction, Feedback, ServiceCase
from aftersales.services import HOURS_TO_ANSWER, add_action, give_feedback, open_case
from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.workflow import advance
from orders.models import SalesOrder
from tests.cast import make_order, make_product

Shipped = Callable[..., SalesOrder]


@pytest.fixture
def order(cast: Any) -> SalesOrder:
    """An order of alpha's."""
    return make_order((make_product(), 1), customer=cast.alpha)


def complain(order: SalesOrder, *, by: Any, **fields: Any) -> ServiceCase:
    """A complaint."""
    values = {"kind": "complaint", "subject": "少发", "text": "少了一件", "severity": "normal", **fields}
    return open_case(order, by=by, **values)


@pytest.mark.parametrize("severity", ["low", "normal", "high"])
def test_deadline_follows_severity(cast: Any, order: SalesOrder, severity: str) -> None:
    before = timezone.now()
    case = complain(order, by=cast.service, severity=severity)
    hours = dt.timedelta(hours=HOURS_TO_ANSWER[severity])
    assert before + hours <= case.deadline <= timezone.now() + hours


def test_the_whole_way(cast: Any, order: SalesOrder) -> None:
    case = complain(order, by=cast.sales)
    advance(case, "take", by=cast.service)
    assert case.owner == cast.service
    add_action(case, text=" 已补发 ", by=cast.service)
    advance(case, "resolve", by=cast.service, note="补发完成")
    with pytest.raises(BusinessError) as refusal:
        add_action(case, text="再联系", by=cast.service)
    assert refusal.value.code == "wrong_state"
    advance(case, "reopen", by=cast.service, note="客户又来电")
    add_action(case, text="再联系", by=cast.service)
    assert list(CaseAction.objects.values_list("text", flat=True)) == ["已补发", "再联系"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "noise"}, "kind"),
        ({"severity": "huge"}, "severity"),
        ({"subject": "  "}, "subject"),
        ({"text": ""}, "text"),
    ],
)
def test_bad_cases(cast: Any, order: SalesOrder, fields: dict[str, str], field: str) -> None:
    with pytest.raises(BusinessError) as refusal:
        complain(order, by=cast.service, **fields)
    assert refusal.value.field == field
    assert not ServiceCase.objects.exists()


def test_rights(cast: Any, order: SalesOrder) -> None:
    with pytest.raises(NotPermitted):
        complain(order, by=cast.planner)
    case = complain(order, by=cast.alpha_login, by_customer=True)
    with pytest.raises(NotPermitted):
        advance(case, "take", by=cast.sales)
    with pytest.raises(NotPermitted):
        add_action(case, text="x", by=cast.sales)
    with pytest.raises(BusinessError):
        add_action(case, text="  ", by=cast.service)
    assert list(ServiceCase.objects.visible_to(cast.alpha_login)) == [case]
    assert not ServiceCase.objects.visible_to(cast.beta_login).exists()


def test_resolving_needs_an_answer(cast: Any, order: SalesOrder) -> None:
    case = complain(order, by=cast.service)
    with pytest.raises(TransitionRefused) as refusal:
        advance(case, "resolve", by=cast.service)
    assert refusal.value.code == "note_required"


WAYS = {
    ("open", "take"): "in_progress",
    ("open", "resolve"): "resolved",
    ("in_progress", "resolve"): "resolved",
    ("resolved", "reopen"): "in_progress",
}


@pytest.mark.parametrize("status", ServiceCase.Status.values)
@pytest.mark.parametrize("name", list(ServiceCase.transitions()))
def test_every_state_and_transition(cast: Any, order: SalesOrder, status: str, name: str) -> None:
    case = complain(order, by=cast.service)
    ServiceCase.objects.filter(pk=case.pk).update(status=status)
    wanted = WAYS.get((status, name))
    if wanted is None:
        with pytest.raises(TransitionRefused):
            advance(case, name, by=cast.service, note="because")
    else:
        advance(case, name, by=cast.service, note="because")
    assert ServiceCase.objects.get().status == (wanted or status)


def test_feedback_once_an_order(cast: Any, shipped: Shipped, order: SalesOrder) -> None:
    delivered = shipped(1)
    give_feedback(delivered, stars=5, text=" 很好 ", by=cast.alpha_login)
    give_feedback(delivered, stars=4, text="包装一般", by=cast.alpha_login)
    only = Feedback.objects.get()
    assert (only.stars, only.text) == (4, "包装一般")
    for stars in (0, 6):
        with pytest.raises(BusinessError) as refusal:
            give_feedback(delivered, stars=stars, text="", by=cast.alpha_login)
        assert refusal.value.field == "stars"
    with pytest.raises(BusinessError) as refusal:
        give_feedback(order, stars=5, text="", by=cast.alpha_login)
    assert refusal.value.code == "not_shipped"
