-- Authorisations and captures whose used amount is not that of the movements made of them.
WITH made AS (
    SELECT parent_id, sum(amount_minor) AS minor FROM payments_payment WHERE parent_id IS NOT NULL GROUP BY 1
)
SELECT o.number, p.kind, p.reference, p.used_minor AS used, coalesce(m.minor, 0) AS movements
FROM payments_payment p JOIN orders_order o ON o.id = p.order_id LEFT JOIN made m ON m.parent_id = p.id
WHERE p.used_minor <> coalesce(m.minor, 0)
ORDER BY 1, 2, 3
