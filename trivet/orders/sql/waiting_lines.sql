-- Which lines wait for units of these variants, also inside bundles? The oldest promise first, after a given one.
WITH candidate AS (
    SELECT l.id FROM orders_orderline l
    WHERE l.backordered > 0
      AND (l.variant_id = ANY(%(variants)s::uuid[])
           OR EXISTS (SELECT FROM orders_linecomponent c
                      WHERE c.line_id = l.id AND c.variant_id = ANY(%(variants)s::uuid[])))
    UNION
    SELECT l.id FROM orders_hold h JOIN orders_orderline l ON l.order_id = h.order_id
    WHERE h.released_at IS NULL AND h.kind IN ('stock', 'mapping')
      AND l.quantity - l.cancelled - l.allocated - l.backordered - l.shipped > 0
      AND (l.variant_id = ANY(%(variants)s::uuid[])
           OR EXISTS (SELECT FROM orders_linecomponent c
                      WHERE c.line_id = l.id AND c.variant_id = ANY(%(variants)s::uuid[])))
)
SELECT l.id, l.order_id, coalesce(l.backorder_from, (o.placed_at AT TIME ZONE 'UTC')::date) AS promise, o.placed_at
FROM candidate JOIN orders_orderline l ON l.id = candidate.id JOIN orders_order o ON o.id = l.order_id
WHERE o.lifecycle = 'open' AND o.tracked
  AND (coalesce(l.backorder_from, (o.placed_at AT TIME ZONE 'UTC')::date), o.placed_at, l.id)
      > (%(promise)s::date, %(placed_at)s::timestamptz, %(line)s::uuid)
ORDER BY promise, o.placed_at, l.id
LIMIT %(limit)s
