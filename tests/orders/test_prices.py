"""Prices: which rule wins, what the line keeps, floors of roles, the pages and the spreadsheet."""

import datetime as dt
from decimal import Decimal
from io import BytesIO

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from erp.errors import BusinessError
from orders.models import DiscountFloor, PriceList, PriceRule
from orders.services import LineInput, create_order, price_for
from orders.services.price_lists import RuleInput, import_rules, save_price_list, save_rule
from tests.cast import make_order, make_product

D = Decimal


@pytest.fixture
def big(cast):
    """The first customer's own list: 90 from 1, 80 from 100 on; its level's list gives 5 per cent."""
    product = make_product(price="100")
    own = PriceList.objects.create(name="大客户价")
    level = PriceList.objects.create(name="B 级价", level="B")
    save_rule(own, RuleInput(product=product, price=D(90)), by=None)
    save_rule(own, RuleInput(product=product, minimum=D(100), price=D(80)), by=None)
    cast.alpha.price_list = own
    cast.alpha.save()
    return product, own, level


def test_exactly_one_rule_wins(cast, big):
    product, own, level = big
    today = timezone.localdate()
    other = make_product(price="10")
    save_rule(level, RuleInput(product=product, price=D(95)), by=None)
    save_rule(level, RuleInput(product=other, discount=D("0.05")), by=None)
    save_rule(own, RuleInput(product=other, price=D(1), valid_to=today - dt.timedelta(days=1)), by=None)
    assert price_for(cast.alpha, product, D(1), on=today).unit_price == 90
    assert price_for(cast.alpha, product, D(100), on=today).unit_price == 80
    assert price_for(cast.beta, product, D(100), on=today).unit_price == 95  # the level's
    assert price_for(cast.alpha, other, D(1), on=today).discount == D("0.05")  # its own has ended
    assert price_for(None, product, D(1), on=today).rule is None


def test_the_line_keeps_the_rule_and_the_page_shows_it(client, cast, big):
    product, _own, _level = big
    order = make_order((product, 100), customer=cast.alpha, by=cast.sales)
    line = order.lines.get()
    assert (line.price_source, line.price_rule.minimum, line.unit_price) == ("大客户价 ≥100", 100, 80)
    line.price_rule.delete()
    client.force_login(cast.sales)
    assert "大客户价 ≥100" in client.get(f"/orders/{order.number}/").content.decode()
    assert order.checks.get(code="price").finding == "ok"  # agreed, however far below the list


@pytest.mark.parametrize(
    ("discount", "floor", "margin", "finding"),
    [
        ("0.15", "0.20", None, "ok"),
        ("0.20", "0.20", None, "ok"),
        ("0.21", "0.20", None, "discount_floor"),
        ("0.15", "0.20", "0.40", "margin_floor"),
        ("0.15", None, None, "price_below_list"),
    ],
)
def test_floors_of_a_role(cast, no_auto_approval, discount, floor, margin, finding):
    if floor:
        role = Group.objects.get(name="sales")
        DiscountFloor.objects.create(role=role, max_discount=D(floor), min_margin=D(margin) if margin else None)
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    line = LineInput(product=make_product(price="100", cost="60"), quantity=D(1), discount=D(discount))
    order = create_order(
        customer=cast.alpha, channel=order.channel, lines=[line], by=cast.sales, promised_date=order.promised_date
    )
    assert order.checks.get(code="price").finding == finding
    assert order.status == "pending"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"price": D(1), "discount": D("0.1")},
        {"price": D(-1)},
        {"discount": D(1)},
        {"price": D(1), "minimum": D(-1)},
        {"price": D(1), "valid_from": dt.date(2026, 2, 1), "valid_to": dt.date(2026, 1, 1)},
    ],
)
def test_rules_that_say_nothing_are_refused(big, wrong):
    product, own, _level = big
    with pytest.raises(BusinessError):
        save_rule(own, RuleInput(product=product, **wrong), by=None)
    assert own.rules.count() == 2


def test_names_and_levels_are_taken_once(big):
    for name, level in (("大客户价", ""), ("别的", "B")):
        with pytest.raises(BusinessError):
            save_price_list(None, by=None, name=name, level=level, is_active=True)


def test_import_is_all_or_nothing(big):
    product, own, _level = big
    good = (2, [product.sku, "", "500", "2026-01-01", "", "70", ""])
    with pytest.raises(BusinessError) as refusal:
        import_rules(own, [good, (3, ["NOPE", "", "", "", "", "1", ""]), (4, [product.sku, "", "x"])], by=None)
    assert [number for number, _why in refusal.value.rows] == [3, 4]
    assert own.rules.count() == 2
    for _again in range(2):
        assert import_rules(own, [good], by=None) == 1
    assert own.rules.count() == 3


def test_pages(client, cast, big, django_assert_max_num_queries):
    product, own, _level = big
    url = f"/orders/prices/{own.pk}/"
    client.force_login(cast.alpha_login)
    assert client.get(url).status_code == 404
    client.force_login(cast.warehouse)
    assert client.get(url).status_code == 403
    client.force_login(cast.sales)
    assert "大客户价" in client.get("/orders/prices/").content.decode()
    assert client.post(f"{url}rules/", {"rule-product": product.sku}).status_code == 403
    assert client.post("/orders/prices/", {"name": "x"}).status_code == 403
    client.force_login(cast.manager)
    with django_assert_max_num_queries(15):
        assert product.sku in client.get(url).content.decode()
    assert client.get("/orders/prices/999999/").status_code == 404
    assert client.post(f"{url}rules/", {"rule-product": "NOPE", "rule-price": "1"}).status_code == 422
    assert client.post(f"{url}rules/", {"rule-product": product.sku}).status_code == 422
    data = {"rule-product": product.sku, "rule-minimum": "1000", "rule-discount": "30"}
    assert client.post(f"{url}rules/", data).status_code == 302
    rule = PriceRule.objects.get(minimum=1000)
    assert rule.discount == D("0.3")
    assert client.post(f"{url}rules/{rule.pk}/").status_code == 302
    assert own.rules.count() == 2
    assert client.post("/orders/prices/", {"name": "大客户价", "level": ""}).status_code == 422
    assert client.post(url, {"name": "战略客户价", "level": "A", "is_active": "on"}).status_code == 302
    assert PriceList.objects.get(pk=own.pk).level == "A"


def test_the_export_can_be_uploaded_again(client, cast, big):
    _product, own, _level = big
    url = f"/orders/prices/{own.pk}/"
    client.force_login(cast.manager)
    workbook = BytesIO(b"".join(client.get(f"{url}rules.xlsx").streaming_content)).getvalue()
    own.rules.all().delete()
    assert client.post(f"{url}upload/", {"file": SimpleUploadedFile("a.xlsx", workbook)}).status_code == 302
    assert sorted(own.rules.values_list("price", flat=True)) == [80, 90]
    bad = SimpleUploadedFile("a.csv", b"SKU\nNOPE,,,,,1,\n")
    response = client.post(f"{url}upload/", {"file": bad})
    assert response.status_code == 422
    assert "NOPE" in response.content.decode()
    assert client.post(f"{url}upload/").status_code == 422
