"""The guarantee, against plain h5py in another process: one writer and nobody else, or any number of readers."""

import fcntl
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import h5py
import numpy as np
import pytest
import requests

from cases import create
from foreign import Foreign
from support import check_error, eventually, receive

MIB = 1 << 20


@pytest.fixture
def folder(tmp_path):
    """A root with one small file."""
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "data.h5", "earliest") as file:
        file["x"] = 1
    return root


@pytest.mark.parametrize("option", [(), ("--reopen-files",)])
def test_read_after_another_programs_write_is_never_stale(start_server, folder, option):
    server = start_server(folder, "--workers", 1, *option)
    for value in range(300):
        with h5py.File(folder / "data.h5", "r+") as file:
            file["x"][()] = value
        assert server.json("/v1/values/data.h5/x") == value
        assert server.json("/v1/values/data.h5/x") == value


def holds(server, path):
    """Whether a process of the server has the file open."""
    place = os.path.realpath(path)
    return any(place in open_names(pid) for pid in server.family())


def open_names(pid):
    """What a process has open; a descriptor that is closed meanwhile is left out, the others are not."""
    names = []
    try:
        numbers = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return names
    for number in numbers:
        with suppress(OSError):
            names.append(os.readlink(f"/proc/{pid}/fd/{number}"))
    return names


def lock_is_free(path, mode=fcntl.LOCK_EX):
    """Whether the lock could be had now; it is given back at once."""
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def in_thread(function):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(function)
    pool.shutdown(wait=False)
    return future


X = "/v1/values/data.h5/x"


# h5py first


def test_read_is_answered_while_h5py_reads(start_server, folder, foreign):
    server = start_server(folder)
    assert foreign.open(folder / "data.h5", "r") == "ok"
    assert server.get(X, prefer="wait=0").json() == 1


def test_read_is_refused_while_h5py_writes(start_server, folder, foreign):
    server = start_server(folder)
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    for target in (X, "/v1/raw/data.h5", "/v1/files/data.h5", "/v1/tree/data.h5", "/v1/attributes/data.h5"):
        began = time.monotonic()
        answer = server.get(target, prefer="wait=0")
        check_error(server, answer, "locked", "data.h5")
        assert time.monotonic() - began < 1
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["Preference-Applied"] == "wait=0"
    assert str(foreign.process.pid) in answer.json()["message"]
    foreign.close()
    assert server.get(X, prefer="wait=0").json() == 1


def test_read_is_refused_by_whatever_name_the_file_has(start_server, folder, foreign):
    server = start_server(folder)
    os.link(folder / "data.h5", folder / "hard.h5")
    os.symlink("data.h5", folder / "soft.h5")
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    for name in ("hard.h5", "soft.h5"):
        check_error(server, server.get(f"/v1/values/{name}/x", prefer="wait=0"), "locked", name)


def test_read_waits_until_h5py_has_written(start_server, folder, foreign):
    server = start_server(folder, "--workers", 1)
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    answer = in_thread(lambda: server.get(X, prefer="wait=20"))
    eventually(lambda: holds(server, folder / "data.h5"), what="the request's wait")
    assert not answer.done()
    assert foreign.write("x", 7) == foreign.close() == "ok"
    answer = answer.result(5)
    assert (answer.json(), answer.headers["Preference-Applied"]) == (7, "wait=20")


@pytest.mark.parametrize("options, headers, applied", [
    (["--lock-wait", 1], {}, None),
    (["--lock-wait", 30], {"prefer": "wait=1"}, "wait=1"),
    (["--max-wait", 1, "--lock-wait", 1], {"prefer": "wait=100"}, "wait=1"),
    (["--lock-wait", 30], {"prefer": 'respond-async, wait="1"'}, "wait=1"),
    (["--lock-wait", 1], {"prefer": "wait=-1, wait=soon"}, None),
])
def test_wait_ends_when_it_was_said_to(start_server, folder, foreign, options, headers, applied):
    server = start_server(folder, *options)
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    began = time.monotonic()
    answer = server.get(X, **headers)
    check_error(server, answer, "locked", "data.h5")
    assert 0.8 < time.monotonic() - began < 3
    assert answer.headers.get("Preference-Applied") == applied


def test_waiting_requests_take_no_worker(start_server, folder, foreign):
    server = start_server(folder, "--workers", 1)
    with create(folder / "other.h5", "earliest") as file:
        file["y"] = 2
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    connections = [server.send_raw(X, fields=["Prefer: wait=30"]) for _ in range(100)]
    eventually(lambda: holds(server, folder / "data.h5"))
    for _ in range(20):
        began = time.monotonic()
        assert server.json("/v1/values/other.h5/y") == 2
        assert time.monotonic() - began < 1
    foreign.close()
    for connection in connections:
        with connection:
            assert receive(connection).json() == 1


