-- Which records do these identifiers point to?
-- OFFSET 0 is for the planner: each is looked up by itself, however small it takes the tables to be.
SELECT i.kind, i.scope, i.value, i.customer_id, c.profile_id, c.name
FROM json_to_recordset(%s::json) AS k(kind text, scope text, value text)
CROSS JOIN LATERAL (
    SELECT kind, scope, value, customer_id FROM customers_identifier
    WHERE kind = k.kind AND scope = k.scope AND value = k.value OFFSET 0
) AS i
CROSS JOIN LATERAL (SELECT profile_id, name FROM customers_customer WHERE id = i.customer_id OFFSET 0) AS c
