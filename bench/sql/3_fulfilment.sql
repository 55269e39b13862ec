-- What waits for supply: the first line of an order that is not ready, and what was made for one that is.
INSERT INTO inventory_supplyrequest (id, product_id, warehouse_id, quantity, covered, supply, needed_by,
                                     holder_type, holder_id, document_type, document_id, status, created_at)
SELECT l.id, l.product_id, o.warehouse_id, l.quantity, l.made,
       CASE WHEN p.id % 20 = 0 THEN 'make' ELSE 'buy' END, o.promised_date, 'orders.OrderLine', l.id, 'orders.SalesOrder', o.id,
       CASE WHEN l.made > 0 THEN 'covered' ELSE 'open' END, plan.approved_at
FROM bench.plan plan
JOIN orders_salesorder o ON o.id = plan.id
JOIN orders_orderline l ON l.order_id = o.id AND l.position = 1
JOIN inventory_product p ON p.id = l.product_id
WHERE plan.fate IN ('waiting', 'making') OR l.made > 0;

INSERT INTO production_productionorder (id, number, status, product_id, warehouse_id, quantity, good, due, request_id, cost,
                                        created_at, status_since)
SELECT o.id, bench.number('MO', o.approved_at, o.id),
       CASE WHEN r.covered > 0 THEN 'done' WHEN o.id % 2 = 0 THEN 'planned' ELSE 'in_progress' END,
       r.product_id, r.warehouse_id, r.quantity, r.covered, r.needed_by, r.id, r.covered * p.standard_cost,
       o.approved_at, o.approved_at
FROM inventory_supplyrequest r JOIN bench.plan o ON o.id = r.document_id JOIN inventory_product p ON p.id = r.product_id
WHERE r.supply = 'make' ORDER BY o.id;

INSERT INTO production_productioncomponent (id, order_id, product_id, per_unit, needed, reserved, issued)
SELECT m.id, m.id, m.product_id - 1, 2, 2 * m.quantity, 2 * (m.quantity - m.good), 2 * m.good FROM production_productionorder m;

INSERT INTO production_operationrun (order_id, good, minutes, cost, at, key)
SELECT m.id, m.good, 0, m.cost, m.created_at, 'bench-' || m.id FROM production_productionorder m WHERE m.status = 'done';

-- Picking, packing, carriers.
INSERT INTO shipping_picklist (id, number, status, order_id, created_at, status_since)
SELECT o.id, bench.number('PK', o.approved_at, o.id),
       CASE WHEN o.packed THEN 'packed' WHEN o.picked THEN 'picked' ELSE 'open' END, o.id, o.approved_at, o.approved_at
FROM bench.plan o WHERE o.ready ORDER BY o.id;

INSERT INTO shipping_pickline (id, pick_list_id, order_line_id, item_id, wanted, picked)
SELECT l.id, o.id, l.id, l.product_id, l.quantity, CASE WHEN o.picked THEN l.quantity END
FROM bench.plan o JOIN orders_orderline l ON l.order_id = o.id WHERE o.ready ORDER BY l.id;

INSERT INTO shipping_shipment (id, number, status, order_id, pick_list_id, service_id, handed_over_at, expected_on, delivered_at,
                               cost, created_at, status_since)
SELECT o.id, bench.number('SH', o.shipped_at, o.id),
       CASE WHEN o.delivered THEN 'delivered' WHEN o.shipped THEN 'in_transit' ELSE 'packed' END,
       o.id, o.id, s.id, CASE WHEN o.shipped THEN o.shipped_at END,
       CASE WHEN o.shipped THEN bench.day(o.shipped_at) + s.transit_days END,
       CASE WHEN o.delivered THEN o.delivered_at END, CASE WHEN o.shipped THEN cost.value ELSE 0 END,
       o.shipped_at, CASE WHEN o.delivered THEN o.delivered_at ELSE o.shipped_at END
FROM bench.plan o
JOIN bench.service s ON s.place = bench.roll(o.id, 70, (SELECT count(*)::int FROM bench.service))
JOIN (SELECT l.order_id, sum(l.quantity * p.standard_cost) AS value FROM orders_orderline l
      JOIN inventory_product p ON p.id = l.product_id GROUP BY l.order_id) cost ON cost.order_id = o.id
WHERE o.packed ORDER BY o.id;

INSERT INTO shipping_parcel (id, shipment_id, position, carrier_id, tracking_number, state)
SELECT o.id, o.id, 1, s.carrier_id, 'BN' || lpad(o.id::text, 12, '0'),
       CASE WHEN o.delivered THEN 'delivered' WHEN o.shipped THEN 'in_transit' ELSE 'packed' END
FROM bench.plan o
JOIN bench.service s ON s.place = bench.roll(o.id, 70, (SELECT count(*)::int FROM bench.service))
WHERE o.packed ORDER BY o.id;

INSERT INTO shipping_parcelline (id, parcel_id, order_line_id, item_id, quantity)
SELECT l.id, o.id, l.id, l.product_id, l.quantity
FROM bench.plan o JOIN orders_orderline l ON l.order_id = o.id WHERE o.packed ORDER BY l.id;

INSERT INTO shipping_handover (number, shipment_id, carrier_id, parcels, at)
SELECT bench.number('HO', o.shipped_at, o.id), o.id, s.carrier_id, 1, o.shipped_at
FROM bench.plan o
JOIN bench.service s ON s.place = bench.roll(o.id, 70, (SELECT count(*)::int FROM bench.service))
WHERE o.shipped ORDER BY o.id;

INSERT INTO shipping_trackingevent (parcel_id, state, text, at, recorded_at, key)
SELECT o.id, scan.state, scan.text, scan.at, scan.at, 'bench-' || o.id || '-' || scan.state
FROM bench.plan o
CROSS JOIN LATERAL (VALUES
    ('collected', '快件已由网点揽收', o.shipped_at, true),
    ('in_transit', '快件已到达转运中心', o.shipped_at + (o.delivered_at - o.shipped_at) / 2, true),
    ('delivered', '已签收，签收人：本人', o.delivered_at, o.delivered)
) scan (state, text, at, happened)
WHERE o.shipped AND scan.happened;

-- After the sale.
INSERT INTO aftersales_feedback (order_id, stars, text, at)
SELECT o.id, 3 + o.id % 3, '', o.delivered_at FROM bench.plan o WHERE o.fate = 'completed' AND o.id % 10 = 1;

INSERT INTO aftersales_servicecase (id, number, status, order_id, subject, text, deadline, created_at, status_since)
SELECT o.id, bench.number('CS', o.delivered_at, o.id), CASE WHEN o.age < 0.05 THEN 'open' ELSE 'resolved' END, o.id, '少发配件',
       '其中一箱少螺丝包', o.delivered_at + interval '1 day', o.delivered_at, o.delivered_at
FROM bench.plan o WHERE o.delivered AND o.id % 200 = 3;

INSERT INTO aftersales_returnrequest (id, number, status, order_id, reason, text, created_at, status_since)
SELECT o.id, bench.number('RT', o.delivered_at, o.id), CASE WHEN o.age < 0.05 THEN 'requested' ELSE 'refused' END, o.id, 'quality',
       '到货后检查发现问题，申请退货。', o.delivered_at, o.delivered_at
FROM bench.plan o WHERE o.delivered AND o.id % 200 = 7;

INSERT INTO aftersales_returnline (request_id, order_line_id, quantity)
SELECT r.id, l.id, 1 FROM aftersales_returnrequest r JOIN orders_orderline l ON l.order_id = r.order_id AND l.position = 1;
