-- Lines whose allocated units are not what is allocated of each component.
WITH expected AS (
    SELECT l.id AS line_id, coalesce(c.variant_id, l.variant_id) AS variant_id,
           l.allocated * coalesce(c.quantity, 1) AS units
    FROM orders_orderline l LEFT JOIN orders_linecomponent c ON c.line_id = l.id
    WHERE l.allocated > 0
),
held AS (
    SELECT line_id, variant_id, sum(quantity) AS units FROM inventory_allocation WHERE quantity > 0 GROUP BY 1, 2
)
SELECT o.number, l.position, v.sku, coalesce(e.units, 0) AS allocated, coalesce(h.units, 0) AS allocations
FROM expected e FULL JOIN held h USING (line_id, variant_id)
JOIN orders_orderline l ON l.id = line_id
JOIN orders_order o ON o.id = l.order_id
LEFT JOIN catalog_variant v ON v.id = coalesce(e.variant_id, h.variant_id)
WHERE coalesce(e.units, 0) <> coalesce(h.units, 0)
ORDER BY 1, 2, 3
