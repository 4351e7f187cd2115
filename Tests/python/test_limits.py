"""Files and clients that ask for much: bounded time and memory, right answers, nothing left behind."""

import random
import threading
import time

import h5py
import numpy as np
import pytest
import requests

import wire
from cases import create
from support import check_error, eventually, receive
from test_http import memory_of
from test_locks import lock_is_free, open_names

DEPTH = 600


@pytest.fixture(scope="module")
def odd_root(tmp_path_factory):
    """Valid files that a careless server chokes on."""
    root = tmp_path_factory.mktemp("odd")
    with create(root / "bombs.h5", "v110") as file:
        file.create_dataset("endless", (1 << 40,), "f8", chunks=(1 << 16,), compression=1)
        file.create_dataset("endless_contiguous", (1 << 40,), "f8", chunks=(1 << 16,))
        file.create_dataset("flat", (1 << 31, 1 << 31), "u1", chunks=(256, 256))
        file.create_dataset("bytes_overflow", (1 << 31, 1 << 31), "f8", chunks=(64, 64))
        file.create_dataset("count_overflows", (1 << 32, 1 << 31), "f8", chunks=(64, 64))
        file.create_dataset("small", data=1)
        text = file.create_dataset("long_text", (3,), h5py.string_dtype())
        text[:] = ["x" * 5_000_000, "", "é" * 1_000_000]
    with create(root / "deep.h5", "v110") as file:
        group = file
        for _ in range(DEPTH):
            group = group.create_group("g")
        group["x"] = 7
        file["loop"] = h5py.SoftLink("/loop/loop")
        file["again"] = file["/"]
    with create(root / "wide.h5", "v110") as file:
        many = np.zeros(5, [(f'field "{number}" é\\', "<i2") for number in range(1000)])
        many[many.dtype.names[999]] = np.arange(5)
        file["fields"] = many
        nested = np.dtype("i1")
        for _ in range(30):
            nested = np.dtype([("n", nested)])
        file["nested"] = np.zeros(2, nested)
        file["enum"] = np.array([-(2**63), 0]).astype(h5py.enum_dtype({"LOW": -(2**63), "NO": 0}, "i8"))
        file["enum_u4"] = np.array([2**32 - 1], "u4").astype(h5py.enum_dtype({"TOP": 2**32 - 1}, "u4"))
        h5py.h5g.create(file.id, b"..")
        file[".."]["inside"] = 5
    return root


@pytest.fixture
def odd_server(start_server, odd_root):
    return start_server(odd_root, "--workers", 1)


@pytest.mark.parametrize("accept", ["application/json", "application/octet-stream", "application/x-npy", "text/csv"])
@pytest.mark.parametrize(
    "name", ["endless", "endless_contiguous", "flat", "bytes_overflow", "count_overflows"])
def test_endless_answer_takes_bounded_memory_and_ends_with_its_client(odd_server, odd_root, name, accept):
    odd_server.json("/v1/values/bombs.h5/small")
    before = memory_of(odd_server.pid)
    fields = [f"Accept: {accept}", "Connection: close"]
    with odd_server.send_raw(f"/v1/values/bombs.h5/{name}", fields=fields) as connection:
        head = part = connection.recv(1 << 20)
        size = len(head)
        while size < 24 << 20 and (part := connection.recv(1 << 20)):
            size += len(part)
        status = int(head.split()[1])
        assert status == 200 and part or status in (413, 422), head[:500]
        assert memory_of(odd_server.pid) - before < 200 << 20
    began = time.monotonic()
    assert odd_server.json("/v1/values/bombs.h5/small") == 1
    assert time.monotonic() - began < 3
    eventually(lambda: lock_is_free(odd_root / "bombs.h5"), 5, "the end of the lock")


@pytest.mark.parametrize("name", ["endless", "endless_contiguous", "flat", "bytes_overflow", "count_overflows"])
def test_picture_of_an_endless_dataset_is_a_small_one_or_none(odd_server, name):
    answer = odd_server.get(f"/v1/values/bombs.h5/{name}", {"format": "png"})
    assert answer.status_code in (200, 406, 413, 422) and len(answer.content) < 100_000, answer.text


@pytest.mark.parametrize("name", ["bytes_overflow", "count_overflows"])
@pytest.mark.parametrize("resource", ["datasets", "groups", "tree"])
def test_datasets_without_end_are_described_and_read_in_parts(odd_server, resource, name):
    path = f"/{name}" if resource == "datasets" else ""
    assert odd_server.get(f"/v1/{resource}/bombs.h5{path}").status_code == 200
    assert odd_server.json(f"/v1/values/bombs.h5/{name}", {"select": "-1,-2:"}) == [0, 0]


@pytest.mark.parametrize("selection, expected", [
    ("1099511627775", 0.0), ("-1", 0.0), ("1099511627770:", [0.0] * 6), ("::274877906944", [0.0] * 4)])
