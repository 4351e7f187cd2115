"""Virtual datasets: their sources, in other files too, are read under locks, and what is refused is never fill values."""

import os
import threading

import h5py
import numpy as np
import pytest

from cases import create
from support import check_error, eventually
from virtual_files import ALL, h5py_value, layout, make_folder

OCTETS = "application/octet-stream"


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path)


@pytest.fixture
def server(start_server, folder):
    return start_server(folder)


@pytest.mark.parametrize("name, path", [("v.h5", name) for name in (
    "stack", "holes", "steps", "self", "absolute", "moved", "nested", "part")] + [
    ("grow.h5", "unlimited"), ("grow.h5", "blocks"), ("sub/n.h5", "first")])
def test_values_are_those_that_h5py_reads(server, folder, name, path):
    wanted = h5py_value(folder, name, path)
    answer = server.get(f"/v1/values/{name}/{path}", accept=OCTETS)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-HDF5-Shape"] == ",".join(map(str, wanted.shape))
    assert answer.content == wanted.tobytes()
    assert server.json(f"/v1/datasets/{name}/{path}")["shape"] == list(wanted.shape)


def test_selection_of_a_virtual_dataset(server, folder):
    wanted = h5py_value(folder, "v.h5", "stack")
    assert server.json("/v1/values/v.h5/stack", {"select": "1:3,::3"}) == wanted[1:3, ::3].tolist()
    assert server.json("/v1/values/v.h5/stack", {"select": "-1"}) == wanted[-1].tolist()


def test_growth_of_a_source_shows_at_once(server, folder):
    assert server.json("/v1/datasets/grow.h5/unlimited")["shape"] == [10]
    with h5py.File(folder / "sub" / "s1.h5", "r+") as file:
        file["d"].resize((13,))
        file["d"][10:] = 5
    assert server.json("/v1/values/grow.h5/unlimited")[9:] == [109, 5, 5, 5]
    assert server.json("/v1/datasets/grow.h5/blocks")["shape"] == [40]
    with create(folder / "sub" / "s4.h5", "earliest") as file:
        file["d"] = np.full(10, 9, "<i4")
    assert server.json("/v1/values/grow.h5/blocks")[40:] == [9] * 10


def test_listing_opens_no_source(server, folder, foreign):
    assert foreign.open(folder / "sub" / "s1.h5", "r+") == "ok"
    members = {member["name"]: member for member in server.json("/v1/groups/grow.h5", prefer="wait=0")["members"]}
    assert members["unlimited"]["kind"] == "dataset" and "shape" not in members["unlimited"]
    members = {member["name"]: member for member in server.json("/v1/groups/v.h5", prefer="wait=0")["members"]}
    assert members["stack"]["shape"] == [4, 10]
    assert server.json("/v1/datasets/v.h5/stack", prefer="wait=0")["layout"] == "virtual"


# Refusals never are fill values


@pytest.mark.parametrize("path, code, words", [
    ("out", "forbidden", ["outside the served directory"]), ("text", "not_hdf5", ["text.h5"]),
    ("group", "wrong_kind", ["/g of sub/s1.h5"]), ("loop", "unsupported", ["source of itself"])])
def test_source_that_cannot_be_read_is_told(server, path, code, words):
    check_error(server, server.get(f"/v1/values/v.h5/{path}"), code, *words)


def test_absolute_name_out_of_the_root_is_looked_for_below_it(server, folder):
    # As anywhere: what is not there is fill values, and nothing outside is there.
    assert server.json("/v1/values/v.h5/outward") == [0] * 10


def test_locked_source_is_named_and_never_fill_values(server, folder, foreign):
    assert foreign.open(folder / "sub" / "s2.h5", "r+") == "ok"
    check_error(server, server.get("/v1/values/v.h5/stack", prefer="wait=0"), "locked", "sub/s2.h5")
    check_error(server, server.get("/v1/values/v.h5/nested", prefer="wait=0"), "locked", "sub/s2.h5")
    check_error(server, server.get("/v1/datasets/grow.h5/blocks", prefer="wait=0"), "locked", "sub/s2.h5")
    assert server.json("/v1/values/v.h5/steps", prefer="wait=0")
    foreign.close()
    assert server.json("/v1/values/v.h5/stack", prefer="wait=0")[2][0] == 200


def test_locked_source_is_waited_for_with_no_lock_held(server, folder, foreign):
    assert foreign.open(folder / "sub" / "s2.h5", "r+") == "ok"
    answers = []
    reader = threading.Thread(target=lambda: answers.append(server.get("/v1/values/v.h5/stack", prefer="wait=20")))
    reader.start()
    eventually(lambda: server.json("/v1/locks/sub/s2.h5")["waiters"], what="the wait for the source")
    for name in ("v.h5", "sub/s0.h5", "sub/s1.h5"):
        with h5py.File(folder / name, "r+"):
            pass
    assert not answers
    foreign.close()
    reader.join(20)
    assert answers[0].status_code == 200
    assert answers[0].json() == h5py_value(folder, "v.h5", "stack").tolist()


