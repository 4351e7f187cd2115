"""Values as pictures, as Pillow reads them: colours computed here, and lines where their values are."""

import io

import h5py
import numpy as np
import pytest
from PIL import Image

from support import check_error, eventually
from test_every_datatype import make

PNG = "image/png"
COLOURS = 255
# The first, the middle and the last colour as the maps' own documents have them.
ENDS = {
    "viridis": ("440154", "21918c", "fde725"), "plasma": ("0d0887", "cc4778", "f0f921"),
    "inferno": ("000004", "bc3754", "fcffa4"), "magma": ("000004", "b73779", "fcfdbf"),
    "cividis": ("00224e", "7d7c78", "fee838"), "coolwarm": ("3b4cc0", "dddddd", "b40426"),
    "turbo": ("30123b", "a4fc3c", "7a0403"), "gray": ("000000", "808080", "ffffff")}


@pytest.fixture(scope="module")
def pictures(server):
    make(server.root / "png-kinds.h5")
    random = np.random.default_rng(7)
    with h5py.File(server.root / "pictures.h5", "w") as file:
        file["ramp"] = np.arange(255.0).reshape(1, 255)
        image = random.normal(size=(40, 60))
        image[3, 5], image[4, 4], image[0, 0] = np.nan, np.inf, -np.inf
        file["image"] = image
        file.create_dataset("stack", data=random.integers(0, 1000, (3, 20, 30), "<u2"), chunks=(1, 7, 11))
        file["big"] = random.integers(-100, 100, (5000, 4500)).astype(">i2")
        file.create_dataset("chunked", data=random.random((6000, 3000), "f4"), chunks=(64, 64), compression="lzf")
        file["flags"] = random.random((9, 9)) > 0.5
        file["enum"] = np.arange(6).reshape(2, 3).astype(h5py.enum_dtype({"A": 0, "B": 5}, "u1"))
        file["void"] = np.full((4, 4), np.nan)
        file["same"] = np.full((4, 4), 7)
        file["wave"] = np.sin(np.linspace(0, 4 * np.pi, 100_000))
        file["few"] = [0.0, 1.0, 0.0, 2.0]
        file["gap"] = [0.0, 1.0, np.nan, 1.0, 0.0]
        file["none"] = np.zeros((0, 3))
        file["huge"] = np.array([[-1.7e308, 0, 1.7e308]])
        file["rows"] = np.zeros(50, [("x", "<f4"), ("s", "S3")])
        file.create_dataset("long", (50_000_000,), "i1", chunks=(1 << 20,), fillvalue=1)
    return server


def picture(server, path, **params):
    answer = server.get(f"/v1/values/pictures.h5/{path}", params, accept=PNG)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == PNG
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    return np.array(image.convert("RGBA"))


def value(server, path):
    with h5py.File(server.root / "pictures.h5", "r") as file:
        return file[path][()]


def gray(values, low, high):
    """The gray map's pixels: 255 colours for equal parts of the range."""
    values = np.asarray(values, float)
    with np.errstate(invalid="ignore"):
        part = np.clip(np.floor((values - low) / (high - low) * COLOURS), 0, COLOURS - 1)
    level = np.floor(np.nan_to_num(part) * 255 / (COLOURS - 1) + 0.5)
    pixels = np.stack([level, level, level, np.full(values.shape, 255)], axis=-1)
    pixels[np.isnan(values)] = 0
    return pixels.astype("u1")


@pytest.mark.parametrize("name", ENDS)
def test_colours_are_those_of_the_map(pictures, name):
    row = picture(pictures, "ramp", colormap=name)[0]
    for place, expected in zip((0, 127, 254), ENDS[name]):
        assert np.abs(row[place, :3].astype(int) - list(bytes.fromhex(expected))).max() <= 2
    assert (row[:, 3] == 255).all()
    # Steps between neighbours are small.
    assert np.abs(np.diff(row.astype(int), axis=0)).max() <= 9


