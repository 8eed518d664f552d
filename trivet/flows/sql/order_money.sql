-- Orders whose frozen money is not the sum of their lines and shipping, or cancelled other than their units are (R3).
WITH line AS (
    SELECT order_id, sum(unit_price_minor::numeric * quantity) AS items, sum(discount_minor + order_discount_minor) AS discount,
           coalesce(sum(tax_minor) FILTER (WHERE NOT tax_included), 0) AS added_tax,
           coalesce(sum(tax_minor) FILTER (WHERE tax_included), 0) AS included_tax,
           sum(paid_minor) AS paid, bool_and(cancelled = quantity) AS whole,
           -- paid × cancelled ÷ quantity, rounded half to even
           sum(CASE WHEN cancelled = 0 THEN 0 WHEN cancelled = quantity THEN paid_minor ELSE
               div(2::numeric * paid_minor * cancelled + quantity, 2::numeric * quantity)
               - CASE WHEN mod(2::numeric * paid_minor * cancelled + quantity, 2::numeric * quantity) = 0
                 THEN mod(div(2::numeric * paid_minor * cancelled + quantity, 2::numeric * quantity), 2) ELSE 0 END
           END) AS cancelled
    FROM orders_orderline GROUP BY 1
)
SELECT o.number,
       concat_ws(' ', o.items_minor, o.discount_minor, o.added_tax_minor, o.included_tax_minor, o.total_minor,
                 o.cancelled_minor) AS sums,
       concat_ws(' ', m.items, m.discount, m.added_tax, m.included_tax, m.total, m.cancelled) AS lines
FROM orders_order o LEFT JOIN line l ON l.order_id = o.id
CROSS JOIN LATERAL (SELECT CASE WHEN o.shipping_tax_included THEN 0 ELSE o.shipping_tax_minor END AS added_tax) s
CROSS JOIN LATERAL (SELECT o.shipping_minor - o.shipping_discount_minor + s.added_tax AS total) p
CROSS JOIN LATERAL (
    SELECT l.items, l.discount + o.shipping_discount_minor AS discount, l.added_tax + s.added_tax AS added_tax,
           l.included_tax + o.shipping_tax_minor - s.added_tax AS included_tax, l.paid + p.total AS total,
           l.cancelled + CASE WHEN l.whole THEN p.total ELSE 0 END AS cancelled
) m
WHERE (o.items_minor, o.discount_minor, o.added_tax_minor, o.included_tax_minor, o.total_minor, o.cancelled_minor)
   IS DISTINCT FROM (m.items, m.discount, m.added_tax, m.included_tax, m.total, m.cancelled)
ORDER BY o.number
