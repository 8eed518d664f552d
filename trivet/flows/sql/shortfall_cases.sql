-- Levels that hold fewer units than are promised from them.
SELECT v.sku, p.code AS place, l.shortfall
FROM inventory_stocklevel l JOIN catalog_variant v ON v.id = l.variant_id JOIN company_location p ON p.id = l.location_id
WHERE l.shortfall > 0 ORDER BY 1, 2
