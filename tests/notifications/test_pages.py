"""The bell, the list, the choice of what to hear, and the outbox in the admin."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from erp.models import Outbox, User
from notifications import services
from notifications.models import Notice, Subscription

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def mine(client: Client, cast: SimpleNamespace) -> Client:
    """The salesperson's browser."""
    client.force_login(cast.sales)
    return client


def notice(user: User, number: int = 1) -> Notice:
    return Notice.objects.create(
        user=user,
        event="orders.SalesOrder.approve",
        document_type="orders.SalesOrder",
        document_id=number,
        values={"document": f"SO-{number}", "customer": "甲公司", "by": "", "note": ""},
        url=f"/orders/SO-{number}/",
    )


def token_of(html: str) -> str:
    return html.split("_v=")[1].split('"')[0]


def test_the_bell_counts_and_names_what_is_new(mine: Client, cast: SimpleNamespace) -> None:
    notice(cast.sales)
    notice(cast.manager, 2)
    page = mine.get("/notifications/bell/", headers=HTMX).content.decode()
    assert '<span class="bell-badge" aria-hidden="true">1</span>' in page
    assert "SO-1" in page
    assert "SO-2" not in page


def test_the_bell_answers_nothing_while_nothing_is_new(
    mine: Client, cast: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    notice(cast.sales)
    token = token_of(mine.get("/notifications/bell/", headers=HTMX).content.decode())
    with django_assert_max_num_queries(4):  # session, person, count, newest
        assert mine.get(f"/notifications/bell/?_v={token}", headers=HTMX).status_code == 204
    notice(cast.sales, 2)
    assert mine.get(f"/notifications/bell/?_v={token}", headers=HTMX).status_code == 200


def test_the_list_goes_on_by_cursor(mine: Client, cast: SimpleNamespace) -> None:
    for number in range(35):
        notice(cast.sales, number)
    first = mine.get("/notifications/").content.decode()
    assert "SO-34" in first
    assert "SO-4<" not in first
    cursor = first.split("cursor=")[1].split('"')[0]
    rest = mine.get(f"/notifications/?cursor={cursor}", headers=HTMX).content.decode()
    assert "SO-4" in rest
    assert "<html" not in rest


def test_opening_a_notice_marks_it_read_and_goes_there(mine: Client, cast: SimpleNamespace) -> None:
    row = notice(cast.sales)
    answer = mine.get(f"/notifications/{row.pk}/")
    assert answer["Location"] == "/orders/SO-1/"
    row.refresh_from_db()
    assert row.read_at is not None
    assert "SO-1" not in mine.get("/notifications/?unread=1").content.decode()


def test_a_strangers_notice_does_not_exist(mine: Client, cast: SimpleNamespace) -> None:
    row = notice(cast.manager)
    assert mine.get(f"/notifications/{row.pk}/").status_code == 404
    assert mine.post(f"/notifications/{row.pk}/read/").status_code == 404
    assert services.mark_read(cast.sales, [row.pk]) == 0


def test_one_and_all_can_be_marked_read(mine: Client, cast: SimpleNamespace) -> None:
    rows = [notice(cast.sales, number) for number in range(3)]
    other = notice(cast.manager)
    part = mine.post(f"/notifications/{rows[0].pk}/read/", headers=HTMX)
    assert "unread" not in part.content.decode()
    assert mine.post("/notifications/read/").status_code == 302
    assert not Notice.objects.filter(user=cast.sales, read_at=None).exists()
    assert services.mark_all_read(cast.sales) == 0  # a repeat is harmless
    other.refresh_from_db()
    assert other.read_at is None
    assert mine.get("/notifications/read/").status_code == 405


def test_customers_and_visitors_have_no_bell(client: Client, cast: SimpleNamespace) -> None:
    assert client.get("/notifications/").status_code == 302
    client.force_login(cast.alpha_login)
    for path in ("", "bell/", "settings/"):
        assert client.get(f"/notifications/{path}").status_code == 404


def test_what_one_hears_can_be_chosen(mine: Client, cast: SimpleNamespace) -> None:
    page = mine.get("/notifications/settings/").content.decode()
    assert "orders.SalesOrder.approve" in page
    assert "finance.Invoice.post" not in page, "sales sees no receivables"
    defaults = services.default_wishes(cast.sales)
    keep = [event for (event, channel), on in defaults.items() if on and channel == "bell"]
    keep.remove("orders.SalesOrder.approve")
    mine.post("/notifications/settings/", {"bell": keep, "mail": ["orders.SalesOrder.complete", "no.such.event"]})
    stored = Subscription.objects.filter(user=cast.sales).values_list("event", "channel", "is_active")
    assert ("orders.SalesOrder.approve", "bell", False) in stored
    assert ("orders.SalesOrder.complete", "mail", True) in stored
    assert not any(event == "no.such.event" for event, *_rest in stored)


def test_a_choice_equal_to_the_default_is_not_stored(cast: SimpleNamespace) -> None:
    services.save_wishes(cast.sales, services.default_wishes(cast.sales))
    assert not Subscription.objects.filter(user=cast.sales).exists()


def test_failed_messages_can_be_sent_again_in_the_admin(
    client: Client, cast: SimpleNamespace, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(cast.admin)
    failed = Outbox.objects.create(kind="mail", key="a", status="failed", attempts=8, last_error="550 no such user")
    assert "550 no such user" in client.get("/admin/erp/outbox/").content.decode()
    assert client.get(f"/admin/erp/outbox/{failed.pk}/change/").status_code == 200
    with django_capture_on_commit_callbacks() as callbacks:
        client.post("/admin/erp/outbox/", {"action": "send_again", "_selected_action": [failed.pk]})
    failed.refresh_from_db()
    assert failed.status == "waiting"
    assert len(callbacks) == 1
    answer = client.post("/admin/erp/outbox/", {"action": "send_again", "_selected_action": [failed.pk]}, follow=True)
    assert answer.status_code == 200


def test_subscriptions_are_kept_in_the_admin(client: Client, cast: SimpleNamespace) -> None:
    client.force_login(cast.admin)
    assert client.get("/admin/notifications/subscription/").status_code == 200
    assert client.get("/admin/notifications/subscription/add/").status_code == 200
    row = Subscription.objects.filter(role__name="approver").first()
    assert client.get(f"/admin/notifications/subscription/{row.pk}/change/").status_code == 200
