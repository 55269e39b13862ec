"""Products: saving, pinyin, barcodes, and finding them."""

from decimal import Decimal

import pytest

from erp.errors import BusinessError
from inventory.models import Category, Product, Unit
from inventory.selectors import search_products
from inventory.services import ProductInput, pinyin_of, save_product, save_products
from tests.cast import make_product, put_in_stock

pytestmark = pytest.mark.django_db


def saved(**fields):
    unit = Unit.objects.get(name="个")
    return save_product(by=None, **{"sku": "LS-1", "name": "六角螺栓", "unit": unit, **fields})


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("六角螺栓", "liujiaoluoshuan", "ljls"),
        ("M8 螺丝", "m8luosi", "m8ls"),
        ("Bolt A2", "bolta2", "bolta2"),
        ("弹簧垫圈", "tanhuangdianquan", "thdq"),
        ("重庆钢管", "chongqinggangguan", "cqgg"),
    ],
)
def test_pinyin(name, pinyin, initials):
    assert pinyin_of(name) == (pinyin, initials)


def test_a_product_is_saved_with_pinyin_and_barcodes(basics):
    product = saved(sku=" LS-1 ", barcodes=["690123", " 690124 ", "690123", ""])
    assert (product.sku, product.pinyin, product.initials) == ("LS-1", "liujiaoluoshuan", "ljls")
    assert sorted(product.barcodes.values_list("code", flat=True)) == ["690123", "690124"]
    save_product(by=None, product=product, name="内六角螺栓", barcodes=["690124"])
    product.refresh_from_db()
    assert product.initials == "nljls"
    assert list(product.barcodes.values_list("code", flat=True)) == ["690124"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sku": ""}, "sku"),
        ({"sku": "new"}, "sku"),
        ({"sku": "a\nb"}, "sku"),
        ({"name": " "}, "name"),
        ({"list_price": Decimal(-1)}, "list_price"),
        ({"minimum": Decimal(-1)}, "minimum"),
        ({"tax_rate": Decimal(13)}, "tax_rate"),
        ({"supply": "steal"}, "supply"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(basics, fields, field):
    with pytest.raises(BusinessError) as refusal:
        saved(**fields)
    assert refusal.value.field == field
    assert not Product.objects.exists()


def test_a_sku_exists_once_and_a_barcode_belongs_to_one(basics):
    saved(barcodes=["1"])
    with pytest.raises(BusinessError) as refusal:
        saved()
    assert refusal.value.field == "sku"
    with pytest.raises(BusinessError) as refusal:
        saved(sku="LS-2", barcodes=["1"])
    assert refusal.value.field == "barcodes"
    assert Product.objects.count() == 1


def test_the_unit_stays_while_there_is_stock(basics):
    product = saved()
    kilo = Unit.objects.get(name="千克")
    save_product(by=None, product=product, unit=kilo)
    put_in_stock(product, 1)
    with pytest.raises(BusinessError) as refusal:
        save_product(by=None, product=product, unit=Unit.objects.get(name="个"))
    assert refusal.value.field == "unit"


def test_an_import_makes_what_is_missing_and_leaves_the_rest(basics, django_assert_max_num_queries):
    saved(list_price=Decimal(9))
    rows = [ProductInput(f"X-{n}", f"自行车 {n}", unit="辆", category="整车") for n in range(50)]
    rows += [ProductInput("LS-1", "别的名字", list_price=Decimal(1)), ProductInput("X-1", "自行车 1", unit="辆")]
    with django_assert_max_num_queries(12):
        found = save_products(rows, by=None)
    assert len(found) == 51
    assert found["LS-1"].list_price == 9
    assert found["X-3"].initials == "zxc3"
    assert Category.objects.get().products.count() == 49  # X-1 came last without one
    assert save_products(rows, by=None) == found


def test_an_import_row_that_cannot_be_makes_none(basics):
    with pytest.raises(BusinessError):
        save_products([ProductInput("A", "好"), ProductInput("B", "坏" * 300)], by=None)
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("LS-M8", ["LS-M8-20", "LS-M8-30"]),
        ("ls-m8-30", ["LS-M8-30"]),
        ("螺栓", ["LS-M8-20", "LS-M8-30"]),
        ("ljls", ["LS-M8-20", "LS-M8-30"]),
        ("luoshuan", ["LS-M8-20", "LS-M8-30"]),
        ("螺栓 m8-3", ["LS-M8-30"]),
        ("6901", ["DP-1"]),
        ("690", []),
        ("", []),
        ("%", []),
        ("旧", []),
    ],
)
def test_search(basics, query, skus):
    saved(sku="LS-M8-20")
    saved(sku="LS-M8-30")
    saved(sku="DP-1", name="垫片", barcodes=["6901"])
    saved(sku="OLD", name="旧货", is_active=False)
    assert [product.sku for product in search_products(query)] == skus


def test_the_exact_one_comes_first_and_the_limit_holds(basics):
    for sku in ("A-10", "A-1", "A-100", "XA-1"):
        make_product(sku)
    assert [product.sku for product in search_products("a-1")] == ["A-1", "A-10", "A-100", "XA-1"]
    assert len(search_products("a-1", limit=2)) == 2


def test_search_uses_the_trigram_index(basics):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        plan = Product.objects.matching("luoshuan").explain()
    assert "product_search" in plan
