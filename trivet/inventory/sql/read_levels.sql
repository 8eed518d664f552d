-- What may be promised of these variants, by place; nothing is locked.
SELECT variant_id, location_id, on_hand, unavailable, reserved, allocated
FROM inventory_stocklevel WHERE variant_id = ANY(%s::uuid[])
