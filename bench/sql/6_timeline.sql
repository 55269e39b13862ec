-- Who moved which document when. The rows of a document come in the order of its life.
INSERT INTO erp_statuschange (document_type, document_id, transition, source, target, at, seconds, by_id)
SELECT 'orders.SalesOrder', o.id, step.name, step.source, step.target, step.at, extract(epoch FROM step.at - step.before)::bigint, step.by
FROM bench.plan o
CROSS JOIN LATERAL (VALUES
    ('create', '', 'pending', o.ordered_at, o.ordered_at, o.salesperson_id, true),
    ('reject', 'pending', 'rejected', o.approved_at, o.ordered_at, o.salesperson_id, o.fate = 'rejected'),
    ('cancel', 'pending', 'cancelled', o.approved_at, o.ordered_at, o.salesperson_id, o.fate = 'cancelled'),
    ('approve', 'pending', 'approved', o.approved_at, o.ordered_at, NULL, o.approved),
    ('start_production', 'approved', 'in_production', o.approved_at, o.approved_at, NULL, o.fate = 'making'),
    ('make_ready', 'approved', 'ready_to_ship', o.approved_at, o.approved_at, NULL, o.ready),
    ('ship', 'ready_to_ship', 'shipped', o.shipped_at, o.approved_at, NULL, o.shipped),
    ('complete', 'shipped', 'completed', o.paid_at, o.shipped_at, NULL, o.fate = 'completed')
) step (name, source, target, at, before, by, happened)
WHERE step.happened;

INSERT INTO erp_statuschange (document_type, document_id, transition, source, target, at, seconds)
SELECT step.kind, o.id, step.name, step.source, step.target, step.at, extract(epoch FROM step.at - step.before)::bigint
FROM bench.plan o
CROSS JOIN LATERAL (VALUES
    ('shipping.PickList', 'create', '', 'open', o.approved_at, o.approved_at, o.ready),
    ('shipping.PickList', 'confirm', 'open', 'picked', o.shipped_at, o.approved_at, o.picked),
    ('shipping.PickList', 'pack', 'picked', 'packed', o.shipped_at, o.shipped_at, o.packed),
    ('shipping.Shipment', 'create', '', 'packed', o.shipped_at, o.shipped_at, o.packed),
    ('shipping.Shipment', 'hand_over', 'packed', 'in_transit', o.shipped_at, o.shipped_at, o.shipped),
    ('shipping.Shipment', 'deliver', 'in_transit', 'delivered', o.delivered_at, o.shipped_at, o.delivered),
    ('finance.Invoice', 'create', '', 'draft', o.shipped_at, o.shipped_at, o.shipped),
    ('finance.Invoice', 'post', 'draft', 'posted', o.shipped_at, o.shipped_at, o.shipped),
    ('finance.Invoice', 'settle', 'posted', 'settled', o.paid_at, o.shipped_at, o.paid_share = 1),
    ('finance.Payment', 'create', '', 'draft', o.paid_at, o.paid_at, o.paid_share > 0),
    ('finance.Payment', 'post', 'draft', 'posted', o.paid_at, o.paid_at, o.paid_share > 0)
) step (kind, name, source, target, at, before, happened)
WHERE step.happened;

INSERT INTO erp_statuschange (document_type, document_id, transition, source, target, at)
SELECT 'production.ProductionOrder', m.id, step.name, step.source, step.target, m.created_at
FROM production_productionorder m
CROSS JOIN LATERAL (VALUES
    ('create', '', 'planned', true),
    ('start', 'planned', 'in_progress', m.status IN ('in_progress', 'done')),
    ('finish', 'in_progress', 'done', m.status = 'done')
) step (name, source, target, happened)
WHERE step.happened;

INSERT INTO erp_statuschange (document_type, document_id, transition, source, target, at)
SELECT 'inventory.PurchaseOrder', p.id, step.name, step.source, step.target, p.created_at
FROM inventory_purchaseorder p
CROSS JOIN LATERAL (VALUES
    ('create', '', 'draft', true), ('place', 'draft', 'placed', true), ('complete', 'placed', 'received', p.status = 'received')
) step (name, source, target, happened)
WHERE step.happened
UNION ALL
SELECT 'inventory.GoodsReceipt', r.id, step.name, step.source, step.target, r.created_at
FROM inventory_goodsreceipt r
CROSS JOIN LATERAL (VALUES ('create', '', 'draft'), ('post', 'draft', 'posted')) step (name, source, target);

INSERT INTO erp_statuschange (document_type, document_id, transition, source, target, at)
SELECT 'aftersales.ServiceCase', c.id, step.name, step.source, step.target, c.created_at
FROM aftersales_servicecase c
CROSS JOIN LATERAL (VALUES ('create', '', 'open', true), ('resolve', 'open', 'resolved', c.status = 'resolved')
) step (name, source, target, happened)
WHERE step.happened
UNION ALL
SELECT 'aftersales.ReturnRequest', r.id, step.name, step.source, step.target, r.created_at
FROM aftersales_returnrequest r
CROSS JOIN LATERAL (VALUES ('create', '', 'requested', true), ('refuse', 'requested', 'refused', r.status = 'refused')
) step (name, source, target, happened)
WHERE step.happened;

-- A bell with something in it: what waits for approval, and what the salespeople sold last.
INSERT INTO notifications_notice (user_id, event, document_type, document_id, values, url, at)
SELECT n.user_id, 'orders.SalesOrder.' || n.step, 'orders.SalesOrder', o.id,
       jsonb_build_object('by', '', 'note', '', 'order', o.number, 'document', o.number, 'amount', '¥' || o.total, 'customer', c.name),
       '/orders/' || o.number || '/', o.ordered_at
FROM orders_salesorder o JOIN orders_customer c ON c.id = o.customer_id
CROSS JOIN LATERAL (
    SELECT o.salesperson_id AS user_id, 'approve' AS step WHERE o.approved_at IS NOT NULL
    UNION ALL SELECT u.id, 'create' FROM erp_user u WHERE u.username = 'approver' AND o.status = 'pending'
) n
WHERE o.id > bench.orders() - 2000;
