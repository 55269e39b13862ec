"""Two people at two browsers correct one order: they see one another, and neither's work is lost."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from orders.models import SalesOrder
from orders.services import update_order
from tests.cast import make_order, make_product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_auto_approval"),
]


def test_both_are_seen_and_both_corrections_are_kept(open_as: Any, cast: SimpleNamespace) -> None:
    product = make_product("HG-1", name="合页")
    order = make_order((product, 2), customer=cast.alpha, by=cast.sales)
    url = f"/orders/{order.number}/edit/"
    sales, manager = open_as(cast.sales), open_as(cast.manager)
    sales.goes_to(url)
    manager.goes_to(url)
    first, second = sales.page, manager.page
    second.locator(".presence-one", has_text="sales").wait_for()
    first.locator(".presence-one", has_text="manager").wait_for()

    # The manager: quantity 20, urgent. She saves and is gone.
    second.locator("[name='lines-0-quantity']").fill("20")
    second.locator("[name=priority]").select_option("9")
    second.get_by_role("button", name="保存并校验").click()
    second.locator("h1 .pill").first.wait_for()
    first.locator(".presence-one").wait_for(state="detached")

    # Sales, meanwhile: quantity 5 and a wish.
    first.locator("[name='lines-0-quantity']").fill("5")
    first.locator("[name=customer_note]").fill("周五前送到")
    first.get_by_role("button", name="保存并校验").click()
    panel = first.locator("#conflict")
    panel.wait_for()
    assert "manager" in panel.inner_text()
    assert first.locator("[name='lines-0-quantity']").input_value() == "5"
    assert first.locator("[name=customer_note]").input_value() == "周五前送到"
    panel.get_by_role("radio", name="20").check()
    first.get_by_role("button", name="保存并校验").click()
    first.wait_for_url(f"{sales.base}/orders/{order.number}/")
    saved = SalesOrder.objects.get(pk=order.pk)
    assert (saved.lines.get().quantity, saved.priority, saved.customer_note) == (20, 9, "周五前送到")


def test_what_contradicts_nothing_only_needs_a_look(open_as: Any, cast: SimpleNamespace) -> None:
    order = make_order((make_product("HG-1", name="合页"), 2), customer=cast.alpha, by=cast.sales)
    sales = open_as(cast.sales)
    sales.goes_to(f"/orders/{order.number}/edit/")
    page = sales.page
    later = timezone.localdate() + dt.timedelta(days=60)
    update_order(order, by=cast.manager, version=1, promised_date=later)
    page.locator("[name='lines-0-quantity']").fill("7")
    page.get_by_role("button", name="保存并校验").click()
    page.locator("#conflict").wait_for()
    assert page.locator("[name=promised_date]").input_value() == later.isoformat()
    assert page.locator("#conflict [type=radio]").count() == 0
    page.get_by_role("button", name="保存并校验").click()
    page.wait_for_url(f"{sales.base}/orders/{order.number}/")
    saved = SalesOrder.objects.get(pk=order.pk)
    assert (saved.lines.get().quantity, saved.promised_date) == (7, later)
