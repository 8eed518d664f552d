-- Orders for wrk: two lines, every order its own id, one in four from a returning customer.
-- Arguments: API key, run id, number of SKUs.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  key, run, skus = args[1], args[2], tonumber(args[3])
  counter, bad = 0, 0
  math.randomseed(os.time() * 1000 + number * 7919)
  headers = { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" }
  cities = { { "Leeds", "LS2 7EW" }, { "London", "SW4 6BQ" }, { "Glasgow", "G12 8QQ" }, { "Bath", "BA1 5AW" } }
end

function request()
  counter = counter + 1
  local id = run .. "-" .. number .. "-" .. counter
  local who = id
  if counter % 4 == 0 then who = run .. "-" .. number .. "-" .. math.random(1, counter) end
  local a = math.random(0, skus - 1)
  local b = (a + math.random(1, skus - 2)) % skus
  local city = cities[math.random(1, 4)]
  local body = string.format(
    '{"channel":"web","external_id":"%s","placed_at":"2026-11-23T08:15:00Z","currency":"GBP",' ..
    '"customer":{"external_id":"c-%s","email":"c-%s@example.com","name":"Lan Pham","locale":"en"},' ..
    '"ship_to":{"name":"Lan Pham","line1":"12 Mill St","city":"%s","region":"","postal_code":"%s","country":"GB","phone":""},' ..
    '"lines":[{"external_id":"1","sku":"SKU-%d","title":"Item","quantity":2,"unit_price":1999,"discount":0,"tax":0,"tax_included":true},' ..
    '{"external_id":"2","sku":"SKU-%d","title":"Item","quantity":1,"unit_price":999,"discount":0,"tax":0,"tax_included":true}],' ..
    '"shipping":{"method":"standard","price":300,"discount":0,"tax":0,"tax_included":true},' ..
    '"payments":[{"kind":"capture","method":"card","gateway":"manual","reference":"p-%s","amount":5297}]}',
    id, who, who, city[1], city[2], a, b, id)
  return wrk.format("POST", "/api/v1/orders", headers, body)
end

function response(status, headers, body)
  if status ~= 201 then
    bad = bad + 1
    if bad <= 3 then io.stderr:write(status, " ", body, "\n") end
  end
end

function done(summary, latency, requests)
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"non2xx":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"p50":%.2f,"p95":%.2f,"p99":%.2f}\n',
    summary.requests, summary.duration, summary.errors.status, summary.errors.connect, summary.errors.read,
    summary.errors.write, summary.errors.timeout, latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    latency:percentile(99) / 1000))
end
