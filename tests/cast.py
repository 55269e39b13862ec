"""The cast of every test: one person a role, two customers, and short ways to products, stock and orders."""

import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.module_loading import import_string

from erp.basics import APPS_WITH_BASICS
from erp.models import Company, User
from erp.roles import ROLES
from inventory.models import Product, Unit
from inventory.services import Movement, default_warehouse, post_moves, receiving_place, virtual_place
from orders.models import Channel, Customer, CustomerUser, SalesOrder
from orders.services import LineInput, create_customer, create_order

_numbers = itertools.count(1)


@pytest.fixture
def basics(db: Any) -> None:
    """What every company has: channels, units, a warehouse with bins, carriers, accounts."""
    Company.current()
    for path in APPS_WITH_BASICS:
        import_string(path)()


def make_user(role: str, username: str = "") -> User:
    """A person with a role; "customer" makes a portal login without a company."""
    user = User(username=username or f"{role}{next(_numbers)}", name=role, email=f"{role}{next(_numbers)}@example.com")
    user.is_portal = role == "customer"
    user.is_staff = user.is_superuser = role == "admin"
    user.set_password("secret-password")
    user.save()
    if role in ROLES:
        user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def cast(basics: None) -> SimpleNamespace:
    """One user a role (`cast.sales` … `cast.admin`), customers `cast.alpha` and `cast.beta` with a login each."""
    people = {role: make_user(role, role) for role in ROLES}
    alpha, beta = make_customer("甲公司", owner=people["sales"]), make_customer("乙公司")
    alpha_login, beta_login = make_user("customer", "alpha"), make_user("customer", "beta")
    CustomerUser.objects.create(user=alpha_login, customer=alpha)
    CustomerUser.objects.create(user=beta_login, customer=beta)
    return SimpleNamespace(**people, alpha=alpha, beta=beta, alpha_login=alpha_login, beta_login=beta_login)


def make_customer(name: str = "测试客户", **fields: Any) -> Customer:
    """A customer with a complete address whose phone ends in 5678."""
    return create_customer(
        by=None,
        name=name,
        contact={"name": "王经理", "phone": "13812345678"},
        address={
            "recipient": "王经理",
            "phone": "13812345678",
            "province": "浙江省",
            "city": "杭州市",
            "district": "西湖区",
            "street": "文三路 1 号",
        },
        **fields,
    )


def make_product(sku: str = "", *, price: str = "100", cost: str = "60", **fields: Any) -> Product:
    """A stocked, bought product at 100.00 without tax, unless said otherwise."""
    sku = sku or f"P-{next(_numbers):05d}"
    return Product.objects.create(
        sku=sku,
        name=fields.pop("name", f"产品 {sku}"),
        unit=Unit.objects.get_or_create(name="个")[0],
        list_price=Decimal(price),
        standard_cost=Decimal(cost),
        **fields,
    )


def put_in_stock(product: Product, quantity: str | int, *, cost: str = "60", warehouse: Any = None) -> None:
    """Stock that a supplier delivered, in the first bin."""
    post_moves(
        [
            Movement(
                product_id=product.pk,
                source_id=virtual_place("supplier").pk,
                target_id=receiving_place(warehouse or default_warehouse()).pk,
                quantity=Decimal(quantity),
                unit_cost=Decimal(cost),
                key=f"test-{next(_numbers)}-{product.pk}",
            )
        ],
        document=None,
        by=None,
        reason="test",
    )


def make_order(
    *lines: tuple[Product, str | int], customer: Customer | None = None, by: User | None = None, **fields: Any
) -> SalesOrder:
    """An order by phone, promised in 30 days. Above the limit for automatic approval only if its total is."""
    return create_order(
        customer=customer or Customer.objects.order_by("id").first() or make_customer(),
        channel=Channel.objects.get(code=fields.pop("channel", "phone")),
        lines=[LineInput(product=product, quantity=Decimal(quantity)) for product, quantity in lines],
        by=by,
        promised_date=fields.pop("promised_date", timezone.localdate() + dt.timedelta(days=30)),
        **fields,
    )


@pytest.fixture
def no_auto_approval(basics: None) -> Callable[[], None]:
    """Every order waits for a person."""
    company = Company.current()
    company.auto_approve_limit = Decimal(0)
    company.save()
    return lambda: None
