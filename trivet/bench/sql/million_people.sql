-- A customer with an e-mail address for every third order of the slice.
WITH made AS (
    INSERT INTO customers_customer (id, profile_id, name, email, phone, locale, note, invented, created_at)
    SELECT id, id, pg_temp.person(n), 'buyer-' || n || '@example.com', '', 'en', '', true, now() - (1000000 - n) * interval '40 seconds'
    FROM (SELECT n, ('01980000-0003-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
          FROM generate_series(%(start)s::int, %(stop)s::int, 3) AS n) AS x
    RETURNING id, email, created_at
)
INSERT INTO customers_identifier (id, customer_id, kind, scope, value, created_at)
SELECT overlay(id::text PLACING '0007' FROM 10)::uuid, id, 'email', '', email, created_at FROM made
