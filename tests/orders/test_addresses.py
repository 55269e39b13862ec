"""Pasted addresses: their parts, the labelled set, and what the forms ask the server."""

import csv

import pytest

from orders.addresses import parse_address
from tests.material import MATERIAL

# A labelled set (columns text, province, city, district, detail); it is no part of this repository.
LABELLED = MATERIAL / "chinese_text" / "addresses_labelled.csv"
URL = "/orders/address.json"
CASES = [
    (
        "张三 13800138000 浙江省杭州市余杭区良渚街道勾庄路 1 号",
        ("张三", "13800138000", "浙江省", "杭州市", "余杭区", "良渚街道勾庄路 1 号", "330110"),
    ),
    (
        "浙江杭州余杭良渚街道勾庄路1号 张三 138 0013 8000",
        ("张三", "13800138000", "浙江省", "杭州市", "余杭区", "良渚街道勾庄路1号", "330110"),
    ),
    (
        "收货人：李四，联系电话：0571-88886666，地址：浙江省 杭州市 西湖区 文三路 科技大厦 5 楼",
        ("李四", "0571-88886666", "浙江省", "杭州市", "西湖区", "文三路 科技大厦 5 楼", "330106"),
    ),
    (
        "王小姐,+86 13800138000,上海上海市徐汇区虹漕路461号",
        ("王小姐", "13800138000", "上海市", "上海市", "徐汇区", "虹漕路461号", "310104"),
    ),
    ("湖北省仙桃市沔街大道1号 王五收", ("王五", "", "湖北省", "仙桃市", "", "沔街大道1号", "429004")),
    ("浙江省杭州市西湖大道1号", ("", "", "浙江省", "杭州市", "", "西湖大道1号", "330100")),
    ("鼓楼区中山路1号", ("", "", "", "", "鼓楼区", "中山路1号", "")),  # of several cities: nothing is guessed
    ("人民路 2 号", ("", "", "", "", "", "人民路 2 号", "")),
    ("", ("", "", "", "", "", "", "")),
]


@pytest.mark.parametrize(("text", "parts"), CASES)
def test_parts(text, parts):
    assert tuple(parse_address(text).as_dict().values()) == parts


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled addresses are not on this machine")
def test_the_labelled_set():
    with LABELLED.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    hits = 0
    for row in rows:
        # The set calls the city level of a municipality 市辖区; on a parcel it is the municipality again.
        city = row["province"] if row["city"] == "市辖区" else row["city"]
        found = parse_address(row["text"])
        hits += (found.province, found.city, found.district, found.street) == (
            row["province"],
            city,
            row["district"],
            row["detail"],
        )
    assert len(rows) >= 20
    assert hits == len(rows)


def test_the_forms_ask_the_server(client, cast):
    client.force_login(cast.sales)
    answer = client.post(URL, {"text": CASES[0][0]}).json()
    assert answer["recipient"] == "张三"
    assert answer["adcode"] == "330110"
    assert client.post(URL, {"text": " "}).status_code == 400
    assert client.post(URL, {"text": "路" * 501}).json()["error"]
    assert client.get(URL).status_code == 405
    client.force_login(cast.alpha_login)
    assert client.post(URL, {"text": "x"}).status_code == 404


def test_the_box_is_on_every_form_with_an_address(client, cast):
    client.force_login(cast.sales)
    for page in ("customers/new/", "customers/quick/", "new/", f"customers/{cast.alpha.code}/"):
        assert f'data-address-paste="{URL}"' in client.get(f"/orders/{page}").content.decode()


def test_the_code_of_the_place_is_kept(client, cast):
    client.force_login(cast.sales)
    place = {"recipient": "李四", "phone": "13900001111", "street": "勾庄路 1 号", "adcode": "330110"}
    data = {f"address-{name}": text for name, text in place.items()}
    client.post(f"/orders/customers/{cast.alpha.code}/addresses/", data)
    assert cast.alpha.addresses.get(recipient="李四").adcode == "330110"