def test_forbidden_source_fails_the_request(start_server, folder):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (folder / "sub" / "s2.h5").chmod(0)
    check_error(None, start_server(folder).get("/v1/values/v.h5/stack"), "forbidden", "s2.h5")


def test_symbolic_link_out_of_the_root_fails_the_request(server, folder, tmp_path):
    (folder / "none.h5").symlink_to(tmp_path / "outside.h5")
    check_error(server, server.get("/v1/values/v.h5/holes"), "forbidden", "none.h5")


def test_hidden_source_fails_the_request(server, folder):
    with create(folder / ".h.h5", "earliest") as file:
        file["d"] = 1
    with h5py.File(folder / "v.h5", "r+") as file:
        file.create_virtual_dataset("hidden", layout((1,), "<i4", (ALL, ".h.h5", "d", (1,), ALL)))
    check_error(server, server.get("/v1/values/v.h5/hidden"), "forbidden", "hidden")


def test_damaged_source_fails_the_request(server, folder):
    path = folder / "sub" / "s2.h5"
    with h5py.File(path, "r") as file:
        where = h5py.h5o.get_info(file["d"].id).addr
    data = bytearray(path.read_bytes())
    data[where : where + 16] = b"\xff" * 16
    path.write_bytes(data)
    answer = server.get("/v1/values/v.h5/stack")
    assert answer.status_code == 422 and answer.json()["code"] in ("damaged", "unsupported"), answer.text
    path.write_bytes(path.read_bytes()[:200])
    assert server.get("/v1/values/v.h5/stack").status_code in (422, 500)


def test_source_that_a_killed_writer_left_open_fails_the_request(server, folder):
    with h5py.File(folder / "sub" / "s2.h5", "w", libver=("v110", "v110")) as file:
        file["d"] = np.arange(10, dtype="<i4")
    data = bytearray((folder / "sub" / "s2.h5").read_bytes())
    assert data[8] == 3
    data[11] = 1
    (folder / "sub" / "s2.h5").write_bytes(data)
    answer = server.get("/v1/values/v.h5/stack", prefer="wait=0")
    assert answer.status_code in (422, 423), answer.text
    assert "s2.h5" in answer.text


def test_writing_through_a_virtual_dataset_is_refused(server, folder):
    before = (folder / "v.h5").read_bytes()
    check_error(server, server.put("/v1/values/v.h5/stack", np.zeros((4, 10), int).tolist()), "unsupported", "virtual")
    assert (folder / "v.h5").read_bytes() == before


def test_batch_and_write_requests_read_virtual_datasets(server, folder):
    wanted = h5py_value(folder, "v.h5", "stack").tolist()
    batch = [{"method": "GET", "target": "/v1/values/v.h5/stack"}, {"method": "GET", "target": "/v1/values/v.h5/own"}]
    assert server.send("POST", "/v1/batch/v.h5", batch).json()[0]["body"] == wanted
    sources = {path: path.read_bytes() for path in (folder / "sub").iterdir()}
    batch.append({"method": "PUT", "target": "/v1/values/v.h5/own", "body": [1, 2, 3, 4, 5]})
    answer = server.send("POST", "/v1/batch/v.h5", batch)
    assert answer.json()[0]["body"] == wanted, answer.text
    assert sources == {path: path.read_bytes() for path in sources}
    with h5py.File(folder / "v.h5") as file:
        assert file["own"][1] == 2 and file["stack"][3, 3] == 303


def test_lease_of_the_virtual_dataset_s_file_reads_its_sources(server, folder):
    lease = server.send("POST", "/v1/locks/v.h5", {"mode": "exclusive", "ttl": 30}).json()
    assert server.json("/v1/values/v.h5/stack", lock_token=lease["token"])[3][9] == 309
    with h5py.File(folder / "sub" / "s1.h5", "r+"):
        pass


# Validators


def settled(server, target, **headers):
    return eventually(lambda: (tag := server.get(target, **headers).headers["ETag"]).startswith('"') and tag)


@pytest.fixture
def long(folder):
    """Values that are too long for a tag of their content."""
    for number in range(2):
        with create(folder / f"long{number}.h5", "earliest") as file:
            file["d"] = np.arange(20_000, dtype="<i8") * number
    with h5py.File(folder / "v.h5", "r+") as file:
        parts = [((n, ALL), f"long{n}.h5", "d", (20_000,), ALL) for n in range(3)]
        file.create_virtual_dataset("long", layout((3, 20_000), "<i8", *parts), fillvalue=3)
    return "/v1/values/v.h5/long"


@pytest.mark.parametrize("change", ["v.h5", "long0.h5", "long1.h5", "long2.h5"])
def test_tag_covers_every_source_also_absent_ones(server, folder, long, change):
    tag = settled(server, long)
    assert server.get(long, if_none_match=tag).status_code == 304
    assert server.get(long, if_match=tag).status_code == 200
    with h5py.File(folder / change, "a") as file:
        file.attrs["changed"] = 1
    answer = server.get(long, if_none_match=tag)
    assert answer.status_code == 200 and "Last-Modified" not in answer.headers
    check_error(server, server.get(long, if_match=tag), "precondition_failed")


