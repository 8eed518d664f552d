-- Levels whose counters are not the sums of their ledger.
WITH ledger AS (
    SELECT variant_id, location_id, sum(on_hand) AS on_hand, sum(damaged) AS damaged,
           sum(quality_control) AS quality_control, sum(safety_stock) AS safety_stock, sum(reserved) AS reserved,
           sum(allocated) AS allocated, sum(incoming) AS incoming
    FROM inventory_stockentry GROUP BY 1, 2
)
SELECT v.sku, p.code AS place,
       concat_ws(' ', l.on_hand, l.damaged, l.quality_control, l.safety_stock, l.reserved, l.allocated, l.incoming)
           AS counters,
       concat_ws(' ', e.on_hand, e.damaged, e.quality_control, e.safety_stock, e.reserved, e.allocated, e.incoming)
           AS ledger
FROM inventory_stocklevel l
FULL JOIN ledger e USING (variant_id, location_id)
LEFT JOIN catalog_variant v ON v.id = variant_id
LEFT JOIN company_location p ON p.id = location_id
WHERE (coalesce(l.on_hand, 0), coalesce(l.damaged, 0), coalesce(l.quality_control, 0), coalesce(l.safety_stock, 0),
       coalesce(l.reserved, 0), coalesce(l.allocated, 0), coalesce(l.incoming, 0))
   IS DISTINCT FROM
      (coalesce(e.on_hand, 0), coalesce(e.damaged, 0), coalesce(e.quality_control, 0), coalesce(e.safety_stock, 0),
       coalesce(e.reserved, 0), coalesce(e.allocated, 0), coalesce(e.incoming, 0))
ORDER BY 1, 2
