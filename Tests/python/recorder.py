"""Records what a process does to a file, system call by system call, and tells each state that its death would leave."""

import os
import re
import signal
import subprocess

from support import eventually, status_of

CALL = re.compile(rb'^(?:\d+ +)?(pwrite64|ftruncate|fdatasync|fallocate)\((\d+)(?:, "([^"]*)", \d+)?(?:, (\d+))?\) += (\d+)$')


class Recorder:
    """Watches a process with strace from `with` to its end; then `calls` has (name, content, number) in their order."""

    def __init__(self, pid, output):
        self.pid, self.output, self.calls = pid, output, []

    def __enter__(self):
        self.tracer = subprocess.Popen(
            ["strace", "-f", "-p", str(self.pid), "-xx", "-s", str(1 << 24), "-o", self.output,
             "-e", "trace=pwrite64,ftruncate,fdatasync,fallocate"], stderr=subprocess.PIPE)
        eventually(lambda: status_of(self.pid).get("TracerPid") not in ("0", None), what="the tracer")
        return self

    def __exit__(self, *_):
        self.tracer.send_signal(signal.SIGINT)
        self.tracer.communicate(timeout=30)
        for line in self.output.read_bytes().splitlines():
            found = CALL.match(line)
            if found:
                content = bytes.fromhex((found[3] or b"").decode().replace("\\x", ""))
                self.calls.append((found[1].decode(), content, int(found[4] or 0)))


def states(before, calls):
    """(what has been done, the file's bytes) after each call, and with each long write half done."""
    content = bytearray(before)
    yield "nothing", bytes(content)
    for number, (name, written, place) in enumerate(calls):
        if name == "pwrite64":
            half = len(written) // 1024 * 512
            if half:
                put(content, written[:half], place)
                yield f"half of call {number}", bytes(content)
            put(content, written, place)
        elif name == "ftruncate":
            content = bytearray(bytes(content[:place]).ljust(place, b"\0"))
        else:
            continue
        yield f"call {number}", bytes(content)


def put(content, written, place):
    content.extend(bytes(max(0, place - len(content))))
    content[place : place + len(written)] = written


def can_trace():
    """Whether processes may be traced here."""
    test = subprocess.Popen(["sleep", "60"])
    try:
        tracer = subprocess.Popen(["strace", "-p", str(test.pid), "-o", os.devnull], stderr=subprocess.PIPE)
        return eventually(
            lambda: tracer.poll() is not None or status_of(test.pid).get("TracerPid") not in ("0", None), 10,
            "strace") and tracer.poll() is None
    except FileNotFoundError:
        return False
    finally:
        test.kill()
        test.wait()
