"""System calls of a server's workers that fail when a test says so."""

import ctypes
import errno
import mmap
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("failing_calls.c")
CALLS = ("pwrite", "ftruncate", "fdatasync")


class Plan(ctypes.Structure):
    """As `struct plan` in failing_calls.c."""

    _fields_ = [("name", ctypes.c_char * 16), ("left", ctypes.c_int), ("error", ctypes.c_int),
                ("goes_on", ctypes.c_int), ("failed", ctypes.c_int),
                ("device", ctypes.c_uint64), ("inode", ctypes.c_uint64)]


class FailingCalls:
    """What a server is started with, and its plan: nothing fails before `let_fail`."""

    def __init__(self, folder):
        compiler = shutil.which("cc") or shutil.which("clang")
        if compiler is None:
            pytest.skip("there is no C compiler")
        library, plan = folder / "failing_calls.so", folder / "plan"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
        plan.write_bytes(bytes(ctypes.sizeof(Plan)))
        self.environment = os.environ | {"LD_PRELOAD": str(library), "FAILING_CALLS": str(plan)}
        with open(plan, "r+b") as file:
            self.plan = Plan.from_buffer(mmap.mmap(file.fileno(), 0))

    def let_fail(self, path, name, after, error, goes_on=False):
        """The calls of a name on a file fail once so many have succeeded: one, or all of them."""
        status = os.stat(path)
        self.plan.error = 0
        self.plan.name, self.plan.left, self.plan.goes_on, self.plan.failed = name.encode(), after, goes_on, 0
        self.plan.device, self.plan.inode = status.st_dev, status.st_ino
        self.plan.error = getattr(errno, error)

    def end(self):
        """Nothing fails any more; how many calls have failed."""
        self.plan.error = 0
        return self.plan.failed
