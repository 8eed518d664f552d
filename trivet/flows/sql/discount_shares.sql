-- Lines whose share of the order's discounts is not the sum of what is kept of it by code.
WITH share AS (SELECT id, order_id, position, order_discount_minor AS minor FROM orders_orderline WHERE order_discount_minor <> 0),
kept AS (SELECT line_id, min(order_id::text)::uuid AS order_id, sum(amount_minor) AS minor FROM orders_adjustment GROUP BY 1)
SELECT o.number, l.position, coalesce(s.minor, 0) AS share, coalesce(k.minor, 0) AS adjustments
FROM share s FULL JOIN kept k ON k.line_id = s.id
JOIN orders_order o ON o.id = coalesce(s.order_id, k.order_id)
LEFT JOIN orders_orderline l ON l.id = coalesce(s.id, k.line_id)
WHERE coalesce(s.minor, 0) <> coalesce(k.minor, 0)
ORDER BY 1, 2
