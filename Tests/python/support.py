"""Runs the server's binary, and talks to it: what every test module shares."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LOCKEDH5_BINARY", str(REPOSITORY / ".build/debug/lockedh5"))


NOTHING = object()


def eventually(condition, deadline=10.0, what="the condition"):
    """The first true result of `condition`, which is asked again until `deadline` seconds have passed."""
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"{what} did not come true within {deadline} s"
        time.sleep(0.005)


def processes():
    """(pid, parent, session, state) of every process, from /proc."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            text = Path("/proc", entry, "stat").read_text()
        except OSError:
            continue
        fields = text[text.rindex(")") + 2 :].split()
        yield int(entry), int(fields[1]), int(fields[3]), fields[0]


def status_of(pid):
    """The fields of a process's status; empty for one that has gone."""
    try:
        lines = Path("/proc", str(pid), "status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


class Server:
    """One running `lockedh5 serve` in a session of its own."""

    def __init__(self, root, state, *options, environment=None):
        self.root = Path(root)
        self.state = Path(state)
        self.state.mkdir(parents=True, exist_ok=True)
        self.log_path = self.state.parent / (self.state.name + ".log")
        command = [BINARY, "serve", root, "--listen", "127.0.0.1:0", "--state", state, "--stop-grace", 5, *options]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                list(map(str, command)), stdout=subprocess.PIPE, stderr=log, start_new_session=True,
                env={**os.environ, **(environment or {})})
        self.pid = self.process.pid
        line = self.process.stdout.readline().decode()
        found = re.match(r"listening on (http://([\d.]+):(\d+))\s*$", line)
        if not found:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server said {line!r} instead of where it listens: {self.log()}")
        self.url, self.host, self.port = found[1], found[2], int(found[3])
        self.session = requests.Session()

    def log(self):
        return self.log_path.read_text(errors="replace")

    # Processes

    def family(self):
        """The pids of all live processes of this server."""
        return [pid for pid, _, session, state in processes() if session == self.pid and state not in "ZX"]

    def children(self, of=None):
        parent = of or self.pid
        return [pid for pid, its_parent, _, state in processes() if its_parent == parent and state not in "ZX"]

    def zygote(self):
        return self.children()[0]

    def workers(self):
        """The processes that the gate's children have forked and that are confined already."""
        forked = [worker for zygote in self.children() for worker in self.children(zygote)]
        return [pid for pid in forked if status_of(pid).get("Seccomp") == "2"]

    def stop(self, number=signal.SIGTERM, deadline=15.0):
        """Ends the server; asserts that nothing of it is left; the exit status."""
        self.session.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(deadline)
            eventually(lambda: not self.family(), 5, "the end of the server's children")
        except BaseException:
            for pid in self.family():
                os.kill(pid, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
        return self.process.returncode

    # Requests

    def request(self, method, path, **options):
        """One request; `path` is put behind the server's address as it is."""
        options.setdefault("timeout", 60)
        return self.session.request(method, self.url + path, **options)

    def get(self, path, params=None, **headers):
        """GET with keyword arguments as header fields (`if_none_match="..."`)."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("GET", path, params=params, headers=fields)

    def json(self, path, params=None, **headers):
        answer = self.get(path, params, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method, path, body=NOTHING, params=None, **headers):
        """A request with a body, bytes as they are and everything else as JSON; header fields as for `get`."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, bytes):
            fields.setdefault("content-type", "application/octet-stream")
        elif body is not NOTHING:
            body = json.dumps(body).encode()
            fields.setdefault("content-type", "application/json")
        return self.request(method, path, params=params, headers=fields, data=None if body is NOTHING else body)

    def put(self, path, body=NOTHING, params=None, **headers):
        return self.send("PUT", path, body, params, **headers)

    def patch(self, path, body=NOTHING, params=None, **headers):
        return self.send("PATCH", path, body, params, **headers)

    def delete(self, path, params=None, **headers):
        return self.send("DELETE", path, NOTHING, params, **headers)

    def connect(self, timeout=30, receive_buffer=None):
        """A socket connected to the server."""
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(timeout)
        connection.connect((self.host, self.port))
        return connection

    def send_raw(self, target, method="GET", fields=(), connection=None):
        """Sends a request whose target no library has folded; the connection."""
        connection = connection or self.connect()
        target = target.encode() if isinstance(target, str) else target
        lines = [f"Host: {self.host}:{self.port}", *fields]
        head = b"%s %s HTTP/1.1\r\n" % (method.encode(), target)
        connection.sendall(head + "\r\n".join(lines).encode() + b"\r\n\r\n")
        return connection

    def raw(self, target, method="GET", fields=()):
        """The answer to a request whose target no library has folded."""
        with self.send_raw(target, method, fields) as connection:
            return receive(connection, method)

    def send_body(self, target, method, fields, body, connection=None):
        """As `send_raw`, with a body and its length."""
        connection = self.send_raw(target, method, [*fields, f"Content-Length: {len(body)}"], connection)
        connection.sendall(body)
        return connection

    def raw_body(self, target, method, fields, body):
        """The answer to such a request."""
        with self.send_body(target, method, fields, body) as connection:
            return receive(connection, method)


class Answer:
    """An answer read from a raw socket, with the attributes of `requests.Response` that the tests use."""

    def __init__(self, response):
        self.status_code = response.status
        self.headers = requests.structures.CaseInsensitiveDict(response.headers.items())
        self.content = response.read()

    @property
    def text(self):
        return self.content.decode(errors="replace")

    def json(self):
        return json.loads(self.content)


def receive(connection, method="GET"):
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return Answer(response)


def escaped(*names):
    """Path segments, percent-encoded."""
    return "/".join(quote(name, safe="") for name in names)


CODES = {
    "not_found": 404, "exists": 409, "invalid": 400, "wrong_kind": 409, "out_of_bounds": 400, "unsupported": 422,
    "too_large": 413, "unsupported_media": 415, "not_acceptable": 406, "locked": 423, "lease_lost": 412,
    "precondition_failed": 412, "forbidden": 403, "unauthenticated": 401, "not_hdf5": 422, "damaged": 422,
    "out_of_space": 507, "timeout": 504, "worker_failed": 500, "unavailable": 503, "internal": 500,
}


def check_no_path(answer, server):
    """No answer tells where the files are on the server."""
    for place in {str(server.root), str(server.root.resolve()), str(server.state), "/proc/self"}:
        assert place not in answer.text, f"the body shows a server path: {answer.text[:500]}"
        assert not [value for value in answer.headers.values() if place in value]


def check_error(server, answer, code, *words):
    """The answer is this error, in the form that all errors have, with these words in its sentence."""
    assert answer.status_code == CODES[code], f"{answer.status_code} {answer.text[:500]}"
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    body = answer.json()
    assert set(body) == {"code", "message", "request"}, body
    assert body["code"] == code, body
    assert body["request"] and body["request"] == answer.headers["X-Request-Id"]
    message = body["message"]
    assert len(message.split()) >= 3 and "\n" not in message, message
    for word in words:
        assert word.lower() in message.lower(), f"{word!r} is not in {message!r}"
    check_no_path(answer, server)
    return body
