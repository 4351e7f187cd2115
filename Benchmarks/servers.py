"""The servers that are compared: each is started on a free port of 127.0.0.1 and ended with all its processes."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

HERE = pathlib.Path(__file__).parent
WORKERS = 2


class ServerFailed(Exception):
    """A server did not start, or did not end."""


@dataclass
class Server:
    url: str
    pid: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def lockedh5(binary: str, folder: pathlib.Path, state: pathlib.Path, durability: str = "power") -> Iterator[Server]:
    port = free_port()
    name = f"lockedh5-{durability}"
    command = [binary, "serve", str(folder), "--listen", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
    command += ["--state", str(state / name), "--durability", durability]
    with _running(name, command, port, state) as server:
        yield server


@contextlib.contextmanager
def h5grove(folder: pathlib.Path, state: pathlib.Path, loop: str, http: str) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-B", str(HERE / "grove.py"), str(port), str(WORKERS), loop, http]
    with _running(f"h5grove-{loop}", command, port, state, GROVE_FOLDER=str(folder)) as server:
        yield server


@contextlib.contextmanager
def naive(folder: pathlib.Path, state: pathlib.Path, syncs: bool) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-B", str(HERE / "naive.py"), str(port), str(WORKERS), "uvloop", "httptools"]
    variables = {"NAIVE_FOLDER": str(folder), "NAIVE_SYNC": str(int(syncs))}
    with _running(f"naive-{syncs}", command, port, state, **variables) as server:
        yield server


@contextlib.contextmanager
def nginx(folder: pathlib.Path, state: pathlib.Path) -> Iterator[Server]:
    port = free_port()
    configuration = state / "nginx.conf"
    configuration.write_text(_nginx_configuration(port, folder, state))
    command = ["/usr/sbin/nginx", "-p", str(state), "-e", str(state / "nginx.log"), "-c", str(configuration)]
    with _running("nginx", command, port, state) as server:
        yield server


def _nginx_configuration(port: int, folder: pathlib.Path, state: pathlib.Path) -> str:
    # Started by root it would read as another user, who may not see the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    places = "\n".join(f"    {kind}_temp_path {state}/{kind};" for kind in
                       ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""{user}
daemon off;
worker_processes {WORKERS};
pid {state}/nginx.pid;
events {{ worker_connections 256; }}
http {{
{places}
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_max_body_size 0;
    server {{ listen 127.0.0.1:{port}; root {folder}; dav_methods PUT; }}
}}
"""


@contextlib.contextmanager
def _running(name: str, command: list[str], port: int, state: pathlib.Path, **variables: str) -> Iterator[Server]:
    log = state / f"{name}.log"
    with open(log, "wb") as output:
        # Its own session, so that it can be ended with whatever it has started.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env={**os.environ, **variables})
    try:
        _wait_until_it_answers(name, process, port, log)
        yield Server(f"http://127.0.0.1:{port}", process.pid)
    finally:
        _end(name, process)


def _wait_until_it_answers(name: str, process: subprocess.Popen, port: int, log: pathlib.Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ServerFailed(f"{name} does not answer:\n{log.read_text(errors='replace')}")


def _end(name: str, process: subprocess.Popen) -> None:
    for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 20)):
        # The group outlives its first process as long as one of the others runs.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if process.poll() is not None and not session(process.pid):
                return
            time.sleep(0.05)
    raise ServerFailed(f"{name} does not end: {session(process.pid)}")


def session(leader: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = _fields(int(entry))
            if int(fields[3]) == leader and fields[0] not in "ZX":
                found.append(int(entry))
    return found


def processor_time(leader: int) -> dict[int, float]:
    """The seconds that each process of a session has run so far."""
    tick = os.sysconf("SC_CLK_TCK")
    times = {}
    for process in session(leader):
        # One may end meanwhile.
        with contextlib.suppress(OSError):
            # User and system time of all its threads, of those too that have ended.
            times[process] = sum(int(field) for field in _fields(process)[11:13]) / tick
    return times


def _fields(process: int) -> list[str]:
    """What follows a process's name, which may hold anything: state, parent, group, session, ... (proc(5), stat)."""
    return pathlib.Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()
