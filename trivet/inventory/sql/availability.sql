-- What may these variants still be promised on a channel, at each place that serves it? Bundles by their scarcest part.
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
    SELECT l.id, l.min_stock FROM company_location l
    JOIN company_channellocation s ON s.location_id = l.id
    WHERE s.channel_id = %(channel)s AND l.active
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
SELECT root, sum(units)::bigint FROM whole GROUP BY root
