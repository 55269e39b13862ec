import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp.web import capped_count, keyset_page, sort_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    User = get_user_model()
    names = ["李", "王", "李", "张", "王", "李", "赵"]
    made = User.objects.bulk_create(User(username=f"keyset{i}", name=name) for i, name in enumerate(names))
    return User.objects.filter(pk__in=[u.pk for u in made])


def walk(queryset, order, limit):
    seen, cursor = [], None
    while True:
        page = keyset_page(queryset, order, cursor, limit)
        seen += page.items
        if page.next is None:
            return seen
        cursor = page.next


@pytest.mark.parametrize("order", ["-id", "id", "name", "-name", ("name", "-id"), ("-name", "id")])
def test_walking_the_pages_gives_every_row_once_in_order(people, order):
    fields = [order] if isinstance(order, str) else list(order)
    total = fields if any(f.lstrip("-") == "id" for f in fields) else [*fields, "-id" if fields[-1][0] == "-" else "id"]
    assert walk(people, order, 2) == list(people.order_by(*total))


def test_a_page_costs_one_query_and_counts_nothing(people):
    first = keyset_page(people, "-id", None, 3)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        keyset_page(people, "-id", first.next, 3)
    assert len(queries) == 1
    assert "COUNT" not in queries[0]["sql"].upper()


@pytest.mark.parametrize("cursor", ["", "?", "bm9uc2Vuc2U", "W10", "WyJhIiwiYiIsImMiXQ", "W3siYSI6MX1d", "WyJ4Il0"])
def test_a_cursor_that_is_not_ours_means_the_first_page(people, cursor):
    assert keyset_page(people, "-id", cursor, 3).items == list(people.order_by("-id")[:3])


def test_the_limit_is_kept_within_bounds(people):
    assert len(keyset_page(people, "id", None, 0)) == 1
    assert len(keyset_page(people, "id", None, 10_000)) == 7


def test_last_full_page_has_no_next(people):
    assert keyset_page(people, "id", None, 7).next is None


def test_capped_count(people):
    assert capped_count(people) == "7"
    assert capped_count(people, cap=5) == "4+"
    assert capped_count(Group.objects.none()) == "0"


def test_only_listed_columns_sort():
    allowed = {"amount": "total"}
    assert sort_order("-amount", allowed, "-id") == "-total"
    assert sort_order("amount", allowed, "-id") == "total"
    assert sort_order("password", allowed, "-id") == "-id"
    assert sort_order(None, allowed, "-id") == "-id"
