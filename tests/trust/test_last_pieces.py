"""Fifty programs fight for the last pieces over HTTP; then the same while workers are killed.

`make bench-race` does it for a minute each (`ERP_TRUST_SECONDS`).
"""

import os
import random
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db.models import F, Sum
from django.utils.module_loading import import_string

from erp.models import ApiToken, Company
from erp.verification import SOURCES
from erp.workflow import advance
from inventory.models import PurchaseOrder, StockItem, Supplier
from inventory.services import PurchaseInput, create_purchase_order, default_warehouse
from orders.models import OrderLine, SalesOrder
from orders.services import serve_free_stock
from tests.cast import make_product, put_in_stock
from tests.trust.clients import Fight
from tests.trust.house import House

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

CLIENTS = 50
SECONDS = float(os.environ.get("ERP_TRUST_SECONDS", "5"))
LONG = 30  # seconds from which on whole parts are killed too, which take longer to come back
IN_STOCK = 20


@pytest.fixture
def purchase(cast: SimpleNamespace) -> PurchaseOrder:
    """Three products of which twenty pieces are there, and an order for many more that comes piece by piece."""
    Company.objects.update(auto_approve_limit=Decimal(10**9))
    products = [make_product(f"LAST-{at}", price="1") for at in range(3)]
    for product in products:
        put_in_stock(product, IN_STOCK)
    lines = [PurchaseInput(product, Decimal(10_000), Decimal(1)) for product in products]
    supplier = Supplier.objects.create(code="S1", name="厂")
    made = create_purchase_order(supplier=supplier, warehouse=default_warehouse(), lines=lines, by=None)
    advance(made, "place", by=None)
    return made


@pytest.fixture
def house(purchase: PurchaseOrder, tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "house.log") as running:
        yield running


def fight_for(house: House, cast: SimpleNamespace, purchase: PurchaseOrder, *, away: bool) -> Fight:
    skus = list(purchase.lines.order_by("position").values_list("product__sku", flat=True))
    token = ApiToken.issue(cast.admin)[1]
    return Fight(house.url, token, cast.alpha.code, skus, purchase=purchase.number, away=away)


def check(fight: Fight, purchase: PurchaseOrder, *, received: int) -> None:
    """Everybody got a yes or a clear no, every yes is true, and the books agree."""
    assert fight.strange == []
    mine = SalesOrder.objects.filter(external_number__in=fight.entered)
    assert dict(mine.values_list("external_number", "number")) == fight.entered
    assert fight.cancelled <= set(mine.filter(status="cancelled").values_list("number", flat=True))
    for line in purchase.lines.all():
        assert line.received == received, "goods were received twice or not at all"
        held = StockItem.objects.filter(product=line.product_id)
        stock = held.aggregate(on_hand=Sum("on_hand"), reserved=Sum("reserved"))
        promised = OrderLine.objects.filter(product=line.product_id).aggregate(sum=Sum("reserved"))["sum"]
        assert stock["on_hand"] == IN_STOCK + received
        assert stock["reserved"] == promised <= stock["on_hand"], "more is promised than there is"
    serve_free_stock()
    for line in purchase.lines.all():
        waiting = OrderLine.objects.filter(
            product=line.product_id, order__status="approved", quantity__gt=F("shipped") + F("reserved")
        )
        free = StockItem.objects.filter(product=line.product_id, on_hand__gt=F("reserved"))
        assert not (waiting.exists() and free.exists()), "goods lie free while somebody waits for them"
    assert [said for path in SOURCES for said in import_string(path)()] == []


def test_fifty_clients_then_the_same_with_workers_killed(
    house: House, cast: SimpleNamespace, purchase: PurchaseOrder
) -> None:
    """One story, because a running application is costly to start."""
    calm = fight_for(house, cast, purchase, away=False)
    calm.run(CLIENTS, seconds=SECONDS, name="calm")
    assert len(calm.entered) >= CLIENTS, calm.answers
    check(calm, purchase, received=calm.received)
    assert "Traceback" not in house.said(), house.said()[-4000:]

    storm = fight_for(house, cast, purchase, away=True)
    in_storm = CLIENTS if SECONDS >= LONG else CLIENTS // 3  # workers that die take their time to come back
    kills, over = [], threading.Event()

    def kill() -> None:
        rng = random.Random(1)
        while not over.is_set():
            whole = SECONDS >= LONG and len(kills) % 5 == 4
            kills.append(house.kill_one(house.parts() if whole else house.workers(), rng))
            over.wait(0.3)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        storm.run(in_storm, seconds=SECONDS, name="storm")
    finally:
        over.set()
        killer.join()
    assert sum(kills) >= 2, kills
    assert len(storm.entered) >= in_storm, storm.answers
    check(storm, purchase, received=calm.received + storm.received)
