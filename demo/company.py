"""Makes the demo company: settings, people, products with their bills of materials, suppliers, stock, customers."""

import random
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from demo import carriage, catalogue, people
from erp.basics import ensure_basics
from erp.models import Company, User
from inventory.models import Place, Product, Supplier, SupplierPrice
from inventory.services import Movement, default_warehouse, post_moves, virtual_place
from inventory.services.products import ProductInput, save_products
from orders.models import Customer, CustomerUser, PriceList, PriceRule
from orders.services import create_customer
from production.models import BillOfMaterials, BomLine, Operation, WorkCenter

CUSTOMERS = 48
OPENING = 3  # the shelves are full on the first day: so many times the reorder point


@transaction.atomic
def make_company(*, password: str, seed: int) -> None:
    """Make everything the demo needs before its first order. `password` is everybody's."""
    ensure_basics()
    _settings()
    staff = _people(password)
    _products()
    _bills_of_materials()
    _opening_stock()
    carriage.make_rules()
    _customers(random.Random(seed), [staff["sales"], *(staff[name] for name, _label in people.MORE_SALES)])
    _portal_login(password)


def _settings() -> None:
    company = Company.current()
    company.name = "宁波启明五金制造有限公司"
    company.name_en = "Ningbo Qiming Hardware Manufacturing Co., Ltd."
    company.tax_number = "91330212MA2GQ1HX59"
    company.address = "浙江省宁波市鄞州区下应街道启明路 818 号"
    company.phone = "0574-8800 1234"
    company.bank = "中国工商银行宁波鄞州支行 3901 1200 0900 0123 456"
    company.save()


def _people(password: str) -> dict[str, User]:
    found = {}
    hashed = make_password(password)  # once: a slow hash is meant to be slow
    wanted = [(name, role, label) for name, (role, label) in people.ACCOUNTS.items()]
    wanted += [(name, "sales", label) for name, label in people.MORE_SALES]
    for username, role, label in wanted:
        user, _made = User.objects.get_or_create(
            username=username, defaults={"name": label, "email": f"{username}@qiming.example"}
        )
        user.is_staff = user.is_superuser = role == "admin"
        user.password = hashed
        user.save()
        user.groups.add(Group.objects.get(name=role))
        found[username] = user
    return found


def _products() -> None:
    save_products(
        [
            ProductInput(
                sku=article.sku,
                name=article.name,
                name_en=article.name_en,
                specification=article.specification,
                category=article.category,
                unit=article.unit,
                list_price=Decimal(article.price),
                standard_cost=Decimal(article.cost),
                supply=Product.Supply.MAKE if article.is_made else Product.Supply.BUY,
            )
            for article in catalogue.ARTICLES
        ],
        by=None,
    )
    products = {product.sku: product for product in Product.objects.all()}
    for article in catalogue.ARTICLES:
        product = products[article.sku]
        product.lead_days = article.lead_days
        product.reorder_point = Decimal(article.stock)
        product.minimum = Decimal(article.stock) / 2
        if article in catalogue.SERVICES:
            product.kind = Product.Kind.SERVICE
    Product.objects.bulk_update(products.values(), ["lead_days", "reorder_point", "minimum", "kind"])
    suppliers = {
        code: Supplier.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "contact": contact,
                "lead_days": days,
                "phone": f"1390574{1000 + days:04d}",
                "email": f"{code.lower()}@suppliers.example",
            },
        )[0]
        for code, name, contact, days in catalogue.SUPPLIERS
    }
    SupplierPrice.objects.bulk_create(
        [
            SupplierPrice(supplier=suppliers[a.supplier], product=products[a.sku], price=Decimal(a.cost))
            for a in catalogue.ARTICLES
            if a.supplier
        ],
        ignore_conflicts=True,
    )


def _bills_of_materials() -> None:
    products = {product.sku: product for product in Product.objects.all()}
    centers = [
        WorkCenter.objects.get_or_create(code=code, defaults={"name": name, "minute_cost": cost})[0]
        for code, name, cost in catalogue.WORK_CENTERS
    ]
    for article in catalogue.MADE:
        bom, made = BillOfMaterials.objects.get_or_create(product=products[article.sku], version=1)
        if not made:
            continue
        BomLine.objects.bulk_create(
            BomLine(bom=bom, component=products[sku], quantity=Decimal(quantity)) for sku, quantity in article.parts
        )
        minutes = Decimal(article.minutes)
        Operation.objects.bulk_create(
            [
                Operation(
                    bom=bom, sequence=10, name="成型", work_center=centers[1 if "锌" in str(article.parts) else 0],
                    setup_minutes=Decimal(20), unit_minutes=(minutes * Decimal("0.6")).quantize(Decimal("0.01")),
                ),
                Operation(
                    bom=bom, sequence=20, name="装配", work_center=centers[2],
                    setup_minutes=Decimal(10), unit_minutes=(minutes * Decimal("0.4")).quantize(Decimal("0.01")),
                ),
            ]
        )  # fmt: skip


def _opening_stock() -> None:
    """What lay on the shelves on the first day, spread over the bins."""
    products = {product.sku: product for product in Product.objects.all()}
    bins = list(default_warehouse().places.filter(kind=Place.Kind.BIN))
    source = virtual_place("adjustment")
    post_moves(
        [
            Movement(
                product_id=products[article.sku].pk,
                source_id=source.pk,
                target_id=bins[index % len(bins)].pk,
                quantity=Decimal(article.stock * OPENING),
                unit_cost=Decimal(article.cost),
                key=f"opening:{article.sku}",
            )
            for index, article in enumerate(catalogue.ARTICLES)
            if article.stock
        ],
        document=None,
        by=None,
        reason="期初库存",
    )


def _customers(rng: random.Random, owners: list[User]) -> None:
    key_accounts, _made = PriceList.objects.get_or_create(name="大客户价")
    for article in catalogue.MADE[:6]:
        product = Product.objects.get(sku=article.sku)
        PriceRule.objects.get_or_create(
            price_list=key_accounts, product=product, minimum=Decimal(100), defaults={"discount": Decimal("0.05")}
        )
    names: set[str] = set()
    while len(names) < CUSTOMERS:
        province, city, _district, _street = rng.choice(people.PLACES)
        name = f"{city.removesuffix('市')}{rng.choice(people.BRANDS)}{rng.choice(people.TRADES)}有限公司"
        if name in names:
            continue
        names.add(name)
        level = rng.choices(["A", "B", "C"], [2, 5, 3])[0]
        person = rng.choice(people.SURNAMES) + rng.choice(people.GIVEN)
        province, city, district, street = next(place for place in people.PLACES if place[1] == city)
        phone = f"1{rng.choice('3578')}{rng.randrange(10**8, 10**9)}"
        create_customer(
            by=None,
            name=name,
            level=level,
            owner=rng.choice(owners),
            price_list=key_accounts if level == "A" else None,
            credit_limit={"A": Decimal(800000), "B": Decimal(200000), "C": Decimal(50000)}[level],
            payment_days={"A": 45, "B": 30, "C": 15}[level],
            email=f"buyer{len(names):02d}@customers.example",
            contact={"name": person, "phone": phone},
            address={
                "recipient": person,
                "phone": phone,
                "province": province,
                "city": city,
                "district": district,
                "street": f"{street} {rng.randrange(1, 999)} 号",
            },
        )


def _portal_login(password: str) -> None:
    customer = Customer.objects.filter(level=Customer.Level.A).order_by("id").first() or Customer.objects.first()
    assert customer is not None
    user, _made = User.objects.get_or_create(
        username="customer",
        defaults={"name": customer.contacts.first().name, "is_portal": True, "email": "customer@customers.example"},
    )
    user.set_password(password)
    user.save()
    CustomerUser.objects.get_or_create(user=user, defaults={"customer": customer})
