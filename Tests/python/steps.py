"""A worker that comes to each step of one request, and dies there."""

import os
import signal
from collections import Counter

import h5py

from generations import Change, Generations, Sender, array, contents, copy_of, noise
from support import eventually
from tracing import CHANGES, Traced, has_ended, injection


class Steps:
    """One request that changes much, on copies of one file: each copy's worker comes to another step of its commit."""

    def __init__(self, server, tmp_path, kind, empties=False):
        self.server, self.kind, self.output, self.empties = server, kind, tmp_path / "trace", empties
        self.root, self.copies = server.root, 0

    def file(self):
        """The next copy; all are equal and are changed in the same way."""
        self.copies += 1
        return Generations(self.root, f"{self.kind}-{self.copies}.h5", self.kind, 0)

    def change(self, file):
        """A compressed dataset in new groups; or all that is there goes."""
        if self.empties:
            return file.empty()
        value = noise(5, 1000)
        body = {"datatype": "<i4", "value": value.tolist(), "chunks": [250], "filters": [{"name": "deflate"}]}
        change = Change(file.now, "PUT", "datasets", "/made/a/b/x", body)
        change.contents |= {"/made/a": ("group",), "/made/a/b": ("group",)}
        change.contents["/made/a/b/x"] = ("dataset", *array(value))
        return change

    def worker(self):
        [worker] = eventually(self.server.workers)
        return worker

    def calls(self, names=",".join(CHANGES)):
        """How often the worker makes each of the calls that change a file or wait for the disk, or of others."""
        file = self.file()
        with Traced(self.worker(), self.output, "-e", f"trace={names}") as traced:
            assert file.step(self.server, self.change(file))
            return Counter(name for name, _, _ in traced.calls(file.path if names != "all" else ""))

    def kill_at(self, name, when):
        """Whether the file is as before or as after when its worker dies before it makes a call."""
        file, worker = self.file(), self.worker()
        with Traced(worker, self.output, *injection(name, "signal=SIGKILL", when)):
            is_answered = file.step(self.server, self.change(file))
            # A worker that is not its parent's first differs a little in what it asks of the system.
            is_alive = not has_ended(worker)
        if is_alive:
            return "not reached"
        before = file.number
        file.settle(contents(file.path))
        return "answered" if is_answered else "after" if file.number > before else "before"

    def stop_after(self, name, when):
        """The file whose commit has come to the end of a call, as its dead worker has left it, and recovered."""
        file, worker = self.file(), self.worker()
        with Traced(worker, self.output, *injection(name, "signal=SIGSTOP", when)) as traced:
            sender = Sender(self.server, file, most=1, change=self.change(file))
            eventually(traced.is_stopped, what=f"the worker's stop at {name} {when}")
            os.kill(self.server.pid, signal.SIGSTOP)
            os.kill(worker, signal.SIGKILL)
            eventually(lambda: has_ended(worker))
            copy = copy_of(file.path)
            os.kill(self.server.pid, signal.SIGCONT)
            sender.join()
        assert not file.number, "a request was answered although its worker had died"
        left = contents(copy)
        assert h5py.is_hdf5(copy)
        if left is not None:
            file.settle(left, since=0)
        assert self.server.get(f"/v1/groups/{file.name}/").status_code == 200
        file.settle(contents(file.path))
        return "after" if file.number else "before"
