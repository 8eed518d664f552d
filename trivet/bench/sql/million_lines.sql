-- Two lines an order.
INSERT INTO orders_orderline (
    id, order_id, position, external_id, sku, variant_id, title, quantity, unit_price_minor, discount_minor,
    order_discount_minor, tax_minor, tax_included, paid_minor, cancelled, allocated, backordered, in_progress, shipped,
    delivered, returned)
SELECT ('01980000-0006-7000-8000-' || lpad(to_hex(n * 2 + p), 12, '0'))::uuid, ('01980000-0004-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, p, p::text, v.sku, v.id,
    v.title, 3 - p, 1000, 0, 0, CASE p WHEN 1 THEN 333 ELSE 167 END, true, (3 - p) * 1000, CASE WHEN dead THEN 3 - p ELSE 0 END,
    CASE WHEN fresh AND NOT dead THEN 3 - p ELSE 0 END, 0, 0, CASE WHEN fresh OR dead THEN 0 ELSE 3 - p END,
    CASE WHEN fresh OR dead THEN 0 ELSE 3 - p END, 0
FROM (SELECT n, n > 998000 AS fresh, n %% 40 = 7 AS dead
      FROM generate_series(%(start)s::int, %(stop)s::int) AS n) AS x
CROSS JOIN generate_series(1, 2) AS p
JOIN catalog_variant v ON v.sku = 'SKU-' || ((n * 7 + p * 13) %% %(skus)s)
