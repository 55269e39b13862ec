"""The mail that asks for a decision leads, after signing in, to the order's page where it is taken."""

from typing import Any

import pytest
from django.core import mail

from erp.models import Outbox
from notifications.basics import ensure_basics
from notifications.delivery import deliver
from orders.models import ApprovalLevel, ApprovalPolicy, SalesOrder
from tests.cast import make_order, make_product

pytestmark = pytest.mark.usefixtures("no_auto_approval")


@pytest.fixture
def asked(cast: Any) -> SalesOrder:
    """An order that a policy brings before the manager."""
    ensure_basics()
    policy = ApprovalPolicy.objects.create(name="大单", min_amount=1)
    ApprovalLevel.objects.create(policy=policy, level=1).people.add(cast.manager)
    return make_order((make_product(), 2), customer=cast.alpha, by=cast.sales)


def link_to(person: Any, client: Any) -> str:
    """The path in the mail that this person got."""
    row = Outbox.objects.get(payload__event="orders.SalesOrder.ask_approval", payload__to=person.email)
    deliver([row.key])
    body = next(message.body for message in mail.outbox if message.to == [person.email])
    address = next(word for word in body.split() if word.startswith("http"))
    return "/" + address.split("/", 3)[3]


@pytest.mark.parametrize(("step", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_from_the_mail_to_the_decision(client: Any, cast: Any, asked: SalesOrder, step: str, status: str) -> None:
    path = link_to(cast.manager, client)
    login = client.get(path)
    assert login.status_code == 302
    assert login["Location"] == f"/accounts/login/?next=/orders/{asked.number}/"
    page = client.post(login["Location"], {"login": "manager", "password": "secret-password"}, follow=True)
    assert page.redirect_chain[-1][0] == asked.get_absolute_url()
    text = page.content.decode()
    action = f"/orders/{asked.number}/transitions/"
    assert f'action="{action}' in text
    assert f'value="{step}"' in text
    assert 'id="approval"' in text
    assert client.post(action, {"transition": step, "note": "看过合同"}).status_code == 302
    asked.refresh_from_db()
    assert asked.status == status
    decision = asked.approvals.exclude(decided_by=None).get()
    assert (decision.decided_by, decision.reason) == (cast.manager, "看过合同")
    assert decision.at is not None
    assert decision.seen["total"] == str(asked.total)


def test_the_link_is_no_key(client: Any, cast: Any, asked: SalesOrder) -> None:
    """Whoever else opens it sees what their role sees, and decides nothing."""
    path = link_to(cast.manager, client)
    client.force_login(cast.alpha_login)
    assert client.get(path).status_code == 404
    client.force_login(cast.warehouse)
    assert client.get(path).status_code == 200
    answer = client.post(f"/orders/{asked.number}/transitions/", {"transition": "approve"})
    assert answer.status_code == 403
    asked.refresh_from_db()
    assert asked.status == SalesOrder.Status.PENDING
