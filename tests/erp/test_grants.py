"""Rights that migrations give to roles which a company has already."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from erp.grants import grant

pytestmark = pytest.mark.django_db


def test_existing_roles_get_rights_and_missing_roles_are_left_alone() -> None:
    role = Group.objects.get(name="warehouse")
    role.permissions.clear()
    wanted = ["inventory.inspect_goods", "inventory.view_supplier", "inventory.return_goods"]
    for _again in range(2):
        grant(apps, {"warehouse": wanted, "nobody has this role": wanted})
    got = role.permissions.values_list("content_type__app_label", "codename")
    assert {f"{app}.{codename}" for app, codename in got} == set(wanted)
    assert not Group.objects.filter(name="nobody has this role").exists()


def test_a_right_that_has_no_row_yet_is_made() -> None:
    Permission.objects.filter(codename="inspect_goods").delete()
    grant(apps, {"warehouse": ["inventory.inspect_goods"]})
    made = Permission.objects.get(codename="inspect_goods")
    assert made.content_type.model == "purchaseorder"
    assert made in Group.objects.get(name="warehouse").permissions.all()
