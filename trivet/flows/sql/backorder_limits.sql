-- Which limits of backorders have not counted just the units that wait?
SELECT v.sku, c.slug AS channel, b.taken, coalesce(w.units, 0) AS waiting
FROM inventory_backorderlimit b
JOIN catalog_variant v ON v.id = b.variant_id
LEFT JOIN company_channel c ON c.id = b.channel_id
LEFT JOIN LATERAL (
    SELECT sum(l.backordered)::bigint AS units
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    WHERE l.backordered > 0 AND l.variant_id = b.variant_id
      AND (b.channel_id IS NULL OR o.channel_id = b.channel_id)
) w ON true
WHERE b.taken <> coalesce(w.units, 0)
