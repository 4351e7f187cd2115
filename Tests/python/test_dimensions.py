"""Dimension scales over HTTP, beside h5py's and netCDF4's."""

import h5py
import netCDF4
import numpy as np
import pytest

from cases import create
from support import check_error
from written import opened, state_of


@pytest.fixture(params=["earliest", "v110"])
def server(start_server, tmp_path, request):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "a.h5", request.param) as file:
        file["data"] = np.arange(12, dtype="<f4").reshape(3, 4)
        file["x"], file["deep/y"], file["y2"] = np.arange(3.0), np.arange(4), np.arange(4) * 10
        file["scalar"], file["group/inner"] = 1.5, 1
        file["scaled"] = np.zeros((3, 4))
        file["x"].make_scale("the x")
        file["scaled"].dims[0].attach_scale(file["x"])
        file["scaled"].dims[0].label = "rows"
        file["scaled"].dims[1].label = "Länge"
        file["scaled"].dims[1].attach_scale(file["deep/y"])
        file["scaled"].dims[1].attach_scale(file["y2"])
    return start_server(root, "--workers", 1)


def change(server, path, body, status=200):
    answer = server.patch(f"/v1/dimensions/a.h5/{path}", body)
    assert answer.status_code == status, answer.text
    assert answer.json() == server.json(f"/v1/dimensions/a.h5/{path}")
    return answer.json()


def test_dimensions_are_told(server):
    assert server.json("/v1/dimensions/a.h5/scaled") == {
        "file": "a.h5", "path": "/scaled", "kind": "dataset", "isScale": False, "scaleName": None,
        "dimensions": [
            {"label": "rows", "scales": ["/x"]}, {"label": "Länge", "scales": ["/deep/y", "/y2"]}],
        "hrefs": {"datasets": "/v1/datasets/a.h5/scaled"}}
    told = server.json("/v1/dimensions", {"file": "a.h5", "path": "/x"})
    assert (told["isScale"], told["scaleName"], told["dimensions"]) == (True, "the x", [{"label": "", "scales": []}])
    told = server.json("/v1/dimensions/a.h5/deep/y")
    assert (told["isScale"], told["scaleName"]) == (True, "")
    assert server.json("/v1/dimensions/a.h5/scalar")["dimensions"] == []
    assert server.json("/v1/datasets/a.h5/data")["hrefs"]["dimensions"] == "/v1/dimensions/a.h5/data"


@pytest.mark.parametrize("name", ["time", "", "Größe"])
def test_scales_are_made(server, name):
    told = change(server, "y2", {"scale": name})
    assert (told["isScale"], told["scaleName"]) == (True, name)
    with opened(server.root / "a.h5") as file:
        assert file["y2"].is_scale and h5py.h5ds.get_scale_name(file["y2"].id).decode() == name


@pytest.mark.parametrize("label", ["time", "Höhe über Grund"])
def test_dimensions_are_labelled(server, label):
    assert change(server, "data", {"dimension": 1, "label": label})["dimensions"][1] == {"label": label, "scales": []}
    assert change(server, "data", {"dimension": 0, "label": "other"})["dimensions"][1]["label"] == label
    with opened(server.root / "a.h5") as file:
        assert [dimension.label for dimension in file["data"].dims] == ["other", label]


def test_scales_are_attached_and_detached(server):
    change(server, "data", {"dimension": 0, "attach": "/x"})
    change(server, "data", {"dimension": 1, "attach": "deep/y"})
    told = change(server, "data", {"dimension": 1, "attach": "/y2"})
    assert [dimension["scales"] for dimension in told["dimensions"]] == [["/x"], ["/deep/y", "/y2"]]
    # Twice is as good as once.
    assert change(server, "data", {"dimension": 1, "attach": "/y2"}) == told
    with opened(server.root / "a.h5") as file:
        dims = file["data"].dims
        assert [scale.name for scale in dims[0].values()] == ["/x"]
        assert [scale.name for scale in dims[1].values()] == ["/deep/y", "/y2"]
        assert dims[0]["the x"] == file["x"]
    told = change(server, "data", {"dimension": 1, "detach": "/deep/y"})
    assert told["dimensions"][1]["scales"] == ["/y2"]
    with opened(server.root / "a.h5") as file:
        assert [scale.name for scale in file["data"].dims[1].values()] == ["/y2"]
        assert h5py.h5ds.is_attached(file["scaled"].id, file["deep/y"].id, 1)
        assert not h5py.h5ds.is_attached(file["data"].id, file["deep/y"].id, 1)


