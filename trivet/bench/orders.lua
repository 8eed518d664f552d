-- Orders for wrk: every order its own id, one in four from a returning customer.
-- Arguments: API key, run id, first SKU, number of SKUs, lines an order (1 or 2).
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  key, run, first, skus, lines = args[1], args[2], tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
  counter = 0
  math.randomseed(os.time() * 1000 + number * 7919)
  headers = { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" }
  towns = {
    { "Leeds", "LS2 7EW", "12 Mill St" }, { "London", "SW4 6BQ", "3 Park Mews" }, { "Glasgow", "G12 8QQ", "81 Byres Rd" },
    { "Bath", "BA1 5AW", "7 Royal Cres" }, { "York", "YO1 7HU", "22 Stonegate" }, { "Cardiff", "CF10 1EP", "5 The Hayes" },
    { "Norwich", "NR2 1NR", "14 St Giles" }, { "Exeter", "EX1 1HB", "9 Castle St" },
  }
end

local function line(position, sku, quantity, price)
  return string.format(
    '{"external_id":"%d","sku":"SKU-%d","title":"Item %d","quantity":%d,"unit_price":%d,"discount":0,"tax":0,"tax_included":true}',
    position, sku, sku, quantity, price)
end

function request()
  counter = counter + 1
  local n, who = counter, counter
  -- The floor returns to customers by the same rule.
  if n % 4 == 0 then
    who = math.random(1, n - 1)
    if who % 4 == 0 then who = who - 1 end
  end
  local id = run .. "-" .. number .. "-" .. n
  local person = run .. "-" .. number .. "-" .. who
  local town = towns[math.random(1, 8)]
  local a = math.random(0, skus - 1)
  local items, amount = line(1, first + a, 2, 1999), 4298
  if lines == 2 then
    items = items .. "," .. line(2, first + (a + math.random(1, skus - 1)) % skus, 1, 999)
    amount = 5297
  end
  local body = string.format(
    '{"channel":"web","external_id":"%s","placed_at":"2026-11-23T08:15:00Z","currency":"GBP",' ..
    '"customer":{"external_id":"c-%s","email":"c-%s@example.com","name":"Lan Pham","locale":"en"},' ..
    '"ship_to":{"name":"Lan Pham","line1":"%s","city":"%s","region":"","postal_code":"%s","country":"GB","phone":""},' ..
    '"lines":[%s],"shipping":{"method":"standard","price":300,"discount":0,"tax":0,"tax_included":true},' ..
    '"payments":[{"kind":"capture","method":"card","gateway":"manual","reference":"p-%s","amount":%d}]}',
    id, person, person, town[3], town[1], town[2], items, id, amount)
  return wrk.format("POST", "/api/v1/orders", headers, body)
end

-- No response(): with it wrk builds a string of every answer. What was stored is counted in the database instead.
function done(summary, latency, requests)
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"non2xx":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"p50":%.2f,"p95":%.2f,"p99":%.2f}\n',
    summary.requests, summary.duration, summary.errors.status, summary.errors.connect, summary.errors.read,
    summary.errors.write, summary.errors.timeout, latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    latency:percentile(99) / 1000))
end
