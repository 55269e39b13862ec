-- The fate of every order, from which all its documents follow. Times never lie in the future.
CREATE UNLOGGED TABLE bench.plan AS
WITH placed AS (
    SELECT n AS id,
           (bench.orders() - n)::numeric / bench.orders() AS age,  -- 0: the newest, nearly 1: the oldest
           bench.roll(n, 1, 100) AS luck,
           bench.today() - (bench.orders() - n + 1) * (bench.days() * interval '1 day') / bench.orders() AS ordered_at,
           bench.skewed(n, 2, bench.customers()) AS customer_id
    FROM generate_series(1, bench.orders()) n
), fated AS (
    SELECT *, CASE
        WHEN age < 0.03 THEN CASE
            WHEN luck < 8 THEN 'pending' WHEN luck < 10 THEN 'rejected' WHEN luck < 14 THEN 'cancelled'
            WHEN luck < 26 THEN 'waiting' WHEN luck < 32 THEN 'making'
            WHEN luck < 42 THEN 'to_pick' WHEN luck < 46 THEN 'picked' WHEN luck < 50 THEN 'packed'
            WHEN luck < 72 THEN 'on_the_road' WHEN luck < 92 THEN 'unpaid' ELSE 'completed' END
        WHEN luck < 3 THEN 'cancelled'
        WHEN age < 0.12 AND luck < 25 THEN 'unpaid'
        WHEN bench.roll(id, 3, 300) = 0 THEN 'unpaid'
        ELSE 'completed' END AS fate
    FROM placed
), dated AS (
    SELECT *,
           fate NOT IN ('pending', 'rejected', 'cancelled') AS approved,
           fate IN ('to_pick', 'picked', 'packed', 'on_the_road', 'unpaid', 'completed') AS ready,
           fate IN ('picked', 'packed', 'on_the_road', 'unpaid', 'completed') AS picked,
           fate IN ('packed', 'on_the_road', 'unpaid', 'completed') AS packed,
           fate IN ('on_the_road', 'unpaid', 'completed') AS shipped,
           fate IN ('unpaid', 'completed') AS delivered,
           -- What has come in: nothing, a half or all.
           CASE WHEN fate = 'completed' THEN 1 WHEN fate = 'unpaid' AND luck % 3 = 0 THEN 0.5 ELSE 0 END AS paid_share,
           least(ordered_at + (5 + bench.roll(id, 4, 900)) * interval '1 minute', bench.today()) AS approved_at
    FROM fated
), sent AS (
    SELECT *, least(approved_at + (60 + bench.roll(id, 5, 4000)) * interval '1 minute', bench.today()) AS shipped_at
    FROM dated
), arrived AS (
    SELECT *, least(shipped_at + (600 + bench.roll(id, 6, 5000)) * interval '1 minute', bench.today()) AS delivered_at
    FROM sent
)
SELECT arrived.*,
       least(delivered_at + bench.roll(arrived.id, 7, 30) * interval '1 day', bench.today()) AS paid_at,
       1 + bench.roll(arrived.id, 8, bench.most_lines()) AS lines,
       c.owner_id AS salesperson_id,
       c.payment_days
FROM arrived JOIN orders_customer c ON c.id = customer_id;
ALTER TABLE bench.plan ADD PRIMARY KEY (id);
ANALYZE bench.plan;
