"""Proof that what orders count as picked, shipped and delivered is what lists, parcels and the ledger say."""

from collections.abc import Iterator

from django.db import connection

# Each query answers with numbers of documents; an empty answer is the proof. Set-based, constant memory.
_PROOFS = {
    "picked on a line differs from its pick lists": """
        SELECT DISTINCT o.number FROM orders_orderline l
        JOIN orders_salesorder o ON o.id = l.order_id
        LEFT JOIN (
            SELECT p.order_line_id, sum(p.picked) q FROM shipping_pickline p
            JOIN shipping_picklist k ON k.id = p.pick_list_id AND k.status IN ('picked', 'packed')
            GROUP BY p.order_line_id
        ) p ON p.order_line_id = l.id
        WHERE l.picked <> coalesce(p.q, 0)
    """,
    "shipped on a line differs from the parcels that left": """
        SELECT DISTINCT o.number FROM orders_orderline l
        JOIN orders_salesorder o ON o.id = l.order_id
        LEFT JOIN (
            SELECT pl.order_line_id, sum(pl.quantity) q FROM shipping_parcelline pl
            JOIN shipping_parcel p ON p.id = pl.parcel_id
            JOIN shipping_shipment s ON s.id = p.shipment_id AND s.status IN ('in_transit', 'exception', 'delivered')
            GROUP BY pl.order_line_id
        ) p ON p.order_line_id = l.id
        WHERE l.shipped <> coalesce(p.q, 0)
    """,
    "delivered on a line differs from the shipments that arrived": """
        SELECT DISTINCT o.number FROM orders_orderline l
        JOIN orders_salesorder o ON o.id = l.order_id
        LEFT JOIN (
            SELECT pl.order_line_id, sum(pl.quantity) q FROM shipping_parcelline pl
            JOIN shipping_parcel p ON p.id = pl.parcel_id
            JOIN shipping_shipment s ON s.id = p.shipment_id AND s.status = 'delivered'
            GROUP BY pl.order_line_id
        ) p ON p.order_line_id = l.id
        WHERE l.delivered <> coalesce(p.q, 0)
    """,
    "parcels hold something else than was picked": """
        SELECT DISTINCT s.number FROM shipping_shipment s
        LEFT JOIN (
            SELECT pick_list_id, order_line_id, sum(picked) q FROM shipping_pickline WHERE picked > 0
            GROUP BY pick_list_id, order_line_id
        ) k ON k.pick_list_id = s.pick_list_id
        FULL JOIN (
            SELECT p.shipment_id, pl.order_line_id, sum(pl.quantity) q FROM shipping_parcelline pl
            JOIN shipping_parcel p ON p.id = pl.parcel_id GROUP BY p.shipment_id, pl.order_line_id
        ) b ON b.shipment_id = s.id AND b.order_line_id = k.order_line_id
        WHERE coalesce(k.q, 0) <> coalesce(b.q, 0) AND s.number IS NOT NULL
    """,
    "goods or cost of the shipment differ from the stock ledger": """
        SELECT s.number FROM shipping_shipment s
        LEFT JOIN (
            SELECT p.shipment_id, sum(pl.quantity) q FROM shipping_parcelline pl
            JOIN shipping_parcel p ON p.id = pl.parcel_id WHERE pl.item_id IS NOT NULL GROUP BY p.shipment_id
        ) b ON b.shipment_id = s.id
        LEFT JOIN (
            SELECT m.document_id, sum(m.quantity) q, sum(m.value) v FROM inventory_stockmove m
            JOIN inventory_place t ON t.id = m.target_id AND t.kind = 'customer'
            WHERE m.document_type = 'shipping.Shipment' GROUP BY m.document_id
        ) m ON m.document_id = s.id
        WHERE CASE WHEN s.status IN ('in_transit', 'exception', 'delivered')
                   THEN coalesce(b.q, 0) <> coalesce(m.q, 0) OR s.cost <> coalesce(m.v, 0)
                   ELSE m.q IS NOT NULL END
    """,
    "is packed, but its pick list or shipment says something else": """
        SELECT k.number FROM shipping_picklist k LEFT JOIN shipping_shipment s ON s.pick_list_id = k.id
        WHERE (k.status = 'packed') <> (s.id IS NOT NULL AND s.status <> 'cancelled')
    """,
    "delivery does not agree with its parcels": """
        SELECT s.number FROM shipping_shipment s
        WHERE (s.status = 'delivered') <> (
            s.handed_over_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM shipping_parcel p WHERE p.shipment_id = s.id AND p.state <> 'delivered'))
    """,
    "status differs from the last row of its timeline": """
        SELECT d.number FROM (
            SELECT 'shipping.PickList' AS kind, id, number, status FROM shipping_picklist
            UNION ALL SELECT 'shipping.Shipment', id, number, status FROM shipping_shipment
            UNION ALL SELECT 'shipping.Wave', id, number, status FROM shipping_wave
        ) d
        LEFT JOIN LATERAL (
            SELECT target FROM erp_statuschange c
            WHERE c.document_type = d.kind AND c.document_id = d.id ORDER BY c.id DESC LIMIT 1
        ) last ON true
        WHERE last.target IS DISTINCT FROM d.status
    """,
}


def differences() -> Iterator[str]:
    """One sentence for each document whose counts do not agree."""
    for words, query in _PROOFS.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            for (number,) in cursor:
                yield f"{number}: {words}."
