-- Orders that hold stock though no decision says why it is just there.
SELECT o.number, x.allocations
FROM (SELECT order_id, count(*) AS allocations FROM inventory_allocation WHERE quantity > 0 GROUP BY 1) x
JOIN orders_order o ON o.id = x.order_id
WHERE NOT EXISTS (SELECT FROM routing_routingdecision d WHERE d.order_id = x.order_id)
ORDER BY 1
