-- A slice of orders: the newest two thousandths are open, the rest shipped; some cancelled, some unpaid.
INSERT INTO orders_order (
    id, number, channel_id, external_id, digest, customer_id, placed_at, received_at, currency, email, name, country,
    postal_code, ship_to, shipping_method, items_minor, discount_minor, added_tax_minor, included_tax_minor,
    shipping_minor, shipping_discount_minor, shipping_tax_minor, shipping_tax_included, total_minor, cancelled_minor,
    authorized_minor, voided_minor, expired_minor, captured_minor, refunded_minor, units, units_cancelled,
    units_allocated, units_backordered, units_in_progress, units_shipped, units_delivered, units_exception,
    units_returned, holds_open, is_draft, tracked, scheduled, on_shortage, ship_together, never_split_lines, tags, note,
    invented, version)
SELECT
    ('01980000-0004-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1000000 + n, c.id, 'x-' || n, md5(n::text),
    ('01980000-0003-7000-8000-' || lpad(to_hex(who), 12, '0'))::uuid,
    at, at, 'GBP', 'buyer-' || who || '@example.com', pg_temp.person(who), 'GB',
    'LS' || n %% 29 || ' 1AA', '{"name": "Buyer", "line1": "1 Mill St", "city": "Leeds", "country": "GB"}', 'standard',
    3000, 0, 0, 500, 300, 0, 0, true, 3300, CASE WHEN dead THEN 3300 ELSE 0 END, 0, 0, 0,
    CASE WHEN dead OR n %% 10 = 0 AND fresh THEN 0 ELSE 3300 END, 0, 3, CASE WHEN dead THEN 3 ELSE 0 END,
    CASE WHEN fresh AND NOT dead THEN 3 ELSE 0 END, 0, 0, CASE WHEN fresh OR dead THEN 0 ELSE 3 END,
    CASE WHEN fresh OR dead THEN 0 ELSE 3 END, 0, 0, 0, false, true, false, 'backorder', false, true,
    CASE WHEN n %% 50 = 0 THEN '{gift}'::text[] ELSE '{}' END, '', true, 1
FROM (SELECT n, n > 998000 AS fresh, n %% 40 = 7 AS dead, n - (n - %(start)s) %% 3 AS who,
             now() - (1000000 - n) * interval '40 seconds' AS at
      FROM generate_series(%(start)s::int, %(stop)s::int) AS n) AS x
CROSS JOIN (SELECT id FROM company_channel WHERE slug = 'web') AS c
