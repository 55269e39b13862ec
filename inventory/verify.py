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
    JOIN inventory_place AS place ON place.id = signed.place_id AND place.kind IN ('bin', 'quarantine', 'damaged', 'transit')
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
    JOIN inventory_place AS place ON place.id = signed.place_id AND place.kind IN ('bin', 'quarantine', 'damaged', 'transit')
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
    SELECT line.purchase_line_id, sum(line.quantity) AS quantity, sum(line.accepted) AS accepted,
        sum(line.rejected) AS rejected, sum(line.returned) AS returned
    FROM inventory_receiptline AS line
    JOIN inventory_goodsreceipt AS receipt ON receipt.id = line.receipt_id AND receipt.status = 'posted'
    GROUP BY line.purchase_line_id
)
SELECT purchase.number, line.position,
    concat_ws(' / ', line.received, line.accepted, line.rejected, line.returned),
    concat_ws(' / ', coalesce(arrived.quantity, 0), coalesce(arrived.accepted, 0), coalesce(arrived.rejected, 0),
        coalesce(arrived.returned, 0))
FROM inventory_purchaseline AS line
JOIN inventory_purchaseorder AS purchase ON purchase.id = line.order_id
LEFT JOIN arrived ON arrived.purchase_line_id = line.id
WHERE line.received <> coalesce(arrived.quantity, 0) OR line.accepted <> coalesce(arrived.accepted, 0)
    OR line.rejected <> coalesce(arrived.rejected, 0) OR line.returned <> coalesce(arrived.returned, 0)
"""

_INSPECTED = """
WITH found AS (
    SELECT line_id, sum(accepted) AS accepted, sum(rejected) AS rejected FROM inventory_inspection GROUP BY line_id
), gone AS (
    SELECT line.receipt_line_id, sum(line.quantity) AS quantity
    FROM inventory_supplierreturnline AS line
    JOIN inventory_supplierreturn AS document ON document.id = line.document_id AND document.status <> 'draft'
    GROUP BY line.receipt_line_id
)
SELECT receipt.number, product.sku, concat_ws(' / ', line.accepted, line.rejected, line.returned),
    concat_ws(' / ', coalesce(found.accepted, 0), coalesce(found.rejected, 0), coalesce(gone.quantity, 0))
FROM inventory_receiptline AS line
JOIN inventory_goodsreceipt AS receipt ON receipt.id = line.receipt_id
JOIN inventory_purchaseline AS bought ON bought.id = line.purchase_line_id
JOIN inventory_product AS product ON product.id = bought.product_id
LEFT JOIN found ON found.line_id = line.id
LEFT JOIN gone ON gone.receipt_line_id = line.id
WHERE line.accepted <> coalesce(found.accepted, 0) OR line.rejected <> coalesce(found.rejected, 0)
    OR line.returned <> coalesce(gone.quantity, 0)
"""

# What receipts and returns say, against the movements that they made.
_MOVED = """
WITH moved AS (
    SELECT document_type, document_id,
        sum(CASE WHEN source.kind = 'supplier' THEN move.quantity WHEN target.kind = 'supplier' THEN move.quantity ELSE 0 END)
            AS quantity
    FROM inventory_stockmove AS move
    JOIN inventory_place AS source ON source.id = move.source_id
    JOIN inventory_place AS target ON target.id = move.target_id
    WHERE move.document_type IN ('inventory.GoodsReceipt', 'inventory.SupplierReturn')
    GROUP BY document_type, document_id
), papers AS (
    SELECT 'inventory.GoodsReceipt' AS label, paper.id, paper.number, sum(line.quantity) AS quantity
    FROM inventory_goodsreceipt AS paper JOIN inventory_receiptline AS line ON line.receipt_id = paper.id
    WHERE paper.status = 'posted' GROUP BY paper.id
    UNION ALL
    SELECT 'inventory.SupplierReturn', paper.id, paper.number, sum(line.quantity)
    FROM inventory_supplierreturn AS paper JOIN inventory_supplierreturnline AS line ON line.document_id = paper.id
    WHERE paper.status <> 'draft' GROUP BY paper.id
)
SELECT papers.number, papers.quantity, coalesce(moved.quantity, 0)
FROM papers LEFT JOIN moved ON moved.document_type = papers.label AND moved.document_id = papers.id
WHERE papers.quantity <> coalesce(moved.quantity, 0)
"""


# What transfers say is under way, against what lies in transit.
_TRANSIT = """
WITH papers AS (
    SELECT line.product_id, sum(line.quantity - line.received - line.lost) AS quantity
    FROM inventory_transferline AS line JOIN inventory_transfer AS paper ON paper.id = line.document_id
    WHERE paper.status IN ('sent', 'partly_received') GROUP BY line.product_id
), lying AS (
    SELECT item.product_id, sum(item.on_hand) AS quantity
    FROM inventory_stockitem AS item JOIN inventory_place AS place ON place.id = item.place_id AND place.kind = 'transit'
    GROUP BY item.product_id
)
SELECT product.sku, coalesce(papers.quantity, 0), coalesce(lying.quantity, 0)
FROM papers FULL JOIN lying ON lying.product_id = papers.product_id
JOIN inventory_product AS product ON product.id = coalesce(papers.product_id, lying.product_id)
WHERE coalesce(papers.quantity, 0) <> coalesce(lying.quantity, 0)
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
        yield _(
            "%(number)s line %(position)s: received / accepted / rejected / returned is %(counted)s, "
            "its receipts say %(arrived)s."
        ) % {"number": number, "position": position, "counted": counted, "arrived": arrived}
    yield from _differing_papers()


def _differing_papers() -> Iterator[str]:
    """Receipts, returns and transfers against findings and movements."""
    for sku, written, lying in _rows(_TRANSIT):
        yield _("%(sku)s: %(written)s under way by the transfers, %(lying)s lie in transit.") % {
            "sku": sku,
            "written": written,
            "lying": lying,
        }
    for number, sku, counted, found in _rows(_INSPECTED):
        yield _(
            "%(number)s, %(sku)s: accepted / rejected / returned is %(counted)s, findings and returns say %(found)s."
        ) % {"number": number, "sku": sku, "counted": counted, "found": found}
    for number, written, moved in _rows(_MOVED):
        yield _("%(number)s: %(written)s on paper, its moves say %(moved)s.") % {
            "number": number,
            "written": written,
            "moved": moved,
        }
