"""Purchase orders above the company's limit: two people, not one."""

from decimal import Decimal

import pytest
from django.urls import reverse

from erp.errors import NotPermitted, TransitionRefused
from erp.models import Company
from erp.workflow import advance
from inventory.approval import purchase_moves
from inventory.work import work_for
from notifications.models import Notice
from tests.cast import make_user
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def dear(supplier, product, cast):
    """A draft of 600 by the buyer; buyers may order up to 500."""
    company = Company.current()
    company.purchase_approval_limit = Decimal(500)
    company.save()
    return draft(supplier, (product, "10", "60"), by=cast.purchasing)


def test_a_dear_order_is_submitted_approved_and_everybody_hears(dear, cast):
    with pytest.raises(TransitionRefused, match="500"):
        advance(dear, "place", by=cast.purchasing)
    advance(dear, "submit", by=cast.purchasing)
    assert [group.key for group in work_for(cast.manager)] == ["purchase-approvals"]
    assert Notice.objects.filter(user=cast.manager, event="inventory.PurchaseOrder.submit", read_at=None).exists()
    with pytest.raises(NotPermitted):
        advance(dear, "approve", by=cast.warehouse)
    advance(dear, "approve", by=cast.manager)
    dear.refresh_from_db()
    assert (dear.status, dear.approved_by, dear.promised_on) == ("placed", cast.manager, dear.expected_on)
    assert Notice.objects.filter(user=cast.purchasing, event="inventory.PurchaseOrder.approve").exists()
    assert not Notice.objects.filter(event="inventory.PurchaseOrder.submit", read_at=None).exists()


def test_nobody_approves_their_own(supplier, product, cast, dear):
    own = draft(supplier, (product, "10", "60"), by=cast.manager)
    advance(own, "submit", by=cast.purchasing)
    with pytest.raises(TransitionRefused):
        advance(own, "approve", by=cast.manager)
    (move,) = [move for move in purchase_moves(own, cast.manager) if move.name == "approve"]
    assert not move.allowed
    assert move.reasons
    assert list(work_for(cast.manager)) == []
    advance(own, "approve", by=make_user("manager"))
    assert own.status == "placed"


def test_a_rejected_order_is_a_draft_again_with_the_reason(dear, cast):
    advance(dear, "submit", by=cast.purchasing)
    with pytest.raises(TransitionRefused):
        advance(dear, "reject", by=cast.manager)
    advance(dear, "reject", by=cast.manager, note="太贵")
    assert (dear.status, dear.submitted_by) == ("draft", None)
    assert Notice.objects.filter(user=cast.purchasing, event="inventory.PurchaseOrder.reject").exists()
    advance(dear, "submit", by=cast.purchasing)
    advance(dear, "withdraw", by=cast.purchasing)
    assert dear.status == "draft"


def test_without_a_limit_or_below_it_buyers_order_by_themselves(dear, supplier, product, cast):
    cheap = draft(supplier, (product, "5", "60"), by=cast.purchasing)
    with pytest.raises(TransitionRefused):
        advance(cheap, "submit", by=cast.purchasing)
    advance(cheap, "place", by=cast.purchasing)
    company = Company.current()
    company.purchase_approval_limit = Decimal(0)
    company.save()
    advance(dear, "place", by=cast.purchasing)
    assert dear.status == cheap.status == "placed"


def test_the_page_offers_each_their_step(client, dear, cast):
    page = reverse("inventory:purchase", args=[dear.number])
    steps = reverse("inventory:purchase_transition", args=[dear.number])
    client.force_login(cast.purchasing)
    assert "提交审批" in client.get(page).content.decode()
    client.post(steps, {"transition": "submit"})
    assert client.post(steps, {"transition": "approve"}).status_code == 403
    client.force_login(cast.manager)
    assert "批准并下单" in client.get(page).content.decode()
    assert client.post(steps, {"transition": "approve"}).status_code == 302
    dear.refresh_from_db()
    assert dear.status == "placed"
