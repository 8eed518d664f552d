-- Which records do these identifiers point to?
SELECT i.kind, i.scope, i.value, i.customer_id, c.profile_id, c.name
FROM json_to_recordset(%s::json) AS k(kind text, scope text, value text)
JOIN customers_identifier i ON i.kind = k.kind AND i.scope = k.scope AND i.value = k.value
JOIN customers_customer c ON c.id = i.customer_id
