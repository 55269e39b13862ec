"""The archive: what goes into it and when, that it is only read, and how orders come back."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from aftersales.services import open_case
from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.models import Company, StatusChange
from erp.talk.comments import add_comment
from erp.timeline import timeline
from erp.workflow import advance, moves
from orders.models import SalesOrder
from orders.services import archive_old, assign, hold, record_payment, restore
from tests.cast import make_order, make_product

pytestmark = pytest.mark.usefixtures("no_auto_approval")
Status = SalesOrder.Status


@pytest.fixture
def as_(client):
    """The client signed in as somebody."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def finished(cast, *, days=400, status="cancelled", **fields):
    """An order that has been finished for so many days."""
    order = make_order((make_product(), 1), customer=cast.alpha)
    if status == "cancelled":
        advance(order, "cancel", by=cast.manager, note="客户取消")
    since = timezone.now() - dt.timedelta(days=days)
    SalesOrder.objects.filter(pk=order.pk).update(status=status, status_since=since, **fields)
    order.refresh_from_db()
    return order


def archived(cast, **fields):
    """An order in the archive."""
    order = finished(cast, **fields)
    SalesOrder.objects.filter(pk=order.pk).update(archived_at=timezone.now())
    order.refresh_from_db()
    return order


def kept():
    """The orders that are not archived."""
    return set(SalesOrder.objects.live().values_list("pk", flat=True))


def test_only_what_has_long_been_finished_is_archived(cast):
    now = timezone.now()
    paid = {"settled_at": now, "payment_state": "paid"}
    old = {finished(cast).pk, finished(cast, status="completed", **paid).pk}
    stay = {
        finished(cast, days=300).pk,
        finished(cast, status="completed").pk,  # money is still to come
        finished(cast, status="shipped", **paid).pk,
        finished(cast, restored_at=now).pk,
    }
    assert archive_old(batch=1) == 2
    assert kept() == stay
    assert archive_old() == 0
    assert set(StatusChange.objects.filter(transition="archive").values_list("document_id", flat=True)) == old
    company = Company.current()
    company.archive_after_days = 0
    company.save()
    SalesOrder.objects.filter(pk__in=old).update(archived_at=None)
    assert archive_old() == 0  # 0 is never
    company.archive_after_days = 200
    company.save()
    assert archive_old() == 3


def test_open_after_sales_work_keeps_an_order_out(cast):
    order, other = finished(cast), finished(cast)
    open_case(order, kind="complaint", subject="少件", text="少了一件", severity="normal", by=cast.service)
    SalesOrder.objects.filter(pk=order.pk).update(restored_at=None)
    assert archive_old() == 1
    assert kept() == {order.pk}
    assert SalesOrder.objects.get(pk=other.pk).archived_at


def test_the_lists_leave_the_archive_out_and_search_finds_it(as_, cast):
    old, live = archived(cast), finished(cast, days=1)
    page = as_(cast.manager)

    def shows(query):
        text = page.get(f"/orders/{query}").content.decode()
        return [f'"/orders/{one.number}/"' in text for one in (old, live)]

    assert shows("") == [False, True]
    assert shows("?status=cancelled") == [False, True]
    assert 'href="?status=cancelled">已取消<span class="count">1</span>' in page.get("/orders/").content.decode()
    assert shows("?archived=only") == [True, False]
    assert shows("?archived=all") == [True, True]
    assert shows(f"?q={old.number}") == [True, False]
    assert shows(f"?q={old.number}&status=cancelled") == [True, False]


def test_an_archived_order_is_only_read(as_, cast):
    order = archived(cast)
    rejected = archived(cast, status="rejected")
    for act in (
        lambda: add_comment(order, text="好", by=cast.manager),
        lambda: hold(order, by=cast.manager, reason="x"),
        lambda: assign(order, cast.sales if order.salesperson is None else None, by=cast.manager),
        lambda: advance(rejected, "resubmit", by=cast.manager),
    ):
        with pytest.raises(TransitionRefused) as refused:
            act()
        assert refused.value.code == "archived"
    assert all(not move.allowed and "已归档" in move.reason for move in moves(rejected, cast.manager))
    page = as_(cast.manager).get(order.get_absolute_url()).content.decode()
    assert "于" in page and "归档" in page
    assert "从归档恢复" in page
    assert 'id="comment-text"' not in page
    assert "从归档恢复" not in as_(cast.sales).get(order.get_absolute_url()).content.decode()
    answer = as_(cast.manager).post(f"/talk/orders.SalesOrder/{order.pk}/comments/", {"text": "好"})
    assert answer.status_code == 422
    assert not StatusChange.objects.filter(transition__in=["hold", "assign", "resubmit"]).exists()


def test_who_may_brings_it_back(as_, cast):
    order = archived(cast)
    assert as_(cast.sales).post(f"/orders/{order.number}/restore/").status_code == 403
    assert as_(cast.alpha_login).post(f"/orders/{order.number}/restore/").status_code == 404
    with pytest.raises(NotPermitted):
        restore(order, by=cast.sales)
    for _twice in range(2):
        assert as_(cast.manager).post(f"/orders/{order.number}/restore/").status_code == 302
    order.refresh_from_db()
    assert order.archived_at is None
    assert StatusChange.objects.filter(transition="restore").count() == 1
    assert archive_old() == 0  # it stays for as long again


def test_after_sales_work_brings_it_back_by_itself(cast):
    order = archived(cast, status="completed")
    open_case(order, kind="complaint", subject="少件", text="少了一件", severity="normal", by=cast.service)
    order.refresh_from_db()
    assert order.archived_at is None
    last = [entry for entry in timeline(order) if entry.title == "已从归档恢复"]
    assert [(entry.who, entry.text) for entry in last] == [(None, "订单有售后业务。")]


def test_a_payment_taken_back_brings_it_back(cast):
    order = archived(cast, status="completed", paid=Decimal("113.00"), settled_at=timezone.now())
    record_payment(order, Decimal("-113.00"), by=None)
    order.refresh_from_db()
    assert order.archived_at is None
    assert order.payment_state == "unpaid"


def test_a_refused_case_leaves_it_in_the_archive(cast):
    order = archived(cast, status="completed")
    with pytest.raises(BusinessError):
        open_case(order, kind="complaint", subject="", text="", severity="normal", by=cast.service)
    order.refresh_from_db()
    assert order.archived_at is not None


def test_the_api_leaves_it_out_unless_asked(as_, cast):
    from erp.models import ApiToken

    order, _live = archived(cast), finished(cast, days=1)

    def numbers(user, query=""):
        _token, secret = ApiToken.issue(user)
        answer = as_(cast.manager).get(f"/api/v1/orders{query}", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 200, answer.content
        return {row["number"]: row["archived_at"] for row in answer.json()["items"]}

    assert order.number not in numbers(cast.manager)
    assert set(numbers(cast.manager, "?archived=only")) == {order.number}
    assert numbers(cast.manager, "?archived=only")[order.number]
    assert len(numbers(cast.manager, "?archived=all")) == 2
    assert len(numbers(cast.alpha_login)) == 2  # customers keep their own history


def test_archiving_takes_few_queries(cast, django_assert_max_num_queries):
    for _ in range(6):
        finished(cast)
    with django_assert_max_num_queries(12):
        assert archive_old() == 6
