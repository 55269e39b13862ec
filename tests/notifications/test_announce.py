"""Who is told of a move, over which channel, and what it costs."""

from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import translation

from erp.models import Outbox
from erp.process import ANNOUNCE, PROCESS
from notifications import audience, basics
from notifications.models import Notice, Subscription
from notifications.services import announce
from notifications.texts import EVENTS, words
from orders.models import Customer, SalesOrder
from tests.cast import make_order, make_product, put_in_stock

pytestmark = pytest.mark.django_db


def told(event: str) -> set[str]:
    return set(Notice.objects.filter(event=event).values_list("user__username", flat=True))


def test_a_new_order_reaches_approvers_but_not_the_one_who_entered_it(
    order: SalesOrder, person: Any, moved: Any
) -> None:
    person("ben", "approver")
    person("wu", "warehouse")
    announce(order, change=moved(order, "create", by=order.created_by), by=order.created_by)
    assert told("orders.SalesOrder.create") == {"ben"}


def test_approval_reaches_the_salesperson_and_the_customer(
    order: SalesOrder, person: Any, moved: Any, django_capture_on_commit_callbacks: Any
) -> None:
    ben = person("ben", "approver")
    with django_capture_on_commit_callbacks() as callbacks:
        announce(order, change=moved(order, "approve", by=ben), by=ben)
    assert told("orders.SalesOrder.approve") == {"anna"}
    mail = Outbox.objects.get()
    assert mail.payload["to"] == "buyer@example.com"
    assert "number=SO-1" in mail.payload["url"]
    assert len(callbacks) == 1


def test_the_actor_never_hears_of_their_own_act(order: SalesOrder, moved: Any) -> None:
    anna = order.salesperson
    announce(order, change=moved(order, "approve", by=anna), by=anna)
    assert told("orders.SalesOrder.approve") == set()


def test_the_system_acting_by_itself_is_named_so(order: SalesOrder, moved: Any) -> None:
    announce(order, change=moved(order, "approve"), by=None)
    with translation.override("en"):
        notice = Notice.objects.get()
        assert words(notice.event, notice.values).body == "华东五金. Approved by the system"


def test_a_rejection_is_mailed_with_its_reason(order: SalesOrder, person: Any, moved: Any) -> None:
    ben = person("ben", "approver")
    announce(order, change=moved(order, "reject", by=ben, note="Price too low"), by=ben)
    mail = Outbox.objects.get()
    assert mail.payload["to"] == "anna@example.com"
    assert mail.payload["values"]["note"] == "Price too low"


def test_a_customer_without_address_gets_no_mail(order: SalesOrder, moved: Any) -> None:
    Customer.objects.update(email="")
    order.customer.refresh_from_db()
    announce(order, change=moved(order, "approve"), by=None)
    assert not Outbox.objects.exists()


def test_customers_and_people_who_left_are_not_told(order: SalesOrder, person: Any, moved: Any) -> None:
    person("gone", "approver", is_active=False)
    person("buyer", "approver", is_portal=True)
    announce(order, change=moved(order, "create"), by=None)
    assert told("orders.SalesOrder.create") == set()


def test_a_subscriber_who_may_not_see_the_document_is_not_told(order: SalesOrder, person: Any, moved: Any) -> None:
    other = person("otto", "sales")  # sales sees only its own orders
    Subscription.objects.create(event="orders.SalesOrder.approve", channel="bell", user=other)
    announce(order, change=moved(order, "approve"), by=None)
    assert told("orders.SalesOrder.approve") == {"anna"}


def test_a_person_may_refuse_and_may_ask_for_more(order: SalesOrder, person: Any, moved: Any) -> None:
    ben, mia = person("ben", "approver"), person("mia", "manager")
    Subscription.objects.create(event="orders.SalesOrder.create", channel="bell", user=ben, is_active=False)
    Subscription.objects.create(event="orders.SalesOrder.create", channel="mail", user=mia)
    announce(order, change=moved(order, "create"), by=None)
    assert told("orders.SalesOrder.create") == set()
    assert Outbox.objects.get().payload["to"] == "mia@example.com"


def test_a_question_already_answered_is_not_asked(order: SalesOrder, person: Any, moved: Any) -> None:
    person("ben", "approver")
    change = moved(order, "create")
    change.target = "something else"
    announce(order, change=change, by=None)
    assert not Notice.objects.exists()


