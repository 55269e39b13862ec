"""Comments on documents: who is named, who is told, what may be mended, and what becomes a link."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from erp.errors import BusinessError, NotPermitted
from erp.models import Comment, Mention, Outbox, User
from erp.talk.comments import EDIT_MINUTES, add_comment, delete_comment, edit_comment
from erp.talk.kinds import KINDS, readers_of, view_permission
from erp.talk.words import HANDLE, numbers_in, parts_of
from inventory.models import Supplier
from inventory.services import PurchaseInput, create_purchase_order, default_warehouse
from notifications.models import Notice, Subscription
from orders.models import ApprovalStep, SalesOrder
from tests.cast import make_order, make_product, make_user
from tests.talk.conftest import talk_url

HTMX = {"HX-Request": "true"}


@pytest.fixture
def zhang(cast: Any) -> User:
    """A colleague in the warehouse with a Chinese name."""
    cast.warehouse.name = "张三"
    cast.warehouse.save()
    return cast.warehouse


def told() -> Any:
    """Notices of people who were named."""
    return Notice.objects.filter(event="erp.Comment.mention")


def test_a_comment_stands_in_the_timeline_escaped(as_: Any, cast: Any, order: SalesOrder) -> None:
    page = as_(cast.warehouse)
    answer = page.post(talk_url(order, "comments/"), {"text": "外箱要加固 <b>"})
    assert answer.status_code == 302
    assert answer["Location"] == f"/orders/{order.number}/#timeline"
    assert "外箱要加固 &lt;b&gt;" in page.get(order.get_absolute_url()).content.decode()


def test_htmx_gets_the_list_alone_and_bad_text_keeps_the_page(as_: Any, cast: Any, order: SalesOrder) -> None:
    page = as_(cast.sales)
    answer = page.post(talk_url(order, "comments/"), {"text": "好的"}, headers=HTMX)
    assert answer.content.decode().startswith('<div id="talk-list">')
    for text in ("  ", "长" * 4001):
        answer = page.post(talk_url(order, "comments/"), {"text": text}, headers=HTMX)
        assert answer.status_code == 422
        assert answer["HX-Reswap"] == "none"
    assert Comment.objects.count() == 1


def test_strangers_find_nothing_to_talk_about(client: Any, as_: Any, cast: Any, order: SalesOrder) -> None:
    address = talk_url(order, "comments/")
    assert client.post(address, {"text": "x"}).status_code == 302  # to the login
    assert as_(cast.alpha_login).post(address, {"text": "x"}).status_code == 404
    SalesOrder.objects.update(salesperson=cast.manager)
    type(cast.alpha).objects.update(owner=cast.manager)
    for tail in ("comments/", "files/", ""):
        call = as_(cast.sales).get if not tail else as_(cast.sales).post
        assert call(talk_url(order, tail)).status_code == 404
    assert as_(cast.sales).get(talk_url(order, "people.json")).status_code == 404
    assert as_(cast.admin).post("/talk/erp.User/1/comments/", {"text": "x"}).status_code == 404
    assert as_(cast.admin).get(address).status_code == 405
    assert Comment.objects.count() == 0


@pytest.mark.parametrize("text", ["请@张三 看一下", "@张三看一下", "@warehouse please", "@Warehouse，急"])
def test_who_is_named_is_told(cast: Any, order: SalesOrder, zhang: User, text: str) -> None:
    comment = add_comment(order, text=text, by=cast.sales)
    notice = told().get()
    assert (notice.user, notice.event) == (zhang, "erp.Comment.mention")
    assert notice.url == f"/orders/{order.number}/#comment-{comment.pk}"
    mail = Outbox.objects.get(key=f"mail:erp.Comment.mention:{comment.pk}:{zhang.pk}")
    assert mail.payload["to"] == zhang.email
    assert mail.payload["values"]["note"] == text


def test_they_hear_by_the_channels_of_their_choice(cast: Any, order: SalesOrder, zhang: User) -> None:
    Subscription.objects.create(user=zhang, event="erp.Comment.mention", channel="mail", is_active=False)
    add_comment(order, text="@张三 在吗", by=cast.sales)
    assert told().filter(user=zhang).exists()
    assert not Outbox.objects.filter(key__startswith="mail:erp.Comment").exists()


def test_the_choice_is_on_the_settings_page(as_: Any, cast: Any) -> None:
    assert "有人在评论中@我" in as_(cast.warehouse).get("/notifications/settings/").content.decode()


@pytest.mark.parametrize("text", ["info@warehouse.com", "@nobody", "@张", "warehouse"])
def test_what_only_looks_like_a_name_tells_nobody(cast: Any, order: SalesOrder, zhang: User, text: str) -> None:
    add_comment(order, text=text, by=cast.sales)
    assert not Mention.objects.exists()
    assert not told().exists()


def test_naming_oneself_is_no_news(cast: Any, order: SalesOrder) -> None:
    add_comment(order, text="@sales 明天再看", by=cast.sales)
    assert not told().exists()


def test_two_people_of_one_name_must_be_told_apart(cast: Any, order: SalesOrder, zhang: User) -> None:
    cast.finance.name = "张三"
    cast.finance.save()
    with pytest.raises(BusinessError, match="张三") as refusal:
        add_comment(order, text="@张三 看一下", by=cast.sales)
    assert "@warehouse" in refusal.value.hint
    assert not Comment.objects.exists()
    add_comment(order, text="@finance 看一下", by=cast.sales)
    assert told().get().user == cast.finance


def test_who_may_not_see_the_document_cannot_be_named(cast: Any, order: SalesOrder, zhang: User) -> None:
    other = make_user("sales", "wang")
    with pytest.raises(BusinessError, match=order.number):
        add_comment(order, text="@wang @张三", by=cast.sales)
    assert not told().exists()
    assert not readers_of(order).filter(pk=other.pk).exists()


def test_the_picker_finds_by_name_pinyin_and_user_name(
    as_: Any, cast: Any, order: SalesOrder, zhang: User, django_assert_max_num_queries: Any
) -> None:
    page = as_(cast.sales)
    for typed in ("张", "zhangs", "zs", "wareh"):
        with django_assert_max_num_queries(20):
            items = page.get(talk_url(order, "people.json"), {"q": typed}).json()["items"]
        assert [item["handle"] for item in items] == ["张三"], typed
    make_user("sales", "zhangsi")  # may not see it
    assert page.get(talk_url(order, "people.json"), {"q": "zhangsi"}).json()["items"] == []
    assert cast.sales.username not in str(page.get(talk_url(order, "people.json")).json())
    cast.finance.name = "张三"
    cast.finance.save()
    handles = {item["handle"] for item in page.get(talk_url(order, "people.json"), {"q": "张三"}).json()["items"]}
    assert handles == {"warehouse", "finance"}


def test_what_is_written_is_mended_for_some_minutes_and_kept(cast: Any, order: SalesOrder, zhang: User) -> None:
    comment = add_comment(order, text="@张三 发 3 箱", by=cast.sales)
    comment = edit_comment(order, comment, text="@张三 @finance 发 4 箱", by=cast.sales)
    assert [one.text for one in comment.versions.all()] == ["@张三 发 3 箱"]
    assert sorted(told().values_list("user__username", flat=True)) == ["finance", "warehouse"]
    edit_comment(order, comment, text="@张三 @finance 发 4 箱", by=cast.sales)
    assert comment.versions.count() == 1
    with pytest.raises(NotPermitted):
        edit_comment(order, comment, text="x", by=cast.manager)
    with pytest.raises(BusinessError):
        edit_comment(order, comment, text=" ", by=cast.sales)
    Comment.objects.update(at=timezone.now() - dt.timedelta(minutes=EDIT_MINUTES, seconds=1))
    for late in (
        lambda: edit_comment(order, comment, text="x", by=cast.sales),
        lambda: delete_comment(comment, by=cast.sales),
    ):
        with pytest.raises(BusinessError):
            late()
    assert Comment.objects.get().text == "@张三 @finance 发 4 箱"


def test_a_deleted_comment_leaves_its_place(as_: Any, cast: Any, order: SalesOrder) -> None:
    comment = add_comment(order, text="写错了", by=cast.sales)
    address = talk_url(order, f"comments/{comment.pk}/")
    assert as_(cast.manager).post(address, {"act": "delete"}).status_code == 403
    page = as_(cast.sales)
    assert page.post(address, {"act": "delete"}).status_code == 302
    text = page.get(order.get_absolute_url()).content.decode()
    assert "评论已删除" in text
    assert "写错了" not in text
    assert [one.text for one in comment.versions.all()] == ["写错了"]
    assert page.post(address, {"act": "delete"}).status_code == 422
    other = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    assert page.post(talk_url(other, f"comments/{comment.pk}/"), {"text": "x"}).status_code == 404


def test_edited_through_the_page(as_: Any, cast: Any, order: SalesOrder) -> None:
    comment = add_comment(order, text="旧的", by=cast.sales)
    page = as_(cast.sales)
    answer = page.post(talk_url(order, f"comments/{comment.pk}/"), {"text": "新的"}, headers=HTMX).content.decode()
    assert "新的" in answer
    assert "历史版本" in answer


def test_numbers_become_links_for_those_who_may_see(as_: Any, cast: Any, order: SalesOrder) -> None:
    supplier = Supplier.objects.create(code="S1", name="供应商")
    purchase = create_purchase_order(
        supplier=supplier, warehouse=default_warehouse(), lines=[PurchaseInput(make_product(), Decimal(1))], by=None
    )
    add_comment(order, text=f"见{purchase.number}，不是 SO-20200101-99999", by=cast.sales)
    link = f'<a href="{purchase.get_absolute_url()}">{purchase.number}</a>'
    assert link in as_(cast.warehouse).get(talk_url(order), headers=HTMX).content.decode()
    page = as_(cast.sales).get(talk_url(order), headers=HTMX).content.decode()  # sales see no purchase orders
    assert purchase.number in page
    assert link not in page
    assert "SO-20200101-99999</a>" not in page


def test_words_are_cut_into_parts() -> None:
    assert numbers_in(["SO-20261121-00042和INV-202611-00001, XSO-20261121-00042"]) == {
        "SO-20261121-00042",
        "INV-202611-00001",
    }
    parts = parts_of("@li 看SO-1。", people={"li": "李四"}, pages={"SO-1": "/orders/SO-1/"})
    assert [(part.text, part.href, part.person) for part in parts] == [
        ("@李四", "", True),
        (" 看", "", False),
        ("SO-1", "/orders/SO-1/", False),
        ("。", "", False),
    ]
    assert HANDLE.findall("a@b.c 问@张三·李 @w.x") == ["张三·李", "w.x"]


def test_readers_of_a_document_are_those_whom_visible_to_lets_in(cast: Any, order: SalesOrder) -> None:
    """The rule for all people at once repeats `visible_to` for one."""
    asked, decided, bare = make_user("none", "asked"), make_user("none", "decided"), make_user("none", "bare")
    right = Permission.objects.get(codename="view_salesorder", content_type__app_label="orders")
    for person in (asked, decided, bare):
        person.user_permissions.add(right)
    step = ApprovalStep.objects.create(order=order, policy_name="大单", level=1, opened_at=timezone.now())
    step.people.add(asked)
    ApprovalStep.objects.create(order=order, policy_name="大单", level=1, decision="agreed", decided_by=decided)
    left = make_user("admin", "left")
    User.objects.filter(pk=left.pk).update(is_active=False)
    readers = set(readers_of(order).values_list("username", flat=True))
    people = User.objects.filter(is_portal=False)
    assert readers == {p.username for p in people if SalesOrder.objects.visible_to(p).filter(pk=order.pk).exists()}
    assert {"asked", "decided", "sales", "admin"} <= readers
    assert not {"bare", "left", "alpha"} & readers


def test_every_kind_of_document_knows_its_right(cast: Any) -> None:
    rights = {f"{app}.{name}" for app, name in Permission.objects.values_list("content_type__app_label", "codename")}
    assert {view_permission(label) for label in KINDS} <= rights
    assert Group.objects.get(name="sales").permissions.filter(codename="share_attachment").exists()
