-- Which variants do these keys (of SKUs or titles) mean on these channels, and what do bundles hold? A listing map beats the own SKU.
-- The arrays are for the planner: joined alone, it would read the whole catalogue for a handful of SKUs.
WITH RECURSIVE asked AS MATERIALIZED (
    SELECT DISTINCT a.channel_id, a.key FROM json_to_recordset(%s::json) AS a(channel_id uuid, key text)
),
found AS (
    SELECT asked.channel_id, asked.key, coalesce(listing.variant_id, own.id) AS variant_id
    FROM asked
    LEFT JOIN catalog_listingmap listing
      ON listing.channel_id = asked.channel_id AND listing.key = asked.key
     AND listing.key = ANY(ARRAY(SELECT key FROM asked))
    LEFT JOIN catalog_variant own ON own.key = asked.key
     AND own.key = ANY(ARRAY(SELECT key FROM asked))
),
parts AS (
    SELECT v.id AS root, c.child_id AS variant_id, c.quantity
    FROM catalog_variant v JOIN catalog_bundlecomponent c ON c.parent_id = v.id
    WHERE v.is_bundle AND v.id IN (SELECT variant_id FROM found)
    UNION ALL
    SELECT parts.root, c.child_id, parts.quantity * c.quantity
    FROM parts JOIN catalog_bundlecomponent c ON c.parent_id = parts.variant_id
),
leaves AS (
    SELECT parts.root, parts.variant_id, sum(parts.quantity)::int AS quantity
    FROM parts JOIN catalog_variant v ON v.id = parts.variant_id AND NOT v.is_bundle
    GROUP BY parts.root, parts.variant_id
)
SELECT found.channel_id, found.key, v.id, v.sku, v.title, v.weight_g,
       (SELECT json_agg(json_build_array(l.variant_id, l.quantity, coalesce(p.weight_g, 0), p.sku) ORDER BY l.variant_id)
        FROM leaves l JOIN catalog_variant p ON p.id = l.variant_id WHERE l.root = v.id) AS parts
FROM found JOIN catalog_variant v ON v.id = found.variant_id AND v.id = ANY(ARRAY(SELECT variant_id FROM found))
