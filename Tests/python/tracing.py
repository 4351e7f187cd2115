"""strace on a running process: what it does to a file, and how it fares when a system call fails or is its last."""

import os
import re
import signal
import subprocess
from pathlib import Path

from support import eventually, status_of

# All by which a commit changes a file or waits for the disk.
CHANGES = ("pwrite64", "ftruncate", "fallocate", "fdatasync", "fsync")
CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)", re.DOTALL)


class Traced:
    """Processes under strace for a while, from the next system call on; `output` gets a line for each call."""

    def __init__(self, pids, output, *options):
        self.pids, self.output = [pids] if isinstance(pids, int) else list(pids), Path(output)
        command = ["strace", "-f", "-qq", "-y", "-o", output, *options, "-p", ",".join(map(str, self.pids))]
        self.process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        eventually(self.is_attached, what="strace's grip on the processes")
        return self

    def is_attached(self):
        if all(has_ended(pid) for pid in self.pids):
            # What was let happen to it at once has been its end.
            return True
        assert self.process.poll() is None, self.process.stderr.read()
        try:
            threads = [f"{pid}/task/{thread}" for pid in self.pids for thread in os.listdir(f"/proc/{pid}/task")]
        except FileNotFoundError:
            return False
        return all(status_of(thread).get("TracerPid") == str(self.process.pid) for thread in threads)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.process.stderr.close()

    def text(self):
        return self.output.read_text(errors="replace")

    def is_stopped(self):
        """Whether a signal that was let in has stopped a process."""
        return "--- stopped by SIGSTOP ---" in self.text()

    def calls(self, path=""):
        """(name, arguments, result) of the calls so far whose text has a path in it."""
        found = [CALL.match(line) for line in self.text().splitlines() if str(path) in line]
        return [(call[1], call[2], int(call[3])) for call in found if call]


def injection(name, action, when):
    """The option that lets something happen at the when-th call of a sort."""
    return ["-e", f"trace={name}", "-e", f"inject={name}:{action}:when={when}"]


def has_ended(pid):
    """Whether a process is gone or a zombie, and so has no descriptor any more."""
    return status_of(pid).get("State", "Z")[0] in "ZX"
