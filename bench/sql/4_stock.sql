-- Everything that was ever sold or used was bought first: what each product's ledger must cover, and what is left.
CREATE UNLOGGED TABLE bench.need AS
SELECT p.id AS product_id, p.standard_cost AS cost,
       coalesce(sold.shipped, 0) AS shipped, coalesce(sold.reserved, 0) + coalesce(parts.reserved, 0) AS reserved,
       coalesce(sold.made, 0) AS made, coalesce(parts.issued, 0) AS issued,
       CASE WHEN p.id % 20 = 0 OR p.id % 50 = 7 THEN 0 ELSE 20 + bench.roll(p.id, 80, 500) END AS spare
FROM inventory_product p
LEFT JOIN (SELECT product_id, sum(shipped) AS shipped, sum(reserved) AS reserved, sum(made) AS made FROM orders_orderline
           GROUP BY product_id) sold ON sold.product_id = p.id
LEFT JOIN (SELECT product_id, sum(reserved) AS reserved, sum(issued) AS issued FROM production_productioncomponent
           GROUP BY product_id) parts ON parts.product_id = p.id;
ALTER TABLE bench.need ADD COLUMN bought numeric(18, 4);
UPDATE bench.need SET bought = shipped + reserved + issued + spare - made;

INSERT INTO inventory_stockitem (id, product_id, place_id, on_hand, reserved)
SELECT product_id, product_id, bench.bin(product_id), reserved + spare, reserved FROM bench.need ORDER BY product_id;
SELECT inventory_count_low(array_agg(id)) FROM inventory_product;
INSERT INTO inventory_productcost (product_id, warehouse_id, quantity, value)
SELECT product_id, w.id, reserved + spare, (reserved + spare) * cost
FROM bench.need CROSS JOIN (SELECT min(id) AS id FROM inventory_warehouse) w;

-- One purchase order for each fifty products, received in full; a few are still to come.
INSERT INTO inventory_purchaseorder (id, number, status, supplier_id, warehouse_id, expected_on, total, created_at, status_since)
SELECT po, bench.number('PO', at, po), 'received', 1 + po % bench.suppliers(), w.id, bench.day(at), total, at, at
FROM (SELECT bench.purchase_of(product_id) AS po, sum(bought * cost) AS total, bench.opened() AS at FROM bench.need
      WHERE bought > 0 GROUP BY 1) bought
CROSS JOIN (SELECT min(id) AS id FROM inventory_warehouse) w ORDER BY po;
INSERT INTO inventory_purchaseline (id, order_id, position, product_id, quantity, received, unit_price, amount)
SELECT product_id, bench.purchase_of(product_id), 1 + (product_id - 1) % 50, product_id, bought, bought, cost, bought * cost
FROM bench.need WHERE bought > 0;
INSERT INTO inventory_goodsreceipt (id, number, status, order_id, place_id, total, created_at, status_since)
SELECT id, bench.number('GR', created_at, id), 'posted', id, bench.first_bin(), total, created_at, created_at FROM inventory_purchaseorder;
INSERT INTO inventory_receiptline (receipt_id, purchase_line_id, quantity, value)
SELECT order_id, id, quantity, amount FROM inventory_purchaseline ORDER BY id;

INSERT INTO inventory_purchaseorder (id, number, status, supplier_id, warehouse_id, expected_on, total, created_at, status_since)
SELECT po, bench.number('PO', bench.today(), po), 'placed', 1 + po % bench.suppliers(), w.id, bench.day(bench.today()) + 7, 0,
       bench.today(), bench.today()
FROM generate_series(bench.purchases() + 1, bench.purchases() + 1 + bench.purchases() / 20) po
CROSS JOIN (SELECT min(id) AS id FROM inventory_warehouse) w;
INSERT INTO inventory_purchaseline (id, order_id, position, product_id, quantity, unit_price, amount)
SELECT bench.products() + po.id, po.id, 1, p.id, 100, p.standard_cost, 100 * p.standard_cost
FROM inventory_purchaseorder po
JOIN inventory_product p ON p.id = 7 + 50 * bench.roll(po.id, 81, bench.products() / 50) WHERE po.status = 'placed';
UPDATE inventory_purchaseorder po SET total = l.amount FROM inventory_purchaseline l WHERE l.order_id = po.id AND po.status = 'placed';

