-- What should have moved on and did not: events without a position, raw payloads, calls out, jobs, reservations.
SELECT 'events' AS what, 'without a position for a minute' AS how, count(*) AS n, min(at) AS since
FROM journal_event WHERE position IS NULL AND at < %(now)s - interval '1 minute'
UNION ALL
SELECT 'receipts', 'not interpreted for 15 minutes', count(*), min(received_at)
FROM journal_receipt WHERE state = 'received' AND received_at < %(now)s - interval '15 minutes'
UNION ALL
SELECT 'errands', 'without an outcome for 15 minutes', count(*), min(intended_at)
FROM journal_errand WHERE state IN ('intended', 'sent', 'unknown') AND intended_at < %(now)s - interval '15 minutes'
UNION ALL
SELECT 'reservations', 'not swept for 5 minutes', count(*), min(expires_at)
FROM inventory_reservation WHERE state = 'active' AND expires_at < %(now)s - interval '5 minutes'
UNION ALL
SELECT 'jobs', 'failed', count(*), min(scheduled_at) FROM procrastinate_jobs WHERE status = 'failed'
UNION ALL
SELECT 'jobs', 'waiting for 10 minutes', count(*), min(event.at)
FROM procrastinate_jobs job
JOIN LATERAL (SELECT min(e.at) AS at FROM procrastinate_events e WHERE e.job_id = job.id) event ON true
WHERE job.status = 'todo' AND coalesce(job.scheduled_at, event.at) < %(now)s - interval '10 minutes'
