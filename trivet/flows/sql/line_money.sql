-- Lines that do not cost what their price, discounts and added tax make.
SELECT o.number, l.position, l.paid_minor AS paid,
       l.unit_price_minor::numeric * l.quantity - l.discount_minor - l.order_discount_minor
           + CASE WHEN l.tax_included THEN 0 ELSE l.tax_minor END AS made_of
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
WHERE l.paid_minor <> l.unit_price_minor::numeric * l.quantity - l.discount_minor - l.order_discount_minor
                      + CASE WHEN l.tax_included THEN 0 ELSE l.tax_minor END
ORDER BY 1, 2
