-- Orders whose counters are not the sums of their lines.
WITH line AS (
    SELECT order_id, sum(quantity) AS units, sum(cancelled) AS cancelled, sum(allocated) AS allocated,
           sum(backordered) AS backordered, sum(in_progress) AS in_progress, sum(shipped) AS shipped,
           sum(delivered) AS delivered, sum(returned) AS returned
    FROM orders_orderline GROUP BY 1
)
SELECT o.number,
       concat_ws(' ', o.units, o.units_cancelled, o.units_allocated, o.units_backordered, o.units_in_progress,
                 o.units_shipped, o.units_delivered, o.units_returned) AS counters,
       concat_ws(' ', l.units, l.cancelled, l.allocated, l.backordered, l.in_progress, l.shipped, l.delivered,
                 l.returned) AS lines
FROM orders_order o LEFT JOIN line l ON l.order_id = o.id
WHERE (o.units, o.units_cancelled, o.units_allocated, o.units_backordered, o.units_in_progress, o.units_shipped,
       o.units_delivered, o.units_returned)
   IS DISTINCT FROM
      (l.units, l.cancelled, l.allocated, l.backordered, l.in_progress, l.shipped, l.delivered, l.returned)
ORDER BY o.number
