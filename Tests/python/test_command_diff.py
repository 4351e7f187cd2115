"""`lockedh5 diff`: what it tells of two files, beside h5diff."""

import fcntl
import json
import os
import shutil
import subprocess

import h5py
import numpy as np
import pytest

import support
from commands import FORMS, Place, make_files, run


@pytest.fixture(autouse=True)
def built():
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")


@pytest.fixture(params=FORMS)
def place(request, tmp_path, start_server):
    """`all.h5` and a copy of it, `two.h5`."""
    folder = tmp_path / "files"
    folder.mkdir()
    make_files(folder)
    shutil.copy(folder / "all.h5", folder / "two.h5")
    return Place(request.param, folder, start_server(folder))


def change(place, body):
    with h5py.File(place.folder / "two.h5", "r+") as file:
        body(file)


def differences(place, *options):
    done = place.run("diff", "@all.h5", "@two.h5", "--json", *options)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == (1 if found else 0), done.stderr
    return found


def set_value(name, index, value):
    def body(file):
        file[name][index] = value
    return body


def set_attribute(name, key, value):
    def body(file):
        file[name].attrs[key] = value
    return body


def replace(name, value, **options):
    def body(file):
        del file[name]
        file.create_dataset(name, data=value, **options)
    return body


def remove(name):
    def body(file):
        del file[name]
    return body


def link(name, target):
    def body(file):
        del file[name]
        file[name] = target
    return body


# `/again` is another name of `/entry`, and comes first.
CHANGES = [
    (set_value("entry/counts", (3, 4), 9), ["/again/counts"], "values"),
    (set_value("entry/table", 1, (2, 1.0, b"two")), ["/again/table"], "values"),
    (set_attribute("entry", "NX_class", "NXother"), ["/again"], "attribute"),
    (set_attribute("entry", "new", 1), ["/again"], "attribute"),
    (remove("type"), ["/type"], "missing"),
    (replace("entry/label", "another"), ["/again/label"], "values"),
    (replace("entry/mean", np.linspace(0, 1, 6, dtype=">f4")), ["/again/mean"], "shape"),
    (replace("entry/flags", np.array([1, 0], "i4")), ["/again/flags"], "datatype"),
    (link("soft", h5py.SoftLink("/entry/mean")), ["/soft"], "link"),
    (replace("odd names", 5), ["/odd names"], "kind"),
]


@pytest.mark.parametrize("body, paths, what", CHANGES)
def test_diff_TellsOneChange(place, body, paths, what):
    change(place, body)
    found = differences(place)
    assert [one["path"] for one in found] == paths and found[0]["what"] == what
    text = place.run("diff", "@all.h5", "@two.h5")
    assert text.returncode == 1 and text.stdout.startswith(paths[0]) and text.stdout.count("\n") == len(paths)
    brief = place.run("diff", "-q", "@all.h5", "@two.h5")
    assert brief.returncode == 1 and brief.stdout == "all.h5 and two.h5 differ\n"


def test_diff_FindsNothing_InACopy(place):
    assert place.output("diff", "@all.h5", "@two.h5") == ""
    assert place.output("diff", "@all.h5/entry", "@two.h5/again") == ""
    assert place.output("diff", "@all.h5/entry/counts", "@two.h5/entry/counts") == ""


def test_diff_TellsNamesThatAreNotText(place):
    change(place, lambda file: file["odd names"].attrs.create(b"\xff", 1))
    change(place, lambda file: file["odd names"].__delitem__(b"\xff\xfe"))
    found = differences(place)
    assert [(one["what"], one.get("nameBase64"), one.get("pathBase64")) for one in found] == [
        ("attribute", "/w==", None), ("missing", None, "L29kZCBuYW1lcy///g==")]


def test_diff_IsAboutContent_NotHowItIsStored(place):
    change(place, replace("entry/mean", np.linspace(0, 1, 5, dtype=">f4"), chunks=(2,), compression="gzip"))
    assert differences(place) == []


def test_diff_NamesTheFirstPlaceAndTheCount(place):
    change(place, set_value("entry/counts", (slice(2, 4), 5), 0))
    found, = differences(place)
    assert found == {"path": "/again/counts", "what": "values", "count": 2, "of": 600, "at": [2, 5], "first": 65, "second": 0}
    text = place.run("diff", "@all.h5", "@two.h5").stdout
    assert text == "/again/counts: 2 of 600 values differ, the first at [2,5]: 65 and 0\n"


def test_diff_HasTolerances(place):
    def body(file):
        file["entry/mean"][...] = file["entry/mean"][...] * np.float32(1.001)
    change(place, body)
    assert [one["count"] for one in differences(place)] == [4]
    assert differences(place, "--relative", "0.01") == [] == differences(place, "--absolute", "0.01")
    assert len(differences(place, "--relative", "0.0001")) == 1
    assert differences(place, "--without-values") == []


def test_diff_ComparesNumbersOfDifferentTypes(place):
    change(place, replace("entry/mean", np.linspace(0, 1, 5, dtype="<f8")))
    assert [one["what"] for one in differences(place)] == ["datatype"]
    change(place, replace("entry/mean", np.array([0, 0.25, 0.5, 0.75, 2.0])))
    assert [one["what"] for one in differences(place)] == ["datatype", "values"]


def test_diff_TakesLargeIntegersAsTheyAre(tmp_path):
    for name, value in [("a.h5", 2**63 - 1), ("b.h5", 2**63 - 2)]:
        with h5py.File(tmp_path / name, "w") as file:
            file["x"] = np.array([value])
    done = run("diff", "a.h5", "b.h5", cwd=tmp_path)
    assert done.returncode == 1 and str(2**63 - 1) in done.stdout


