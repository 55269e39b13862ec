"""Changing a confirmed order: the salesperson writes it, sees what it sets off, asks; the approver agrees; it is in force."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache

from orders.models import Amendment, SalesOrder
from tests.browser.person import PHONE
from tests.cast import make_product, put_in_stock
from tests.orders.test_amending import confirmed, line_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REASON = "客户来电：螺栓减到 6 个，不要垫圈"


@pytest.fixture
def order(cast: SimpleNamespace, no_auto_approval: None) -> SalesOrder:
    """Ten bolts and five washers, all reserved."""
    bolt, washer = make_product("LS-1", name="螺栓"), make_product("DQ-1", name="垫圈")
    for product in (bolt, washer):
        put_in_stock(product, 20)
    return confirmed(cast, (bolt, 10), (washer, 5))


def test_from_the_call_to_the_new_version(open_as: Any, cast: SimpleNamespace, order: SalesOrder) -> None:
    sales, approver = open_as(cast.sales), open_as(cast.approver, size=PHONE)
    sales.goes_to(order.get_absolute_url())
    sales.opens_menu()
    sales.clicks("变更订单")
    sales.page.locator("[name=lines-0-quantity]").fill("6")
    sales.page.locator("[data-line-remove]").nth(1).click()
    sales.fills(reason=REASON)
    sales.page.locator("[data-sum=total]", has_text="678.00").wait_for()
    sales.clicks("保存并查看影响")
    sales.page.locator("#effect", has_text="释放占用 4 个").wait_for()
    assert sales.status() == "草稿"
    assert SalesOrder.objects.get(pk=order.pk).total == order.total
    sales.clicks("提交变更")
    sales.page.locator("h1 .pill", has_text="待审批").wait_for()

    one = Amendment.objects.get()
    approver.goes_to(one.get_absolute_url())
    assert REASON in approver.page.locator("main").inner_text()
    approver.clicks("同意并生效")
    approver.page.wait_for_url(f"**{order.get_absolute_url()}")
    approver.page.locator(".talk .tl", has_text="第 2 版").wait_for()

    sales.goes_to(order.get_absolute_url())
    sales.page.locator("#amendments", has_text="已生效").wait_for()
    assert (line_of(order).quantity, order.lines.count()) == (6, 1)


def test_what_is_typed_survives_a_lost_session(open_as: Any, cast: SimpleNamespace, order: SalesOrder) -> None:
    sales = open_as(cast.sales)
    sales.goes_to(f"/orders/{order.number}/amend/")
    sales.page.locator("[name=lines-0-quantity]").fill("7")
    sales.fills(reason=REASON)
    Session.objects.all().delete()
    cache.clear()
    sales.clicks("保存并查看影响")
    sales.page.locator("[name=password]").fill("secret-password")
    sales.page.get_by_label("用户名或邮箱").fill(cast.sales.username)
    sales.page.get_by_role("button", name="登录", exact=True).click()
    sales.page.wait_for_url(f"**/orders/{order.number}/amend/")
    sales.page.wait_for_function("document.querySelector('[name=reason]').value !== ''")
    assert sales.page.locator("[name=reason]").input_value() == REASON
    assert sales.page.locator("[name=lines-0-quantity]").input_value() == "7"
    sales.clicks("保存并查看影响")
    sales.page.locator("#effect", has_text="释放占用 3 个").wait_for()


def test_refused_and_withdrawn(open_as: Any, cast: SimpleNamespace, order: SalesOrder) -> None:
    sales, approver = open_as(cast.sales), open_as(cast.approver)
    for place, quantity in enumerate(("6", "8"), start=1):
        sales.goes_to(f"/orders/{order.number}/amend/")
        sales.page.locator("[name=lines-0-quantity]").fill(quantity)
        sales.fills(reason=REASON)
        sales.clicks("保存并查看影响")
        sales.clicks("提交变更")
        sales.page.locator("h1 .pill", has_text="待审批").wait_for()
        if place == 1:
            approver.goes_to(f"/orders/{order.number}/amendments/1/")
            approver.opens_menu()
            approver.clicks("驳回变更")
            approver.page.locator("dialog[open] [name=note]").fill("数量太少")
            approver.page.locator("dialog[open] .btn-danger, dialog[open] .btn-primary").first.click()
            approver.page.locator("h1 .pill", has_text="已驳回").wait_for()
    sales.opens_menu()
    sales.clicks("撤回变更")
    sales.page.locator("h1 .pill", has_text="已撤回").wait_for()
    sales.page.locator("#comment-text").fill("客户说算了")
    sales.clicks("发送")
    sales.page.locator(".tl-said", has_text="客户说算了").wait_for()
    assert line_of(order).quantity == 10
