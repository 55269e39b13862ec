"""Finding orders and customers by what people have at hand: a number, a name, initials, a phone, an article."""

import re
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from inventory.models import Barcode, Product
from orders.models import Contact, Customer, SalesOrder

# Of more customers or articles than this the newest count: the words say too little.
CANDIDATES = 200
# Of more orders than this the newest are found.
FOUND = 5000
# And of each of many articles, this many of its newest orders.
FOUND_OF_EACH = 100
_PHONE = re.compile(r"[\d+][\d\s-]{3,}")


def _phone_digits(text: str) -> str:
    """The digits of what looks like a phone number, or its beginning or last four; empty otherwise."""
    return re.sub(r"[\s-]", "", text) if _PHONE.fullmatch(text) else ""


def matching_customers(rows: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Customers whose code, name, pinyin or initials contain the text, or who have a contact with that phone."""
    text = text.strip()
    if not text:
        return rows
    words = Q(code__icontains=text) | Q(name__icontains=text) | Q(pinyin__icontains=text) | Q(initials__icontains=text)
    if digits := _phone_digits(text):
        # Looked up first: a subquery below the OR would keep PostgreSQL from the index of the words.
        contacts = Contact.objects.filter(phone__startswith=digits).values_list("customer_id", flat=True)
        words |= Q(pk__in=list(contacts[:CANDIDATES]))
    return rows.filter(words)


def search_customers(text: str, *, user: Any, limit: int = 20) -> list[Customer]:
    """The customers that a person means by what they type, exact codes first; one query."""
    rows = matching_customers(Customer.objects.visible_to(user).filter(is_active=True), text)
    found = list(rows.select_related("owner", "price_list").order_by("code")[: limit * 3])
    wanted = text.strip().upper()
    found.sort(key=lambda one: (one.code.upper() != wanted, not one.initials.upper().startswith(wanted), one.code))
    return found[:limit]


def _product_ids(text: str) -> list[int]:
    """The articles that are meant: by SKU or barcode, and the newest whose words contain the text."""
    anywhere = (f"{field}__icontains" for field in ("sku", "name", "pinyin", "initials"))
    words = reduce(or_, (Q(**{lookup: text}) for lookup in anywhere))
    # Each looked up by itself: joined by OR, they would keep PostgreSQL from the index of the words.
    scanned = Barcode.objects.filter(code=text).values_list("product_id", flat=True)
    exact = Product.objects.filter(sku=text).order_by().values_list("pk", flat=True)
    found = Product.objects.filter(words).order_by("-pk").values_list("pk", flat=True)[:CANDIDATES]
    return list(found.union(scanned, exact))


def _orders_about(product_ids: list[int]) -> RawSQL:
    """Orders with lines of these articles; of many articles the newest orders of each."""
    params: list[object] = [product_ids]
    if len(product_ids) < CANDIDATES:
        statement = "SELECT order_id FROM orders_orderline WHERE product_id = ANY (%s)"
    else:
        statement = (
            "SELECT line.order_id FROM unnest(%s::bigint[]) AS article (id) CROSS JOIN LATERAL (SELECT order_id"
            " FROM orders_orderline WHERE product_id = article.id ORDER BY order_id DESC LIMIT %s) AS line"
        )
        params.append(FOUND_OF_EACH)
    return RawSQL(statement, params)  # noqa: S611 -- no word of a person stands in the statement


def matching_orders(rows: QuerySet[SalesOrder], text: str, *, user: Any) -> QuerySet[SalesOrder]:
    """Orders found by number, the channel's number, customer, phone or article; three queries to find the candidates.

    Each way of finding is its own indexed query, joined by UNION: the cost follows the matches, not the table. They are
    looked for once, however often the rows are then counted and read.
    """
    text = text.strip()
    if not text:
        return rows
    every = SalesOrder.objects.order_by()
    ways = []
    if len(text) > 2 or text.isascii():  # two characters of Chinese are a name, and no index finds them in numbers
        numbered = every.filter(Q(number__icontains=text) | Q(external_number__icontains=text))
        ways.append(numbered.order_by("-pk")[:FOUND])
    customers = matching_customers(Customer.objects.visible_to(user), text)
    if customer_ids := list(customers.order_by("-pk").values_list("pk", flat=True)[:CANDIDATES]):
        ways.append(every.filter(customer_id__in=customer_ids))
    if digits := _phone_digits(text):
        ways.append(every.filter(ship_to__phone__startswith=digits))
        if len(digits) == 4:
            ways.append(every.filter(phone_last4=digits))
    if product_ids := _product_ids(text):
        ways.append(every.filter(pk__in=_orders_about(product_ids)))
    if not ways:
        return rows.none()
    first, *others = [way.values_list("pk", flat=True) for way in ways]
    found = first.union(*others).order_by("-pk")[:FOUND] if others else first
    # An array is one parameter, where a list would be thousands.
    return rows.filter(RawSQL("orders_salesorder.id = ANY (%s)", [list(found)], output_field=BooleanField()))
