"""Files that netCDF4 wrote."""

import netCDF4
import numpy as np
import pytest

import wire
from test_values import read


@pytest.fixture(scope="module")
def weather(root):
    """A file as a data archive has them; what netCDF4 put into it."""
    rng = np.random.default_rng(7)
    path = root / "archive" / "weather.nc"
    path.parent.mkdir(exist_ok=True)
    with netCDF4.Dataset(path, "w", format="NETCDF4") as file:
        file.title, file.history = "Wetter in Zürich", ["first", "second"]
        file.levels = np.array([1000, 850, 500], "i2")
        file.createDimension("time", None)
        file.createDimension("lat", 4)
        file.createDimension("lon", 5)
        file.createDimension("length", 6)
        file.createVariable("time", "f8", ("time",))[:] = np.arange(3) * 6.0
        file.createVariable("lat", "f4", ("lat",))[:] = [-45, -15, 15, 45]
        t2 = file.createVariable("t2", "i2", ("time", "lat", "lon"), zlib=True, shuffle=True, fill_value=-32768)
        t2.units, t2.scale_factor, t2.valid_range = "K", 0.01, np.array([0, 400], "f4")
        t2.set_auto_maskandscale(False)
        t2[:] = rng.integers(-3000, 3000, (3, 4, 5))
        names = file.createVariable("names", str, ("lat",))
        names[:] = np.array(["Zürich", "", "Genève", "日本"], object)
        codes = netCDF4.stringtochar(np.array([b"ab", b"c"] * 2, "S6"))
        file.createVariable("code", "S1", ("lat", "length"))[:] = codes
        inner = file.createGroup("model").createGroup("run")
        inner.createVariable("flag", "u1", ("time", "lat"), fletcher32=True)[:] = rng.integers(0, 255, (3, 4))
        complete = file.createCompoundType(np.dtype([("u", "f4"), ("v", "f8")], align=True), "wind_t")
        wind = file.createVariable("wind", complete, ("lat",))
        wind[:] = np.array([(n, n / 3) for n in range(4)], complete.dtype)
    return "archive/weather.nc"


@pytest.mark.parametrize("path", ["time", "lat", "t2", "names", "code", "model/run/flag", "wind"])
@pytest.mark.parametrize("selection", ["", "1:3", "0"])
def test_variables_equal_h5pys(server, weather, path, selection):
    value, kind = read(server.root, weather, path, selection)
    query = {"select": selection} if selection else {}
    wire.check_json(wire.parse(server.get(f"/v1/values/{weather}/{path}", query).content), value, kind)
    octets = server.get(f"/v1/values/{weather}/{path}", query, accept="application/octet-stream")
    wire.check_octets(octets, value, kind)


def test_attributes_equal_what_was_written(server, weather):
    told = server.json(f"/v1/attributes/{weather}")
    assert told["title"]["value"] == ["Wetter in Zürich"]
    assert told["history"]["value"] == ["first", "second"]
    assert told["levels"]["value"] == [1000, 850, 500]
    told = server.json(f"/v1/attributes/{weather}/t2")
    assert (told["units"]["value"], told["scale_factor"]["value"]) == ("K", [0.01])
    assert (told["valid_range"]["value"], told["_FillValue"]["value"]) == ([0, 400], [-32768])


def test_attributes_tell_the_dimension_scales(server, weather):
    told = server.json(f"/v1/attributes/{weather}/t2")
    scales = told["DIMENSION_LIST"]
    assert scales["shape"] == [3] and scales["value"] == [[{"path": "/time"}], [{"path": "/lat"}], [{"path": "/lon"}]]
    assert scales["datatype"]["class"] == "H5T_VLEN" and scales["datatype"]["base"]["class"] == "H5T_REFERENCE"


def test_dataset_tells_that_a_dimension_is_unlimited(server, weather):
    told = server.json(f"/v1/datasets/{weather}/t2")
    assert (told["shape"], told["maxshape"]) == ([3, 4, 5], [None, 4, 5])
    assert [filter["name"] for filter in told["filters"]] == ["shuffle", "deflate"]
