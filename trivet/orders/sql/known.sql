-- Which of these (channel, external id) are there already, with what content?
SELECT o.channel_id, o.external_id, o.id, o.digest
FROM json_to_recordset(%s::json) AS k(channel_id uuid, external_id text)
JOIN orders_order o ON o.channel_id = k.channel_id AND o.external_id = k.external_id