def test_diff_GoesThroughLargeDatasetsInPieces(tmp_path):
    for name in ("a.h5", "b.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            file.create_dataset("x", (3000, 1000), "f8", chunks=(100, 1000), compression="gzip", compression_opts=1)
            file["x"][...] = 1.0
            if name == "b.h5":
                file["x"][2999, 999] = 2.0
    done = run("diff", "a.h5", "b.h5", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["at"] == [2999, 999] and json.loads(done.stdout)["of"] == 3_000_000


def aliases(**links):
    """A file with two groups that differ, and further links: to a group of that name, or a new one with a value."""
    def make(path):
        with h5py.File(path, "w") as file:
            file["a/x"], file["b/x"] = 1, 2
            for name, target in links.items():
                if isinstance(target, str):
                    file[name] = file[target]
                else:
                    file[f"{name}/x"] = target
    return make


@pytest.mark.parametrize("first, second, paths", [
    (aliases(c="a"), aliases(c=9), ["/c/x"]), (aliases(c=9), aliases(c="a"), ["/c/x"]),
    (aliases(c="a"), aliases(c=1), []), (aliases(c="a"), aliases(c="b"), ["/c/x"]),
    (aliases(c="a", d="b"), aliases(c="b", d="a"), ["/c/x", "/d/x"]), (aliases(c="a"), aliases(c="a"), []),
    (aliases(c="/"), aliases(c="/"), []), (aliases(c="/"), aliases(c="a"), ["/c/a", "/c/b", "/c/c", "/c/x"]),
])
def test_diff_ComparesGroups_WhateverLinksLeadToThem(place, first, second, paths):
    first(place.folder / "all.h5")
    second(place.folder / "two.h5")
    assert [one["path"] for one in differences(place)] == paths
    assert place.run("diff", "-q", "@all.h5", "@two.h5").returncode == (1 if paths else 0)


def test_diff_Ends_WhereGroupsHoldOneAnother(place):
    for name, length in (("all.h5", 2), ("two.h5", 3)):
        with h5py.File(place.folder / name, "w") as file:
            group = file
            for _ in range(length):
                group = group.create_group("next")
            group["next"] = file["/"]
    assert differences(place) == []
    change(place, set_attribute("next/next", "new", 1))
    # One group meets each of three.
    assert [one["what"] for one in differences(place)] == ["attribute"] * 3


def test_diff_RefusesAttributes_WhoseValuesAreNotServed(tmp_path):
    wide = h5py.h5t.STD_I64LE.copy()
    wide.set_size(16)
    for name, value in [("a.h5", b"\1"), ("b.h5", b"\2")]:
        with h5py.File(tmp_path / name, "w") as file:
            attribute = h5py.h5a.create(file.id, b"wide", wide, h5py.h5s.create(h5py.h5s.SCALAR))
            attribute.write(np.frombuffer(value.ljust(16, b"\0"), "V16").reshape(()), wide)
    done = run("diff", "a.h5", "b.h5", cwd=tmp_path)
    assert done.returncode == 7 and "/ @wide" in done.stderr, (done.stdout, done.stderr)
    assert run("diff", "--without-attributes", "a.h5", "b.h5", cwd=tmp_path).returncode == 0


def test_diff_RefusesMoreElementsThanItCanCount(tmp_path):
    for name in ("a.h5", "b.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            file.create_dataset("x", (2**40, 2**40), "u1", chunks=(1, 1), fillvalue=1 if name == "a.h5" else 2)
    done = run("diff", "a.h5", "b.h5", cwd=tmp_path)
    assert done.returncode == 8 and "/x has more elements" in done.stderr, (done.stdout, done.stderr)
    assert run("diff", "--without-values", "a.h5", "b.h5", cwd=tmp_path).returncode == 0


def test_diff_TellsALock_WithoutWaitingTwice(place):
    with open(place.folder / "two.h5", "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        place.refused("diff", "@all.h5", "@two.h5", "--wait", "0", status=3, says="two.h5")


def test_diff_ComparesAPathWithAUrl(place):
    other = f"{place.server.url}/two.h5"
    assert run("diff", "all.h5", other, cwd=place.folder).returncode == 0
    change(place, set_value("entry/mean", 0, 7))
    assert run("diff", "all.h5", other, cwd=place.folder).returncode == 1


def test_diff_EndsWithAnotherStatus_WhereItCannotCompare(place):
    place.refused("diff", "@all.h5", "@nothing.h5", status=4, says="nothing.h5")
    place.refused("diff", "@all.h5", "@notes.h5", status=7, says="notes.h5")
    place.refused("diff", "@all.h5", "@lab", status=5, says="lab")


@pytest.mark.skipif(shutil.which("h5diff") is None, reason="h5diff is not here")
@pytest.mark.parametrize("body", [None] + [body for body, _, what in CHANGES if what in ("values", "missing")])
def test_diff_AgreesWithH5diff(tmp_path, body):
    make_files(tmp_path)
    shutil.copy(tmp_path / "all.h5", tmp_path / "two.h5")
    if body:
        with h5py.File(tmp_path / "two.h5", "r+") as file:
            body(file)
    theirs = subprocess.run(["h5diff", "all.h5", "two.h5"], cwd=tmp_path, capture_output=True).returncode
    assert run("diff", "all.h5", "two.h5", cwd=tmp_path).returncode == theirs
