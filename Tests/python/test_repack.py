"""Files that are repacked over HTTP: smaller, and otherwise as they were."""

import os
import re
import subprocess
import threading

import h5py
import hdf5plugin
import netCDF4
import numpy as np
import pytest

from cases import create
from support import check_error, eventually
from written import contents, dumped, opened, state_of


def make(path, bounds, **options):
    """A file with one of everything that a rewrite could lose, and much space that nothing needs."""
    with create(path, bounds, **options) as file:
        file["waste"] = np.zeros(50_000)
        data = file.create_dataset(
            "data", data=np.arange(2000.0).reshape(40, 50), chunks=(8, 50), compression="gzip", maxshape=(None, 50))
        file["again"] = data
        file["group/inner/deep"] = "text"
        file["group/same"] = file["data"]
        file["group/up"] = file["/"]
        file["group/twin"] = file["group/inner"]
        file["soft"], file["dangling"] = h5py.SoftLink("/group/inner"), h5py.SoftLink("/no/where")
        file["out"] = h5py.ExternalLink("other.h5", "/x")
        file["types/t"] = np.dtype([("a", "<i4"), ("b", h5py.string_dtype())])
        file.create_dataset("typed", (3,), file["types/t"])
        file["typed"][:] = [(1, "one"), (2, "two"), (3, "three")]
        file.attrs.create("of_type", file["typed"][0], (), file["types/t"])
        file["types/t"].attrs["note"] = "é"
        ordered = file.create_group("ordered", track_order=True)
        for name in "zay":
            ordered[name], ordered.attrs[name] = 1, name
        file["strings"] = np.array(["a", "", "ü" * 500], object)
        file["null"], file.attrs["null"] = h5py.Empty("f4"), h5py.Empty("S3")
        file.attrs["big"] = np.arange(5000)
        file["compact"] = 7
        make_references(file)
        make_scales(file)
        del file["waste"]


def make_references(file):
    region = file["data"].regionref[3:9, ::2]
    points = file["data"].regionref[np.arange(2000).reshape(40, 50) % 97 == 0]
    refs = [file["group"].ref, file["data"].ref, file["/"].ref, file["types/t"].ref, h5py.Reference()]
    file.create_dataset("refs/objects", data=np.array(refs, h5py.ref_dtype), dtype=h5py.ref_dtype)
    file.create_dataset("refs/chunked", (1000,), h5py.ref_dtype, chunks=(10,))[500] = file["typed"].ref
    regions = np.array([region, points, h5py.RegionReference()], h5py.regionref_dtype)
    file.create_dataset("refs/regions", data=regions, dtype=h5py.regionref_dtype)
    kind = np.dtype([("n", "<i4"), ("o", h5py.ref_dtype), ("r", h5py.regionref_dtype)])
    rows = np.array([(1, file["data"].ref, region), (2, file["group/inner"].ref, points)], kind)
    file.create_dataset("refs/rows", data=rows, dtype=kind)
    lists = file.create_dataset("refs/lists", (2,), h5py.vlen_dtype(h5py.ref_dtype))
    lists[0] = np.array([file["data"].ref, file["group"].ref], h5py.ref_dtype)
    file.attrs["ref"], file.attrs["region"] = file["group/inner"].ref, region
    file["data"].attrs.create("row", rows[0], (), kind)
    file["gone"] = 1
    file.attrs["lost"] = file["gone"].ref
    del file["gone"]


def make_scales(file):
    file["x"], file["y"] = np.arange(40.0), np.arange(50.0)
    file["x"].make_scale("the x")
    file["data"].dims[0].attach_scale(file["x"])
    file["data"].dims[1].attach_scale(file["y"])
    file["data"].dims[0].label = "rows"


def meaning(file, value):
    """What references lead to, in nested values."""
    if isinstance(value, h5py.RegionReference):
        if not value:
            return None
        target = file[value]
        return target.name, h5py.h5r.get_region(value, file.id).get_select_npoints(), target[value].tolist()
    if isinstance(value, h5py.Reference):
        try:
            return file[value].name if value else None
        except ValueError:
            return None
    if isinstance(value, (np.ndarray, np.void, tuple, list)):
        return [meaning(file, part) for part in (value.item() if isinstance(value, np.void) else value)]
    return value


def references(path):
    with opened(path) as file:
        found = {name: meaning(file, file[f"refs/{name}"][()]) for name in file["refs"]}
        found |= {name: meaning(file, file.attrs[name]) for name in ("ref", "region", "lost")}
        found["row"] = meaning(file, file["data"].attrs["row"])
        found["scales"] = [[scale.name for scale in dimension.values()] for dimension in file["data"].dims]
        found["list"] = meaning(file, list(file["x"].attrs["REFERENCE_LIST"]))
        return found


