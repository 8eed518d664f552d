-- What may be promised of these variants, by place; nothing is locked.
SELECT variant_id, location_id, available
FROM inventory_stocklevel WHERE variant_id = ANY(%s::uuid[])