def test_pixels_have_the_colours_of_their_values(pictures):
    values = value(pictures, "image")
    finite = values[np.isfinite(values)]
    got = picture(pictures, "image", colormap="gray")
    assert np.array_equal(got, gray(values, finite.min(), finite.max()))
    assert got[3, 5, 3] == 0


@pytest.mark.parametrize("low, high", [(-1, 1), (0, None), (None, 0.5), (-10, 10)])
def test_the_range_is_that_which_was_asked_for(pictures, low, high):
    values = value(pictures, "image")
    finite = values[np.isfinite(values)]
    params = {name: bound for name, bound in (("min", low), ("max", high)) if bound is not None}
    got = picture(pictures, "image", colormap="gray", **params)
    low, high = finite.min() if low is None else low, finite.max() if high is None else high
    assert np.array_equal(got, gray(values, low, high))


@pytest.mark.parametrize("select", ["1", "-1,::2,3:20:5", "[0,2],4", ":,3,[1,2,5,17]"])
def test_slices_are_drawn(pictures, select):
    values = value(pictures, "stack")[eval(f"numpy.s_[{select}]", {"numpy": np})]
    got = picture(pictures, "stack", select=select, colormap="gray")
    assert np.array_equal(got, gray(values, values.min(), values.max()))


@pytest.mark.parametrize("path, low, high", [("flags", 0, 1), ("enum", 0, 5), ("same", 7, 7.5)])
def test_booleans_and_enumerations_are_drawn(pictures, path, low, high):
    assert np.array_equal(picture(pictures, path, colormap="gray"), gray(value(pictures, path), low, high))


def test_what_is_no_number_is_transparent(pictures):
    assert (picture(pictures, "void")[..., 3] == 0).all()


