-- Is the feed gapless: as many positions as the head has given, none above it?
SELECT head.position AS head, count(event.position) AS positions, max(event.position) AS highest
FROM journal_feedhead head LEFT JOIN journal_event event ON event.position IS NOT NULL
GROUP BY head.position
HAVING count(event.position) <> head.position OR coalesce(max(event.position), 0) <> head.position
