"""Whatever changes follow one another, between whatever the warehouse does: nothing goes below what has left or is billed."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp.errors import BusinessError
from inventory.models import Reservation
from orders.models import SalesOrder
from orders.services import LineChange, LineInput, decide_amendment, keep, propose, submit, withdraw_amendment
from shipping.services import confirm_pick, open_pick_list, pack
from tests.cast import make_product, put_in_stock
from tests.orders.shipping_steps import hand_over
from tests.orders.test_amending import assert_clean, confirmed

place = st.integers(min_value=0, max_value=3)
amount = st.integers(min_value=0, max_value=12)
steps = st.lists(
    st.tuples(st.sampled_from(["quantity", "price", "remove", "add", "pick", "pack", "ship"]), place, amount),
    min_size=2,
    max_size=5,
)


def amend(order: SalesOrder, cast: SimpleNamespace, rows: list[LineChange], *, end: int) -> None:
    """Write a change and let it take one of its ways."""
    one = propose(order, by=cast.sales, version=order.version, lines=rows, reason="客户来电")
    if end % 6 == 0:
        withdraw_amendment(one, by=cast.sales)
        return
    submit(one, by=cast.sales)
    if one.status == "submitted":
        decide_amendment(one, end % 6 != 1, by=cast.approver, note="同意")


def act(order: SalesOrder, cast: SimpleNamespace, goods: list[Any], step: tuple[str, int, int]) -> None:
    """One thing that somebody may try; a refusal is fine, it must leave nothing behind."""
    name, at, number = step
    lines = list(order.lines.select_related("product"))
    line = lines[at % len(lines)]
    others = {one.pk: keep(one) for one in lines}
    if name == "quantity":
        amend(order, cast, [*({**others, line.pk: keep(line, quantity=Decimal(number))}).values()], end=number)
    elif name == "price":
        amend(order, cast, [*({**others, line.pk: keep(line, unit_price=Decimal(number + 80))}).values()], end=at + 2)
    elif name == "remove":
        amend(order, cast, [row for pk, row in others.items() if pk != line.pk], end=number)
    elif name == "add":
        new = LineInput(product=goods[at % len(goods)], quantity=Decimal(number + 1), unit_price=Decimal(50))
        amend(order, cast, [*others.values(), LineChange(new)], end=number)
    elif name == "pick" and (listed := open_pick_list(order, by=cast.warehouse)):
        confirm_pick(listed, picked={}, by=cast.warehouse)
    elif name == "pack" and (picked := order.pick_lists.filter(status="picked").first()):
        pack(picked, parcels=None, by=cast.warehouse)
    elif name == "ship" and (packed := order.pick_lists.filter(status="packed", shipment__status="packed").first()):
        hand_over(packed.shipment, cast)


def assert_floors(order: SalesOrder) -> None:
    """What has left or is billed is still ordered, and nobody holds more than is still to leave."""
    for line in order.lines.all():
        assert line.quantity >= max(line.shipped, line.invoiced)
        assert Decimal(0) <= line.reserved <= line.quantity - line.shipped
        held = Reservation.objects.filter(holder_type="orders.OrderLine", holder_id=line.pk)
        assert sum((one.quantity for one in held), Decimal(0)) == line.reserved
    lines = list(order.lines.all())
    assert order.total == sum((line.total for line in lines), Decimal(0))


def test_any_sequence_of_changes_keeps_every_balance(cast: SimpleNamespace, no_auto_approval: None) -> None:
    goods = [make_product(), make_product(), make_product(supply="buy")]
    for product in goods[:2]:
        put_in_stock(product, 15)
    order = confirmed(cast, (goods[0], 6), (goods[1], 4))
    assert order.promised_date >= timezone.localdate()

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def sequence(todo: list[tuple[str, int, int]]) -> None:
        with transaction.atomic():
            for step in todo:
                fresh = SalesOrder.objects.get(pk=order.pk)
                try:
                    with transaction.atomic():
                        act(fresh, cast, goods, step)
                except BusinessError:
                    pass
                assert_floors(SalesOrder.objects.get(pk=order.pk))
            assert_clean()
            transaction.set_rollback(True)

    sequence()
