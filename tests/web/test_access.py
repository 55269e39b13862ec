import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.http import Http404

from erp.navigation import NAVIGATION, current_path, visible_items
from erp.web import get_or_404

pytestmark = pytest.mark.django_db


def test_visitors_go_to_the_login(client):
    assert client.get("/staff/?a=1")["Location"] == "/accounts/login/?next=/staff/%3Fa%3D1"


def test_htmx_visitors_take_the_whole_browser_to_the_login(client):
    response = client.get("/staff/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="http://testserver/orders/")
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/accounts/login/?next=/orders/"


def test_customers_find_nothing(client, customer):
    client.force_login(customer)
    assert client.get("/staff/").status_code == 404
    assert client.get("/perm/").status_code == 404


def test_staff_without_the_right_are_told(client, person):
    client.force_login(person)
    response = client.get("/perm/")
    assert response.status_code == 403
    assert "管理员申请权限" in response.content.decode()


def test_staff_with_the_right_come_in(client, person):
    person.user_permissions.add(Permission.objects.get(codename="add_group"))
    client.force_login(person)
    assert client.get("/perm/").content == b"in"


def test_get_or_404(person):
    people = get_user_model().objects.all()
    assert get_or_404(people, username="plain") == person
    for lookup in ({"username": "nobody"}, {"pk": "not a number"}):
        with pytest.raises(Http404):
            get_or_404(people, **lookup)


def test_the_menu_shows_what_a_person_may_open(person):
    assert [i.path for i in visible_items(person)] == ["/"]
    boss = get_user_model().objects.create_superuser("boss")
    assert len(visible_items(boss)) == len(NAVIGATION)


def test_the_current_entry_is_the_longest_match():
    items = list(NAVIGATION)
    assert current_path("/orders/customers/7/", items) == "/orders/customers/"
    assert current_path("/orders/SO-1/", items) == "/orders/"
    assert current_path("/", items) == "/"
    assert current_path("/elsewhere/", items) == ""
