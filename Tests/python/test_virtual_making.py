"""Virtual datasets are made as they are described, and told in the same form."""

import h5py
import numpy as np
import pytest

from cases import create
from support import check_error
from virtual_files import h5py_value, layout, make_folder


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path)


@pytest.fixture
def server(start_server, folder):
    return start_server(folder)


def create_virtual(server, path, shape, sources, **more):
    body = {"shape": shape, "datatype": "<i4", "virtual": {"sources": sources}, **more}
    return server.put(f"/v1/datasets/{path}", body)


def mappings(folder, name, path):
    """What h5py tells of a virtual dataset: target, file, path and source, as bounds."""
    with h5py.File(folder / name, "r") as file:
        return [(part.vspace.get_regular_hyperslab(), part.file_name, part.dset_name,
                 part.src_space.get_regular_hyperslab()) for part in file[path].virtual_sources()]


@pytest.mark.parametrize("name, shape, sources, wanted", [
    ("rows", [4, 10], [{"file": f"sub/s{n}.h5", "path": "/d", "target": f"{n},:"} for n in range(4)],
     lambda d: np.stack([d(n) for n in range(4)])),
    ("part", [3, 4], [{"file": "sub/s1.h5", "path": "d", "source": "2:6", "target": "1,:"}],
     lambda d: np.stack([np.full(4, -1), d(1)[2:6], np.full(4, -1)])),
    ("steps", [10], [{"file": "sub/s3.h5", "path": "/d", "source": "5:10", "target": "::2"},
                     {"file": "sub/s1.h5", "path": "/d", "source": "::2", "target": "1::2"}],
     lambda d: np.stack([d(3)[5:], d(1)[::2]], 1).ravel()),
    ("negative", [3], [{"file": "sub/s1.h5", "path": "/d", "shape": [10], "source": "-3:", "target": ":"}],
     lambda d: d(1)[-3:]),
    ("one", [2], [{"file": "sub/s1.h5", "path": "/d", "source": "7", "target": "1"}],
     lambda d: np.array([-1, d(1)[7]])),
    ("wide", [4], [{"file": "sub/s1.h5", "path": "/g/wide", "source": "1,:", "target": ":"}],
     lambda d: np.arange(4) + 4),
    ("blocks", [6], [{"file": "sub/s1.h5", "path": "/d", "source": [[0, 4, 2, 3]], "target": ":"}],
     lambda d: d(1)[[0, 1, 2, 4, 5, 6]]),
    ("own", [5], [{"file": ".", "path": "/own", "target": "0:5"}], lambda d: np.arange(5))])
def test_made_virtual_dataset_is_what_h5py_reads(server, folder, name, shape, sources, wanted):
    answer = create_virtual(server, f"v.h5/made/{name}", shape, sources, fillvalue=-1)
    assert answer.status_code == 201, answer.text
    expected = wanted(lambda n: np.arange(10) + 100 * n).astype("<i4")
    assert np.array_equal(h5py_value(folder, "v.h5", f"made/{name}"), expected)
    assert server.json(f"/v1/values/v.h5/made/{name}") == expected.tolist()
    description = server.json(f"/v1/datasets/v.h5/made/{name}")
    assert description["layout"] == "virtual" and len(description["virtual"]["sources"]) == len(sources)
    again = server.put(f"/v1/datasets/v.h5/again/{name}", description)
    assert again.status_code == 201, again.text
    assert mappings(folder, "v.h5", f"again/{name}") == mappings(folder, "v.h5", f"made/{name}")


@pytest.mark.parametrize("name", ["unlimited", "blocks"])
def test_growing_virtual_dataset_is_made_as_it_is_described(server, folder, name):
    description = server.json(f"/v1/datasets/grow.h5/{name}")
    assert description["maxshape"] == [None]
    answer = server.put(f"/v1/datasets/grow.h5/again_{name}", description)
    assert answer.status_code == 201, answer.text
    assert mappings(folder, "grow.h5", f"again_{name}") == mappings(folder, "grow.h5", name)
    assert np.array_equal(h5py_value(folder, "grow.h5", f"again_{name}"), h5py_value(folder, "grow.h5", name))
    assert server.json(f"/v1/values/grow.h5/again_{name}") == server.json(f"/v1/values/grow.h5/{name}")


def test_description_tells_what_h5py_made(server):
    description = server.json("/v1/datasets/v.h5/steps")
    assert description["virtual"]["sources"] == [
        {"file": "sub/s3.h5", "path": "d", "source": "5:10", "target": "0:9:2"},
        {"file": "sub/s1.h5", "path": "d", "source": "0:9:2", "target": "1:10:2"}]
    assert server.json("/v1/datasets/grow.h5/blocks")["virtual"]["sources"] == [
        {"file": "sub/s%b.h5", "path": "d", "source": "0:10", "target": [[0, 10, None, 10]]}]
    assert "virtual" not in server.json("/v1/datasets/v.h5/own")


def test_percent_sign_in_a_name(server, folder):
    with create(folder / "100%b.h5", "earliest") as file:
        file["d"] = np.arange(3, dtype="<i4")
    answer = create_virtual(server, "v.h5/percent", [3], [{"file": "100%%b.h5", "path": "d", "target": ":"}])
    assert answer.status_code == 201, answer.text
    assert server.json("/v1/values/v.h5/percent") == [0, 1, 2] == h5py_value(folder, "v.h5", "percent").tolist()


@pytest.mark.parametrize("shape, sources, code, words", [
    ([4], [], "invalid", ["sources"]), ([4], [{"path": "d"}], "invalid", ["source 0", "file"]),
    ([4], [{"file": "a.h5", "path": "d", "source": "0:3", "target": ":"}], "invalid", ["3 elements", "4"]),
    ([4], [{"file": "a.h5", "path": "d", "target": "0:9"}, {"file": "a.h5", "path": "d", "target": "4"}],
     "out_of_bounds", ["source 1"]),
    ([4], [{"file": "a.h5", "path": "d", "source": "-2:", "target": ":"}], "invalid", ["shape"]),
    ([4], [{"file": "a%b.h5", "path": "d", "target": ":"}], "invalid", ["%b"]),
    ([4], [{"file": "a.h5", "path": "d", "target": [[0, 1, None, 1]]}], "invalid", ["limit"]),
    ([4], [{"file": "a.h5", "path": "d", "target": "0:2", "x": 1}], "invalid", ["unknown key", "x"]),
    ([4], [{"file": "a.h5", "path": "d", "target": [[0, 1, 0, 1]]}], "invalid", ["nothing"])])
def test_virtual_dataset_that_cannot_be_is_refused(server, folder, shape, sources, code, words):
    before = (folder / "v.h5").read_bytes()
    check_error(server, create_virtual(server, "v.h5/refused", shape, sources), code, *words)
    assert (folder / "v.h5").read_bytes() == before


@pytest.mark.parametrize("more, words", [
    ({"chunks": [2]}, "chunks"), ({"filters": [{"name": "shuffle"}]}, "filters"), ({"value": [1, 2, 3, 4]}, "value"),
    ({"layout": "compact"}, "chunks")])
def test_options_that_a_virtual_dataset_has_not_are_refused(server, more, words):
    source = {"file": "a.h5", "path": "d", "target": ":"}
    check_error(server, create_virtual(server, "v.h5/refused", [4], [source], **more), "invalid", words)
