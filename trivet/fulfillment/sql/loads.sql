-- How many fulfillment orders are to leave these places by day, today and later? Days are those of the place.
SELECT place.id, (f.dispatch_by AT TIME ZONE place.timezone)::date, count(*)
FROM company_location place JOIN fulfillment_fulfillmentorder f ON f.location_id = place.id
WHERE place.id = ANY(%s::uuid[]) AND f.state <> 'cancelled'
  AND f.dispatch_by >= date_trunc('day', %s::timestamptz, place.timezone)
GROUP BY 1, 2
