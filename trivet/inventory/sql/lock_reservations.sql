-- Locks reservations that are still active and answers what they keep.
SELECT r.id, r.channel_id, r.expires_at, l.variant_id, l.location_id, l.quantity
FROM inventory_reservation r JOIN inventory_reservationline l ON l.reservation_id = r.id
WHERE r.state = 'active' AND r.id = ANY(%s::uuid[])
ORDER BY r.id FOR UPDATE OF r
