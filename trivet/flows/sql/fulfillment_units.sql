-- Allocations whose units are not what unfinished fulfillment orders are to ship, and fulfillment orders that miscount.
WITH planned AS (
    SELECT line.allocation_id, sum(line.quantity - line.cancelled) AS units
    FROM fulfillment_fulfillmentorder f JOIN fulfillment_fulfillmentorderline line ON line.fulfillment_order_id = f.id
    WHERE f.state IN ('scheduled', 'open', 'on_hold', 'in_progress') GROUP BY 1
),
head AS (
    SELECT f.order_id, f.sequence, f.units, coalesce(sum(line.quantity - line.cancelled), 0) AS planned
    FROM fulfillment_fulfillmentorder f
    LEFT JOIN fulfillment_fulfillmentorderline line ON line.fulfillment_order_id = f.id
    GROUP BY f.id, f.order_id, f.sequence, f.units
)
SELECT o.number, 'allocation of ' || v.sku AS what, coalesce(a.quantity, 0) AS units, coalesce(p.units, 0) AS planned
FROM (SELECT * FROM inventory_allocation WHERE quantity > 0) a
FULL JOIN planned p ON p.allocation_id = a.id
JOIN inventory_allocation x ON x.id = coalesce(a.id, p.allocation_id)
JOIN orders_order o ON o.id = x.order_id
JOIN catalog_variant v ON v.id = x.variant_id
WHERE coalesce(a.quantity, 0) <> coalesce(p.units, 0)
UNION ALL
SELECT o.number, 'fulfillment order ' || head.sequence, head.units, head.planned
FROM head JOIN orders_order o ON o.id = head.order_id WHERE head.units <> head.planned
ORDER BY 1, 2
