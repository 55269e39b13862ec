"""Two people at once, with real transactions: the last piece goes to one of them, and nothing is doubled."""

import threading
from decimal import Decimal

import pytest
from django.db import connection

from erp.basics import ensure_basics
from erp.errors import BusinessError
from erp.workflow import advance
from inventory.models import (
    GoodsReceipt,
    PurchaseDemand,
    PurchaseLine,
    PurchaseOrder,
    Reservation,
    StockItem,
    StockMove,
    Supplier,
    SupplierPrice,
    SupplyRequest,
)
from inventory.services import (
    Arrival,
    Choice,
    Finding,
    Movement,
    Ordered,
    Want,
    default_warehouse,
    inspect,
    order_needs,
    order_proposals,
    post_moves,
    receive,
    receiving_place,
    reserve,
    virtual_place,
)
from inventory.verify import differences
from tests.cast import make_product, put_in_stock
from tests.inventory.conftest import draft

pytestmark = pytest.mark.django_db(transaction=True)
HOLDER = "orders.OrderLine"


def at_once(*acts):
    """Run the acts in threads that start together; returns each one's answer or the exception it ended with."""
    gate, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(at, act):
        try:
            gate.wait(timeout=10)
            answers[at] = act()
        except Exception as error:
            answers[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


@pytest.fixture
def house():
    ensure_basics()
    return default_warehouse()


def test_two_reserve_the_last_piece(house):
    product = make_product()
    put_in_stock(product, 1)

    def want(holder):
        wish = Want(holder, product.pk, Decimal(1))
        return lambda: reserve([wish], holder_type=HOLDER, warehouse_id=house.pk, by=None)[holder]

    assert sorted(at_once(want(1), want(2))) == [0, 1]
    assert Reservation.objects.count() == 1
    assert StockItem.objects.get().reserved == 1
    assert not list(differences())


def test_two_take_the_last_piece(house):
    product = make_product()
    put_in_stock(product, 1)
    place, customer = receiving_place(house), virtual_place("customer")

    def take(key):
        move = Movement(product.pk, place.pk, customer.pk, Decimal(1), key)
        return lambda: len(post_moves([move], document=None, by=None))

    answers = at_once(take("a"), take("b"))
    assert [answer for answer in answers if answer == 1] == [1]
    assert sum(type(answer).__name__ == "OutOfStock" for answer in answers) == 1
    assert StockItem.objects.get().on_hand == 0
    assert not list(differences())


def test_two_put_the_first_stock_of_a_product_into_a_new_place(house):
    products = [make_product(), make_product()]
    place, source = receiving_place(house), virtual_place("supplier")

    def bring(key, order):
        moves = [
            Movement(products[at].pk, source.pk, place.pk, Decimal(2), f"{key}{at}", unit_cost=Decimal(3))
            for at in order
        ]
        return lambda: len(post_moves(moves, document=None, by=None))

    assert at_once(bring("a", [0, 1]), bring("b", [1, 0])) == [2, 2]
    assert set(StockItem.objects.values_list("on_hand", flat=True)) == {Decimal(4)}
    assert not list(differences())


def test_a_receipt_sent_twice_is_received_once(house):
    product = make_product()
    order = draft(Supplier.objects.create(code="S1", name="厂"), (product, "5", "2"))
    advance(order, "place", by=None)
    line, place = order.lines.get(), receiving_place(house)

    def send():
        fresh = PurchaseOrder.objects.get(pk=order.pk)
        return receive(fresh, quantities={line.pk: Decimal(2)}, place=place, by=None, key="form-1").pk

    first, second = at_once(send, send)
    assert first == second
    assert GoodsReceipt.objects.count() == StockMove.objects.count() == 1
    assert StockItem.objects.get().on_hand == 2


def test_two_order_the_same_needs(house):
    product, supplier = make_product(), Supplier.objects.create(code="S1", name="厂")
    SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal(1))
    SupplyRequest.objects.create(
        product=product,
        warehouse=house,
        quantity=3,
        supply="buy",
        holder_type=HOLDER,
        holder_id=1,
        document_type="orders.SalesOrder",
        document_id=1,
    )
    answers = at_once(*[lambda: order_needs(supplier=supplier, warehouse=house, by=None)] * 2)
    assert sum(isinstance(answer, PurchaseOrder) for answer in answers) == 1
    assert PurchaseOrder.objects.count() == 1


def test_two_buyers_tick_the_same_proposals(house):
    """Each proposal is ordered once, whoever gets it; nothing is lost and nobody waits for ever."""
    supplier = Supplier.objects.create(code="S1", name="厂")
    products = [make_product() for _again in range(3)]
    for at, product in enumerate(products, start=1):
        SupplierPrice.objects.create(supplier=supplier, product=product, price=Decimal(1))
        SupplyRequest.objects.create(
            product=product,
            warehouse=house,
            quantity=3,
            supply="buy",
            holder_type=HOLDER,
            holder_id=at,
            document_type="orders.SalesOrder",
            document_id=at,
        )

    def click(chosen):
        ticked = [Choice(product.pk, house.pk, supplier.pk, Decimal(3), Decimal(3)) for product in chosen]
        return lambda: order_proposals(ticked, by=None)

    answers = at_once(click(products[:2]), click(products[:0:-1]))
    assert all(isinstance(answer, Ordered) for answer in answers)
    bought = list(PurchaseLine.objects.values_list("product", flat=True))
    assert sorted(bought) == sorted(product.pk for product in products)
    assert sum(len(answer.gone) for answer in answers) == 1
    assert PurchaseDemand.objects.count() == 3


def test_two_receipts_of_one_order_at_once(house):
    """Together they cannot receive more than was ordered."""
    product = make_product()
    order = draft(Supplier.objects.create(code="S1", name="厂"), (product, "5", "2"))
    advance(order, "place", by=None)
    line, place = order.lines.get(), receiving_place(house)

    def send(key):
        return lambda: receive(
            PurchaseOrder.objects.get(pk=order.pk),
            quantities={line.pk: Arrival(Decimal(3), held=Decimal(1), reason="x")},
            place=place,
            by=None,
            key=key,
        )

    answers = at_once(send("a"), send("b"))
    assert sum(isinstance(answer, GoodsReceipt) for answer in answers) == 1
    assert sum(isinstance(answer, BusinessError) for answer in answers) == 1
    line.refresh_from_db()
    assert (line.received, line.accepted, line.uninspected) == (3, 2, 1)
    assert not list(differences())


def test_two_inspect_the_same_goods(house):
    """What waits is decided on once."""
    product = make_product()
    order = draft(Supplier.objects.create(code="S1", name="厂"), (product, "5", "2"))
    advance(order, "place", by=None)
    place, arrived = receiving_place(house), Arrival(Decimal(5), held=Decimal(5), reason="x")
    receipt = receive(order, quantities={order.lines.get().pk: arrived}, place=place, by=None)
    row = receipt.lines.get()

    def decide(accepted, rejected):
        finding = Finding(Decimal(accepted), Decimal(rejected), "坏", place)
        return lambda: inspect(PurchaseOrder.objects.get(pk=order.pk), findings={row.pk: finding}, by=None)

    answers = at_once(decide(5, 0), decide(0, 5))
    assert sum(isinstance(answer, BusinessError) for answer in answers) == 1
    row.refresh_from_db()
    assert row.accepted + row.rejected == 5
    assert not list(differences())
