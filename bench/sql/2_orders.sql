-- Lines first: an order's amounts are their sum. A line's id is its order's place times the most lines an order may have.
INSERT INTO orders_orderline (id, order_id, position, product_id, description, quantity, unit, unit_price, list_price,
                              tax_rate, untaxed, tax, total, reserved, made, picked, shipped, delivered, invoiced)
SELECT (o.id - 1) * bench.most_lines() + position, o.id, position, p.id, p.name, quantity, '个', p.list_price, p.list_price,
       0.13, untaxed, tax, untaxed + tax,
       CASE WHEN o.shipped OR NOT o.approved OR (position = 1 AND NOT o.ready) THEN 0 ELSE quantity END,
       CASE WHEN position = 1 AND bench.made_for(o.fate, p.id) THEN quantity ELSE 0 END,
       CASE WHEN o.picked THEN quantity ELSE 0 END, CASE WHEN o.shipped THEN quantity ELSE 0 END,
       CASE WHEN o.delivered THEN quantity ELSE 0 END, CASE WHEN o.shipped THEN quantity ELSE 0 END
FROM bench.plan o
CROSS JOIN LATERAL generate_series(1, o.lines) position
-- The first line of an order that waits is of a product that there is nothing to spare of.
JOIN inventory_product p ON p.id = CASE
    WHEN position = 1 AND o.fate = 'waiting' THEN 7 + 50 * bench.roll(o.id, 50, bench.products() / 50)
    WHEN position = 1 AND o.fate = 'making' THEN 20 + 20 * bench.roll(o.id, 51, bench.products() / 20)
    ELSE bench.skewed((o.id - 1) * bench.most_lines() + position, 52, bench.products()) END
CROSS JOIN LATERAL (SELECT (1 + bench.roll((o.id - 1) * bench.most_lines() + position, 53, 40))::numeric AS quantity) wanted
CROSS JOIN LATERAL (SELECT round(quantity * p.list_price, 2) AS untaxed) priced
CROSS JOIN LATERAL (SELECT round(untaxed * 0.13, 2) AS tax) taxed;
ANALYZE orders_orderline;

INSERT INTO orders_salesorder (id, number, status, customer_id, channel_id, external_number, salesperson_id, created_by_id,
    warehouse_id, ordered_at, created_at, promised_date, customer_note, ship_to, phone_last4, untaxed, tax, total, paid,
    payment_state, approved_at, shipped_at, delivered_at, settled_at, hold_reason, hold_by_id, status_since)
SELECT o.id, bench.number('SO', o.ordered_at, o.id),
       CASE o.fate WHEN 'waiting' THEN 'approved' WHEN 'making' THEN 'in_production' WHEN 'to_pick' THEN 'ready_to_ship'
                   WHEN 'picked' THEN 'ready_to_ship' WHEN 'packed' THEN 'ready_to_ship' WHEN 'on_the_road' THEN 'shipped'
                   WHEN 'unpaid' THEN 'shipped' ELSE o.fate END,
       o.customer_id, channels[1 + bench.roll(o.id, 60, array_length(channels, 1))],
       CASE WHEN o.id % 3 = 0 THEN 'PO' || o.id ELSE '' END,
       o.salesperson_id, o.salesperson_id, w.id, o.ordered_at, o.ordered_at,
       bench.day(o.ordered_at) + 3 + bench.roll(o.id, 61, 20),
       CASE WHEN o.id % 10 = 0 THEN '周末可收货' ELSE '' END,
       jsonb_build_object('recipient', a.recipient, 'phone', a.phone, 'province', a.province, 'city', a.city,
                          'district', a.district, 'street', a.street),
       right(a.phone, 4), sums.untaxed, sums.tax, sums.total, round(sums.total * o.paid_share, 2),
       CASE o.paid_share WHEN 1 THEN 'paid' WHEN 0 THEN 'unpaid' ELSE 'partly' END,
       CASE WHEN o.approved THEN o.approved_at END, CASE WHEN o.shipped THEN o.shipped_at END,
       CASE WHEN o.delivered THEN o.delivered_at END, CASE WHEN o.paid_share = 1 THEN o.paid_at END,
       CASE WHEN held THEN '等客户确认图纸' ELSE '' END, CASE WHEN held THEN o.salesperson_id END,
       CASE WHEN o.fate = 'completed' THEN o.paid_at WHEN o.shipped THEN o.shipped_at
            WHEN o.fate = 'pending' THEN o.ordered_at ELSE o.approved_at END
FROM bench.plan o
JOIN (SELECT order_id, sum(untaxed) AS untaxed, sum(tax) AS tax, sum(total) AS total FROM orders_orderline GROUP BY order_id) sums
    ON sums.order_id = o.id
JOIN orders_address a ON a.customer_id = o.customer_id
CROSS JOIN LATERAL (SELECT o.fate IN ('pending', 'waiting', 'to_pick') AND o.id % 25 = 0 AS held) stopped
CROSS JOIN (SELECT array_agg(id ORDER BY id) AS channels FROM orders_channel WHERE is_manual OR code IN ('mall', 'api')) c
CROSS JOIN (SELECT min(id) AS id FROM inventory_warehouse) w
ORDER BY o.id;
ANALYZE orders_salesorder;

INSERT INTO orders_ordercheck (order_id, code, severity, finding, values, at)
SELECT o.id, code, CASE WHEN short THEN 'warn' ELSE 'pass' END,
       CASE WHEN short THEN CASE o.fate WHEN 'making' THEN 'stock_to_make' ELSE 'stock_to_buy' END ELSE 'ok' END,
       CASE WHEN short THEN jsonb_build_object('products', l.description) ELSE '{}' END, o.ordered_at
FROM bench.plan o
CROSS JOIN LATERAL unnest(ARRAY['customer', 'address', 'price', 'stock', 'credit', 'duplicate']) code
CROSS JOIN LATERAL (SELECT code = 'stock' AND o.fate IN ('waiting', 'making') AS short) found
LEFT JOIN orders_orderline l ON short AND l.order_id = o.id AND l.position = 1;

INSERT INTO orders_approvalstep (order_id, decision, decided_by_id, reason, at)
SELECT o.id, CASE WHEN o.fate = 'rejected' THEN 'rejected' ELSE 'approved' END,
       CASE WHEN o.fate = 'rejected' OR o.id % 4 = 0 THEN approver.id END,
       CASE WHEN o.fate = 'rejected' THEN '价格低于底价' ELSE '' END, o.approved_at
FROM bench.plan o
CROSS JOIN (SELECT id FROM erp_user WHERE username = 'approver') approver
WHERE o.approved OR o.fate = 'rejected';

INSERT INTO erp_comment (document_type, document_id, by_id, at, text)
SELECT 'orders.SalesOrder', o.id, o.salesperson_id, o.ordered_at, '客户来电催货，请尽快安排。' FROM bench.plan o WHERE o.id % 100 = 0;
