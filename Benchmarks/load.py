"""What is asked of a server, and how fast it answers: through wrk and curl."""

import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable

SCRIPT = pathlib.Path(__file__).with_name("figures.lua")
MEBIBYTE = 1 << 20

# The client's environment may name a proxy, which loopback does not need.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class MeasuringFailed(Exception):
    """A figure would be worth nothing."""


def fetch(url: str, accept: str = "*/*") -> bytes:
    """The body that a GET answers with."""
    request = urllib.request.Request(url, headers={"Accept": accept})
    try:
        with _opener.open(request, timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise MeasuringFailed(f"{url} answers {error.code}: {error.read()[:300].decode(errors='replace')}") from error


def rate(url: str, seconds: float, connections: int = 32, accept: str = "*/*") -> float:
    """Requests a second."""
    figures = _wrk(url, seconds, connections, accept)
    return figures["requests"] * 1e6 / figures["microseconds"]


def cost(url: str, seconds: float, processor_time: Callable[[], dict[int, float]], accept: str = "*/*") -> float:
    """The processor time that a request takes at 32 connections, in microseconds.

    `processor_time` tells the seconds of each process; a measurement in which one was replaced counts for nothing.
    """
    for _ in range(5):
        before = processor_time()
        figures = _wrk(url, seconds, 32, accept)
        after = processor_time()
        if after.keys() == before.keys():
            return (sum(after.values()) - sum(before.values())) * 1e6 / figures["requests"]
    raise MeasuringFailed(f"{url}: the server's processes do not last")


def median_latency(url: str, seconds: float, accept: str = "*/*") -> float:
    """The median time of a request at one connection, in microseconds."""
    return float(_wrk(url, seconds, 1, accept)["median"])


def speed(url: str, size: int, seconds: float, accept: str = "*/*") -> float:
    """MiB a second of whole downloads, one after the other for about that long; each must have `size` bytes."""
    command = ["curl", "--silent", "--noproxy", "*", "--output", "/dev/null", "--header", f"Accept: {accept}"]
    command += ["--write-out", "%{http_code} %{size_download} %{time_total}", url]
    taken, count, end = 0.0, 0, time.monotonic() + seconds
    while count == 0 or time.monotonic() < end:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        status, length, duration = run.stdout.split()
        if run.returncode != 0 or status != "200" or int(length) != size:
            raise MeasuringFailed(f"{url}: curl ended with {run.returncode}, status {status}, {length} bytes")
        taken += float(duration)
        count += 1
    return count * size / MEBIBYTE / taken


def _wrk(url: str, seconds: float, connections: int, accept: str) -> dict:
    # One thread: it can ask far more often than two cores can answer.
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(round(seconds), 1)}s"]
    command += ["--header", f"Accept: {accept}", "--script", str(SCRIPT), url]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    line = next((line for line in run.stdout.splitlines() if line.startswith("figures ")), None)
    if run.returncode != 0 or line is None:
        raise MeasuringFailed(f"wrk failed on {url}: {run.stderr.strip()}")
    figures = json.loads(line.removeprefix("figures "))
    if figures["errors"] or not figures["requests"]:
        raise MeasuringFailed(f"{url}: {figures['errors']} errors in {figures['requests']} requests")
    return figures
