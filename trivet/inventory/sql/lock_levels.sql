-- Locks all levels of these variants in one order and answers what may be promised.
SELECT variant_id, location_id, available
FROM inventory_stocklevel WHERE variant_id = ANY(%s::uuid[])
ORDER BY variant_id, location_id FOR UPDATE
