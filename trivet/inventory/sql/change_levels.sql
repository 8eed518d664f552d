-- Applies signed changes to levels; a commitment that stock does not cover leaves its row unchanged (fewer rows).
-- The array is for the planner, as in lock_some_levels.
WITH d AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json)
        AS d(variant_id uuid, location_id uuid, on_hand integer, damaged integer, quality_control integer,
             safety_stock integer, reserved integer, allocated integer, incoming integer)
)
UPDATE inventory_stocklevel AS level
SET on_hand = level.on_hand + d.on_hand, damaged = level.damaged + d.damaged,
    quality_control = level.quality_control + d.quality_control, safety_stock = level.safety_stock + d.safety_stock,
    reserved = level.reserved + d.reserved, allocated = level.allocated + d.allocated,
    incoming = level.incoming + d.incoming
FROM d
WHERE level.variant_id = d.variant_id AND level.location_id = d.location_id
  AND level.variant_id = ANY(ARRAY(SELECT variant_id FROM d))
  AND (d.reserved + d.allocated <= 0
       OR level.on_hand - level.damaged - level.quality_control - level.safety_stock
          - level.reserved - level.allocated >= d.reserved + d.allocated)
RETURNING level.variant_id, level.location_id, level.on_hand, level.damaged, level.quality_control,
          level.safety_stock, level.reserved, level.allocated, level.incoming
