"""What is sent to a server, and how fast it takes it: through wrk, and large bodies through sendfile."""

import http.client
import json
import os
import pathlib
import subprocess
import time
import urllib.parse
from collections.abc import Callable

import data
from load import MEBIBYTE, MeasuringFailed

SCRIPT = pathlib.Path(__file__).with_name("writes.lua")
OCTETS = "application/octet-stream"
# More than any measurement has.
CONNECTIONS = 100
# The small requests so far.
_sent = 0


def put(url: str, body: pathlib.Path | bytes, media: str = OCTETS) -> float:
    """Sends a body, a file's without touching it, and tells the seconds until the answer was there."""
    parts = urllib.parse.urlsplit(url)
    size = len(body) if isinstance(body, bytes) else body.stat().st_size
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    begin = time.monotonic()
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)
    try:
        connection.putrequest("PUT", target)
        connection.putheader("Content-Type", media)
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        if isinstance(body, bytes):
            connection.send(body)
        else:
            with open(body, "rb") as file:
                connection.sock.sendfile(file)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise MeasuringFailed(f"{url} answers {answer.status}: {text[:300].decode(errors='replace')}")
    except OSError as error:
        raise MeasuringFailed(f"{url} breaks off: {error}") from error
    finally:
        connection.close()
    return time.monotonic() - begin


def speed(send: Callable[[pathlib.Path], float], bodies: list[pathlib.Path], seconds: float) -> float:
    """MiB a second of whole uploads, one after the other for about that long.

    `send` tells the seconds that one took. The bodies come in turn, and the last one last, so that each changes what is
    there, also what another measurement has left.
    """
    # What others have left to be written should not slow this down.
    os.sync()
    taken, sent, count, end = 0.0, 0, 0, time.monotonic() + seconds
    while count == 0 or count % len(bodies) or time.monotonic() < end:
        body = bodies[count % len(bodies)]
        taken += send(body)
        sent += body.stat().st_size
        count += 1
    return sent / MEBIBYTE / taken


def rate(url: str, kind: str, files: int, connections: int, seconds: float) -> float:
    """Requests a second, with a row or an attribute each."""
    counted = figures(begin(url, kind, files, connections, seconds, checks=False))
    if counted["errors"] or not counted["requests"]:
        raise MeasuringFailed(f"{url}: {counted['errors']} errors in {counted['requests']} requests")
    return counted["requests"] * 1e6 / counted["microseconds"]


def begin(url: str, kind: str, files: int, connections: int, seconds: float, checks: bool) -> subprocess.Popen:
    """Starts wrk with what writes.lua makes of a target with FILE, START and STOP."""
    parts = urllib.parse.urlsplit(url)
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(round(seconds), 1)}s"]
    command += ["--timeout", "30s", "--script", str(SCRIPT), f"http://{parts.netloc}", "--"]
    command += [kind, f"{parts.path}?{parts.query}", str(files), str(data.ROWS), str(data.LENGTH), str(_sent)]
    return subprocess.Popen(
        command + ["check"] * checks, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def figures(wrk: subprocess.Popen) -> dict:
    """What wrk has counted, once it ends."""
    global _sent
    output, errors = wrk.communicate()
    line = next((line for line in output.splitlines() if line.startswith("figures ")), None)
    if wrk.returncode != 0 or line is None:
        raise MeasuringFailed(f"wrk failed: {errors.strip()}")
    counted = json.loads(line.removeprefix("figures "))
    # wrk counts what was answered, and leaves at most one request on each connection.
    _sent += counted["requests"] + CONNECTIONS
    return counted