@pytest.mark.parametrize("path, body, code, words", [
    ("data", {"dimension": 2, "label": "x"}, "out_of_bounds", ["2 dimensions"]),
    ("scalar", {"dimension": 0, "label": "x"}, "out_of_bounds", ["0 dimensions"]),
    ("data", {"dimension": -1, "label": "x"}, "invalid", ["dimension"]),
    ("data", {"dimension": "0", "label": "x"}, "invalid", ["dimension"]), ("data", {"label": "x"}, "invalid", ["dimension"]),
    ("data", {"dimension": 0}, "invalid", ["label"]), ("data", {}, "invalid", ["scale"]),
    ("data", {"dimension": 0, "scale": "x"}, "invalid", ["scale"]),
    ("data", {"dimension": 0, "label": "x", "attach": "/x"}, "invalid", ["one of"]),
    ("data", {"dimension": 0, "attach": "/none"}, "not_found", ["/none"]),
    ("data", {"dimension": 0, "attach": "/group"}, "wrong_kind", ["/group"]),
    ("data", {"dimension": 0, "attach": "/data"}, "invalid", ["itself"]),
    ("data", {"dimension": 0, "attach": "/scaled"}, "invalid", ["/scaled"]),
    ("x", {"dimension": 0, "attach": "/y2"}, "invalid", ["/x"]), ("scaled", {"scale": "s"}, "invalid", ["/scaled"]),
    ("data", {"dimension": 0, "detach": "/x"}, "not_found", ["not attached"]),
    ("scaled", {"dimension": 1, "detach": "/x"}, "not_found", ["not attached"]),
    ("group", {"scale": "x"}, "wrong_kind", ["/group"]), ("none", {"scale": "x"}, "not_found", ["/none"]),
    ("data", {"scale": 5}, "invalid", ["scale"])])
def test_refusals_change_nothing(server, path, body, code, words):
    before = state_of(server.root / "a.h5")
    check_error(server, server.patch(f"/v1/dimensions/a.h5/{path}", body), code, *words)
    assert state_of(server.root / "a.h5") == before


def test_scale_that_lost_its_path(server):
    assert server.delete("/v1/datasets/a.h5/y2").status_code == 204
    told = server.json("/v1/dimensions/a.h5/scaled")["dimensions"][1]["scales"]
    assert told == ["/deep/y", None]


def test_netcdf_shows_the_dimensions(server):
    """A file made here from nothing is one that netCDF4 and xarray understand."""
    assert server.put("/v1/files/n.nc", {"trackOrder": True}).status_code == 201
    for name, value in (("time", [0.0, 6.0, 12.0]), ("lon", [1, 2, 3, 4])):
        assert server.put(f"/v1/datasets/n.nc/{name}", {"value": value, "trackOrder": True}).status_code == 201
        assert server.patch(f"/v1/dimensions/n.nc/{name}", {"scale": name}).status_code == 200
    value = np.arange(12.0).reshape(3, 4).tolist()
    assert server.put("/v1/datasets/n.nc/t2", {"value": value, "trackOrder": True}).status_code == 201
    for number, name in enumerate(("time", "lon")):
        body = {"dimension": number, "attach": f"/{name}"}
        assert server.patch("/v1/dimensions/n.nc/t2", body).status_code == 200
    opened(server.root / "n.nc").close()
    with netCDF4.Dataset(server.root / "n.nc") as file:
        assert {name: len(dimension) for name, dimension in file.dimensions.items()} == {"time": 3, "lon": 4}
        assert file["t2"].dimensions == ("time", "lon") and file["time"].dimensions == ("time",)
        assert file["t2"][:].tolist() == value


def test_netcdf_files_tell_theirs(server):
    with netCDF4.Dataset(server.root / "w.nc", "w") as file:
        file.createDimension("time", None)
        file.createDimension("lat", 4)
        file.createDimension("bare", 2)
        file.createVariable("time", "f8", ("time",))[:] = [1, 2]
        file.createVariable("t2", "f4", ("time", "lat", "bare"))[:] = np.zeros((2, 4, 2))
    told = server.json("/v1/dimensions/w.nc/t2")
    assert [dimension["scales"] for dimension in told["dimensions"]] == [["/time"], ["/lat"], ["/bare"]]
    assert server.json("/v1/dimensions/w.nc/time")["scaleName"] == "time"
    assert server.json("/v1/dimensions/w.nc/lat")["isScale"]
