-- Locks some levels in the one order that everybody keeps and answers their counters. The array is for the planner:
-- joined alone, it would read the whole table for a handful of rows.
WITH d AS MATERIALIZED (SELECT * FROM json_to_recordset(%s::json) AS d(variant_id uuid, location_id uuid))
SELECT level.variant_id, level.location_id, level.on_hand, level.damaged, level.quality_control,
       level.safety_stock, level.reserved, level.allocated, level.incoming
FROM inventory_stocklevel level
WHERE level.variant_id = ANY(ARRAY(SELECT variant_id FROM d))
  AND (level.variant_id, level.location_id) IN (SELECT variant_id, location_id FROM d)
ORDER BY level.variant_id, level.location_id FOR UPDATE OF level
