-- Stock promises what the open orders hold, and the ledger says so.
WITH held AS (
    UPDATE inventory_stocklevel l SET allocated = a.units
    FROM (SELECT variant_id, location_id, sum(quantity) AS units FROM inventory_allocation WHERE quantity > 0 GROUP BY 1, 2) a
    WHERE (l.variant_id, l.location_id) = (a.variant_id, a.location_id)
),
feed AS (
    UPDATE journal_feedhead SET position = (SELECT count(position) FROM journal_event)
)
INSERT INTO inventory_stockentry (variant_id, location_id, at, kind, on_hand, damaged, quality_control, safety_stock, reserved, allocated, incoming, reason, cause_kind, cause_id, actor_label)
SELECT variant_id, location_id, created_at, 'allocate', 0, 0, 0, 0, 0, quantity, 0, '', 'order', order_id, 'bench'
FROM inventory_allocation WHERE quantity > 0 AND order_id NOT IN (SELECT cause_id FROM inventory_stockentry WHERE cause_kind = 'order')
ORDER BY created_at
