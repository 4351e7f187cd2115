"""Numbers that are read as others than the stored ones (`datatype=`): what h5py's `astype` makes of them."""

import h5py
import numpy as np
import pytest

import wire
from support import check_error

NUMBERS = ["i1", "u1", "<i2", ">i4", "<u4", "<i8", ">u8", "<f4", ">f8", "<f2"]
STORED = ["i1le", "u2be", "i4be", "u8le", "f2be", "f4le", "f8be", "bool", "enum_i2"]


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("select", ["", "1:4,[0,3,4]"])
def test_numbers_are_converted_as_h5py_does(server, name, select):
    path = f"layouts/{name}/chunked"
    with h5py.File(server.root / "values-v110.h5", "r") as file:
        dataset, everything = file[path], file[path][()]
        # Of what is no number and of infinities the processor decides.
        if not np.isfinite(everything.astype("f8")).all():
            select = "0:1,0:1"
        for wanted in NUMBERS:
            index = eval(f"np.s_[{select}]") if select else ...
            try:
                value = dataset.astype(wanted)[index]
            except OSError:
                continue
            query = {"datatype": wanted} | ({"select": select} if select else {})
            answer = server.get(f"/v1/values/values-v110.h5/{path}", query, accept="application/octet-stream")
            assert answer.status_code == 200, answer.text
            wire.check_octets(answer, value, wire.from_numpy(wanted))
            listed = server.json(f"/v1/values/values-v110.h5/{path}", query | {"nan": "literal"})
            assert np.array_equal(np.array(listed, wanted), value)


def test_complex_numbers_are_converted_to_complex_ones(server):
    with h5py.File(server.root / "values-v110.h5", "r") as file:
        value = file["layouts/c16be/chunked"].astype(">c8")[()]
    answer = server.get(
        "/v1/values/values-v110.h5/layouts/c16be/chunked", {"datatype": "<c8", "order": "big"},
        accept="application/octet-stream")
    assert answer.headers["X-HDF5-Datatype"] == ">c8"
    np.testing.assert_array_equal(np.frombuffer(answer.content, ">c8").reshape(value.shape), value)


@pytest.mark.parametrize("name, wanted, code", [
    ("i4be", "S4", "invalid"), ("ascii_null", "i4", "invalid"), ("padded", "f8", "invalid"), ("c8le", "f4", "invalid"),
    ("i4be", "nonsense", "invalid"), ("i4be", "bool", "invalid"), ("f8le", "c16", "invalid")])
def test_conversion_that_is_none_of_numbers_is_refused(server, name, wanted, code):
    check_error(server, server.get(f"/v1/values/values-v110.h5/layouts/{name}/chunked", {"datatype": wanted}), code)