def facts(path):
    """What `contents` does not tell."""
    with opened(path) as file:
        plist = file.id.get_create_plist()
        kind = file["typed"].id.get_type()
        return {
            "libver": plist.get_version(), "userblock": plist.get_userblock(), "order": list(file["ordered"]),
            "attributes": list(file["ordered"].attrs), "same": file["data"] == file["again"] == file["group/same"],
            "root": file["group/up"] == file["/"], "twin": file["group/twin"] == file["group/inner"],
            "links": h5py.h5o.get_info(file["data"].id).rc,
            "committed": kind.committed() and h5py.h5o.get_info(kind).addr == h5py.h5o.get_info(file["types/t"].id).addr,
            "by root": h5py.h5a.open(file.id, b"of_type").get_type().committed(),
            "members": list(file), "root attributes": list(file.attrs)}


@pytest.fixture(params=["earliest", "v110"])
def server(start_server, tmp_path, request):
    root = tmp_path / "served"
    root.mkdir()
    make(root / "a.h5", request.param)
    return start_server(root, "--workers", 2)


def repack(server, file="a.h5", **headers):
    return server.send("POST", f"/v1/repack/{file}", **headers)


def test_file_is_smaller_and_otherwise_the_same(server):
    path = server.root / "a.h5"
    before, size = (contents(path), references(path), facts(path)), path.stat().st_size
    answer = repack(server)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"before": size, "after": path.stat().st_size}
    assert "ETag" in answer.headers
    assert path.stat().st_size < size / 4
    assert (contents(path), references(path), facts(path)) == before
    # Sooner or later there is nothing to gain.
    repack(server)
    again = repack(server).json()
    assert again["after"] == again["before"]
    # The file is whole for writers too.
    assert server.patch("/v1/datasets/a.h5/data", {"shape": [60, 50]}).status_code == 200
    with opened(path, "r+") as file:
        file["more"], file["group/up/other"] = 1, 2
        assert "other" in file


