-- SKUs of transfers whose units are not what the ledger says of them.
WITH told AS (
    SELECT e.cause_id AS transfer_id, e.variant_id,
           -sum(e.on_hand) FILTER (WHERE e.kind = 'transfer_out') AS shipped,
           sum(e.on_hand) FILTER (WHERE e.kind = 'transfer_in') AS arrived,
           -sum(e.incoming) FILTER (WHERE e.kind = 'transfer_loss') AS missing
    FROM inventory_stockentry e WHERE e.cause_kind = 'transfer' GROUP BY 1, 2
)
SELECT t.number AS transfer, v.sku,
       concat_ws(' ', coalesce(l.shipped, 0), coalesce(l.received + l.damaged, 0), coalesce(l.missing, 0)) AS line,
       concat_ws(' ', coalesce(told.shipped, 0), coalesce(told.arrived, 0), coalesce(told.missing, 0)) AS ledger
FROM inventory_transferline l FULL JOIN told USING (transfer_id, variant_id)
LEFT JOIN inventory_transfer t ON t.id = transfer_id
LEFT JOIN catalog_variant v ON v.id = variant_id
WHERE (coalesce(l.shipped, 0), coalesce(l.received + l.damaged, 0), coalesce(l.missing, 0))
   IS DISTINCT FROM (coalesce(told.shipped, 0), coalesce(told.arrived, 0), coalesce(told.missing, 0))
ORDER BY 1, 2
