"""Customer tags: setting, making new ones by right, finding by them."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from openpyxl import load_workbook

from erp.errors import BusinessError, NotPermitted
from orders.models import Customer, Tag
from orders.services import update_customer
from orders.services.merging import merge_customers
from tests.api.conftest import Caller
from tests.cast import make_customer, make_order, make_product, make_user


def fields(customer: Customer, **more: Any) -> dict[str, Any]:
    return {"name": customer.name, "level": "B", "payment_days": "30", "is_active": "on", **more}


def tags_of(customer: Customer) -> set[str]:
    return {tag.name for tag in Customer.objects.get(pk=customer.pk).tags.all()}


def test_the_form_sets_and_makes_tags(client: Client, cast: SimpleNamespace) -> None:
    old = Tag.objects.create(name="展会", colour="violet")
    url = f"/orders/customers/{cast.alpha.code}/edit/"
    client.force_login(cast.manager)
    assert "展会" in client.get(url).content.decode()
    sent = fields(cast.alpha, tags=[old.pk], new_tags="大客户， 出口;展会")
    assert client.post(url, sent).status_code == 302
    assert tags_of(cast.alpha) == {"展会", "大客户", "出口"}
    assert Tag.objects.count() == 3
    assert client.post(url, fields(cast.alpha, new_tags="出口")).status_code == 302
    assert tags_of(cast.alpha) == {"出口"}
    bad = client.post(url, fields(cast.alpha, new_tags="很" * 31))
    assert bad.status_code == 422 and "很" * 31 in bad.content.decode()
    assert client.post(url, fields(cast.alpha, tags=["99999"])).status_code == 422
    assert tags_of(cast.alpha) == {"出口"}


def test_new_ones_need_the_right(client: Client, cast: SimpleNamespace) -> None:
    known = Tag.objects.create(name="展会")
    clerk = make_user("clerk")
    names = ("view_customer", "change_customer", "view_all_orders")
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label="orders"))
    client.force_login(clerk)
    url = f"/orders/customers/{cast.alpha.code}/edit/"
    assert "new_tags" not in client.get(url).content.decode()
    assert client.post(url, fields(cast.alpha, tags=[known.pk], new_tags="大客户")).status_code == 302
    assert tags_of(cast.alpha) == {"展会"}
    with pytest.raises(NotPermitted):
        update_customer(cast.alpha, by=clerk, tags=[], new_tags=["大客户"])
    with pytest.raises(BusinessError):
        update_customer(cast.alpha, by=None, tags=[], new_tags=["很" * 31])
    update_customer(cast.alpha, by=clerk, note="x")  # says nothing of tags: they stay
    assert tags_of(cast.alpha) == {"展会"}
    assert list(Tag.objects.all()) == [known]


def test_lists_show_and_find_by_them(
    client: Client, cast: SimpleNamespace, no_auto_approval: None, django_assert_max_num_queries: Any
) -> None:
    tag, other = (Tag.objects.create(name=name, colour="violet") for name in ("展会", "出口"))
    cast.alpha.tags.add(tag)
    product = make_product()
    mine, theirs = make_order((product, 1), customer=cast.alpha), make_order((product, 1), customer=cast.beta)
    client.force_login(cast.manager)
    for page, yes, no in (
        (f"/orders/?tag={tag.pk}", mine.number, theirs.number),
        (f"/orders/customers/?tag={tag.pk}", cast.alpha.name, cast.beta.name),
    ):
        text = client.get(page).content.decode()
        assert yes in text and no not in text and "展会" in text
    assert mine.number not in client.get(f"/orders/?tag={other.pk}").content.decode()
    assert client.get("/orders/?tag=x").status_code == 200
    for page in (mine.get_absolute_url(), f"/orders/customers/{cast.alpha.code}/"):
        assert "展会" in client.get(page).content.decode()
    sheet = client.get(f"/orders/export.xlsx?tag={tag.pk}&cols=number,tags")
    rows = list(load_workbook(io.BytesIO(b"".join(sheet.streaming_content))).active.iter_rows(values_only=True))
    assert rows[1][rows[0].index("客户标签")] == "展会"
    sheet = client.get(f"/orders/customers/export.xlsx?tag={tag.pk}")
    rows = list(load_workbook(io.BytesIO(b"".join(sheet.streaming_content))).active.iter_rows(values_only=True))
    assert len(rows) == 2
    assert dict(zip(*rows, strict=True))["标签"] == "展会"
    client.force_login(cast.alpha_login)
    assert client.get("/orders/customers/export.xlsx").status_code == 404
    client.force_login(cast.manager)
    for _ in range(10):
        make_customer().tags.add(tag)
    with django_assert_max_num_queries(12):
        client.get("/orders/customers/")


def test_merged_customers_keep_both_ones_tags(cast: SimpleNamespace) -> None:
    one, both, two = (Tag.objects.create(name=name) for name in ("一", "二", "三"))
    cast.alpha.tags.set([one, both])
    cast.beta.tags.set([both, two])
    merge_customers(cast.alpha, cast.beta, by=None, fields={})
    assert tags_of(cast.alpha) == {"一", "二", "三"}


def test_the_api(cast: SimpleNamespace, no_auto_approval: None) -> None:
    cast.alpha.tags.add(Tag.objects.create(name="展会"))
    order = make_order((make_product(), 1), customer=cast.alpha)
    manager, customer = Caller(cast.manager), Caller(cast.alpha_login)
    (row,) = manager.get("/customers", tag="展会").json()["items"]
    assert (row["code"], row["tags"]) == (cast.alpha.code, ["展会"])
    assert [one["number"] for one in manager.get("/orders", tag="展会").json()["items"]] == [order.number]
    assert manager.get("/customers", tag="没有").status_code == 422
    assert customer.get("/customers", tag="展会").status_code == 422  # our words about them
    assert customer.get("/customers").json()["items"][0]["tags"] == []