def test_waiting_request_reads_the_file_that_has_the_name_at_last(start_server, folder, foreign):
    server = start_server(folder)
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    answer = in_thread(lambda: server.get(X, prefer="wait=20"))
    eventually(lambda: holds(server, folder / "data.h5"))
    with create(folder / "new.h5", "earliest") as file:
        file["x"] = 99
    os.rename(folder / "new.h5", folder / "data.h5")
    foreign.close()
    assert answer.result(5).json() == 99


def test_waiting_request_tells_when_the_file_went_away(start_server, folder, foreign):
    server = start_server(folder)
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    answer = in_thread(lambda: server.get(X, prefer="wait=20"))
    eventually(lambda: holds(server, folder / "data.h5"))
    os.unlink(folder / "data.h5")
    foreign.close()
    check_error(server, answer.result(5), "not_found", "data.h5")


# Files that a writer has left, or shares


def left_open(path, bounds, foreign):
    with create(path, bounds) as file:
        file.create_dataset("x", data=[1], chunks=(1,), maxshape=(None,))
    assert foreign.open(path, "r+") == "ok"
    assert foreign.write("x", 5) == foreign.ask("flush") == "ok"
    foreign.kill()


def test_file_of_a_killed_writer_is_refused_with_the_cure(start_server, folder):
    left_open(folder / "left.h5", "v110", Foreign())
    server = start_server(folder)
    answer = server.get("/v1/values/left.h5/x", prefer="wait=0")
    check_error(server, answer, "locked", "left.h5", "h5clear")
    assert os.system(f"h5clear -s {folder / 'left.h5'}") == 0
    assert server.get("/v1/values/left.h5/x").status_code == 200


def test_file_of_a_killed_writer_in_the_old_format_is_served(start_server, folder):
    left_open(folder / "left.h5", "earliest", Foreign())
    server = start_server(folder)
    assert server.get("/v1/groups/left.h5").status_code == 200


def test_file_of_an_active_swmr_writer_is_refused(start_server, folder, foreign):
    path = folder / "swmr.h5"
    with create(path, "v110") as file:
        file.create_dataset("x", data=[1], chunks=(1,), maxshape=(None,))
    server = start_server(folder)
    assert foreign.ask("swmr", path) == "ok"
    check_error(server, server.get("/v1/values/swmr.h5/x", prefer="wait=0"), "locked", "swmr.h5")
    foreign.close()
    assert server.get("/v1/values/swmr.h5/x").json() == [1]


# The service first


@pytest.fixture(scope="module")
def large_root(tmp_path_factory):
    """A root with 64 MiB of values, contiguous and compressed."""
    root = tmp_path_factory.mktemp("large")
    values = np.arange(16 * MIB, dtype="<i4")
    with create(root / "plain.h5", "earliest") as file:
        file["x"] = values
    with create(root / "zipped.h5", "earliest") as file:
        file.create_dataset("x", data=values, chunks=(MIB,), compression=1, shuffle=True)
    with create(root / "other.h5", "earliest") as file:
        file["y"] = 2
    return root


class Download:
    """A large answer that is read as slowly as the test wants."""

    def __init__(self, server, target):
        self.connection = server.connect(receive_buffer=16 << 10)
        server.send_raw(target, fields=["Accept: application/octet-stream"], connection=self.connection)
        self.data = bytearray()
        eventually(self.has_head)
        head, _, rest = bytes(self.data).partition(b"\r\n\r\n")
        self.status = int(head.split()[1])
        self.length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        self.data = bytearray(rest)

    def has_head(self):
        self.data += self.connection.recv(4096)
        return b"\r\n\r\n" in self.data

    def slowly(self, seconds, until=lambda: False):
        """Reads one MB a second; whether `until` came true, and when."""
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            if until():
                return passed
            if len(self.data) < passed * 1e6:
                self.data += self.connection.recv(65536)
            else:
                time.sleep(0.002)
        return None

    def rest(self):
        """Reads to the end; whether the body was complete."""
        try:
            while len(self.data) < self.length and (part := self.connection.recv(MIB)):
                self.data += part
        except OSError:
            pass
        self.connection.close()
        return len(self.data) == self.length


LARGE = [
    ("plain.h5", "/v1/values/plain.h5/x"), ("zipped.h5", "/v1/values/zipped.h5/x"), ("plain.h5", "/v1/raw/plain.h5")]
