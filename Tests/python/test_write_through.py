"""`atomic=metadata`: large values that are written once, without the log, into a file that is always in order."""

import numpy as np
import pytest

from cases import create
from support import check_error, eventually
from tracing import Traced, has_ended, injection
from written import dumped, opened

COUNT = 1 << 18
PLAIN = {"contiguous": {}, "chunked": {"chunks": (1000,)}}
KEPT_WHOLE = {
    "compressed": {"chunks": (1000,), "compression": "gzip"},
    "checksummed": {"chunks": (1000,), "fletcher32": True},
    "not allocated": {"chunks": (1000,), "shape": (COUNT,)},
}


@pytest.fixture(params=["earliest", "v110"])
def served(start_server, tmp_path, request):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "data.h5", request.param) as file:
        for name, options in (PLAIN | KEPT_WHOLE).items():
            options = {"data": np.zeros(COUNT)} | options
            if "shape" in options:
                del options["data"]
            file.create_dataset(name, dtype="<f8", **options)
        file.attrs["kept"] = "as it was"
    return start_server(root, "--workers", 1)


def put(server, name, value, **params):
    return server.put(f"/v1/values/data.h5/{name}", value.tobytes(), params)


def values(server, name):
    """All that a plain program reads of the file, and one dataset's values."""
    with opened(server.root / "data.h5") as file:
        assert file.attrs["kept"] == "as it was"
        found = {key: file[key][:] for key in file}
    assert all(not found[key].any() for key in found if key != name)
    assert dumped(server.root / "data.h5", "-H")
    return found[name]


def written(server, tmp_path, name, value, **params):
    """How many bytes a write has a worker write to the file."""
    [worker] = eventually(server.workers)
    with Traced(worker, tmp_path / "trace", "-e", "trace=pwrite64") as traced:
        assert put(server, name, value, **params).status_code == 204
        return sum(result for _, _, result in traced.calls(server.root / "data.h5"))


@pytest.mark.parametrize("name", PLAIN)
def test_values_are_written_once(served, tmp_path, name):
    one, two = np.arange(COUNT, dtype="<f8"), np.full(COUNT, 3.0)
    assert written(served, tmp_path, name, one, atomic="all") > 1.9 * one.nbytes
    assert (values(served, name) == one).all()
    assert written(served, tmp_path, name, two, atomic="metadata") < 1.05 * two.nbytes
    assert (values(served, name) == two).all()


@pytest.mark.parametrize("name", PLAIN)
def test_part_of_the_values_is_written(served, name):
    part = np.arange(5000, dtype="<f8")
    assert put(served, name, part, atomic="metadata", select="700:5700").status_code == 204
    expected = np.zeros(COUNT)
    expected[700:5700] = part
    assert (values(served, name) == expected).all()
    assert served.put(f"/v1/values/data.h5/{name}", [8.5, 9.5], {"select": "1:3", "atomic": "metadata"}).ok
    expected[1:3] = 8.5, 9.5
    assert (values(served, name) == expected).all()


@pytest.mark.parametrize("name", [*PLAIN, *KEPT_WHOLE])
def test_dying_worker_leaves_a_file_in_order(served, tmp_path, name):
    new, mixed = np.arange(1, COUNT + 1, dtype="<f8"), 0
    for when in (1, 2, 3, 60, 150):
        [worker] = eventually(served.workers)
        before = values(served, name)
        with Traced(worker, tmp_path / "trace", *injection("pwrite64", "signal=SIGKILL", when)):
            answer = put(served, name, new * when, atomic="metadata")
            is_over = has_ended(worker)
        assert answer.status_code == (500 if is_over else 204), answer.text
        assert served.get("/v1/groups/data.h5/").status_code == 200
        found = values(served, name)
        assert ((found == before) | (found == new * when)).all()
        if name == "not allocated" and answer.ok:
            return
        mixed += not ((found == before).all() or (found == new * when).all())
    assert not mixed if name in KEPT_WHOLE else mixed or name == "contiguous"


@pytest.mark.parametrize("name", PLAIN)
def test_client_that_leaves_changes_nothing(served, name):
    value = np.full(COUNT, 5.0).tobytes()
    fields = [f"Content-Length: {len(value)}", "Content-Type: application/octet-stream"]
    with served.send_raw(f"/v1/values/data.h5/{name}?atomic=metadata", "PUT", fields) as connection:
        connection.sendall(value[:-8])
    eventually(lambda: served.get("/v1/groups/data.h5/").status_code == 200)
    assert not values(served, name).any()


def test_other_words_are_refused(served):
    check_error(served, put(served, "contiguous", np.zeros(COUNT), atomic="none"), "invalid", "atomic")
