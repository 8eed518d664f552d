-- What stands around the orders of the slice: money, the fulfillment order of each and what it ships, cancellations.
WITH slice AS (
    SELECT n, n > 998000 AS fresh, n %% 40 = 7 AS dead, lpad(to_hex(n), 12, '0') AS hex,
           ('01980000-0004-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS order_id,
           now() - (1000000 - n) * interval '40 seconds' AS at,
           (SELECT array_agg(id ORDER BY priority) FROM company_location) AS places
    FROM generate_series(%(start)s::int, %(stop)s::int) AS n
),
paid AS (
    INSERT INTO payments_payment (id, order_id, kind, method, gateway, reference, amount_minor, used_minor, currency, at, expired, actor_label)
    SELECT ('01980000-0008-7000-8000-' || hex)::uuid, order_id, 'capture', 'card', 'manual', 'p-' || n, 3300, 0, 'GBP', at, false, 'bench'
    FROM slice WHERE NOT dead AND NOT (fresh AND n %% 10 = 0)
),
cut AS (
    INSERT INTO orders_orderchange (id, order_id, version, kind, reason, value_minor, content, at, actor_label)
    SELECT ('01980000-0009-7000-8000-' || hex)::uuid, order_id, 1, 'cancelled', 'customer', 3300, '{}', at, 'bench'
    FROM slice WHERE dead
),
head AS (
    INSERT INTO fulfillment_fulfillmentorder (id, order_id, location_id, sequence, method, state, dispatch_by, units, created_at)
    SELECT ('01980000-000a-7000-8000-' || hex)::uuid, order_id, places[1 + n %% 4], 1, 'standard',
           CASE WHEN fresh THEN 'open' ELSE 'closed' END, at + interval '1 day', 3, at
    FROM slice WHERE NOT dead
),
taken AS (
    INSERT INTO inventory_allocation (id, order_id, line_id, variant_id, location_id, quantity, created_at)
    SELECT overlay(l.id::text PLACING '000b' FROM 10)::uuid, order_id, l.id, l.variant_id, places[1 + n %% 4],
           CASE WHEN fresh THEN l.quantity ELSE 0 END, at
    FROM slice JOIN orders_orderline l USING (order_id) WHERE NOT dead
),
why AS (
    INSERT INTO routing_routingdecision (id, order_id, policy_version, at, exact, explanation)
    SELECT ('01980000-000d-7000-8000-' || hex)::uuid, order_id, 0, at, true, %(explanation)s::jsonb
    FROM slice WHERE fresh AND NOT dead
)
INSERT INTO fulfillment_fulfillmentorderline (id, fulfillment_order_id, allocation_id, line_id, variant_id, quantity, cancelled)
SELECT overlay(l.id::text PLACING '000c' FROM 10)::uuid, ('01980000-000a-7000-8000-' || hex)::uuid,
       overlay(l.id::text PLACING '000b' FROM 10)::uuid, l.id, l.variant_id, l.quantity, 0
FROM slice JOIN orders_orderline l USING (order_id) WHERE NOT dead
