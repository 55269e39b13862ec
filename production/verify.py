"""Proof that production orders are what their runs, components and reservations say."""

from collections.abc import Iterator

from django.db import connection

# Each query answers with numbers of production orders; an empty answer is the proof. Set-based, constant memory.
_PROOFS = {
    "good, scrap or cost differ from the reports": """
        SELECT o.number FROM production_productionorder o
        LEFT JOIN (SELECT order_id, sum(good) g, sum(scrap) s, sum(cost) c FROM production_operationrun
                   GROUP BY order_id) r ON r.order_id = o.id
        WHERE o.good <> coalesce(r.g, 0) OR o.scrap <> coalesce(r.s, 0) OR o.cost <> coalesce(r.c, 0)
    """,
    "reserved of a component differs from its reservations": """
        SELECT o.number FROM production_productioncomponent c
        JOIN production_productionorder o ON o.id = c.order_id
        LEFT JOIN (
            SELECT holder_id, sum(quantity) q FROM inventory_reservation
            WHERE holder_type = 'production.ProductionComponent' GROUP BY holder_id
        ) r ON r.holder_id = c.id
        WHERE c.reserved <> coalesce(r.q, 0)
    """,
    "issued of a component differs from the stock ledger": """
        SELECT o.number FROM production_productioncomponent c
        JOIN production_productionorder o ON o.id = c.order_id
        LEFT JOIN (
            SELECT m.line_id, sum(m.quantity) q FROM inventory_stockmove m
            JOIN inventory_place t ON t.id = m.target_id AND t.kind = 'production'
            WHERE m.document_type = 'production.ProductionOrder' GROUP BY m.line_id
        ) m ON m.line_id = c.id
        WHERE c.issued <> coalesce(m.q, 0)
    """,
    "good pieces or their value differ from the stock ledger": """
        SELECT o.number FROM production_productionorder o
        LEFT JOIN (
            SELECT m.document_id, m.product_id, sum(m.quantity) q, sum(m.value) v FROM inventory_stockmove m
            JOIN inventory_place s ON s.id = m.source_id AND s.kind = 'production'
            WHERE m.document_type = 'production.ProductionOrder' GROUP BY m.document_id, m.product_id
        ) m ON m.document_id = o.id AND m.product_id = o.product_id
        WHERE o.good <> coalesce(m.q, 0) OR (o.status = 'done' AND o.cost <> coalesce(m.v, 0))
    """,
    "is finished, but something is still reserved for it or not everything is made": """
        SELECT o.number FROM production_productionorder o
        WHERE (o.status = 'done' AND o.good < o.quantity)
           OR (o.status IN ('done', 'cancelled') AND EXISTS (
               SELECT 1 FROM production_productioncomponent c WHERE c.order_id = o.id AND c.reserved > 0))
    """,
    "made on the order line differs from the reports": """
        SELECT DISTINCT s.number FROM orders_orderline l
        JOIN orders_salesorder s ON s.id = l.order_id
        LEFT JOIN (
            SELECT r.holder_id, sum(least(o.good, o.quantity)) q FROM production_productionorder o
            JOIN inventory_supplyrequest r ON r.id = o.request_id AND r.holder_type = 'orders.OrderLine'
            GROUP BY r.holder_id
        ) p ON p.holder_id = l.id
        WHERE l.made <> coalesce(p.q, 0)
    """,
    "status differs from the last row of its timeline": """
        SELECT o.number FROM production_productionorder o
        LEFT JOIN LATERAL (
            SELECT target FROM erp_statuschange c
            WHERE c.document_type = 'production.ProductionOrder' AND c.document_id = o.id ORDER BY c.id DESC LIMIT 1
        ) last ON true
        WHERE last.target IS DISTINCT FROM o.status
    """,
}


def differences() -> Iterator[str]:
    """One sentence for each production order that is not what its reports say."""
    for words, query in _PROOFS.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            for (number,) in cursor:
                yield f"{number}: {words}."
