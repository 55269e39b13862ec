"""Whatever happens to stock, in whatever order: never negative, never promised twice, and the ledger agrees."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from erp.errors import OutOfStock
from inventory.basics import ensure_basics
from inventory.models import Place, ProductCost, Reservation, StockItem, StockMove
from inventory.services import (
    Issue,
    Movement,
    Want,
    adjust_stock,
    default_warehouse,
    issue_reserved,
    post_moves,
    release,
    reserve,
    virtual_place,
)
from inventory.verify import differences
from tests.cast import make_product

HOLDER = "orders.OrderLine"
QUANTITIES = st.decimals(min_value="0.0001", max_value="500", places=4)
COSTS = st.decimals(min_value="0", max_value="99", places=6)
HOLDERS = st.integers(min_value=1, max_value=3)
PRODUCTS = st.integers(min_value=0, max_value=1)
BINS = st.integers(min_value=0, max_value=1)


class StockMachine(RuleBasedStateMachine):
    """Receives, moves, loses, counts, reserves, releases and issues two products in two bins for three lines."""

    def __init__(self):
        super().__init__()
        ensure_basics()
        StockMachine.serial = getattr(StockMachine, "serial", 0) + 1
        self.step = 0
        self.house = default_warehouse()
        self.bins = list(self.house.places.filter(kind=Place.Kind.BIN)[:2])
        self.products = [make_product(f"H{StockMachine.serial}-{n}") for n in range(2)]

    def key(self):
        self.step += 1
        return f"machine-{StockMachine.serial}-{self.step}"

    def move(self, product, source, target, quantity, **more):
        movement = Movement(
            product_id=self.products[product].pk,
            source_id=source.pk,
            target_id=target.pk,
            quantity=quantity,
            key=self.key(),
            **more,
        )
        before = StockMove.objects.count()
        try:
            done = post_moves([movement], document=None, by=None)
        except OutOfStock:
            assert StockMove.objects.count() == before
        else:
            assert post_moves([movement], document=None, by=None) == []
            assert [row.quantity for row in done] == [quantity]

    @rule(product=PRODUCTS, at=BINS, quantity=QUANTITIES, cost=COSTS)
    def receive(self, product, at, quantity, cost):
        self.move(product, virtual_place("supplier"), self.bins[at], quantity, unit_cost=cost)

    @rule(product=PRODUCTS, at=BINS, quantity=QUANTITIES)
    def move_to_the_other_bin(self, product, at, quantity):
        self.move(product, self.bins[at], self.bins[1 - at], quantity)

    @rule(product=PRODUCTS, at=BINS, quantity=QUANTITIES)
    def lose(self, product, at, quantity):
        self.move(product, self.bins[at], virtual_place("adjustment"), quantity)

    @rule(product=PRODUCTS, at=BINS, quantity=QUANTITIES)
    def count(self, product, at, quantity):
        try:
            adjust_stock(self.products[product], self.bins[at], counted=quantity, reason="盘点", by=None)
        except OutOfStock:
            return
        assert StockItem.objects.get(product=self.products[product], place=self.bins[at]).on_hand == quantity

    @rule(product=PRODUCTS, holder=HOLDERS, quantity=QUANTITIES)
    def reserve(self, product, holder, quantity):
        free = sum(item.available for item in StockItem.objects.filter(product=self.products[product]))
        want = Want(holder, self.products[product].pk, quantity)
        given = reserve([want], holder_type=HOLDER, warehouse_id=self.house.pk, by=None)
        assert given == {holder: min(quantity, free)}

    @rule(holder=HOLDERS, quantity=QUANTITIES)
    def release_some(self, holder, quantity):
        had = sum(row.quantity for row in Reservation.objects.filter(holder_id=holder))
        given = release(holder_type=HOLDER, holder_ids=[holder], by=None, reason="test", quantities={holder: quantity})
        assert given == {holder: min(had, quantity)}

    @rule(holder=HOLDERS)
    def release_all(self, holder):
        release(holder_type=HOLDER, holder_ids=[holder], by=None, reason="test")
        assert not Reservation.objects.filter(holder_id=holder).exists()

    @precondition(lambda self: Reservation.objects.exists())
    @rule(part=st.sampled_from(["0.0001", "all", "more"]))
    def issue(self, part):
        row = Reservation.objects.order_by("id").first()
        quantity = {"0.0001": Decimal("0.0001"), "all": row.quantity, "more": row.quantity + 1}[part]
        issues = [Issue(row.holder_id, row.item_id, quantity, self.key())]
        more = {"holder_type": HOLDER, "target": virtual_place("customer"), "document": self.house, "by": None}
        if part == "more":
            with pytest.raises(OutOfStock):
                issue_reserved(issues, **more)
            return
        before = StockItem.objects.get(pk=row.item_id)
        assert len(issue_reserved(issues, **more)) == 1
        assert issue_reserved(issues, **more) == []
        after = StockItem.objects.get(pk=row.item_id)
        assert (before.on_hand - after.on_hand, before.reserved - after.reserved) == (quantity, quantity)

    @invariant()
    def nothing_is_negative_or_promised_twice(self):
        for item in StockItem.objects.all():
            assert 0 <= item.reserved <= item.on_hand
        for cost in ProductCost.objects.all():
            assert cost.quantity >= 0
            assert cost.value >= 0
            assert cost.quantity or not cost.value

    @invariant()
    def every_balance_equals_its_ledger(self):
        assert list(differences()) == []


class StockIsSound(TestCase):
    def test_any_sequence_of_events_keeps_stock_sound(self):
        from django.db import transaction

        class Machine(StockMachine):
            def __init__(self):
                self.savepoint = transaction.savepoint()
                super().__init__()

            def teardown(self):
                transaction.savepoint_rollback(self.savepoint)

        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )


@pytest.mark.django_db
def test_verify_names_what_differs(product, bin_place):
    from django.db import connection

    from tests.cast import put_in_stock

    put_in_stock(product, 5)
    reserve([Want(1, product.pk, Decimal(2))], holder_type=HOLDER, warehouse_id=default_warehouse().pk, by=None)
    assert list(differences()) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stockitem SET on_hand = 7, reserved = 3")
        cursor.execute("UPDATE inventory_productcost SET value = value + 1")
    found = list(differences())
    assert len(found) == 3
    assert all(product.sku in sentence for sentence in found)
