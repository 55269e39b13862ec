"""Approval policies: which match, level after level, deputies, four eyes, reminders, escalation, races, pages."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from erp.errors import NotPermitted, TransitionRefused
from erp.models import Outbox, StatusChange, User
from erp.workflow import advance
from inventory.models import Category
from notifications.models import Notice
from orders.models import ApprovalLevel, ApprovalPolicy, ApprovalStep, Channel, Customer, Deputy, SalesOrder
from orders.services import LineInput, create_order, decide, update_order
from orders.services.reminders import remind_all
from orders.work import work_for
from tests.cast import make_order, make_product, make_user, put_in_stock
from tests.orders.test_fulfilment import in_threads


def make_policy(name: str = "大额订单", *levels: Any, **fields: Any) -> ApprovalPolicy:
    """A policy whose levels are lists of role names and people; (list, "all") asks all of them."""
    policy = ApprovalPolicy.objects.create(name=name, **fields)
    for number, asked in enumerate(levels, start=1):
        who, mode = asked if isinstance(asked, tuple) else (asked, "any")
        level = ApprovalLevel.objects.create(policy=policy, level=number, mode=mode, by_owner="owner" in who)
        level.roles.set(Group.objects.filter(name__in=[one for one in who if isinstance(one, str)]))
        level.people.set([one for one in who if isinstance(one, User)])
    return policy


def order_of(cast: SimpleNamespace, quantity: int = 4, **fields: Any) -> SalesOrder:
    """An order of 452.00 with stock, entered by sales, so small that the system alone would approve it."""
    product = fields.pop("product", None) or make_product()
    put_in_stock(product, quantity)
    order = make_order((product, quantity), customer=fields.pop("customer", cast.alpha), by=cast.sales, **fields)
    order.refresh_from_db()
    return order


def fresh(order: SalesOrder) -> SalesOrder:
    return SalesOrder.objects.get(pk=order.pk)


def test_without_a_policy_nothing_is_asked(cast: SimpleNamespace) -> None:
    order = order_of(cast)
    assert order.status == "ready_to_ship"
    assert [(s.decision, s.policy_name) for s in order.approvals.all()] == [("approved", "")]


def test_a_policy_stops_the_system_and_asks_its_role(cast: SimpleNamespace) -> None:
    make_policy("全部", ["approver"])
    order = order_of(cast)
    step = order.approvals.get()
    assert (order.status, step.decision, step.level) == ("pending", "", 1)
    assert [role.name for role in step.roles.all()] == ["approver"]
    notices = Notice.objects.filter(document_id=order.pk)
    assert [(n.user, n.event) for n in notices] == [(cast.approver, "orders.SalesOrder.ask_approval")]
    assert notices[0].url == order.get_absolute_url()
    assert Outbox.objects.filter(payload__to=cast.approver.email, payload__url=order.get_absolute_url()).exists()
    decide(order, True, by=cast.approver, note="同意")
    step.refresh_from_db()
    assert (step.decision, step.decided_by, step.reason) == ("approved", cast.approver, "同意")
    assert step.seen["total"] == "452.00"
    assert fresh(order).status == "ready_to_ship"
    assert order.approvals.count() == 1


CONDITIONS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("amount", {"min_amount": Decimal("452.00")}, {}, True),
    ("less", {"min_amount": Decimal("452.01")}, {}, False),
    ("discount", {"discount_above": Decimal("0.05")}, {"discount": "0.06"}, True),
    ("little discount", {"discount_above": Decimal("0.06")}, {"discount": "0.06"}, False),
    ("margin", {"margin_below": Decimal("0.41")}, {}, True),
    ("good margin", {"margin_below": Decimal("0.40")}, {}, False),
    ("new customer", {"customer_days": 30}, {}, True),
    ("old customer", {"customer_days": 30}, {"days": 31}, False),
    ("credit", {"credit_exceeded": True}, {"credit": "100"}, True),
    ("within credit", {"credit_exceeded": True}, {"credit": "1000"}, False),
    ("check", {"check_codes": ["price", "credit"]}, {"credit": "100"}, True),
    ("other check", {"check_codes": ["price"]}, {"credit": "100"}, False),
    ("two conditions", {"min_amount": Decimal(1), "credit_exceeded": True}, {}, False),
]


@pytest.mark.parametrize(("name", "conditions", "facts", "asked"), CONDITIONS, ids=[c[0] for c in CONDITIONS])
def test_conditions(
    cast: SimpleNamespace, name: str, conditions: dict[str, Any], facts: dict[str, Any], asked: bool
) -> None:
    make_policy(name, ["approver"], **conditions)
    if "days" in facts:
        created = timezone.now() - dt.timedelta(days=facts["days"])
        Customer.objects.filter(pk=cast.alpha.pk).update(created_at=created)
    if "credit" in facts:
        Customer.objects.filter(pk=cast.alpha.pk).update(credit_limit=Decimal(facts["credit"]))
    product = make_product()
    put_in_stock(product, 4)
    order = create_order(
        customer=Customer.objects.get(pk=cast.alpha.pk),
        channel=Channel.objects.get(code="phone"),
        lines=[LineInput(product=product, quantity=Decimal(4), discount=Decimal(facts.get("discount", "0")))],
        by=cast.sales,
        promised_date=timezone.localdate() + dt.timedelta(days=30),
    )
    assert order.approvals.open().exists() is asked


def test_product_groups_count_those_below_them_and_channels(cast: SimpleNamespace) -> None:
    above = Category.objects.create(name="电气")
    below = Category.objects.create(name="电机", parent=above)
    policy = make_policy("电气", ["approver"])
    policy.categories.add(above)
    assert order_of(cast, product=make_product(category=below)).status == "pending"
    assert order_of(cast, 5).status == "ready_to_ship"
    policy.channels.add(Channel.objects.get(code="fax"))
    assert order_of(cast, 6, product=make_product(category=below)).status == "ready_to_ship"


def test_levels_follow_one_another_and_advance_names_who_is_missing(cast: SimpleNamespace) -> None:
    make_policy("一", ["approver"])
    make_policy("二", [cast.finance], [cast.manager])
    order = order_of(cast)
    with pytest.raises(TransitionRefused, match="finance"):
        advance(order, "approve", by=cast.approver)
    with pytest.raises(TransitionRefused):
        advance(order, "approve", by=None)
    with pytest.raises(NotPermitted):  # level 2 is not asked yet, though the role may approve
        decide(order, True, by=cast.manager)
    decide(order, True, by=cast.approver)
    assert StatusChange.objects.filter(transition="agree").count() == 1
    with pytest.raises(NotPermitted):  # said already
        decide(order, True, by=cast.approver)
    decide(order, True, by=cast.finance)
    assert fresh(order).status == "pending"
    assert Notice.objects.filter(user=cast.manager, event__endswith="ask_approval", read_at=None).count() == 1
    assert not Notice.objects.filter(user=cast.finance, event__endswith="ask_approval", read_at=None).exists()
    decide(order, True, by=cast.manager)
    assert fresh(order).status == "ready_to_ship"
    assert order.approvals.filter(decision="approved").count() == 3


def test_all_of_them_are_different_people(cast: SimpleNamespace) -> None:
    make_policy("会签", ([cast.approver, "approver"], "all"))
    order = order_of(cast)
    other = make_user("approver")
    decide(order, True, by=cast.approver)
    assert fresh(order).status == "pending"
    step = order.approvals.get(decision="approved")
    assert list(step.people.all()) == [cast.approver]
    decide(order, True, by=User.objects.get(pk=other.pk))
    assert fresh(order).status == "ready_to_ship"


def test_the_owner_decides_and_sees_without_the_right(cast: SimpleNamespace) -> None:
    owner = make_user("sales")
    Customer.objects.filter(pk=cast.beta.pk).update(owner=owner)
    make_policy("客户负责人", ["owner"])
    order = order_of(cast, customer=Customer.objects.get(pk=cast.beta.pk), salesperson=cast.sales)
    assert not owner.has_perm("orders.approve_salesorder")
    groups = [group for group in work_for(owner) if group.key == "to-approve"]
    assert [item.title for item in groups[0].items] == [order.number]
    assert not [group for group in work_for(cast.approver) if group.key == "to-approve"]
    decide(order, True, by=owner)
    assert fresh(order).status == "ready_to_ship"


def test_four_eyes(cast: SimpleNamespace) -> None:
    policy = make_policy("四眼", ["manager"])
    other = make_user("manager")
    product = make_product()
    order = make_order((product, 1), customer=cast.alpha, by=cast.manager)
    with pytest.raises(NotPermitted):
        decide(order, True, by=cast.manager)
    decide(order, True, by=other)
    assert fresh(order).status == "approved"
    policy.four_eyes = False
    policy.save()
    order = make_order((product, 1), customer=cast.alpha, by=cast.manager)
    decide(order, True, by=cast.manager)
    assert fresh(order).status == "approved"


def test_a_deputy_decides_on_behalf_and_only_on_these_days(cast: SimpleNamespace) -> None:
    make_policy("经理", [cast.manager])
    deputy, today = make_user("sales"), timezone.localdate()
    row = Deputy.objects.create(
        person=cast.manager, deputy=deputy, starts=today - dt.timedelta(days=9), ends=today - dt.timedelta(days=1)
    )
    order = order_of(cast)
    assert not SalesOrder.objects.visible_to(deputy).filter(pk=order.pk).exists()
    with pytest.raises(NotPermitted):
        decide(order, True, by=deputy)
    Deputy.objects.filter(pk=row.pk).update(ends=today)
    assert SalesOrder.objects.visible_to(deputy).get() == order
    decide(order, True, by=deputy)
    step = order.approvals.get()
    assert (step.decided_by, step.on_behalf_of) == (deputy, cast.manager)
    assert SalesOrder.objects.visible_to(deputy).get() == order  # what one has decided stays in sight


def test_a_deputy_of_who_entered_the_order_may_not(cast: SimpleNamespace) -> None:
    make_policy("销售", [cast.sales])
    today = timezone.localdate()
    Deputy.objects.create(person=cast.sales, deputy=cast.finance, starts=today, ends=today)
    order = order_of(cast)
    with pytest.raises(NotPermitted):
        decide(order, True, by=cast.finance)


def test_rejecting_asks_nobody_else_and_resubmitting_asks_anew(cast: SimpleNamespace) -> None:
    make_policy("两级", ["approver"], ["manager"])
    order = order_of(cast)
    with pytest.raises(TransitionRefused):
        decide(order, False, by=cast.approver)
    decide(order, False, by=cast.approver, note="价格太低")
    order.refresh_from_db()
    assert order.status == "rejected"
    assert sorted(order.approvals.values_list("level", "decision")) == [(1, "rejected"), (2, "withdrawn")]
    advance(order, "resubmit", by=cast.sales, note="已改")
    assert order.approvals.open().get().round == 2


def test_a_correction_asks_anew(cast: SimpleNamespace) -> None:
    make_policy("两级", ["approver"], ["manager"])
    order = order_of(cast)
    decide(order, True, by=cast.approver)
    order.refresh_from_db()
    update_order(order, by=cast.sales, version=order.version, customer_note="加急")
    step = order.approvals.open().get()
    assert (step.round, step.level) == (2, 1)


def test_cancelling_takes_the_question_back(cast: SimpleNamespace) -> None:
    make_policy("全部", ["approver"])
    order = order_of(cast)
    advance(order, "cancel", by=cast.sales, note="不要了")
    assert not order.approvals.open().exists()
    assert not Notice.objects.filter(event__endswith="ask_approval", read_at=None).exists()


def test_a_held_order_is_not_decided(cast: SimpleNamespace) -> None:
    make_policy("全部", ["approver"])
    order = order_of(cast, hold_reason="等款")
    with pytest.raises(TransitionRefused, match="等款"):
        decide(order, True, by=cast.approver)
    assert order.approvals.get().decision == ""


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"auto_approval": "never"}, "pending"),
        ({"auto_approve_limit": Decimal(100)}, "pending"),
        ({"auto_approve_limit": Decimal(500)}, "ready_to_ship"),
    ],
)
def test_automatic_approval_by_customer(cast: SimpleNamespace, fields: dict[str, Any], status: str) -> None:
    Customer.objects.filter(pk=cast.alpha.pk).update(**fields)
    assert order_of(cast, customer=Customer.objects.get(pk=cast.alpha.pk)).status == status


def test_the_white_list_knows_no_limit(cast: SimpleNamespace, no_auto_approval: None) -> None:
    assert order_of(cast).status == "pending"
    Customer.objects.filter(pk=cast.alpha.pk).update(auto_approval="always")
    assert order_of(cast, 5, customer=Customer.objects.get(pk=cast.alpha.pk)).status == "ready_to_ship"


def test_reminder_then_escalation_once_each(cast: SimpleNamespace) -> None:
    make_policy("催办", ["approver"], remind_after=4, escalate_after=8, escalate_person=cast.finance)
    order = order_of(cast)
    step = order.approvals.get()
    assert step.due_at < step.escalates_at
    assert remind_all() == 0
    past = timezone.now() - dt.timedelta(minutes=1)
    ApprovalStep.objects.update(due_at=past)
    assert (remind_all(), remind_all()) == (1, 0)
    assert Notice.objects.filter(user=cast.approver, event__endswith="remind_approval").count() == 1
    with pytest.raises(NotPermitted):
        decide(order, True, by=cast.finance)
    ApprovalStep.objects.update(escalates_at=past)
    assert (remind_all(), remind_all()) == (1, 0)
    assert Notice.objects.filter(user=cast.finance, event__endswith="escalate_approval").count() == 1
    decide(order, True, by=cast.finance, note="代批")
    assert fresh(order).status == "ready_to_ship"


@pytest.mark.django_db(transaction=True)
def test_two_approvers_of_one_level_at_once(cast: SimpleNamespace) -> None:
    make_policy("任一", ["approver", "manager"])
    order = order_of(cast)
    answers = in_threads(
        lambda: decide(fresh(order), True, by=cast.approver), lambda: decide(fresh(order), True, by=cast.manager)
    )
    assert sum(isinstance(answer, TransitionRefused) for answer in answers) == 1
    assert fresh(order).status == "ready_to_ship"
    assert order.approvals.filter(decision="approved").count() == order.approvals.count() == 1


@pytest.mark.django_db(transaction=True)
def test_all_of_a_level_and_the_next_level_at_once(cast: SimpleNamespace) -> None:
    make_policy("会签", ([cast.approver, cast.finance], "all"), [cast.manager])
    order = order_of(cast)
    works: list[Callable[[], Any]] = [
        lambda person=person: decide(fresh(order), True, by=person)  # type: ignore[misc]
        for person in (cast.approver, cast.finance, cast.manager)
    ]
    answers = in_threads(*works)
    assert answers[:2] == [None, None]
    if isinstance(answers[2], NotPermitted):  # came before its turn
        assert fresh(order).status == "pending"
        decide(fresh(order), True, by=cast.manager)
    assert fresh(order).status == "ready_to_ship"
    assert order.approvals.filter(decision="approved").count() == 3
    assert StatusChange.objects.filter(document_id=order.pk, transition="approve").count() == 1


# Pages


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_order_page_shows_the_chain_and_the_buttons_to_whom_they_belong(cast: SimpleNamespace) -> None:
    make_policy("大额", [cast.finance], ["manager"])
    order = order_of(cast)
    page = as_(cast.finance).get(order.get_absolute_url()).content.decode()
    assert 'id="decision-note"' in page
    assert 'value="approve"' in page
    other = as_(cast.approver)
    page = other.get(order.get_absolute_url()).content.decode()
    assert "大额" in page
    assert "等待第 1 级审批：finance" in page
    assert 'value="approve"' not in page
    url = f"/orders/{order.number}/transitions/"
    assert other.post(url, {"transition": "approve"}).status_code == 403
    assert as_(cast.finance).post(url, {"transition": "approve", "note": "可以"}).status_code == 302
    page = other.get(order.get_absolute_url()).content.decode()
    assert "可以" in page
    assert as_(cast.manager).post(url, {"transition": "approve"}).status_code == 302
    assert fresh(order).status == "ready_to_ship"


def test_checking_again_asks_anew_only_where_the_answer_differs(cast: SimpleNamespace) -> None:
    policy = make_policy("全部", ["approver"])
    order = order_of(cast)
    page, url = as_(cast.approver), f"/orders/{order.number}/check/"
    page.post(url)
    assert order.approvals.count() == 1
    policy.levels.get().people.add(cast.finance)
    page.post(url)
    assert order.approvals.open().get().round == 2
    policy.is_active = False
    policy.save()
    page.post(url)
    assert not order.approvals.open().exists()
    decide(order, True, by=cast.approver)
    assert fresh(order).status == "ready_to_ship"


def test_admin_makes_a_policy_and_refuses_one_without_levels(cast: SimpleNamespace) -> None:
    page = as_(cast.admin)
    assert page.get("/admin/orders/approvalpolicy/add/").status_code == 200
    assert page.get("/admin/orders/deputy/add/").status_code == 200
    role = Group.objects.get(name="manager").pk
    data = {
        "name": "大额",
        "is_active": "on",
        "position": "0",
        "four_eyes": "on",
        "min_amount": "50000",
        "check_codes": ["price"],
        "escalate_after": "8",
        "levels-TOTAL_FORMS": "0",
        "levels-INITIAL_FORMS": "0",
        "levels-MIN_NUM_FORMS": "1",
        "levels-MAX_NUM_FORMS": "1000",
    }
    assert page.post("/admin/orders/approvalpolicy/add/", data).status_code == 200
    assert not ApprovalPolicy.objects.exists()
    data |= {"levels-TOTAL_FORMS": "1", "levels-0-level": "1", "levels-0-mode": "any", "levels-0-roles": [role]}
    assert page.post("/admin/orders/approvalpolicy/add/", data).status_code == 200  # escalated to nobody
    assert not ApprovalPolicy.objects.exists()
    response = page.post("/admin/orders/approvalpolicy/add/", data | {"escalate_role": role})
    assert response.status_code == 302
    policy = ApprovalPolicy.objects.get()
    assert policy.check_codes == ["price"]
    assert policy.levels.get().roles.get().pk == role
    assert page.get(f"/admin/orders/approvalpolicy/{policy.pk}/change/").status_code == 200
    assert page.get("/admin/orders/approvalpolicy/").status_code == 200