def test_the_largest_range_does_not_overflow(pictures):
    assert picture(pictures, "huge", colormap="gray")[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("path, params, steps", [
    ("big", {}, (3, 3)), ("big", {"width": 500}, (10, 10)), ("chunked", {}, (3, 3)),
    ("chunked", {"select": "::2,100:200", "width": 64}, (47, 2))])
def test_large_slices_are_thinned_out(pictures, path, params, steps):
    values = value(pictures, path)
    if "select" in params:
        values = values[::2, 100:200]
    values = values[:: steps[0], :: steps[1]]
    got = picture(pictures, path, colormap="gray", **params)
    assert np.array_equal(got, gray(values, values.min(), values.max()))
    assert max(got.shape) <= params.get("width", 2048)


def test_small_slices_are_magnified_to_a_width(pictures):
    values = value(pictures, "enum")
    got = picture(pictures, "enum", colormap="gray", width=31)
    assert np.array_equal(got, gray(values.repeat(10, 0).repeat(10, 1), 0, 5))


# Lines

LINE, WHITE = [31, 95, 170, 255], [255, 255, 255, 255]


def line(image):
    """For each column inside the frame the highest and the lowest pixel of the line; None where there is none."""
    inside = (image == LINE).all(axis=-1)[9:-9, 9:-9]
    found = [np.flatnonzero(column) for column in inside.T]
    return [(rows[0], rows[-1]) if len(rows) else None for rows in found], inside.shape


def test_a_line_follows_its_values(pictures):
    image = picture(pictures, "wave")
    assert image.shape == (400, 800, 4)
    rows, (height, width) = line(image)
    parts = np.array_split(value(pictures, "wave"), width)
    for found, part in zip(rows, parts):
        top, bottom = ((1 - bound) / 2 * (height - 1) for bound in (part.max(), part.min()))
        assert abs(found[0] - top) <= 3 and abs(found[1] - bottom) <= 3
    assert (image[8, 8:-8] == [136, 136, 136, 255]).all() and (image[:8] == WHITE).all()


def test_few_points_are_joined(pictures):
    rows, (height, width) = line(picture(pictures, "few", width=400))
    points = np.interp(np.linspace(0, 3, width), np.arange(4), value(pictures, "few"))
    for found, point in zip(rows, points):
        row = (1 - point / 2) * (height - 1)
        assert found[0] - 5 <= row <= found[1] + 5
    assert rows[0][1] == height - 1 and rows[-1][0] == 0


def test_a_line_has_a_gap_where_values_are_missing(pictures):
    rows, (_, width) = line(picture(pictures, "gap"))
    assert rows[width // 2] is None and rows[0] and rows[-1]


def test_a_line_is_cut_at_its_frame(pictures):
    rows, (height, _) = line(picture(pictures, "wave", min=-0.5, max=0.5))
    assert None in rows and min(found[0] for found in rows if found) == 0
    assert max(found[1] for found in rows if found) == height - 1


@pytest.mark.parametrize("params", [{"field": "x"}, {"field": "x", "width": 2048}])
def test_a_field_is_drawn(pictures, params):
    rows, (height, _) = line(picture(pictures, "rows", **params))
    assert set(rows) == {(height // 2, height // 2)} or len(set(rows)) == 1


def test_a_long_line_is_drawn_in_bounded_memory(pictures):
    rows, _ = line(picture(pictures, "long"))
    assert len(set(rows)) == 1


@pytest.mark.parametrize("path, params, word", [
    ("pictures.h5/stack", {}, "3 dimensions"), ("pictures.h5/stack", {"select": "0,0,0"}, "0 dimensions"),
    ("pictures.h5/none", {}, "no elements"), ("pictures.h5/rows", {}, "H5T_COMPOUND"),
    ("pictures.h5/rows", {"field": "s"}, "H5T_COMPOUND"), ("png-kinds.h5/sequence", {}, "H5T_VLEN"),
    ("png-kinds.h5/extended", {}, "f16"), ("null.h5/null", {}, "null dataspace"),
    ("values-v110.h5/layouts/c8le/chunked", {}, "c8"), ("values-v110.h5/layouts/ascii_null/chunked", {}, "|S")])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_has_no_picture_is_not_acceptable(pictures, method, path, params, word):
    answer = pictures.request(method, f"/v1/values/{path}", params={"format": "png", **params})
    assert answer.status_code == 406
    if method == "GET":
        check_error(pictures, answer, "not_acceptable", word)


@pytest.mark.parametrize("params, word", [
    ({"colormap": "jet"}, "viridis"), ({"min": "nan"}, "min=nan"), ({"max": "x"}, "max=x"), ({"min": 2, "max": 1}, "min=2"),
    ({"width": 15}, "width=15"), ({"width": 2049}, "2048"), ({"min": "1e999"}, "min=1e999")])
def test_options_that_make_no_sense_are_invalid(pictures, params, word):
    answer = pictures.get("/v1/values/pictures.h5/image", {"format": "png", **params})
    check_error(pictures, answer, "invalid", word)


def test_pictures_have_names_and_tags(pictures):
    target = "/v1/values/pictures.h5/stack?select=0&format=png"
    answer = pictures.get(target)
    assert answer.headers["Content-Disposition"] == 'inline; filename="pictures-stack.png"'
    assert pictures.get(target, if_none_match=answer.headers["ETag"]).status_code == 304
    head = pictures.request("HEAD", target)
    assert head.headers["ETag"] == answer.headers["ETag"] and head.content == b""
    assert pictures.get(target + "&colormap=magma").headers["ETag"] != answer.headers["ETag"]


def test_a_picture_does_not_tell_values_apart_and_so_its_tag_guards_no_write(write_server):
    with h5py.File(write_server.root / "png-tags.h5", "w") as file:
        file["x"], file["y"] = np.zeros((2, 2)), 0
    target = "/v1/values/png-tags.h5/x"
    tag = eventually(lambda: (t := write_server.get(target, accept=PNG).headers["ETag"])[0] == '"' and t)
    assert write_server.put(target, [[1, 1], [1, 1]]).status_code == 204
    assert write_server.get(target, accept=PNG, if_none_match=tag).status_code == 200
    check_error(write_server, write_server.put(target, [[2, 2], [2, 2]], if_match=tag), "precondition_failed")
