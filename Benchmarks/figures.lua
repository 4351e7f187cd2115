-- Writes what wrk has counted as one line of JSON.
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        'figures {"requests": %d, "microseconds": %d, "median": %d, "errors": %d}\n',
        summary.requests, summary.duration, latency:percentile(50),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