def test_far_elements_of_an_endless_dataset_are_read(odd_server, selection, expected):
    assert odd_server.json("/v1/values/bombs.h5/endless", {"select": selection}) == expected


def test_long_text_is_whole_in_small_slabs(start_server, odd_root):
    server = start_server(odd_root, "--workers", 1, "--slab-size", 65_536)
    assert server.json("/v1/values/bombs.h5/long_text") == ["x" * 5_000_000, "", "é" * 1_000_000]
    octets = server.get("/v1/values/bombs.h5/long_text", accept="application/octet-stream").content
    assert len(octets) == 3 * 4 + 5_000_000 + 2_000_000


def test_deep_groups_are_walked(odd_server):
    path = "/".join(["g"] * DEPTH)
    assert odd_server.json("/v1/values", {"file": "deep.h5", "path": f"{path}/x"}) == 7
    assert odd_server.json(f"/v1/values/deep.h5/{path}/x") == 7
    began = time.monotonic()
    tree = odd_server.json("/v1/tree/deep.h5")
    assert time.monotonic() - began < 20
    assert max(entry["path"].count("/") for entry in tree) == DEPTH
    check_error(odd_server, odd_server.get("/v1/values/deep.h5/loop"), "not_found")
    assert odd_server.json(f"/v1/values/deep.h5/again/again/{path}/x") == 7


def test_rows_of_a_thousand_fields_are_read(odd_server):
    rows = odd_server.json("/v1/values/wide.h5/fields")
    assert [row['field "999" é\\'] for row in rows] == list(range(5)) and len(rows[0]) == 1000
    octets = odd_server.get("/v1/values/wide.h5/fields", accept="application/octet-stream")
    assert len(octets.content) == 5 * 2000
    one = odd_server.get("/v1/values/wide.h5/fields", {"field": 'field "999" é\\'}, accept="application/octet-stream")
    wire.check_octets(one, np.array([(n,) for n in range(5)], [('field "999" é\\', "<i2")]), {
        "class": "H5T_COMPOUND", "fields": [{"name": 'field "999" é\\', "type": wire.from_numpy("<i2")}]})


def test_rows_within_rows_are_read(odd_server):
    element = odd_server.json("/v1/values/wide.h5/nested")[0]
    for _ in range(30):
        element = element["n"]
    assert element == 0


@pytest.mark.parametrize("name, mapping, values", [
    ("enum", {"LOW": -(2**63), "NO": 0}, [-(2**63), 0]), ("enum_u4", {"TOP": 2**32 - 1}, [2**32 - 1])])
def test_enum_keeps_its_extreme_values(odd_server, name, mapping, values):
    assert odd_server.json(f"/v1/datasets/wide.h5/{name}")["datatype"]["mapping"] == mapping
    assert odd_server.json(f"/v1/values/wide.h5/{name}") == values


def test_object_with_the_name_of_the_parent_is_reached_by_parameter(odd_server):
    assert odd_server.json("/v1/values", {"file": "wide.h5", "path": "/../inside"}) == 5


# Many clients at once

QUESTIONS = [
    (f"/v1/values/values-v110.h5/shapes/wide?select={start}:{start + 40}", [n**2 for n in range(start, start + 40)])
    for start in range(0, 1900, 60)]


def test_parallel_clients_get_their_own_answers(server):
    failures = []

    def ask(seed):
        rnd, session = random.Random(seed), requests.Session()
        try:
            for _ in range(60):
                target, expected = rnd.choice(QUESTIONS)
                if rnd.random() < 0.2:
                    server.send_raw(target).close()
                    continue
                got = session.get(server.url + target, timeout=60)
                if got.json() != expected:
                    failures.append((target, got.text))
        except Exception as error:  # noqa: BLE001, told below
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]


def test_nothing_is_left_open_after_many_requests(start_server, root):
    server = start_server(root, "--workers", 2)
    targets = [target for target, _ in QUESTIONS] + ["/v1/raw/small.h5", "/v1/tree/links.h5", "/v1/values/missing.h5/x"]

    def ask_all():
        for target in targets * 5:
            with server.send_raw(target, fields=["Connection: close"]) as connection:
                receive(connection)

    ask_all()
    first = eventually(lambda: gates_descriptors(server), 5)
    memory = {pid: memory_of(pid) for pid in server.family()}
    for _ in range(5):
        ask_all()
    # The first count may have the last connection in it, so fewer are as good.
    eventually(lambda: (gates_descriptors(server) or 1 << 20) <= first, 5, "the end of what requests had open")
    for pid in server.workers():
        assert len(served_files(server, pid)) <= 1 and len(open_names(pid)) < 12
    for pid in server.family():
        assert memory_of(pid) - memory[pid] < 16 << 20


def served_files(server, pid):
    """The files under the root that a process has open; a worker may keep its last one."""
    return [name for name in open_names(pid) if name.startswith(str(server.root.resolve()) + "/")]


def gates_descriptors(server):
    """How many descriptors the gate has, once no served file is among them."""
    return None if served_files(server, server.pid) else len(open_names(server.pid))
