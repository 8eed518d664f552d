-- Levels whose allocated units are not the sum of the living allocations.
WITH held AS (
    SELECT variant_id, location_id, sum(quantity) AS units FROM inventory_allocation WHERE quantity > 0 GROUP BY 1, 2
)
SELECT v.sku, p.code AS place, coalesce(l.allocated, 0) AS allocated, coalesce(h.units, 0) AS allocations
FROM inventory_stocklevel l FULL JOIN held h USING (variant_id, location_id)
LEFT JOIN catalog_variant v ON v.id = variant_id
LEFT JOIN company_location p ON p.id = location_id
WHERE coalesce(l.allocated, 0) <> coalesce(h.units, 0)
ORDER BY 1, 2
