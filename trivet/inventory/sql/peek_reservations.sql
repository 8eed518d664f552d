-- Which variants do these reservations, and lapsed ones that nobody has swept yet, keep?
SELECT r.id, l.variant_id, r.expires_at <= %s
FROM inventory_reservation r JOIN inventory_reservationline l ON l.reservation_id = r.id
WHERE r.state = 'active' AND (r.id = ANY(%s::uuid[]) OR r.expires_at <= %s)