def test_head_has_the_tag_of_get(server, long):
    tag = settled(server, long)
    assert server.request("HEAD", long).headers["ETag"] == tag


# Many sources, long answers


def test_three_hundred_sources(server, folder):
    parts = []
    for number in range(300):
        with create(folder / f"many{number}.h5", "earliest") as file:
            file["d"] = np.full(4, number, "<i2")
        parts.append(((number, ALL), f"many{number}.h5", "d", (4,), ALL))
    with h5py.File(folder / "v.h5", "r+") as file:
        file.create_virtual_dataset("many", layout((300, 4), "<i2", *parts))
    answer = server.get("/v1/values/v.h5/many", accept=OCTETS)
    assert answer.content == np.repeat(np.arange(300, dtype="<i2"), 4).tobytes(), answer.text
    for _ in range(5):
        assert server.get("/v1/values/v.h5/many?select=7").json() == [7] * 4
    with h5py.File(folder / "many299.h5", "r+"):
        pass


def test_more_files_than_allowed_is_told(server, folder):
    parts = [((number, ALL), f"absent{number}.h5", "d", (1,), ALL) for number in range(1030)]
    with h5py.File(folder / "v.h5", "r+") as file:
        file.create_virtual_dataset("most", layout((1030, 1), "<i2", *parts))
    check_error(server, server.get("/v1/values/v.h5/most"), "unsupported", "1024")


SIZE = 6 << 20


@pytest.fixture
def big(folder):
    """48 MiB of each of two sources, without a copy that shares blocks."""
    for number in range(2):
        with create(folder / f"big{number}.h5", "earliest") as file:
            file["d"] = np.arange(SIZE, dtype="<i8") + number
    with h5py.File(folder / "v.h5", "r+") as file:
        parts = [((n, ALL), f"big{n}.h5", "d", (SIZE,), ALL) for n in range(2)]
        file.create_virtual_dataset("big", layout((2, SIZE), "<i8", *parts))
    return "/v1/values/v.h5/big"


def test_long_answer_in_slabs(server, big):
    answer = server.get(big, accept=OCTETS)
    assert answer.content == np.stack([np.arange(SIZE), np.arange(SIZE) + 1]).astype("<i8").tobytes()


def test_locks_of_a_slow_answer_are_given_back_and_a_change_cuts_it(server, folder, big, foreign):
    with server.send_raw(big, fields=[f"Accept: {OCTETS}"], connection=server.connect(60, 1 << 16)) as connection:
        assert connection.recv(1 << 10)
        eventually(lambda: foreign.open(folder / "big1.h5", "r+") == "ok", 20, "the end of the hold")
        assert foreign.write("d", 5) == "ok"
        foreign.close()
        received = 0
        with pytest.raises(ConnectionError):
            while piece := connection.recv(1 << 20):
                received += len(piece)
    assert received < 16 * SIZE


def test_slow_answer_goes_on_after_somebody_has_locked_a_source(server, folder, big, foreign):
    with server.send_raw(big, fields=[f"Accept: {OCTETS}"], connection=server.connect(60, 1 << 16)) as connection:
        received = connection.recv(1 << 10)
        with h5py.File(folder / "v.h5", "r"):
            pass
        held = eventually(lambda: lock_exclusively(folder / "big1.h5"), 20, "the end of the hold")
        threading.Timer(0.5, os.close, (held,)).start()
        pieces = [received]
        while piece := connection.recv(1 << 20):
            pieces.append(piece)
            if sum(map(len, pieces)) > 16 * SIZE:
                break
    body = b"".join(pieces).split(b"\r\n\r\n", 1)[1]
    assert len(body) == 16 * SIZE


def lock_exclusively(path):
    import fcntl

    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor
    except BlockingIOError:
        os.close(descriptor)
        return None


# Crowds


def test_readers_of_each_other_s_sources_and_writers_never_deadlock(start_server, folder):
    for one, other in (("p", "q"), ("q", "p")):
        with create(folder / f"{one}.h5", "v110") as file:
            file["d"] = np.zeros(4, "<i8")
            parts = [((0, ALL), ".", "d", (4,), ALL), ((1, ALL), f"{other}.h5", "d", (4,), ALL)]
            file.create_virtual_dataset("both", layout((2, 4), "<i8", *parts))
    server = start_server(folder, "--workers", 3)
    failures = []

    def work(number):
        import requests

        with requests.Session() as session:
            for step in range(40):
                name = "pq"[(number + step) % 2]
                headers = {"Prefer": "wait=30"}
                if number % 2:
                    answer = session.put(f"{server.url}/v1/values/{name}.h5/d", json=[step] * 4, headers=headers)
                else:
                    answer = session.get(f"{server.url}/v1/values/{name}.h5/both", headers=headers)
                    if answer.ok and any(len(set(row)) != 1 for row in answer.json()):
                        failures.append(answer.text)
                if answer.status_code not in (200, 204):
                    failures.append(answer.text)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures
    assert all(not server.json(f"/v1/locks/{name}.h5")["holders"] for name in "pq")
