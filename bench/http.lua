-- wrk's script: GETs of random keys. Arguments: what comes before the key in the path, and how many keys there are.
-- The requests are prepared in init, which wrk calls when it has set the Host header; at top level they would lack it.

local requests = {}
local count

function init(args)
  count = tonumber(args[2])
  math.randomseed(1)
  for i = 1, count do
    requests[i] = wrk.format("GET", args[1] .. string.format("key:%012d", i - 1))
  end
end

function request()
  return requests[math.random(count)]
end

-- One line for bench/run: requests/s, p50 and p99 in ms, requests, and how many went wrong.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("figures %.1f %.3f %.3f %d %d\n",
    summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.requests,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
