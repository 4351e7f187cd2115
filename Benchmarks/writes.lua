-- Writes, or reads, one row after the other of files whose rows have one value all over, and ends with one line of JSON
-- that tells what was counted. Arguments:
-- KIND      values, attribute or read
-- TARGET    with FILE, START and STOP in it
-- FILES, ROWS, LENGTH
-- FIRST     the number of the first request
-- "check"   count what comes back: 423, other errors, and rows that are not one value all over

local ffi = require("ffi")
local threads = {}
local kind, target, files, rows, length, number
local bodies = {}
-- Has no divisor in common with the files and rows: a row gets another value each time, so that no write can be left out
-- for changing nothing, as long as the numbers go on from one run to the next.
local VARIANTS = 61
locked, failed, torn = 0, 0, 0

local function row(value)
    return ffi.string(ffi.new("double[1]", value), 8):rep(length)
end

local function check(status, _, body)
    if status == 423 then
        locked = locked + 1
    elseif status >= 300 then
        failed = failed + 1
    elseif kind == "read" and body ~= body:sub(1, 8):rep(length) then
        torn = torn + 1
    end
end

function setup(thread)
    table.insert(threads, thread)
end

function init(arguments)
    kind, target = arguments[1], arguments[2]
    files, rows, length, number = unpack(arguments, 3, 6)
    for variant = 0, VARIANTS - 1 do
        bodies[variant] = kind == "attribute" and tostring(variant) or row(variant)
    end
    if kind == "read" then
        wrk.headers["Accept"] = "application/octet-stream"
    else
        wrk.headers["Content-Type"] = kind == "values" and "application/octet-stream" or "application/json"
    end
    if arguments[7] == "check" then
        response = check
    end
end

function request()
    number = number + 1
    local start = number % rows * length
    local path = target:gsub("%u+", {
        FILE = string.format("f%02d", number % files), START = start, STOP = start + length,
    })
    if kind == "read" then
        return wrk.format("GET", path)
    end
    return wrk.format("PUT", path, nil, bodies[number % VARIANTS])
end

function done(summary, latency)
    local errors = summary.errors
    for _, thread in ipairs(threads) do
        locked = locked + thread:get("locked")
        failed = failed + thread:get("failed")
        torn = torn + thread:get("torn")
    end
    io.write(string.format(
        'figures {"requests": %d, "microseconds": %d, "median": %d, "longest": %d, "errors": %d, '
            .. '"broken": %d, "locked": %d, "failed": %d, "torn": %d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency.max,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        errors.connect + errors.read + errors.write + errors.timeout, locked, failed, torn))
end
