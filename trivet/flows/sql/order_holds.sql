-- Orders whose number of open holds is wrong.
WITH held AS (SELECT order_id, count(*) AS n FROM orders_hold WHERE released_at IS NULL GROUP BY 1)
SELECT o.number, o.holds_open, coalesce(h.n, 0) AS holds
FROM orders_order o LEFT JOIN held h ON h.order_id = o.id
WHERE o.holds_open <> coalesce(h.n, 0)
ORDER BY o.number
