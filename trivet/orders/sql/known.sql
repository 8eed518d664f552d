-- Which of these (channel, external id) are there already, with what content?
-- OFFSET 0 is for the planner: each is looked up by itself, however small it takes the table to be.
SELECT o.channel_id, o.external_id, o.id, o.digest
FROM json_to_recordset(%s::json) AS k(channel_id uuid, external_id text)
CROSS JOIN LATERAL (
    SELECT channel_id, external_id, id, digest FROM orders_order
    WHERE channel_id = k.channel_id AND external_id = k.external_id OFFSET 0
) AS o
