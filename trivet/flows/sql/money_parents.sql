-- Movements of money beyond what they are made of, or made of what they cannot be.
WITH made AS (
    SELECT parent_id, sum(amount_minor) AS minor FROM payments_payment WHERE parent_id IS NOT NULL GROUP BY 1
)
SELECT o.number, p.kind, p.reference, p.amount_minor AS amount, 'takes more than there was' AS wrong
FROM made m JOIN payments_payment p ON p.id = m.parent_id JOIN orders_order o ON o.id = p.order_id
WHERE m.minor > p.amount_minor
UNION ALL
SELECT o.number, p.kind, p.reference, p.amount_minor, 'is of another order, currency or kind'
FROM payments_payment p JOIN orders_order o ON o.id = p.order_id LEFT JOIN payments_payment q ON q.id = p.parent_id
WHERE p.currency <> o.currency
   OR q.order_id <> p.order_id
   OR q.kind <> CASE p.kind WHEN 'refund' THEN 'capture' ELSE 'authorize' END
ORDER BY 1, 2, 3