def test_an_answered_question_leaves_every_bell(order: SalesOrder, person: Any, moved: Any) -> None:
    ben, mia = person("ben", "approver"), person("mia", "approver")
    announce(order, change=moved(order, "create"), by=None)
    announce(order, change=moved(order, "approve", by=ben), by=ben)
    asked = Notice.objects.filter(event="orders.SalesOrder.create")
    assert {notice.user for notice in asked} == {ben, mia}
    assert all(notice.read_at for notice in asked)
    assert Notice.objects.unread().get().user == order.salesperson


def test_what_the_system_approves_at_once_is_not_put_to_the_approver(cast: Any) -> None:
    product = make_product()
    put_in_stock(product, 10)
    order = make_order((product, 1), by=cast.sales, customer=cast.alpha)
    order.refresh_from_db()
    assert order.status == order.Status.READY_TO_SHIP
    assert not Notice.objects.filter(user=cast.approver).exists()
    assert "shipping.PickList.create" in Notice.objects.filter(user=cast.warehouse).values_list("event", flat=True)


def test_answers_name_questions() -> None:
    for key, event in EVENTS.items():
        for step in event.answers:
            assert EVENTS[f"{audience.label_of(key)}.{step}"].asks


def test_a_rolled_back_move_tells_nobody(order: SalesOrder, moved: Any) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        announce(order, change=moved(order, "approve"), by=None)
        raise RuntimeError
    assert not Notice.objects.exists()
    assert not Outbox.objects.exists()


@pytest.mark.parametrize("people", [2, 30])
def test_the_cost_does_not_grow_with_the_people(
    order: SalesOrder, person: Any, moved: Any, django_assert_max_num_queries: Any, people: int
) -> None:
    for number in range(people):
        person(f"approver{number}", "approver")
    announce(order, change=moved(order, "create"), by=None)
    fresh = SalesOrder.objects.get(pk=order.pk)
    change = moved(order, "create")
    with django_assert_max_num_queries(5):
        announce(fresh, change=change, by=None)
    assert Notice.objects.count() == 2 * people


def test_the_rule_of_who_may_see_equals_visible_to(order: SalesOrder, person: Any) -> None:
    """`audience` decides for many people at once what `visible_to` decides for one."""
    people = [person(f"p-{role}", role) for role in ("sales", "approver", "planner", "warehouse", "logistics")]
    people += [person(f"p-{role}", role) for role in ("finance", "service", "manager", "admin")]
    people += [order.salesperson, person("root", is_superuser=True)]
    readers = audience.load_readers([p.pk for p in people])
    owners = frozenset([order.salesperson_id])
    for user in people:
        assert readers[user.pk].may_see("orders.SalesOrder", owners) == (
            SalesOrder.objects.visible_to(user).filter(pk=order.pk).exists()
        )
        for label in {audience.label_of(event) for event in EVENTS} - {
            "orders.SalesOrder",
            "inventory.GoodsReceipt",
            "erp.Comment",
        }:
            model = apps.get_model(label)
            seen = not model.objects.visible_to(user).query.is_empty()
            assert readers[user.pk].may_see(label, owners | {user.pk}) == seen, (user, label)


def test_every_announced_step_has_words() -> None:
    announced = {
        f"{label}.{step}" for label, steps in PROCESS.items() for step, paths in steps.items() if ANNOUNCE in paths
    }
    assert announced <= set(EVENTS)


def test_default_subscriptions_are_made_once_and_left_as_changed(db: None) -> None:
    basics.ensure_basics()
    count = Subscription.objects.count()
    Subscription.objects.filter(event="orders.SalesOrder.create").update(is_active=False)
    basics.ensure_basics()
    assert Subscription.objects.count() == count
    assert not Subscription.objects.get(event="orders.SalesOrder.create").is_active


def test_words_come_in_the_readers_language() -> None:
    values = {"document": "SO-1", "customer": "A", "by": "", "note": ""}
    with translation.override("en"):
        assert words("orders.SalesOrder.approve", values).title == "Order SO-1 is approved"
    assert words("no.such.event", values).title == "SO-1"


def test_a_message_lacking_a_value_still_reads() -> None:
    with translation.override("en"):
        assert "—" in words("orders.SalesOrder.approve", {"document": "SO-1"}).body
