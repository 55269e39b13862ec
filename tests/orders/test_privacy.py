"""Personal data looks the same masked everywhere."""

import pytest
from django.contrib.auth.models import AnonymousUser

from erp.privacy import address_for, address_line, mask_email, mask_name, mask_phone, may_see_personal_data, phone_for

ADDRESS = {
    "recipient": "王经理",
    "phone": "13812345678",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "street": "文三路 1 号",
}


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("0571-88886688", "0571-****6688"),
        ("+86 138 1234 5678", "+86****5678"),
        ("12345", "****"),
        ("", ""),
    ],
)
def test_phone(phone, masked):
    assert mask_phone(phone) == masked


def test_name():
    assert mask_name("王经理") == "王*"
    assert mask_name(" ") == ""


def test_email():
    assert mask_email("wang@example.com") == "w****@example.com"
    assert mask_email("") == ""


def test_roles_that_need_it_see_it(cast):
    for person in (cast.sales, cast.logistics, cast.finance, cast.service, cast.manager, cast.admin, cast.alpha_login):
        assert may_see_personal_data(person)
        assert phone_for(person, "13812345678") == "13812345678"
        assert address_for(person, ADDRESS) == ADDRESS


def test_others_see_where_but_not_who(cast):
    for person in (cast.warehouse, cast.planner, AnonymousUser()):
        shown = address_for(person, ADDRESS)
        assert shown["recipient"] == "王*"
        assert shown["phone"] == "138****5678"
        assert address_line(shown) == "浙江省杭州市西湖区****"
        assert phone_for(person, "13812345678") == "138****5678"
