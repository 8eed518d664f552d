-- Levels that expect other units than are on their way to them.
WITH coming AS (
    SELECT line.variant_id, t.destination_id AS location_id, sum(line.in_transit) AS units
    FROM inventory_transferline line JOIN inventory_transfer t ON t.id = line.transfer_id
    WHERE line.in_transit > 0 GROUP BY 1, 2
)
SELECT v.sku, p.code AS place, coalesce(l.incoming, 0) AS incoming, coalesce(c.units, 0) AS on_the_way
FROM inventory_stocklevel l FULL JOIN coming c USING (variant_id, location_id)
LEFT JOIN catalog_variant v ON v.id = variant_id
LEFT JOIN company_location p ON p.id = location_id
WHERE coalesce(l.incoming, 0) <> coalesce(c.units, 0)
ORDER BY 1, 2
