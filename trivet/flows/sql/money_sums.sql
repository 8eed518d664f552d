-- Orders whose sums of money are not those of the payments ledger or of their cancellations.
WITH paid AS (
    SELECT order_id,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'authorize'), 0) AS authorized,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'void'), 0) AS voided,
           coalesce(sum(amount_minor - used_minor) FILTER (WHERE kind = 'authorize' AND expired), 0) AS expired,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'capture'), 0) AS captured,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund'), 0) AS refunded
    FROM payments_payment GROUP BY 1
),
cut AS (SELECT order_id, sum(value_minor) AS cancelled FROM orders_orderchange GROUP BY 1)
SELECT o.number,
       concat_ws(' ', o.authorized_minor, o.voided_minor, o.expired_minor, o.captured_minor, o.refunded_minor,
                 o.cancelled_minor) AS sums,
       concat_ws(' ', coalesce(p.authorized, 0), coalesce(p.voided, 0), coalesce(p.expired, 0),
                 coalesce(p.captured, 0), coalesce(p.refunded, 0), coalesce(c.cancelled, 0)) AS ledger
FROM orders_order o LEFT JOIN paid p ON p.order_id = o.id LEFT JOIN cut c ON c.order_id = o.id
WHERE (o.authorized_minor, o.voided_minor, o.expired_minor, o.captured_minor, o.refunded_minor, o.cancelled_minor)
   <> (coalesce(p.authorized, 0), coalesce(p.voided, 0), coalesce(p.expired, 0), coalesce(p.captured, 0),
       coalesce(p.refunded, 0), coalesce(c.cancelled, 0))
ORDER BY o.number
