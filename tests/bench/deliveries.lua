-- Signed deliveries for wrk, each with an id of its own, so that none is a repetition; without arguments GET requests.
--
--   wrk … -s deliveries.lua URL [-- BODY HEADERS PREFIX]     BODY: a file; HEADERS: a file, one "Name: value" a line;
--                                                            PREFIX: of the ids
--
-- At the end it writes one line of JSON: requests, seconds, failed, and the percentiles of the answers in milliseconds.

local before, after, prefix
local count = 0

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function init(args)
  if #args == 0 then
    before = wrk.format("GET")
    return
  end
  local headers = {["X-GitHub-Delivery"] = "@ID@"}
  for name, value in read(args[2]):gmatch("([^:\r\n]+): ([^\r\n]*)") do headers[name] = value end
  local request = wrk.format("POST", nil, headers, read(args[1]))
  local first, last = request:find("@ID@", 1, true)
  before, after, prefix = request:sub(1, first - 1), request:sub(last + 1), args[3]
end

function request()
  if not prefix then return before end
  count = count + 1
  return before .. prefix .. string.format("%012x", count) .. after
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\n{"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f}\n', summary.requests,
                         summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
