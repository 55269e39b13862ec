-- Products. Each twentieth is made by us, out of two of its predecessor; of each fiftieth there is never one to spare.
-- What is made or bought for orders only has no reorder point, but for a few that are below theirs.
INSERT INTO inventory_category (name) SELECT word FROM bench.word WHERE kind = 'noun' AND place < 12;

INSERT INTO inventory_product (id, sku, name, specification, pinyin, initials, category_id, unit_id, supply,
                               list_price, standard_cost, reorder_point, minimum, created_at)
SELECT p, noun.code || '-' || lpad(p::text, 6, '0'),
       material.word || noun.word || ' ' || spec, spec,
       material.pinyin || noun.pinyin || spec, material.initials || noun.initials || spec,
       categories[1 + p % array_length(categories, 1)], unit.id,
       CASE WHEN p % 20 = 0 THEN 'make' ELSE 'buy' END,
       round(cost * 1.5, 2), cost,
       CASE WHEN (p % 20 = 0 OR p % 50 = 7) AND p % 500 <> 7 THEN 0 ELSE 20 END, 10, bench.today() - bench.days() * interval '1 day'
FROM generate_series(1, bench.products()) p
CROSS JOIN LATERAL (
    SELECT CASE WHEN p % 20 = 0 THEN 2 ELSE 1 END * (1 + bench.roll(p - (p % 20 = 0)::int, 20, 9000) / 100.0)::numeric(18, 2) AS cost,
           (2 + bench.roll(p, 21, 30)) || 'x' || (10 + 5 * bench.roll(p, 22, 40)) AS spec
) made
JOIN bench.word noun ON noun.kind = 'noun' AND noun.place = bench.roll(p, 23, bench.words('noun'))
JOIN bench.word material ON material.kind = 'material' AND material.place = bench.roll(p, 24, bench.words('material'))
CROSS JOIN (SELECT array_agg(id ORDER BY id) AS categories FROM inventory_category) c
CROSS JOIN (SELECT min(id) AS id FROM inventory_unit) unit;

INSERT INTO inventory_barcode (code, product_id)
SELECT '69' || lpad(p::text, 11, '0'), p FROM generate_series(1, bench.products(), 3) p;

INSERT INTO inventory_place (id, code, kind, warehouse_id, pick_order)
SELECT bench.first_bin() + b, 'BENCH-' || lpad(b::text, 4, '0'), 'bin', w.id, 1000 + b
FROM generate_series(0, bench.bins() - 1) b CROSS JOIN (SELECT min(id) AS id FROM inventory_warehouse) w;

INSERT INTO inventory_supplier (id, code, name, contact, phone, email, lead_days)
SELECT s, 'BS' || lpad(s::text, 4, '0'), city.word || brand.word || '供应链有限公司', '陈经理',
       '139' || lpad(bench.roll(s, 30, 100000000)::text, 8, '0'), 'bs' || s || '@suppliers.example', 3 + bench.roll(s, 31, 20)
FROM generate_series(1, bench.suppliers()) s
JOIN bench.word city ON city.kind = 'city' AND city.place = bench.roll(s, 32, bench.words('city'))
JOIN bench.word brand ON brand.kind = 'brand' AND brand.place = bench.roll(s, 33, bench.words('brand'));

INSERT INTO inventory_supplierprice (supplier_id, product_id, price)
SELECT 1 + p.id % bench.suppliers(), p.id, p.standard_cost FROM inventory_product p WHERE p.supply = 'buy';

INSERT INTO production_billofmaterials (id, product_id, version)
SELECT p.id, p.id, 1 FROM inventory_product p WHERE p.supply = 'make';
INSERT INTO production_bomline (bom_id, component_id, quantity)
SELECT p.id, p.id - 1, 2 FROM inventory_product p WHERE p.supply = 'make';

-- Customers, each with an owner, a contact and an address.
INSERT INTO orders_customer (id, code, name, pinyin, initials, level, credit_limit, payment_days, owner_id, email, created_at)
SELECT n, bench.number('CU', bench.today() - bench.days() * interval '1 day', n),
       city.word || brand.word || trade.word || '有限公司',
       city.pinyin || brand.pinyin || trade.pinyin || 'youxiangongsi',
       city.initials || brand.initials || trade.initials || 'yxgs',
       (ARRAY['A', 'B', 'B', 'C'])[1 + n % 4], (ARRAY[800000, 200000, 200000, NULL])[1 + n % 4], (ARRAY[45, 30, 30, 15])[1 + n % 4],
       owners[1 + n % array_length(owners, 1)], 'buyer' || n || '@customers.example',
       bench.today() - bench.days() * interval '1 day'
FROM generate_series(1, bench.customers()) n
JOIN bench.word city ON city.kind = 'city' AND city.place = bench.roll(n, 40, bench.words('city'))
JOIN bench.word brand ON brand.kind = 'brand' AND brand.place = bench.roll(n, 41, bench.words('brand'))
JOIN bench.word trade ON trade.kind = 'trade' AND trade.place = bench.roll(n, 42, bench.words('trade'))
CROSS JOIN (SELECT array_agg(u.id ORDER BY u.id) AS owners FROM erp_user u JOIN erp_user_groups m ON m.user_id = u.id
            JOIN auth_group g ON g.id = m.group_id AND g.name = 'sales') people;

INSERT INTO orders_contact (customer_id, name, phone, email, is_default)
SELECT c.id, bench.person(c.id), bench.phone(c.id), c.email, true FROM orders_customer c;

INSERT INTO orders_address (customer_id, recipient, phone, province, city, district, street, is_default)
SELECT c.id, bench.person(c.id), bench.phone(c.id), place.province, place.city, place.district,
       place.street || ' ' || (1 + c.id % 997) || ' 号', true
FROM orders_customer c JOIN bench.home place ON place.place = bench.roll(c.id, 40, bench.words('city'));
