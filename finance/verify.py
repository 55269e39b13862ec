"""Proof that every balance of money equals its ledger, and the ledger agrees with itself and with stock.

Each check is one set-based statement that returns only what differs: (what, kept, counted).
"""

from collections.abc import Iterator

from django.db import connection

CHECKS: tuple[tuple[str, str], ...] = (
    (
        "Voucher %(what)s does not sum to zero: %(counted)s.",
        """
        SELECT e.number, 0, sum(l.amount) FROM finance_journalentry e
        LEFT JOIN finance_journalline l ON l.entry_id = e.id GROUP BY e.id HAVING coalesce(sum(l.amount), 1) <> 0
        """,
    ),
    (
        "Receivable %(what)s: total is %(kept)s, its lines come to %(counted)s.",
        """
        SELECT coalesce(i.number, i.id::text), i.total, coalesce(sum(l.untaxed + l.tax), 0) FROM finance_invoice i
        LEFT JOIN finance_invoiceline l ON l.invoice_id = i.id
        GROUP BY i.id HAVING i.total <> coalesce(sum(l.untaxed + l.tax), 0)
        """,
    ),
    (
        "Receivable %(what)s: %(kept)s is kept as allocated, its allocations come to %(counted)s.",
        """
        SELECT coalesce(i.number, i.id::text), i.allocated, coalesce(a.amount, 0) FROM finance_invoice i
        LEFT JOIN (
            SELECT document, sum(amount) AS amount FROM (
                SELECT invoice_id AS document, amount FROM finance_allocation
                UNION ALL SELECT credit_id, amount FROM finance_allocation WHERE credit_id IS NOT NULL
            ) both_sides GROUP BY document
        ) a ON a.document = i.id
        WHERE i.allocated <> coalesce(a.amount, 0)
        """,
    ),
    (
        "Payment %(what)s: %(kept)s is kept as allocated, its allocations come to %(counted)s.",
        """
        SELECT p.number, p.allocated, coalesce(a.amount, 0) FROM finance_payment p
        LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM finance_allocation GROUP BY payment_id) a
            ON a.payment_id = p.id
        WHERE p.allocated <> coalesce(a.amount, 0)
        """,
    ),
    (
        "Receivable %(what)s is “%(kept)s”, but %(counted)s of it is outstanding.",
        """
        SELECT coalesce(number, id::text), status, total - allocated FROM finance_invoice
        WHERE status IN ('posted', 'settled') AND (status = 'settled') <> (allocated = total)
        """,
    ),
    (
        "Customer %(what)s: a receivable of %(kept)s is kept, the documents come to %(counted)s.",
        """
        SELECT c.code, c.receivable, coalesce(i.amount, 0) - coalesce(a.amount, 0) FROM orders_customer c
        LEFT JOIN (
            SELECT customer_id, sum(round(total * rate, 2) * CASE kind WHEN 'credit' THEN -1 ELSE 1 END) AS amount
            FROM finance_invoice WHERE status IN ('posted', 'settled') GROUP BY customer_id
        ) i ON i.customer_id = c.id
        LEFT JOIN (
            SELECT p.customer_id, sum(a.amount * CASE p.kind WHEN 'refund' THEN -1 ELSE 1 END) AS amount
            FROM finance_allocation a JOIN finance_payment p ON p.id = a.payment_id GROUP BY p.customer_id
        ) a ON a.customer_id = c.id
        WHERE c.receivable <> coalesce(i.amount, 0) - coalesce(a.amount, 0)
        """,
    ),
    (
        "Customer %(what)s: a receivable of %(kept)s is kept, account 1122 says %(counted)s.",
        """
        SELECT c.code, c.receivable, coalesce(j.amount, 0) FROM orders_customer c
        LEFT JOIN (
            SELECT l.customer_id, sum(l.amount) AS amount FROM finance_journalline l
            JOIN finance_account a ON a.id = l.account_id WHERE a.code = '1122' GROUP BY l.customer_id
        ) j ON j.customer_id = c.id
        WHERE c.receivable <> coalesce(j.amount, 0)
        """,
    ),
    (
        "Customer %(what)s: %(kept)s of payments is unallocated, account 2203 says %(counted)s.",
        """
        SELECT c.code, coalesce(p.amount, 0), -coalesce(j.amount, 0) FROM orders_customer c
        LEFT JOIN (
            SELECT customer_id, sum((amount - allocated) * CASE kind WHEN 'refund' THEN -1 ELSE 1 END) AS amount
            FROM finance_payment WHERE status = 'posted' GROUP BY customer_id
        ) p ON p.customer_id = c.id
        LEFT JOIN (
            SELECT l.customer_id, sum(l.amount) AS amount FROM finance_journalline l
            JOIN finance_account a ON a.id = l.account_id WHERE a.code = '2203' GROUP BY l.customer_id
        ) j ON j.customer_id = c.id
        WHERE coalesce(p.amount, 0) <> -coalesce(j.amount, 0)
        """,
    ),
    (
        "Order %(what)s: %(kept)s is kept as paid, allocations come to %(counted)s.",
        """
        SELECT o.number, o.paid, coalesce(a.amount, 0) FROM orders_salesorder o
        LEFT JOIN (
            SELECT i.order_id, sum(a.amount) AS amount FROM finance_allocation a
            JOIN finance_invoice i ON i.id = a.invoice_id WHERE i.kind = 'invoice' GROUP BY i.order_id
        ) a ON a.order_id = o.id
        WHERE o.paid <> coalesce(a.amount, 0)
        """,
    ),
    (
        "Order line %(what)s: %(kept)s is kept as billed, receivables say %(counted)s.",
        """
        SELECT o.number || '/' || l.position, l.invoiced, coalesce(i.quantity, 0) FROM orders_orderline l
        JOIN orders_salesorder o ON o.id = l.order_id
        LEFT JOIN (
            SELECT il.order_line_id, sum(il.quantity) AS quantity FROM finance_invoiceline il
            JOIN finance_invoice i ON i.id = il.invoice_id
            WHERE i.kind = 'invoice' AND i.status IN ('posted', 'settled') GROUP BY il.order_line_id
        ) i ON i.order_line_id = l.id
        WHERE l.invoiced <> coalesce(i.quantity, 0)
        """,
    ),
    (
        "Numbers %(what)s have gaps: the counter stands at %(kept)s, %(counted)s are in use.",
        """
        SELECT c.name, c.value, coalesce(i.found, 0) FROM erp_counter c
        LEFT JOIN (
            SELECT substring(number from '^(.*)-[0-9]+$') AS name, count(*) AS found FROM finance_invoice
            WHERE number IS NOT NULL GROUP BY 1
        ) i ON i.name = c.name
        WHERE c.name ~ '^(INV|CN)-' AND c.value <> coalesce(i.found, 0)
        """,
    ),
)


