-- Which components do lines wait for, of which some place has units to promise?
WITH waiting AS (
    SELECT l.id, l.variant_id FROM orders_orderline l WHERE l.backordered > 0
    UNION
    SELECT l.id, l.variant_id FROM orders_hold h JOIN orders_orderline l ON l.order_id = h.order_id
    WHERE h.released_at IS NULL AND h.kind IN ('stock', 'mapping') AND l.variant_id IS NOT NULL
      AND l.quantity - l.cancelled - l.allocated - l.backordered - l.shipped > 0
),
part AS (
    SELECT coalesce(c.variant_id, w.variant_id) AS variant_id
    FROM waiting w LEFT JOIN orders_linecomponent c ON c.line_id = w.id
)
SELECT DISTINCT part.variant_id FROM part
