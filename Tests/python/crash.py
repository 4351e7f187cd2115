"""Kills workers and servers, and looks at what they leave: before anybody has recovered it, and afterwards."""

import os
import random
import signal
import time
from collections import Counter

import h5py

import support
from generations import Generations, Sender, contents, copy_of
from support import eventually
from tracing import has_ended

RECOVERIES = "an interrupted commit was "


class Crashes:
    """A server with one worker, that is started again whenever it was killed, and files that are written without end.

    `tally` counts what was done and seen; a file that is wrong is an assertion's failure.
    """

    def __init__(self, folder, kinds, seed, *options):
        self.root, self.state, self.options = folder / "served", folder / "state", options
        self.root.mkdir()
        self.random, self.tally, self.longest = random.Random(seed), Counter(), 0.02
        self.files = [Generations(self.root, f"{kind}.h5", kind, seed) for kind in kinds]
        self.server = None
        self.start()

    def start(self):
        self.server = support.Server(self.root, self.state, "--workers", 1, *self.options)
        for file in self.files[:1]:
            assert self.server.get(f"/v1/groups/{file.name}/").status_code == 200

    def stop(self):
        self.count_recoveries()
        assert self.server.stop() == 0, self.server.log()

    def count_recoveries(self):
        """Counts what the server has told of recoveries, once in its life."""
        log = self.server.log()
        for what in ("replayed", "unveiled", "cut"):
            self.tally[what] += log.count(RECOVERIES + what)
        assert "cannot be recovered" not in log and "fatal" not in log.lower(), log[-4000:]

    def worker(self):
        """The worker's pid, without a look at every process there is."""
        return eventually(lambda: [pid for zygote in children(self.server.pid) for pid in children(zygote)])[0]

    # One kill

    def kill_worker(self, looks=False):
        """Kills the worker in the midst of requests; with `looks` the file is seen as the worker has left it."""
        file = self.random.choice(self.files)
        self.worker()
        sender = Sender(self.server, file)
        # Some kills are early in a request, more are where most of its time is spent.
        time.sleep(self.random.random() * self.longest)
        sender.is_ended = True
        if looks:
            os.kill(self.server.pid, signal.SIGSTOP)
        since, worker = file.number, self.worker()
        os.kill(worker, signal.SIGKILL)
        self.tally["worker kills"] += 1
        copy = None
        if looks:
            eventually(lambda: has_ended(worker), what="the worker's end")
            copy = copy_of(file.path)
            os.kill(self.server.pid, signal.SIGCONT)
        sender.join()
        self.look(file, copy, since)
        self.check(file)

    def kill_server(self):
        """Kills the server in the midst of requests, and starts it again."""
        file = self.random.choice(self.files)
        sender = Sender(self.server, file)
        time.sleep(self.random.random() * self.longest)
        sender.is_ended = True
        since = file.number
        os.kill(self.server.pid, signal.SIGKILL)
        self.tally["server kills"] += 1
        sender.join()
        self.server.session.close()
        self.server.process.wait(10)
        self.server.process.stdout.close()
        eventually(lambda: not self.server.family(), what="the end of the server's children")
        self.count_recoveries()
        was_refused = self.look(file, file.path, since) is None
        self.start()
        if was_refused:
            # Nobody has asked for the file.
            eventually(lambda: contents(file.path), 20, f"the recovery of {file.name} at the start")
        self.check(file)

    # Verdicts

    def look(self, file, path, since):
        """What plain h5py makes of a file that nobody has recovered: a generation, or it refuses it."""
        if path is None:
            return None
        assert h5py.is_hdf5(path), f"{file.name} is no HDF5 file any more"
        found = contents(path)
        self.tally["looks"] += 1
        if found is None:
            self.tally["looks refused"] += 1
        else:
            file.settle(found, since)
        return found

    def check(self, file):
        """After recovery the file is the last acknowledged generation or the one in flight, and whole."""
        if self.random.random() < 0.5:
            self.read(file)
        acknowledged, was_flying = file.number, file.flying
        file.settle(contents(file.path))
        if was_flying:
            self.tally["after" if file.number > acknowledged else "before"] += 1
        else:
            self.tally["between requests"] += 1

    def read(self, file):
        """Reads the file over HTTP."""
        for _ in range(2):
            answer = self.server.get(f"/v1/groups/{file.name}/", prefer="wait=20")
            # The dead worker can have been given this request as well.
            if answer.status_code != 500:
                break
            self.tally["reads given to the dead worker"] += 1
        if "made workers fail again and again" in answer.text:
            # So it is refused for a while, unless it changes.
            self.tally["files in quarantine"] += 1
            return os.utime(file.path)
        assert answer.status_code == 200, answer.text

    def acknowledged(self):
        return sum(file.number for file in self.files)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []
