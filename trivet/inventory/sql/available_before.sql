-- How many units of each SKU could be promised at each place just before an instant?
SELECT variant_id, location_id,
       sum(on_hand - damaged - quality_control - safety_stock - reserved - allocated)::integer
FROM inventory_stockentry WHERE at < %s
GROUP BY variant_id, location_id
