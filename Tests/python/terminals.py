"""Runs a program at a terminal of its own (a pseudoterminal)."""

import fcntl
import os
import pty
import select
import struct
import termios
import time


def run_at_terminal(command, columns=80, rows=24, cwd=None, environment=None, errors_only=False, deadline=60, output=None):
    """What a program writes to its terminal, and its status.

    With `errors_only` its standard output is `output`, a file, so that only standard error is the terminal.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            if cwd:
                os.chdir(cwd)
            for descriptor in (0, 1, 2):
                os.dup2(slave, descriptor)
            if errors_only:
                os.dup2(os.open(output or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLORTERM")}
            os.execve(command[0], list(map(str, command)), {**kept, "TERM": "xterm-256color", **(environment or {})})
        finally:
            os._exit(127)
    os.close(slave)
    text, end = b"", time.monotonic() + deadline
    while time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], max(end - time.monotonic(), 0))
        if not ready:
            break
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.close(master)
    _, status = os.waitpid(pid, 0)
    return text.decode("utf-8", "surrogateescape").replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)
