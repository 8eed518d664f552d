-- Gives the oldest committed events without a position the next positions; answers how many.
WITH batch AS MATERIALIZED (
    SELECT id, row_number() OVER (ORDER BY id) AS n
    FROM (SELECT id FROM journal_event WHERE position IS NULL ORDER BY id LIMIT %(limit)s) AS waiting
),
head AS (
    UPDATE journal_feedhead SET position = position + (SELECT count(*) FROM batch)
    RETURNING position - (SELECT count(*) FROM batch) AS start
),
placed AS (
    UPDATE journal_event AS event SET position = head.start + batch.n
    FROM batch, head WHERE event.id = batch.id
    RETURNING 1
)
SELECT count(*) FROM placed