-- The ledger: goods in, goods out to customers, components and goods of production.
INSERT INTO inventory_stockmove (id, product_id, source_id, target_id, quantity, unit_cost, value, document_type, document_id,
                                 line_id, at, key)
SELECT n.product_id, n.product_id, s.id, bench.bin(n.product_id), n.bought, n.cost, n.bought * n.cost, 'inventory.GoodsReceipt',
       bench.purchase_of(n.product_id), n.product_id, bench.opened(), 'receipt:' || n.product_id
FROM bench.need n CROSS JOIN bench.virtual s WHERE s.kind = 'supplier' AND n.bought > 0 ORDER BY n.product_id;

INSERT INTO inventory_stockmove (id, product_id, source_id, target_id, quantity, unit_cost, value, document_type, document_id,
                                 line_id, at, key)
SELECT bench.products() + l.id, l.product_id, bench.bin(l.product_id), t.id, l.quantity, p.standard_cost,
       l.quantity * p.standard_cost, 'shipping.Shipment', o.id, l.id, o.shipped_at, 'ship:' || o.id || ':' || l.id || ':' || l.product_id
FROM bench.plan o JOIN orders_orderline l ON l.order_id = o.id JOIN inventory_product p ON p.id = l.product_id
CROSS JOIN bench.virtual t WHERE t.kind = 'customer' AND o.shipped ORDER BY l.id;

INSERT INTO inventory_stockmove (id, product_id, source_id, target_id, quantity, unit_cost, value, document_type, document_id,
                                 line_id, at, key)
SELECT bench.made_move(m.id), c.product_id, bench.bin(c.product_id), t.id, c.issued, p.standard_cost, c.issued * p.standard_cost,
       'production.ProductionOrder', m.id, c.id, m.created_at, 'run:bench-' || m.id || ':' || c.id
FROM production_productionorder m JOIN production_productioncomponent c ON c.order_id = m.id
JOIN inventory_product p ON p.id = c.product_id CROSS JOIN bench.virtual t WHERE t.kind = 'production' AND m.status = 'done'
UNION ALL
SELECT bench.made_move(m.id) + 1, m.product_id, s.id, bench.bin(m.product_id), m.good, p.standard_cost, m.good * p.standard_cost,
       'production.ProductionOrder', m.id, NULL, m.created_at, 'run:bench-' || m.id || ':good'
FROM production_productionorder m JOIN inventory_product p ON p.id = m.product_id
CROSS JOIN bench.virtual s WHERE s.kind = 'production' AND m.status = 'done';

-- Promises: one balance each, and the entries that led to it.
INSERT INTO inventory_reservation (item_id, holder_type, holder_id, quantity, since)
SELECT l.product_id, 'orders.OrderLine', l.id, l.reserved, o.approved_at
FROM bench.plan o JOIN orders_orderline l ON l.order_id = o.id WHERE l.reserved > 0
UNION ALL
SELECT c.product_id, 'production.ProductionComponent', c.id, c.reserved, m.created_at
FROM production_productioncomponent c JOIN production_productionorder m ON m.id = c.order_id WHERE c.reserved > 0;

INSERT INTO inventory_reservationentry (item_id, holder_type, holder_id, quantity, reason, at)
SELECT l.product_id, 'orders.OrderLine', l.id, entry.sign * l.quantity, entry.reason, entry.at
FROM bench.plan o JOIN orders_orderline l ON l.order_id = o.id
CROSS JOIN LATERAL (VALUES (1, 'order', o.approved_at, true), (-1, 'issue', o.shipped_at, o.shipped)) entry (sign, reason, at, happened)
WHERE (o.shipped OR l.reserved > 0) AND entry.happened
UNION ALL
SELECT c.product_id, 'production.ProductionComponent', c.id, entry.sign * c.needed, entry.reason, m.created_at
FROM production_productioncomponent c JOIN production_productionorder m ON m.id = c.order_id
CROSS JOIN LATERAL (VALUES (1, 'production', true), (-1, 'issue', c.issued > 0)) entry (sign, reason, happened)
WHERE entry.happened;
