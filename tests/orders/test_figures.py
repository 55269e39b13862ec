"""What the order form asks while somebody types, and what a pasted block means."""

import datetime as dt
import json
from decimal import Decimal as D

import pytest
from django.utils import timezone

from inventory.services import save_product
from orders.models import PriceList, PriceRule
from tests.cast import make_customer, make_product, put_in_stock

FIGURES, PASTED = "/orders/figures.json", "/orders/pasted.json"


@pytest.fixture
def ask(client, cast):
    """Ask as somebody, the salesperson unless said otherwise: `ask(address, body)`."""

    def post(address, body, user=None):
        client.force_login(user or cast.sales)
        return client.post(address, json.dumps(body), content_type="application/json")

    return post


def line(product, quantity="1", **fields):
    return {"row": 0, "product": str(product.pk), "quantity": quantity, **fields}


def test_prices_follow_customer_quantity_and_unit(ask, cast):
    hinge = make_product("HG-1", price="12.5", cost="6")
    save_product(by=None, product=hinge, units={"箱": D(100)})
    prices = PriceList.objects.create(name="批发价")
    PriceRule.objects.create(price_list=prices, product=hinge, minimum=100, price=D("11"))
    PriceRule.objects.create(price_list=prices, product=hinge, minimum=0, discount=D("0.02"))
    cast.alpha.price_list = prices
    cast.alpha.credit_limit = D(2000)
    cast.alpha.save()
    lines = [
        line(hinge, "10"),
        {**line(hinge, "1", unit="箱"), "row": 1},
        {**line(hinge, "１，０００", price="¥1.5"), "row": 2},
        {"row": 3, "product": "", "quantity": "5"},
    ]
    answer = ask(FIGURES, {"customer": str(cast.alpha.pk), "lines": lines}).json()
    assert [(one["row"], one["price"], one["discount"]) for one in answer["lines"]] == [
        (0, "12.5", "2"),
        (1, "1100", ""),
        (2, "1.5", ""),
    ]
    assert answer["sums"] == {"untaxed": "2,722.50", "discount": "2.50", "tax": "353.93", "total": "3,076.43"}
    assert answer["credit"] == {"text": "-1,076.43", "bad": True}


def test_the_margin_is_for_those_who_may_see_it(ask, cast):
    hinge = make_product(price="100", cost="60")
    put_in_stock(hinge, 10, cost="50")
    body = {"customer": "", "lines": [line(hinge, "2", discount="10")]}
    assert ask(FIGURES, body, cast.manager).json()["margin"] == {"text": "80.00 (44.4%)", "bad": False}
    assert cast.service.has_perm("orders.view_salesorder") and not cast.service.has_perm("orders.view_margin")
    assert "margin" not in ask(FIGURES, body, cast.service).json()


def test_the_day_on_which_all_is_there(ask, cast):
    here, later = make_product("A-1", lead_days=4), make_product("B-1", lead_days=30)
    put_in_stock(here, 10)
    answer = ask(FIGURES, {"lines": [line(here, "5"), {**line(later, "1"), "row": 1}]}).json()
    first, second = answer["lines"]
    assert (first["enough"], second["enough"]) == (True, False)
    assert first["day"] == timezone.localdate().isoformat()
    assert answer["earliest"]["date"] == second["day"] > (timezone.localdate() + dt.timedelta(days=30)).isoformat()


def test_strange_questions(ask, cast):
    product, theirs = make_product(), make_customer("丙公司", owner=cast.manager, credit_limit=D(10))
    for body in ([], {"lines": 5}, {"lines": [5]}, {}):
        assert ask(FIGURES, body).status_code == 400
    strange = line(product, "NaN", price="-1", discount="101", tax="abc", unit="托")
    answer = ask(FIGURES, {"customer": theirs.pk, "lines": [strange, {"product": "999999"}]}).json()
    assert answer["credit"] is None  # a customer of somebody else
    assert [(one["price"], one["discount"]) for one in answer["lines"]] == [("100", "")]
    assert ask(FIGURES, {"lines": []}).json()["earliest"] is None
    assert ask(FIGURES, {"lines": []}, cast.alpha_login).status_code == 404


def test_many_lines_cost_no_more(ask, client, cast, django_assert_max_num_queries):
    lines = [{**line(make_product(), "3"), "row": row} for row in range(60)]
    ask(FIGURES, {"lines": []})
    body = json.dumps({"customer": cast.alpha.pk, "lines": lines})
    with django_assert_max_num_queries(13):
        client.post(FIGURES, body, content_type="application/json")


# Pasting


@pytest.fixture
def goods(cast):
    screw, nut = make_product("LS-1", name="螺钉"), make_product("LM-1", name="螺母")
    save_product(by=None, product=screw, units={"箱": D(12)}, barcodes=[("6901", "箱")])
    return screw, nut


def pasted(ask, text):
    answer = ask(PASTED, {"table": [row.split("|") for row in text.split("/")]})
    assert answer.status_code == 200
    return answer.json()["rows"]


@pytest.mark.parametrize(
    "block",
    [
        "LS-1|2|箱|1,200.50/LM-1|１０|个|３",
        "LS-1|螺钉|2箱|1,200.50/LM-1|螺母|10 个|3",
        "商品编码|单位|数量|单价/LS-1|箱|2|¥1,200.50/LM-1|个|10|3",
        "6901|2||1200.5/螺母|10||3.00",
    ],
)
def test_a_block_in_many_shapes(ask, goods, block):
    screw, nut = goods
    first, second = pasted(ask, block)
    assert (first["product"], first["quantity"], first["unit"], first["price"]) == (screw.pk, "2", "箱", "1200.5")
    assert (second["product"], second["quantity"], second["price"]) == (nut.pk, "10", "3")
    assert (first["errors"], second["errors"], first["units"]) == ({}, {}, ["个", "箱"])


def test_bad_cells_stay_as_they_were_with_the_reason(ask, goods):
    first, second, third, fourth = pasted(ask, "LS-1|2|托|5/没有的|3|个|5/LM-1|很多|个|x/LM-1||个|")
    assert (first["unit"], first["units"]) == ("托", ["个", "箱"]) and "托" in first["errors"]["unit"]
    assert second["text"] == "没有的" and set(second["errors"]) == {"text"}
    assert (third["quantity"], third["price"]) == ("很多", "x") and set(third["errors"]) == {"quantity", "price"}
    assert set(fourth["errors"]) == {"quantity"}


def test_discount_and_wish_are_recognised(ask, goods):
    (row, _other) = pasted(ask, "LS-1|2|10|5%|红色的，请单独包装好/LM-1|1|20|0%|")
    assert (row["price"], row["discount"], row["wish"]) == ("10", "5", "红色的，请单独包装好")


def test_what_is_no_table(ask, goods):
    for body in ({}, [], {"table": 5}, {"table": [["LS-1"]] * 501}):
        assert ask(PASTED, body).status_code == 400
