-- How many of these variants may still be promised from these places? Bundles by their scarcest part, place by place.
WITH RECURSIVE asked AS (SELECT unnest(%(variants)s::uuid[]) AS root),
parts AS (
    SELECT asked.root, v.id AS variant_id, v.is_bundle, 1::bigint AS quantity
    FROM asked JOIN catalog_variant v ON v.id = asked.root
    UNION ALL
    SELECT parts.root, child.id, child.is_bundle, parts.quantity * c.quantity
    FROM parts
    JOIN catalog_bundlecomponent c ON c.parent_id = parts.variant_id
    JOIN catalog_variant child ON child.id = c.child_id
    WHERE parts.is_bundle
),
leaves AS (
    SELECT root, variant_id, sum(quantity) AS needed FROM parts WHERE NOT is_bundle GROUP BY root, variant_id
),
place AS (
    SELECT l.id, l.min_stock FROM company_location l WHERE l.id = ANY(%(places)s::uuid[])
),
lapsed AS (
    SELECT line.variant_id, line.location_id, sum(line.quantity) AS units
    FROM inventory_reservation r JOIN inventory_reservationline line ON line.reservation_id = r.id
    WHERE r.state = 'active' AND r.expires_at <= %(now)s GROUP BY 1, 2
),
whole AS (
    SELECT leaves.root, place.id,
           min(floor(greatest(0, coalesce(level.available, 0) + coalesce(lapsed.units, 0) - place.min_stock)
                     / leaves.needed)) AS units
    FROM leaves CROSS JOIN place
    LEFT JOIN inventory_stocklevel level ON level.variant_id = leaves.variant_id AND level.location_id = place.id
    LEFT JOIN lapsed ON lapsed.variant_id = leaves.variant_id AND lapsed.location_id = place.id
    GROUP BY leaves.root, place.id
)
SELECT leaves.root, coalesce(told.units, 0)::bigint, array_agg(v.sku ORDER BY v.sku)
FROM leaves JOIN catalog_variant v ON v.id = leaves.variant_id
LEFT JOIN (SELECT root, sum(units) AS units FROM whole GROUP BY root) AS told ON told.root = leaves.root
GROUP BY leaves.root, told.units