HOLD, MARGIN = 1, 1.5


@pytest.mark.parametrize("name, target", LARGE)
def test_slow_download_gives_the_lock_back_and_is_right(start_server, large_root, foreign, name, target):
    server = start_server(large_root, "--workers", 1, "--lock-hold", HOLD)
    download = Download(server, target)
    assert download.status == 200
    assert foreign.open(large_root / name, "r") == foreign.close() == "ok"
    free = download.slowly(HOLD + MARGIN, until=lambda: lock_is_free(large_root / name))
    assert free is not None, "the lock was held for longer than the cap"
    for _ in range(10):
        began = time.monotonic()
        assert server.json("/v1/values/other.h5/y") == 2
        assert time.monotonic() - began < 1, "the download holds the only worker"
    assert download.rest()
    if "raw" in target:
        assert download.data == (large_root / name).read_bytes()
    else:
        assert np.array_equal(np.frombuffer(download.data, "<i4"), np.arange(16 * MIB, dtype="<i4"))


@pytest.mark.parametrize("name, target", LARGE)
def test_slow_download_of_a_file_that_changes_is_cut(start_server, large_root, tmp_path, foreign, name, target):
    (tmp_path / "copy").mkdir()
    path = tmp_path / "copy" / name
    path.write_bytes((large_root / name).read_bytes())
    server = start_server(path.parent, "--workers", 1, "--lock-hold", HOLD)
    download = Download(server, target)
    waited = download.slowly(HOLD + MARGIN, until=lambda: foreign.open(path, "r+") == "ok")
    assert waited is not None, "h5py was kept waiting for longer than the cap"
    assert foreign.write("x", 0) == foreign.close() == "ok"
    assert not download.rest(), "a mixture was sent as if it were whole"
    assert server.get(target, prefer="wait=5").status_code == 200


def test_quick_download_is_whole_under_one_lock(start_server, large_root):
    server = start_server(large_root)
    for name, target in LARGE[:2]:
        answer = server.get(target, accept="application/octet-stream")
        assert np.array_equal(np.frombuffer(answer.content, "<i4"), np.arange(16 * MIB, dtype="<i4"))
        eventually(lambda: lock_is_free(large_root / name), 1, "the end of the lock")


def test_answered_request_leaves_no_lock(start_server, folder):
    server = start_server(folder)
    for target in (X, "/v1/files/data.h5", "/v1/raw/data.h5", "/v1/tree/data.h5", "/v1/values/data.h5/missing"):
        server.get(target)
        eventually(lambda: lock_is_free(folder / "data.h5"), 1, f"the end of the lock after {target}")
        assert not holds(server, folder / "data.h5")


# Torn reads


@pytest.mark.parametrize("options, size, rounds", [
    ([], 30_000, 1500), (["--slab-size", 65_536, "--lock-hold", 0.005], 150_000, 500)], ids=["whole", "slabs"])
def test_no_read_is_torn(start_server, folder, foreign, options, size, rounds):
    path = folder / "busy.h5"
    with create(path, "earliest") as file:
        file.create_dataset("plain", (size,), "<i4")
        file.create_dataset("zipped", (size,), "<i4", chunks=(size // 7,), compression=1)
    server = start_server(folder, "--workers", 2, *options)
    reads, torn, cut = [], [], []
    is_over = threading.Event()

    def read(name):
        session = requests.Session()
        while not is_over.is_set():
            accept = "application/octet-stream"
            try:
                answer = session.get(f"{server.url}/v1/values/busy.h5/{name}", headers={"Accept": accept}, timeout=60)
            except requests.RequestException:
                cut.append(1)
                continue
            if answer.status_code != 200:
                assert answer.status_code == 423, answer.text
                continue
            values = np.frombuffer(answer.content, "<i4")
            reads.append(int(values[0]))
            if len(values) != size or not (values == values[0]).all():
                torn.append(np.unique(values))

    threads = [threading.Thread(target=read, args=(name,)) for name in ("plain", "zipped") * 2]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 90
    try:
        # Again until the readers have seen enough, however busy the machine is.
        while True:
            assert foreign.ask("rewrite", path, rounds) == str(rounds)
            if len(reads) > 100 and len(set(reads)) > 10 or time.monotonic() > deadline:
                break
    finally:
        is_over.set()
    for thread in threads:
        thread.join(60)
    assert not torn
    assert len(reads) > 100 and len(set(reads)) > 10, f"only {len(reads)} reads, {len(cut)} cut"
    with h5py.File(path, "r") as file:
        assert (file["plain"][0], file.attrs["generation"]) == (rounds, rounds)