def test_h5diff_finds_no_difference(server):
    path = server.root / "a.h5"
    with opened(path, "r+") as file:
        del file["refs"], file.attrs["lost"]
    copy = path.with_suffix(".copy")
    copy.write_bytes(path.read_bytes())
    assert repack(server).status_code == 200
    opened(path).close()
    done = subprocess.run(["h5diff", "-v", copy, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    places = re.compile(r' \d+ "/')
    assert places.sub("", dumped(copy, "-p")) == places.sub("", dumped(path, "-p"))


@pytest.mark.parametrize("bounds, options", [
    ("earliest", {"userblock_size": 512}), ("v110", {"userblock_size": 2048}), ("earliest", {"track_order": True}),
    ("v110", {"track_order": True}), ("v110", {"fs_strategy": "page", "fs_page_size": 4096}),
    ("v110", {"fs_strategy": "fsm", "fs_persist": True})])
def test_files_of_every_kind(start_server, tmp_path, bounds, options):
    root = tmp_path / "served"
    root.mkdir()
    path = root / "a.h5"
    make(path, bounds, **options)
    block = options.get("userblock_size", 0)
    if block:
        with open(path, "r+b") as file:
            file.write(os.urandom(block))
    head = path.read_bytes()[:block]
    before = contents(path), references(path), facts(path)
    server = start_server(root, "--workers", 1)
    answer = repack(server)
    assert answer.status_code == 200, answer.text
    assert (contents(path), references(path), facts(path)) == before
    assert path.read_bytes()[:block] == head
    assert answer.json()["after"] < answer.json()["before"]


def test_netcdf_file_stays_one(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with netCDF4.Dataset(root / "n.nc", "w") as file:
        file.createDimension("time", None)
        file.createDimension("lon", 4)
        file.createVariable("time", "f8", ("time",))[:] = [1, 2, 3]
        file.createVariable("t2", "f4", ("time", "lon"), zlib=True)[:] = np.arange(12).reshape(3, 4)
        file.createGroup("inner").createVariable("v", "i4", ("lon",))[:] = 5
        file.title = "a title"
    server = start_server(root, "--workers", 1)
    assert repack(server, "n.nc").status_code == 200
    opened(root / "n.nc").close()
    with netCDF4.Dataset(root / "n.nc", "a") as file:
        assert file["t2"].dimensions == ("time", "lon") and file["inner/v"].dimensions == ("lon",)
        assert file["t2"][:].tolist() == np.arange(12).reshape(3, 4).tolist() and file.title == "a title"
        file["t2"][3] = 9
    assert server.json("/v1/values/n.nc/time") is not None


def test_rights_are_kept(server):
    path = server.root / "a.h5"
    os.chmod(path, 0o640)
    try:
        os.setxattr(path, "user.note", b"kept")
    except OSError:
        pytest.skip("the file system has no extended attributes")
    os.chown(path, 12345, 23456)
    assert repack(server).status_code == 200
    status = path.stat()
    assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o640, 12345, 23456)
    assert os.getxattr(path, "user.note") == b"kept"
    assert sorted(os.listdir(server.root)) == ["a.h5"]


# Refusals


@pytest.mark.parametrize("content, code", [(b"no HDF5 at all" * 100, "not_hdf5"), (None, "not_found")])
def test_what_is_no_file(server, content, code):
    if content:
        (server.root / "b.h5").write_bytes(content)
    check_error(server, repack(server, "b.h5"), code)


def test_text_behind_a_filter_that_is_not_there(server):
    """libhdf5 would have to decode it; other chunks are copied as they are."""
    path = server.root / "a.h5"
    with opened(path, "r+") as file:
        file.create_dataset("packed", data=np.arange(1000), chunks=(100,), **hdf5plugin.Zstd())
    assert repack(server).status_code == 200
    with opened(path, "r+") as file:
        assert file["packed"][:].tolist() == list(range(1000))
        text = np.array(["a", "b"] * 50, object)
        file.create_dataset("text", data=text, dtype=h5py.string_dtype(), chunks=(10,), **hdf5plugin.Zstd())
    before = state_of(path)
    check_error(server, repack(server), "unsupported", "/text", "32015")
    assert state_of(path) == before


def test_storage_elsewhere_stays_there(server):
    path = server.root / "a.h5"
    with opened(path, "r+") as file:
        file.create_dataset("raw", (4,), "<i4", external=[("raw.bin", 0, 16)])
        layout = h5py.VirtualLayout((4,), "<i4")
        layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
        file.create_virtual_dataset("virtual", layout)
    assert repack(server).status_code == 200
    with opened(path) as file:
        assert file["raw"].external == [("raw.bin", 0, 16)]
        assert [(one.file_name, one.dset_name) for one in file["virtual"].virtual_sources()] == [("other.h5", "x")]


def test_damaged_file_is_left(server):
    path = server.root / "a.h5"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    before = state_of(path)
    check_error(server, repack(server), "damaged")
    assert state_of(path) == before
    assert sorted(os.listdir(server.root)) == ["a.h5"]


def test_lock_of_another_program(server, foreign):
    path = server.root / "a.h5"
    before = state_of(path)
    with opened(path):
        check_error(server, repack(server, prefer="wait=0"), "locked")
        answer = repack(server, prefer="wait=0, respond-async")
        assert answer.status_code == 202
        job = finished(server, answer)
        assert (job["state"], job["code"]) == ("failed", "locked")
    assert state_of(path) == before


def test_condition(server):
    tag = server.get("/v1/files/a.h5").headers["ETag"]
    check_error(server, repack(server, if_match='"other"'), "precondition_failed")
    assert repack(server, if_match=tag).status_code == 200
    check_error(server, repack(server, if_match=tag), "precondition_failed")


def test_client_that_leaves_stops_it(server):
    """Nobody waits for the answer: the file is as it was, or repacked as a whole."""
    before = contents(server.root / "a.h5")
    connection = server.send_raw("/v1/repack/a.h5", "POST", ["Content-Length: 0"])
    connection.close()
    assert contents(server.root / "a.h5") == before


# Without waiting


def finished(server, answer):
    def look():
        job = server.json(answer.headers["Location"])
        return job if job["state"] != "running" else None
    return eventually(look, what="the end of the job")


def test_job_tells_how_it_went(server):
    path = server.root / "a.h5"
    before, size = contents(path), path.stat().st_size
    assert server.json("/v1/repack/a.h5") == {"jobs": []}
    answer = repack(server, prefer="respond-async")
    assert answer.status_code == 202, answer.text
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.headers["Location"].startswith("/v1/repack/a.h5?job=")
    assert answer.json()["state"] == "running" and answer.json()["href"] == answer.headers["Location"]
    job = finished(server, answer)
    assert job["state"] == "done" and job["result"] == {"before": size, "after": path.stat().st_size}
    assert server.json("/v1/repack/a.h5") == {"jobs": [job]}
    assert contents(path) == before
    check_error(server, server.get("/v1/repack/a.h5?job=none"), "not_found", "none")
    check_error(server, server.get("/v1/repack/b.h5"), "not_found")


def test_job_that_fails(server):
    (server.root / "b.h5").write_bytes(b"no HDF5 at all" * 100)
    job = finished(server, repack(server, "b.h5", prefer="respond-async"))
    assert (job["state"], job["code"]) == ("failed", "not_hdf5") and "b.h5" in job["message"]


def test_many_requests_meanwhile(server):
    """Readers and writers see the file before or after, never between."""
    wrong, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            answer = server.request("GET", "/v1/values/a.h5/x?select=:3")
            if answer.json() != [0, 1, 2]:
                wrong.append(answer.text)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(10):
            assert repack(server).status_code == 200
            assert server.put(f"/v1/datasets/a.h5/n{number}", {"value": number}).status_code == 201
    finally:
        stop.set()
        reader.join()
    assert not wrong, wrong[0]
    with opened(server.root / "a.h5") as file:
        assert [file[f"n{number}"][()] for number in range(10)] == list(range(10))


def test_repack_under_a_lease(server):
    lease = server.send("POST", "/v1/locks/a.h5", {"mode": "exclusive", "ttl": 30}).json()
    check_error(server, repack(server, prefer="wait=0"), "locked")
    answer = repack(server, lock_token=lease["token"])
    assert answer.status_code == 200, answer.text
    assert server.put("/v1/datasets/a.h5/more", {"value": 1}, lock_token=lease["token"]).status_code == 201
    assert server.delete(f"/v1/locks/a.h5/{lease['token']}").status_code == 204
    assert server.json("/v1/values/a.h5/more") == 1
