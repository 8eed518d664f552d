-- Takes the promised units and says so; a row whose stock does not allow it stays unchanged (fewer facts than asked).
-- What a place keeps back is no stock of new promises.
-- The array is for the planner, as in lock_some_levels.
WITH d AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json)
        AS d(variant_id uuid, location_id uuid, allocated integer, reserved integer, force boolean,
             sku text, location text, keep integer)
),
moved AS (
    UPDATE inventory_stocklevel AS level
    SET allocated = level.allocated + d.allocated, reserved = level.reserved + d.reserved
    FROM d
    WHERE level.variant_id = d.variant_id AND level.location_id = d.location_id
      AND level.variant_id = ANY(ARRAY(SELECT variant_id FROM d))
      AND (d.force OR d.allocated + d.reserved <= 0
           OR level.on_hand - level.damaged - level.quality_control - level.safety_stock
              - level.reserved - level.allocated - d.keep >= d.allocated + d.reserved)
    RETURNING level.variant_id, level.on_hand, level.unavailable, level.reserved, level.allocated, level.available,
              level.shortfall, d.sku, d.location
)
INSERT INTO journal_event (kind, subject_kind, subject_id, actor_kind, actor_id, actor_label, at, facts)
SELECT 'stock.changed', 'variant', variant_id, %s, %s, %s, %s,
       jsonb_build_object(
           'sku', sku, 'location', location, 'on_hand', on_hand, 'unavailable', unavailable, 'reserved', reserved,
           'allocated', allocated, 'available', available, 'shortfall', shortfall)
FROM moved
