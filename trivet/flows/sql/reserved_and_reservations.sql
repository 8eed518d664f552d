-- Levels whose reserved units are not the sum of the active reservations.
WITH kept AS (
    SELECT line.variant_id, line.location_id, sum(line.quantity) AS units
    FROM inventory_reservation r JOIN inventory_reservationline line ON line.reservation_id = r.id
    WHERE r.state = 'active' GROUP BY 1, 2
)
SELECT v.sku, p.code AS place, coalesce(l.reserved, 0) AS reserved, coalesce(k.units, 0) AS reservations
FROM inventory_stocklevel l FULL JOIN kept k USING (variant_id, location_id)
LEFT JOIN catalog_variant v ON v.id = variant_id
LEFT JOIN company_location p ON p.id = location_id
WHERE coalesce(l.reserved, 0) <> coalesce(k.units, 0)
ORDER BY 1, 2
