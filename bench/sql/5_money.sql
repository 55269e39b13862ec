-- One receivable for each shipment, numbered without gaps in each month; one payment for each order that was paid.
INSERT INTO finance_invoice (id, number, status, kind, source_key, invoice_date, due_date, untaxed, tax, total, allocated,
                             customer_id, order_id, created_at, status_since)
SELECT o.id, 'INV-' || month || '-' || bench.digits(row_number() OVER (PARTITION BY month ORDER BY o.id)),
       CASE WHEN p.paid_share = 1 THEN 'settled' ELSE 'posted' END, 'invoice', 'shipment:' || o.id,
       bench.day(p.shipped_at), bench.day(p.shipped_at) + p.payment_days, o.untaxed, o.tax, o.total, o.paid,
       o.customer_id, o.id, p.shipped_at, CASE WHEN p.paid_share = 1 THEN p.paid_at ELSE p.shipped_at END
FROM bench.plan p JOIN orders_salesorder o ON o.id = p.id
CROSS JOIN LATERAL (SELECT to_char(bench.day(p.shipped_at), 'YYYYMM') AS month) billed
WHERE p.shipped;
INSERT INTO erp_counter (name, value)
SELECT substring(number FROM '^(.*)-'), count(*) FROM finance_invoice GROUP BY 1;

INSERT INTO finance_invoiceline (id, invoice_id, order_line_id, quantity, unit_price, tax_rate, untaxed, tax)
SELECT l.id, o.id, l.id, l.quantity, l.unit_price, l.tax_rate, l.untaxed, l.tax
FROM bench.plan o JOIN orders_orderline l ON l.order_id = o.id WHERE o.shipped ORDER BY l.id;

INSERT INTO finance_payment (id, number, status, kind, received_on, method, reference, amount, allocated, customer_id,
                             created_at, status_since)
SELECT o.id, bench.number('PY', p.paid_at, o.id), 'posted', 'receipt', bench.day(p.paid_at), 'bank', 'BENCH' || o.id,
       o.paid, o.paid, o.customer_id, p.paid_at, p.paid_at
FROM bench.plan p JOIN orders_salesorder o ON o.id = p.id WHERE p.paid_share > 0 ORDER BY o.id;

INSERT INTO finance_allocation (id, payment_id, invoice_id, amount, at)
SELECT id, id, id, amount, created_at FROM finance_payment ORDER BY id;

UPDATE orders_customer c SET receivable = owed.amount
FROM (SELECT customer_id, sum(total - allocated) AS amount FROM finance_invoice GROUP BY customer_id) owed
WHERE owed.customer_id = c.id;

-- The general ledger: one row of bench.voucher for each debit and credit, then the vouchers from them.
CREATE UNLOGGED TABLE bench.voucher AS
SELECT r.id AS document_id, 'inventory.GoodsReceipt' AS document_type, bench.entry(r.id, 0) AS entry_id,
       'stock:' || m.first AS key, '采购入库 ' || r.number AS text, r.created_at AS at,
       '1405' AS debit, '2202' AS credit, r.total AS amount, NULL::bigint AS debtor, NULL::bigint AS creditor
FROM inventory_goodsreceipt r
JOIN (SELECT bench.purchase_of(product_id) AS receipt_id, min(product_id) AS first FROM bench.need WHERE bought > 0 GROUP BY 1) m
    ON m.receipt_id = r.id
UNION ALL
SELECT s.id, 'shipping.Shipment', bench.entry(s.id, 1), 'stock:' || (bench.products() + (s.id - 1) * bench.most_lines() + 1),
       '销售成本 ' || s.number, s.handed_over_at, '6401', '1405', s.cost, NULL, NULL
FROM shipping_shipment s WHERE s.handed_over_at IS NOT NULL
UNION ALL
SELECT i.id, 'finance.Invoice', bench.entry(i.id, 2), 'invoice:' || i.id, '确认应收 ' || i.number, i.created_at,
       '1122', '6001', i.untaxed, i.customer_id, NULL
FROM finance_invoice i
UNION ALL
SELECT i.id, 'finance.Invoice', bench.entry(i.id, 2), 'invoice:' || i.id, '确认应收 ' || i.number, i.created_at,
       '1122', '222101', i.tax, i.customer_id, NULL
FROM finance_invoice i
UNION ALL
SELECT p.id, 'finance.Payment', bench.entry(p.id, 3), 'payment:' || p.id, '收款 ' || p.number, p.created_at,
       '1002', '2203', p.amount, NULL, p.customer_id
FROM finance_payment p
UNION ALL
SELECT p.id, 'finance.Payment', bench.entry(p.id, 4), 'allocation:' || p.id, '核销收款 ' || p.number, p.created_at,
       '2203', '1122', p.amount, p.customer_id, p.customer_id
FROM finance_payment p
UNION ALL
SELECT m.id, 'production.ProductionOrder', bench.entry(m.id, 5), 'stock:' || bench.made_move(m.id), '生产领料 ' || m.number,
       m.created_at, '5001', '1405', m.cost, NULL, NULL
FROM production_productionorder m WHERE m.status = 'done'
UNION ALL
SELECT m.id, 'production.ProductionOrder', bench.entry(m.id, 6), 'stock:' || (bench.made_move(m.id) + 1), '生产入库 ' || m.number,
       m.created_at, '1405', '5001', m.cost, NULL, NULL
FROM production_productionorder m WHERE m.status = 'done';

INSERT INTO finance_journalentry (id, number, date, text, document_type, document_id, key, at)
SELECT entry_id, bench.number('JE', at, entry_id), bench.day(at), text, document_type, document_id, key, at
FROM bench.voucher WHERE credit <> '222101' ORDER BY entry_id;

INSERT INTO finance_journalline (entry_id, account_id, customer_id, amount)
SELECT v.entry_id, a.id, side.customer_id, side.amount
FROM bench.voucher v
CROSS JOIN LATERAL (VALUES (v.debit, v.debtor, v.amount), (v.credit, v.creditor, -v.amount)) side (code, customer_id, amount)
JOIN finance_account a ON a.code = side.code
WHERE side.amount <> 0;

INSERT INTO finance_stockposting (move_id, entry_id)
SELECT m.id, CASE m.document_type
           WHEN 'inventory.GoodsReceipt' THEN bench.entry(m.document_id, 0)
           WHEN 'shipping.Shipment' THEN bench.entry(m.document_id, 1)
           ELSE bench.entry(m.document_id, CASE WHEN m.line_id IS NULL THEN 6 ELSE 5 END) END
FROM inventory_stockmove m;
