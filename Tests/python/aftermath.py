"""What becomes of the files that crashes leave: seen by plain h5py, written by it, recovered by a server."""

import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import requests

from generations import array, contents, differences, recovered
from support import eventually

FOREIGN = np.arange(3000, dtype="<i8")
LATER = array(np.int64(7))


class Aftermath:
    """Puts states of a file into a served directory and judges what comes of them; `tally` counts."""

    def __init__(self, server, random):
        self.server, self.random, self.tally, self.number = server, random, Counter(), 0

    def check(self, states, foreign=0.5, tools=0.02):
        """Judges (image, allowed contents): with a writer of somebody else's let in between for a share of them.

        A share of the recovered files is read by HDF5's tools as well.
        """
        with ThreadPoolExecutor(3) as pool:
            batch = []
            for state in states:
                batch.append(self.prepare(*state, self.random.random() < foreign))
                if len(batch) == 30:
                    self.finish(pool, batch, tools)
            self.finish(pool, batch, tools)

    def prepare(self, image, allowed, lets_foreign_in):
        """Writes a state to a file and looks at it before anybody has recovered it."""
        self.number += 1
        path = self.server.root / f"state-{self.number}.h5"
        path.write_bytes(image)
        assert h5py.is_hdf5(path), self.told("no HDF5 file any more", path, image)
        self.tally["states"] += 1
        found = contents(path)
        if found is None:
            self.tally["refused before recovery"] += 1
        else:
            self.tally["exact before recovery"] += 1
            assert found in allowed, self.told("a mixture before recovery", path, image, found, allowed)
            if lets_foreign_in:
                # It goes on from what it has found, and so must everybody.
                allowed = [{**found, **write_foreign(path)}]
                self.tally["written by others before recovery"] += 1
        return path, image, allowed

    def finish(self, pool, batch, tools):
        """Has a batch recovered, and empties it."""
        writes = [self.random.random() < 0.5 for _ in batch]
        answers = list(pool.map(lambda item, write: self.recover(item[0].name, write), batch, writes))
        for (path, image, allowed), write, (status, text) in zip(batch, writes, answers):
            assert status in (200, 201), self.told(f"{status} {text}", path, image)
            found = recovered(path)
            if write:
                assert found.pop("/@later", None) == LATER, self.told("a write is lost", path, image)
            assert found in allowed, self.told("wrong after recovery", path, image, found, allowed)
            self.tally["after" if found == allowed[-1] and len(allowed) > 1 else "before"] += 1
            if self.random.random() < tools:
                self.tally["read by h5dump and h5stat"] += 1
                read_by_tools(path)
            path.unlink()
        batch.clear()

    def recover(self, name, writes):
        """The first request to a file, which reads or writes."""
        headers = {"Prefer": "wait=20"}
        if writes:
            target = f"{self.server.url}/v1/attributes/{name}/?name=later"
            answer = requests.put(target, json=7, headers=headers, timeout=60)
        else:
            answer = requests.get(f"{self.server.url}/v1/groups/{name}/", headers=headers, timeout=60)
        return answer.status_code, answer.text

    def told(self, what, path, image, found=None, allowed=()):
        """A sentence about a bad state, which is kept for whoever looks for the cause."""
        kept = self.server.root.parent / f"bad-{path.name}"
        kept.write_bytes(image)
        return f"{what}: {kept} {[differences(found, one) for one in allowed]}"


def write_foreign(path):
    """Writes as any program might that knows nothing of us; what is in the file in addition."""
    def attempt():
        try:
            return h5py.File(path, "r+", locking=True)
        except BlockingIOError:
            return None
    with eventually(attempt, what=f"h5py's lock of {path}") as file:
        file["foreign"] = FOREIGN
        file.create_dataset("foreign chunks", data=FOREIGN, chunks=(500,), compression=1)
        file.attrs["foreign"] = 1
    entry = ("dataset", *array(FOREIGN))
    return {"/foreign": entry, "/foreign chunks": entry, "/@foreign": array(np.int64(1))}


def read_by_tools(path):
    for tool in ("h5dump", "h5stat"):
        outcome = subprocess.run([tool, path], capture_output=True, timeout=60)
        assert outcome.returncode == 0 and b"rror" not in outcome.stderr, (tool, path, outcome.stderr[-2000:])


