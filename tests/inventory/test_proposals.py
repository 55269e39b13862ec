"""From what is short to purchase orders: reasons, choices, and never twice."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from erp.errors import BusinessError
from erp.workflow import advance
from inventory.models import PurchaseDemand, PurchaseOrder, Supplier, SupplierPrice
from inventory.needs import buying_needs
from inventory.services import (
    Arrival,
    Choice,
    PurchaseInput,
    change_purchase_order,
    default_warehouse,
    order_needs,
    order_proposals,
    receive,
)
from inventory.verify import differences
from tests.cast import make_order, make_product, put_in_stock
from tests.inventory.conftest import draft
from tests.inventory.test_needs import wants

pytestmark = pytest.mark.django_db
PAGE = reverse("inventory:proposals")


def price(supplier, product, amount, **fields):
    values = {name: Decimal(value) if name in ("minimum", "pack") else value for name, value in fields.items()}
    return SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal(amount), **values)


def needs():
    return {need.product: need for group in buying_needs() for need in group.needs}


def approved(product, quantity, cast):
    order = make_order((product, quantity))
    if order.status == "pending":
        advance(order, "approve", by=cast.approver)
    order.refresh_from_db()
    return order


def test_scales_minimum_and_pack_decide_what_it_costs(supplier, product):
    price(supplier, product, "10", minimum="5", pack="4")
    price(supplier, product, "8", minimum="50")
    wants(product, "3")
    need = needs()[product]
    assert (need.short, need.quantity, need.offer.price) == (3, 8, Decimal(10))
    wants(product, "57", holder=2)
    need = needs()[product]
    assert (need.short, need.quantity, need.offer.price) == (60, 60, Decimal(8))


def test_the_cheapest_for_the_quantity_or_the_preferred_supplier(supplier, product):
    wholesale, other = (Supplier.objects.create(code=code, name=code) for code in ("W", "O"))
    price(wholesale, product, "1", minimum="1000")
    price(supplier, product, "9")
    late = timezone.localdate() - dt.timedelta(days=1)
    price(other, product, "0.5", valid_to=late)
    wants(product, "3")
    assert needs()[product].offer.supplier == supplier
    assert {offer.supplier for offer in needs()[product].offers} == {supplier, wholesale}
    SupplierPrice.objects.filter(supplier=wholesale).update(is_preferred=True)
    assert needs()[product].offer.supplier == wholesale
    Supplier.objects.filter(pk=wholesale.pk).update(is_active=False)
    assert needs()[product].offer.supplier == supplier


def test_stock_is_filled_up_to_the_maximum(basics):
    product = make_product(reorder_point=Decimal(10), maximum=Decimal(40))
    put_in_stock(product, 4)
    assert needs()[product].quantity == 36
    put_in_stock(product, 6)
    assert product not in needs()


def test_goods_in_inspection_are_not_bought_again(placed, bin_place, cast):
    wants(placed.product, "10")
    assert needs() == {}
    arrived = {placed.line.pk: Arrival(Decimal(10), held=Decimal(10), reason="抽检")}
    receive(placed.order, quantities=arrived, place=bin_place, by=cast.warehouse)
    assert needs() == {}


def choice(product, supplier, quantity, short=None):
    short = Decimal(quantity if short is None else short)
    return Choice(product.pk, default_warehouse().pk, supplier.pk, Decimal(quantity), short)


def test_ticked_proposals_become_one_draft_a_supplier_and_what_changed_is_left_out(supplier, product, cast):
    other, second = make_product(), Supplier.objects.create(code="S2", name="二厂")
    price(supplier, product, "8")
    wants(product, "3", 1)
    wants(other, "5", 2)
    done = order_proposals([choice(product, supplier, 3), choice(other, second, 7, short=5)], by=cast.purchasing)
    assert [(order.supplier, order.lines.get().quantity) for order in done.orders] == [(supplier, 3), (second, 7)]
    with pytest.raises(BusinessError):
        order_proposals([choice(product, supplier, 3)], by=cast.purchasing)
    wants(product, "4", 3)
    fresh = make_product()
    wants(fresh, "1", 4)
    done = order_proposals([choice(product, supplier, 9), choice(fresh, supplier, 1)], by=cast.purchasing)
    assert [line.product for line in done.orders[0].lines.all()] == [fresh]
    assert done.gone == [product]
    with pytest.raises(BusinessError):
        order_proposals([], by=cast.purchasing)


def test_goods_bought_for_a_line_go_to_it_before_more_urgent_ones(supplier, product, bin_place, cast, no_auto_approval):
    price(supplier, product, "8")
    first = approved(product, 3, cast)
    purchase = order_needs(supplier=supplier, warehouse=default_warehouse(), by=cast.purchasing)
    demand = PurchaseDemand.objects.get()
    assert (demand.holder_id, demand.quantity) == (first.lines.get().pk, 3)
    urgent = approved(product, 3, cast)
    type(urgent).objects.filter(pk=urgent.pk).update(priority=9)
    change_purchase_order(purchase, lines=[PurchaseInput(product, Decimal(5), Decimal(8))], by=cast.purchasing)
    assert PurchaseDemand.objects.get().quantity == 3
    purchase.refresh_from_db()
    advance(purchase, "place", by=cast.purchasing)
    receive(purchase, quantities={purchase.lines.get().pk: Decimal(4)}, place=bin_place, by=cast.warehouse)
    assert (first.lines.get().reserved, urgent.lines.get().reserved) == (3, 1)
    assert PurchaseDemand.objects.get().served == 3
    first.refresh_from_db()
    assert first.status == "ready_to_ship"
    assert not list(differences())


def test_a_cancelled_order_leaves_its_goods_to_the_others(supplier, product, bin_place, cast, no_auto_approval):
    price(supplier, product, "8")
    first = approved(product, 3, cast)
    purchase = order_needs(supplier=supplier, warehouse=default_warehouse(), by=cast.purchasing)
    advance(purchase, "place", by=cast.purchasing)
    second = approved(product, 2, cast)
    advance(first, "cancel", by=cast.manager, note="客户取消")
    receive(purchase, quantities={purchase.lines.get().pk: Decimal(3)}, place=bin_place, by=cast.warehouse)
    assert second.lines.get().reserved == 2
    assert PurchaseDemand.objects.get().served == 0
    assert not list(differences())


@pytest.fixture
def buyer(client, cast):
    client.force_login(cast.purchasing)
    return client


def typed(need, supplier, quantity):
    key = f"{need.product.pk}-{need.warehouse.pk}"
    return {
        "selected": [key],
        f"short-{key}": str(need.short),
        f"supplier-{key}": supplier,
        f"quantity-{key}": quantity,
    }


def test_the_page_says_why_and_orders_what_is_ticked(buyer, supplier, product, cast, no_auto_approval):
    price(supplier, product, "8")
    order = approved(product, 3, cast)
    text = buyer.get(PAGE).content.decode()
    assert order.number in text
    assert supplier.name in text
    answer = buyer.post(PAGE, typed(needs()[product], supplier.pk, "12"))
    purchase = PurchaseOrder.objects.get()
    assert answer["Location"] == purchase.get_absolute_url()
    assert purchase.lines.get().quantity == 12
    assert order.number in buyer.get(purchase.get_absolute_url()).content.decode()
    assert "没有缺货" in buyer.get(PAGE).content.decode() or product.sku not in buyer.get(PAGE).content.decode()


@pytest.mark.parametrize(("quantity", "named"), [("abc", True), ("0", True), ("-1", True), ("", True), ("3", False)])
def test_bad_choices_are_explained_and_kept(buyer, supplier, product, quantity, named):
    wants(product, "3")
    answer = buyer.post(PAGE, typed(needs()[product], supplier.pk if named else "", quantity))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'value="{quantity}"' in text
    assert "field-error" in text
    assert not PurchaseOrder.objects.exists()


def test_a_second_click_is_told_that_somebody_was_faster(buyer, supplier, product):
    wants(product, "3")
    form = typed(needs()[product], supplier.pk, "3")
    assert buyer.post(PAGE, form).status_code == 302
    assert buyer.post(PAGE, form).status_code == 422
    assert PurchaseOrder.objects.count() == 1


def test_who_sees_proposals_and_how_many_queries_they_cost(client, cast, supplier, django_assert_max_num_queries):
    for role, status in [("finance", 403), ("sales", 403), ("alpha_login", 404), ("warehouse", 200)]:
        client.force_login(getattr(cast, role))
        assert client.get(PAGE).status_code == status
    for at in range(1, 11):
        wants(make_product(reorder_point=Decimal(5)), "3", holder=at)
    with django_assert_max_num_queries(22):
        client.get(PAGE)


def test_a_draft_counts_as_ordered(supplier, product):
    wants(product, "3")
    draft(supplier, (product, "3", "1"))
    assert needs() == {}
