"""Whatever people do with money, the books agree."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp.errors import BusinessError
from erp.workflow import advance
from finance.models import Allocation, Invoice, Payment
from finance.services import Amounts, allocate, apply_credit, record_payment, refund_credit, take_back
from tests.finance.conftest import assert_books_agree, balance, returned

D = Decimal
cents = st.integers(min_value=1, max_value=150_000).map(lambda n: D(n) / 100)
index = st.integers(min_value=0, max_value=5)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), cents, index),
        st.tuples(st.just("allocate"), cents, index),
        st.tuples(st.just("take_back"), cents, index),
        st.tuples(st.just("reverse"), cents, index),
        st.tuples(st.just("credit"), cents, index),
        st.tuples(st.just("apply"), cents, index),
        st.tuples(st.just("refund"), cents, index),
    ),
    max_size=12,
)


def pick(rows: Any, at: int) -> Any:
    """One of the rows, or None when there are none."""
    found = list(rows.order_by("id"))
    return found[at % len(found)] if found else None


def act(cast: Any, orders: list[Any], step: str, amount: Decimal, at: int) -> None:
    """One thing that a person may try; refusals are fine, they must leave nothing behind."""
    invoice = pick(Invoice.objects.filter(kind="invoice", customer=cast.alpha), at)
    credit = pick(Invoice.objects.filter(kind="credit"), at)
    payment = pick(Payment.objects.all(), at)
    by = cast.finance
    if step == "pay":
        record_payment(customer=cast.alpha, amount=amount, method="bank", by=by)
    elif step == "credit":
        from finance.services import credit_return

        credit_return(returned(orders[at % len(orders)], 1), by=None)
    elif step == "allocate" and payment:
        allocate(payment, invoice=invoice, amount=amount, by=by)
    elif step == "reverse" and payment:
        advance(payment, "reverse", by=by, note="bounced")
    elif step == "apply" and credit:
        apply_credit(credit, invoice=invoice, amount=amount, by=by)
    elif step == "refund" and credit:
        refund_credit(credit, amount=amount, method="bank", by=by)
    elif step == "take_back" and (allocation := pick(Allocation.objects.all(), at)):
        take_back(allocation, by=by)


def test_any_sequence_keeps_the_books(cast: Any, shipped: Any) -> None:
    orders = [shipped(3, price="33.33"), shipped(2)]

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def sequence(todo: list[tuple[str, Decimal, int]]) -> None:
        with transaction.atomic():
            for step, amount, at in todo:
                try:
                    act(cast, orders, step, amount, at)
                except BusinessError:
                    pass
                cast.alpha.refresh_from_db()
                assert balance("1122", cast.alpha) == cast.alpha.receivable
            assert_books_agree()
            transaction.set_rollback(True)

    sequence()


@given(
    quantity=st.decimals(min_value="0.0001", max_value="9999", places=4),
    untaxed=st.decimals(min_value="0", max_value="999999", places=2),
    cuts=st.lists(st.floats(min_value=0.01, max_value=0.99), max_size=6),
)
def test_shares_add_up_to_the_whole(quantity: Decimal, untaxed: Decimal, cuts: list[float]) -> None:
    whole = Amounts(quantity, untaxed, (untaxed * D("0.13")).quantize(D("0.01")))
    taken = Amounts()
    for cut in [*cuts, None]:
        left = quantity - taken.quantity
        part = left if cut is None else (left * D(str(cut))).quantize(D("0.0001"))
        if not part:
            continue
        share = whole.share(part, taken=taken)
        assert share.untaxed >= 0 and share.tax >= 0
        taken = Amounts(taken.quantity + part, taken.untaxed + share.untaxed, taken.tax + share.tax)
    assert taken == whole