def differences() -> Iterator[str]:
    """One sentence for each balance of money that does not equal its ledger; constant memory."""
    for message, statement in CHECKS:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            for what, kept, counted in cursor:
                yield message % {"what": what, "kept": kept, "counted": counted}
    yield from _stock()


STOCK = """
    WITH kept AS (SELECT coalesce(sum(value), 0) AS value FROM inventory_productcost),
    posted AS (
        SELECT coalesce(sum(l.amount), 0) AS value FROM finance_journalline l
        JOIN finance_account a ON a.id = l.account_id WHERE a.code = '1405'
    ),
    waiting AS (
        SELECT coalesce(sum(m.value * CASE WHEN t.kind IN ('bin', 'quarantine', 'damaged', 'transit') THEN 1 ELSE -1 END), 0) AS value
        FROM inventory_stockmove m
        JOIN inventory_place s ON s.id = m.source_id JOIN inventory_place t ON t.id = m.target_id
        LEFT JOIN finance_stockposting p ON p.move_id = m.id
        WHERE p.id IS NULL
            AND (s.kind IN ('bin', 'quarantine', 'damaged', 'transit')) <> (t.kind IN ('bin', 'quarantine', 'damaged', 'transit'))
    )
    SELECT kept.value, posted.value, waiting.value FROM kept, posted, waiting
    WHERE kept.value <> posted.value + waiting.value
"""


def _stock() -> Iterator[str]:
    """Account 1405 and the stock's own value agree, once what is still on its way to the ledger is counted."""
    with connection.cursor() as cursor:
        cursor.execute(STOCK)
        for kept, posted, waiting in cursor:
            yield f"Stock is worth {kept}, account 1405 says {posted} and {waiting} is not posted yet."
