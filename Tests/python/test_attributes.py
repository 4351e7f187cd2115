"""Attributes of every kind, of one object or one by name."""

import h5py
import numpy as np
import pytest

import cases
import wire

FILES = ("attributes-earliest.h5", "attributes-v110.h5")
OTHERS = ("scalar", "text", "bytes", "empty", "a/b ?&%#", "ünï")


def read(root, file, path, name):
    """h5py's value of an attribute, and its type."""
    with h5py.File(root / file, "r") as opened:
        attribute = h5py.h5a.open(opened[path].id, name.encode())
        value = opened[path].attrs[name]
        kind = wire.describe(attribute.get_type())
        if kind["class"] == "H5T_STRING" and attribute.get_space().get_simple_extent_ndims():
            value = np.asarray(value, object)
        return value, kind


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("name", (*cases.TYPES, *OTHERS))
def test_attribute_equals_h5pys(server, file, name):
    value, kind = read(server.root, file, "g", name)
    answer = server.get(f"/v1/attributes/{file}/g", {"name": name})
    assert answer.status_code == 200, answer.text
    wire.check_json(wire.parse(answer.content), value, kind)
    octets = server.get(f"/v1/attributes/{file}/g", {"name": name}, accept="application/octet-stream")
    wire.check_octets(octets, value, kind)


@pytest.mark.parametrize("file", FILES)
def test_attributes_are_all_told_with_datatype_and_shape(server, file):
    told = wire.parse(server.get(f"/v1/attributes/{file}/g").content)
    assert set(told) == {*cases.TYPES, *OTHERS, "null"}
    for name in (*cases.TYPES, *OTHERS):
        value, kind = read(server.root, file, "g", name)
        assert wire.same_type(told[name]["datatype"], kind)
        assert told[name]["shape"] == list(np.shape(value))
        wire.check_json(told[name]["value"], value, kind)
    assert told["null"]["shape"] is None and told["null"]["value"] is None


def test_attribute_is_null_for_a_null_dataspace(server):
    answer = server.get("/v1/attributes/attributes-v110.h5/g", {"name": "null"})
    assert (answer.status_code, answer.json()) == (200, None)


def test_attribute_is_whole_when_it_is_stored_outside_the_header(server):
    answer = server.get("/v1/attributes/attributes-v110.h5/dense", {"name": "big"}, accept="application/octet-stream")
    assert np.frombuffer(answer.content, "<f8").tolist() == list(range(20_000))
    told = server.json("/v1/attributes/attributes-v110.h5/dense")
    assert [told[f"a{number:02d}"]["value"] for number in range(50)] == list(range(50))


@pytest.mark.parametrize("name, option", [
    ("f8le", {"nan": "null"}), ("c8be", {"nan": "literal"}), ("u8be", {"int64": "string"}),
    ("nested", {"rows": "array"})])
def test_attribute_takes_the_options_of_values(server, name, option):
    value, kind = read(server.root, FILES[1], "g", name)
    answer = server.get(f"/v1/attributes/{FILES[1]}/g", {"name": name} | option)
    wire.check_json(wire.parse(answer.content), value, kind, **option)


def test_attribute_octets_are_in_the_byte_order_that_was_asked_for(server):
    value, kind = read(server.root, FILES[1], "g", "nested")
    answer = server.get(
        f"/v1/attributes/{FILES[1]}/g", {"name": "nested", "order": "big"}, accept="application/octet-stream")
    wire.check_octets(answer, value, kind, order="BE")


def test_attributes_of_a_file_are_those_of_its_root_group(server):
    told = server.json("/v1/attributes/attributes-v110.h5")
    assert told["bounds"]["value"] == "v110"
