"""Proof that orders are what their lines and reservations say."""

from collections.abc import Iterator

from django.db import connection

# Each query answers with rows (document, what is wrong); an empty answer is the proof. Set-based, constant memory.
_PROOFS = {
    "totals are not the sum of the lines": """
        SELECT o.number FROM orders_salesorder o
        LEFT JOIN (SELECT order_id, sum(untaxed) u, sum(tax) t, sum(total) s FROM orders_orderline GROUP BY order_id) l
            ON l.order_id = o.id
        WHERE o.untaxed <> coalesce(l.u, 0) OR o.tax <> coalesce(l.t, 0) OR o.total <> coalesce(l.s, 0)
    """,
    "reserved on a line differs from its reservations": """
        SELECT o.number FROM orders_orderline l
        JOIN orders_salesorder o ON o.id = l.order_id
        JOIN inventory_product p ON p.id = l.product_id
        LEFT JOIN (
            SELECT holder_id, sum(quantity) q FROM inventory_reservation
            WHERE holder_type = 'orders.OrderLine' GROUP BY holder_id
        ) r ON r.holder_id = l.id
        WHERE p.kind = 'goods' AND l.reserved <> coalesce(r.q, 0)
    """,
    "is ready to ship, but not everything left is reserved": """
        SELECT DISTINCT o.number FROM orders_salesorder o JOIN orders_orderline l ON l.order_id = o.id
        WHERE o.status = 'ready_to_ship' AND l.quantity > l.shipped + l.reserved
    """,
    "waits, although everything left is reserved": """
        SELECT o.number FROM orders_salesorder o
        WHERE o.status IN ('approved', 'in_production')
          AND NOT EXISTS (SELECT 1 FROM orders_orderline l
                          WHERE l.order_id = o.id AND l.quantity > l.shipped + l.reserved)
    """,
    "is in production, but nothing is to be made for it": """
        SELECT o.number FROM orders_salesorder o
        WHERE o.status = 'in_production'
          AND NOT EXISTS (SELECT 1 FROM inventory_supplyrequest s
                          WHERE s.document_type = 'orders.SalesOrder' AND s.document_id = o.id
                            AND s.status = 'open' AND s.supply = 'make')
    """,
    "counts as shipped, but not every line has left": """
        SELECT DISTINCT o.number FROM orders_salesorder o JOIN orders_orderline l ON l.order_id = o.id
        WHERE o.status IN ('shipped', 'completed') AND l.shipped < l.quantity
    """,
    "everything has left, but it does not count as shipped": """
        SELECT o.number FROM orders_salesorder o
        WHERE o.status NOT IN ('shipped', 'completed')
          AND EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id)
          AND NOT EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.shipped < l.quantity)
    """,
    "holds stock although it is not being fulfilled": """
        SELECT DISTINCT o.number FROM orders_salesorder o JOIN orders_orderline l ON l.order_id = o.id
        WHERE o.status IN ('pending', 'rejected', 'cancelled', 'shipped', 'completed') AND l.reserved > 0
    """,
    "delivery does not agree with its lines": """
        SELECT o.number FROM orders_salesorder o
        WHERE (o.delivered_at IS NOT NULL) <> (
            EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id)
            AND NOT EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.delivered < l.quantity))
    """,
    "payment state does not agree with what is paid": """
        SELECT number FROM orders_salesorder
        WHERE payment_state <> CASE WHEN paid >= total AND (paid > 0 OR settled_at IS NOT NULL) THEN 'paid'
                                    WHEN paid <= 0 THEN 'unpaid' ELSE 'partly' END
           OR (settled_at IS NOT NULL) <> (payment_state = 'paid')
    """,
    "status differs from the last row of its timeline": """
        SELECT o.number FROM orders_salesorder o
        LEFT JOIN LATERAL (
            SELECT target FROM erp_statuschange c
            WHERE c.document_type = 'orders.SalesOrder' AND c.document_id = o.id ORDER BY c.id DESC LIMIT 1
        ) last ON true
        WHERE last.target IS DISTINCT FROM o.status
    """,
}


def differences() -> Iterator[str]:
    """One sentence for each order that is not what its lines say."""
    with connection.cursor() as cursor:
        for what, query in _PROOFS.items():
            cursor.execute(query)
            for (number,) in cursor:
                yield f"{number}: {what}"
