"""Requests of the history test: the cells of history.py through the interface, and what an answer means.

Without h5py, which takes longer to load than the requests of an errand take.
"""

import http.client
import json
import math
import select
import time
from array import array

from history import CELLS, COUNT, FAILED, OK, UNKNOWN

SIZES = {"plain": 4096, "packed": 12_000}
ALONE = [cell for cell in CELLS if cell != COUNT]
OCTETS = "application/octet-stream"


class Broken(Exception):
    """Something that no order of operations explains."""


class Unsent(Exception):
    """A request has not reached the server, not in full at least."""


class Lost(Exception):
    """A connection has ended, nobody knows when."""


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)

    def code(self):
        return self.json()["code"] if self.status >= 400 else ""


class Line:
    """A connection to the server, wherever it is by now."""

    def __init__(self, address):
        """`address` tells host and port."""
        self.address, self.connection = address, None

    def connect(self):
        host, port = self.address()
        self.connection = http.client.HTTPConnection(host, int(port), timeout=60)
        try:
            self.connection.connect()
        except OSError as error:
            self.connection = None
            raise Unsent from error

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def ask(self, method, target, body=b"", **fields):
        if not self.connection:
            self.connect()
        try:
            self.connection.request(method, target, body, fields)
            return Answer(self.connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost from error

    def hang_up(self, method, target, body, patience, **fields):
        """Sends a part of a request, or all and does not wait for the answer: then without `Unsent`."""
        self.connect()
        is_part = patience is None
        try:
            self.connection.putrequest(method, target)
            for name, value in fields.items():
                self.connection.putheader(name, value)
            self.connection.putheader("Content-Length", str(len(body)))
            self.connection.endheaders(body[: len(body) // 2] if is_part else body)
            if not is_part:
                select.select([self.connection.sock], [], [], patience)
        except OSError:
            pass
        self.close()
        raise Unsent if is_part else Lost


def outcome(answer):
    if answer.status < 300:
        return OK
    if answer.status not in (500, 504):
        return FAILED
    message = answer.json()["message"]
    if "was made all the same" in message:
        return OK
    # A name is in its place, or is not, before its directory is written to the disk.
    is_open = "look whether" in message or "wrote a directory" in message
    return FAILED if answer.code() == "worker_failed" and not is_open else UNKNOWN


def carry_out(operation, ask, method, target, body, fields):
    """Sends a request; the answer where there is one. What became of it is told by the operation."""
    operation.begin, operation.end = time.monotonic(), math.inf
    try:
        answer = ask(method, target, body, **fields)
    except Unsent:
        operation.outcome, operation.end = FAILED, time.monotonic()
        return None
    except Lost:
        operation.outcome = UNKNOWN
        return None
    operation.end, operation.outcome = time.monotonic(), outcome(answer)
    operation.told = f"{answer.status} {answer.code()}".strip()
    if answer.status >= 500:
        operation.told += f" {answer.json()['message']}"
    if answer.status in (400, 404, 405, 422) or answer.status >= 500 and answer.code() == "internal":
        raise Broken(f"{method} {target}: {operation.told} {answer.body[:300]}")
    return answer


# Cells


def target(name, cell):
    return f"/v1/attributes/{name}/plain?name=mark" if cell == "mark" else f"/v1/values/{name}/{cell}"


def is_array(cell):
    return cell in SIZES


def media(cell):
    return OCTETS if is_array(cell) else "application/json"


def encoded(cell, value):
    """The body that makes a cell hold a number, and its media type."""
    if is_array(cell):
        return array("q", [value]).tobytes() * SIZES[cell], media(cell)
    return json.dumps(value).encode(), media(cell)


def decoded(cell, body):
    """The numbers in the body of an answer."""
    if not is_array(cell):
        return [json.loads(body)]
    if len(body) != SIZES[cell] * 8:
        raise Broken(f"{cell} is {len(body)} bytes long")
    return sorted(set(array("q", body)))
