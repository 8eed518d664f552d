-- What moved the units that may be promised in a time? What was shipped had been promised before, and moves none.
SELECT at, variant_id, location_id, kind,
       on_hand - damaged - quality_control - safety_stock - reserved - allocated, allocated, cause_id
FROM inventory_stockentry
WHERE at >= %s AND at <= %s AND kind NOT IN ('ship', 'incoming')
ORDER BY at, id
