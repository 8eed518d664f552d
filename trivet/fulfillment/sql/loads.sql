-- How many fulfillment orders were opened at these places since their local midnight?
SELECT place.id, (SELECT count(*) FROM fulfillment_fulfillmentorder f
                  WHERE f.location_id = place.id AND f.state <> 'cancelled'
                    AND f.created_at >= date_trunc('day', %s::timestamptz, place.timezone))
FROM company_location place WHERE place.id = ANY(%s::uuid[])
