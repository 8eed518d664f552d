-- Two facts an order, as intake records them.
INSERT INTO journal_event (position, kind, subject_kind, subject_id, actor_kind, actor_id, actor_label, at, facts)
SELECT n * 2 + k, CASE k WHEN 1 THEN 'order.placed' ELSE 'order.routed' END, 'order',
    ('01980000-0004-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'api_key', '', 'bench',
    now() - (1000000 - n) * interval '40 seconds', jsonb_build_object('number', 1000000 + n, 'channel', 'web', 'units', 3)
FROM generate_series(%(start)s::int, %(stop)s::int) AS n CROSS JOIN generate_series(1, 2) AS k
