-- Which decisions that brought an order in were made in a time? The latest of them, in the order of time.
SELECT id, order_id, at FROM (
    SELECT d.id, d.order_id, d.at FROM routing_routingdecision d
    WHERE d.at >= %s AND d.at <= %s AND d.cause IN ('placed', 'mapped')
    ORDER BY d.at DESC, d.id DESC LIMIT %s
) latest ORDER BY at, id
