-- Locks some levels in the one order that everybody keeps and answers their counters.
SELECT level.variant_id, level.location_id, level.on_hand, level.damaged, level.quality_control,
       level.safety_stock, level.reserved, level.allocated, level.incoming
FROM inventory_stocklevel level
WHERE (level.variant_id, level.location_id) IN (
    SELECT d.variant_id, d.location_id FROM json_to_recordset(%s::json) AS d(variant_id uuid, location_id uuid))
ORDER BY level.variant_id, level.location_id FOR UPDATE
