"""Proof that every stock balance equals its ledger. Set-based SQL; memory does not grow with the data."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

# Σ moves into a place − Σ moves out of it, against the balance, for places that hold stock of ours.
_ON_HAND = """
WITH ledger AS (
    SELECT product_id, place_id, lot_id, sum(quantity) AS quantity
    FROM (
        SELECT product_id, target_id AS place_id, lot_id, quantity FROM inventory_stockmove
        UNION ALL
        SELECT product_id, source_id, lot_id, -quantity FROM inventory_stockmove
    ) AS signed
    JOIN inventory_place AS place ON place.id = signed.place_id AND place.kind IN ('bin', 'quarantine')
    GROUP BY product_id, place_id, lot_id
)
SELECT product.sku, place.code, coalesce(item.on_hand, 0), coalesce(ledger.quantity, 0)
FROM inventory_stockitem AS item
FULL JOIN ledger ON ledger.product_id = item.product_id AND ledger.place_id = item.place_id
    AND coalesce(ledger.lot_id, 0) = coalesce(item.lot_id, 0)
JOIN inventory_product AS product ON product.id = coalesce(item.product_id, ledger.product_id)
JOIN inventory_place AS place ON place.id = coalesce(item.place_id, ledger.place_id)
WHERE coalesce(item.on_hand, 0) <> coalesce(ledger.quantity, 0)
"""

_RESERVED = """
WITH held AS (SELECT item_id, sum(quantity) AS quantity FROM inventory_reservation GROUP BY item_id)
SELECT product.sku, place.code, item.reserved, coalesce(held.quantity, 0)
FROM inventory_stockitem AS item
LEFT JOIN held ON held.item_id = item.id
JOIN inventory_product AS product ON product.id = item.product_id
JOIN inventory_place AS place ON place.id = item.place_id
WHERE item.reserved <> coalesce(held.quantity, 0)
"""

_ENTRIES = """
WITH ledger AS (
    SELECT item_id, holder_type, holder_id, sum(quantity) AS quantity FROM inventory_reservationentry
    GROUP BY item_id, holder_type, holder_id
)
SELECT coalesce(held.holder_type, ledger.holder_type), coalesce(held.holder_id, ledger.holder_id),
    coalesce(held.quantity, 0), coalesce(ledger.quantity, 0)
FROM inventory_reservation AS held
FULL JOIN ledger ON ledger.item_id = held.item_id AND ledger.holder_type = held.holder_type
    AND ledger.holder_id = held.holder_id
WHERE coalesce(held.quantity, 0) <> coalesce(ledger.quantity, 0)
"""

_COST = """
WITH ledger AS (
    SELECT product_id, place.warehouse_id, sum(signed.quantity) AS quantity, sum(signed.value) AS value
    FROM (
        SELECT product_id, target_id AS place_id, quantity, value FROM inventory_stockmove
        UNION ALL
        SELECT product_id, source_id, -quantity, -value FROM inventory_stockmove
    ) AS signed
    JOIN inventory_place AS place ON place.id = signed.place_id AND place.kind IN ('bin', 'quarantine')
    GROUP BY product_id, place.warehouse_id
)
SELECT product.sku, warehouse.code, coalesce(cost.quantity, 0), coalesce(ledger.quantity, 0),
    coalesce(cost.value, 0), coalesce(ledger.value, 0)
FROM inventory_productcost AS cost
FULL JOIN ledger ON ledger.product_id = cost.product_id AND ledger.warehouse_id = cost.warehouse_id
JOIN inventory_product AS product ON product.id = coalesce(cost.product_id, ledger.product_id)
JOIN inventory_warehouse AS warehouse ON warehouse.id = coalesce(cost.warehouse_id, ledger.warehouse_id)
WHERE coalesce(cost.quantity, 0) <> coalesce(ledger.quantity, 0) OR coalesce(cost.value, 0) <> coalesce(ledger.value, 0)
"""

_PURCHASED = """
WITH arrived AS (
    SELECT line.purchase_line_id, sum(line.quantity) AS quantity
    FROM inventory_receiptline AS line
    JOIN inventory_goodsreceipt AS receipt ON receipt.id = line.receipt_id AND receipt.status = 'posted'
    GROUP BY line.purchase_line_id
)
SELECT purchase.number, line.position, line.received, coalesce(arrived.quantity, 0)
FROM inventory_purchaseline AS line
JOIN inventory_purchaseorder AS purchase ON purchase.id = line.order_id
LEFT JOIN arrived ON arrived.purchase_line_id = line.id
WHERE line.received <> coalesce(arrived.quantity, 0)
"""


def _rows(sql: str) -> Iterator[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        while found := cursor.fetchmany(500):
            yield from found


def differences() -> Iterator[str]:
    """One sentence for each balance that differs from its ledger; nothing when all is right."""
    for sku, place, balance, ledger in _rows(_ON_HAND):
        yield _("%(sku)s at %(place)s: on hand is %(balance)s, its moves say %(ledger)s.") % {
            "sku": sku,
            "place": place,
            "balance": balance,
            "ledger": ledger,
        }
    for sku, place, balance, ledger in _rows(_RESERVED):
        yield _("%(sku)s at %(place)s: reserved is %(balance)s, its reservations say %(ledger)s.") % {
            "sku": sku,
            "place": place,
            "balance": balance,
            "ledger": ledger,
        }
    for holder, pk, balance, ledger in _rows(_ENTRIES):
        yield _("%(holder)s %(pk)s: %(balance)s reserved, its entries say %(ledger)s.") % {
            "holder": holder,
            "pk": pk,
            "balance": balance,
            "ledger": ledger,
        }
    for sku, warehouse, quantity, moved, value, worth in _rows(_COST):
        yield _(
            "%(sku)s in %(warehouse)s: cost is kept for %(quantity)s worth %(value)s, "
            "its moves say %(moved)s worth %(worth)s."
        ) % {
            "sku": sku,
            "warehouse": warehouse,
            "quantity": quantity,
            "value": value,
            "moved": moved,
            "worth": worth,
        }
    for number, position, counted, arrived in _rows(_PURCHASED):
        yield _("%(number)s line %(position)s: received is %(counted)s, its receipts say %(arrived)s.") % {
            "number": number,
            "position": position,
            "counted": counted,
            "arrived": arrived,
        }
