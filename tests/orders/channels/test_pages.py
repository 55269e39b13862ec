"""The queue of web shops: who sees it, what is mended there, and the settings of a channel."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from orders.channels.taking import take
from orders.models import Channel, ChannelOrder, ChannelProduct, SalesOrder
from orders.work import work_for
from tests.cast import make_product, make_user
from tests.orders.channels.shop import SECRET, deliver, order, shop

pytestmark = pytest.mark.django_db


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def failed(cast: SimpleNamespace) -> ChannelOrder:
    """An order with an unknown SKU, in a shop that sales looks after."""
    shop(salesperson=cast.sales)
    return deliver(order())


def test_the_queue_shows_what_failed_and_why(failed: ChannelOrder, cast: SimpleNamespace) -> None:
    for user in (cast.sales, cast.manager, cast.admin):
        page = as_(user).get("/orders/channels/").content.decode()
        assert "#1001" in page
        assert "A-1" in page
    page = as_(cast.sales).get("/orders/channels/?state=taken").content.decode()
    assert "#1001" not in page
    assert "#1001" in as_(cast.sales).get("/orders/channels/?q=%231").content.decode()
    assert as_(cast.sales).get("/orders/channels/?state=nonsense&channel=x&cursor=x").status_code == 200


def test_strangers_do_not_see_it(failed: ChannelOrder, cast: SimpleNamespace) -> None:
    other = make_user("sales", "other")
    for user, status in ((cast.warehouse, 403), (cast.alpha_login, 404)):
        assert as_(user).get("/orders/channels/").status_code == status
        assert as_(user).get(f"/orders/channels/{failed.pk}/").status_code == status
        for act in ("retry", "dismiss", "sku"):
            assert as_(user).post(f"/orders/channels/{failed.pk}/{act}/").status_code == status
    assert "#1001" not in as_(other).get("/orders/channels/").content.decode()
    assert as_(other).get(f"/orders/channels/{failed.pk}/").status_code == 404
    assert Client().get("/orders/channels/").status_code == 302
    failed.refresh_from_db()
    assert failed.state == "failed"


def test_naming_the_product_takes_the_order(failed: ChannelOrder, cast: SimpleNamespace) -> None:
    client, ours = as_(cast.sales), make_product("OURS")
    where = f"/orders/channels/{failed.pk}/"
    assert "A-1" in client.get(where).content.decode()
    assert client.post(f"{where}sku/", {"external_sku": "A-1", "product": ""}).status_code == 422
    assert client.post(f"{where}sku/", {"external_sku": "other", "product": ours.pk}).status_code == 422
    assert not ChannelProduct.objects.exists()
    assert client.post(f"{where}sku/", {"external_sku": "A-1", "product": ours.pk}).status_code == 302
    take(failed.pk)
    assert SalesOrder.objects.get().lines.first().product == ours
    assert SalesOrder.objects.get().number in client.get(where).content.decode()


def test_retry_and_put_aside(failed: ChannelOrder, cast: SimpleNamespace) -> None:
    client, where = as_(cast.sales), f"/orders/channels/{failed.pk}/"
    assert client.post(f"{where}retry/").status_code == 302
    failed.refresh_from_db()
    assert failed.state == "waiting"
    assert client.post(f"{where}retry/").status_code == 422  # it waits already
    take(failed.pk)
    assert client.post(f"{where}dismiss/").status_code == 302
    failed.refresh_from_db()
    assert (failed.state, failed.finding) == ("ignored", "dismissed")
    assert str(cast.sales) in failed.message
    assert client.get("/orders/channels/999999/").status_code == 404


def test_personal_data_is_hidden_without_the_right(failed: ChannelOrder, cast: SimpleNamespace) -> None:
    clerk = make_user("clerk", "clerk")
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["change_salesorder", "view_salesorder", "view_all_orders"])
    )
    where = f"/orders/channels/{failed.pk}/"
    assert "li.wei@example.com" in as_(cast.sales).get(where).content.decode()
    hidden = as_(clerk).get(where).content.decode()
    assert "A-1" in hidden
    for personal in ("li.wei@example.com", "李伟", "文三路"):
        assert personal not in hidden


def test_the_message_is_shown_as_text(cast: SimpleNamespace) -> None:
    shop(salesperson=cast.sales)
    row = deliver(order(name="<script>alert(1)</script>"))
    assert "<script>alert(1)" not in as_(cast.sales).get(f"/orders/channels/{row.pk}/").content.decode()


def test_failures_stand_on_the_workbench(failed: ChannelOrder, cast: SimpleNamespace) -> None:
    groups = {group.key: group for group in work_for(cast.sales)}
    assert [item.title for item in groups["failed-deliveries"].items] == ["#1001"]
    assert "failed-deliveries" not in {group.key for group in work_for(cast.warehouse)}


def test_the_queue_costs_the_same_for_many(cast: SimpleNamespace, django_assert_max_num_queries: Any) -> None:
    shop(salesperson=cast.sales)
    for number in range(12):
        deliver(order(id=number + 1, name=f"#{number}"))
    client = as_(cast.sales)
    client.get("/orders/channels/")
    with django_assert_max_num_queries(12):
        assert client.get("/orders/channels/").content.decode().count("data-href") == 12


def test_a_wrong_signature_is_shown_to_those_who_can_mend_it(cast: SimpleNamespace) -> None:
    shop(salesperson=cast.sales)
    answer = Client().post("/orders/channels/shopify/webhook/", b"{}", content_type="application/json")
    assert answer.status_code == 401
    assert "alert" in as_(cast.sales).get("/orders/channels/").content.decode()


def test_the_secret_goes_in_and_never_out(cast: SimpleNamespace) -> None:
    channel = shop()
    client, where = as_(cast.admin), f"/admin/orders/channel/{channel.pk}/change/"
    page = client.get(where).content.decode()
    assert SECRET not in page
    assert "/orders/channels/shopify/webhook/" in page
    form = {
        "code": "shopify",
        "name": "店铺",
        "name_en": "",
        "position": "0",
        "adapter": "woocommerce",
        "secret": "",
        "promise_days": "5",
        "currency": "",
        "rate": "1",
        "check_rules-TOTAL_FORMS": "0",
        "check_rules-INITIAL_FORMS": "0",
        "products-TOTAL_FORMS": "0",
        "products-INITIAL_FORMS": "0",
    }
    assert client.post(where, form).status_code == 302
    channel.refresh_from_db()
    assert (channel.secret, channel.adapter, channel.promise_days) == (SECRET, "woocommerce", 5)
    assert client.post(where, {**form, "secret": "new one"}).status_code == 302
    channel.refresh_from_db()
    assert channel.secret == "new one"
    assert client.post(where, {**form, "adapter": "nonsense"}).status_code == 200
    assert client.get("/admin/orders/channel/").status_code == 200
    assert Channel.objects.get(pk=channel.pk).adapter == "woocommerce"
