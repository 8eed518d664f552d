-- Takes the promised units; a row whose stock does not allow it stays unchanged (fewer rows than asked).
UPDATE inventory_stocklevel AS level
SET allocated = level.allocated + d.allocated, reserved = level.reserved + d.reserved
FROM json_to_recordset(%s::json)
    AS d(variant_id uuid, location_id uuid, allocated integer, reserved integer, force boolean)
WHERE level.variant_id = d.variant_id AND level.location_id = d.location_id
  AND (d.force OR d.allocated + d.reserved <= 0
       OR level.on_hand - level.damaged - level.quality_control - level.safety_stock
          - level.reserved - level.allocated >= d.allocated + d.reserved)
RETURNING level.variant_id, level.location_id, level.on_hand, level.unavailable, level.reserved, level.allocated
