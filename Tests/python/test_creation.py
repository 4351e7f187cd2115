"""How datasets are made over HTTP: every option on every datatype that it fits, as h5py and h5dump find it."""

import h5py
import numpy as np
import pytest
from h5py import h5d, h5p, h5z
from h5py._hl.filters import guess_chunk

import wire
from cases import create
from support import check_error
from written import dumped, opened, state_of, storage_of


@pytest.fixture(scope="module")
def server(tmp_path_factory, root):
    import support

    folder = tmp_path_factory.mktemp("creation")
    for bounds in ("earliest", "v110"):
        create(folder / f"{bounds}.h5", bounds).close()
    running = support.Server(folder, tmp_path_factory.mktemp("state") / "state", "--workers", 1)
    yield running
    assert running.stop() == 0, running.log()


counter = iter(range(10**6))


def make(server, body, file="earliest.h5"):
    """A new dataset's path, made of `body`; and what the answer says."""
    path = f"d{next(counter)}"
    answer = server.put(f"/v1/datasets/{file}/{path}", body)
    assert answer.status_code == 201, answer.text
    assert answer.json() == server.json(f"/v1/datasets/{file}/{path}")
    return path, answer.json()


def check_refused(server, body, code, *words, file="earliest.h5"):
    before = state_of(server.root / file)
    check_error(server, server.put(f"/v1/datasets/{file}/never", body), code, *words)
    assert state_of(server.root / file) == before


# Filters: name -> (as our interface has it, h5py's arguments, datatypes)

INTEGERS = ["|u1", "|i1", "<u2", ">i2", "<i4", ">u4", "<i8", ">u8"]
FLOATS = ["<f4", ">f4", "<f8", ">f8"]
OTHERS = ["<f2", "<c8", "S5", "bool"]
ALL = INTEGERS + FLOATS + OTHERS
SZIPPED = INTEGERS + FLOATS + ["<f2", "bool"]
FILTERS = {
    "deflate": ([{"name": "deflate"}], {"compression": "gzip"}, ALL),
    "deflate 0": ([{"name": "deflate", "level": 0}], {"compression": "gzip", "compression_opts": 0}, ALL),
    "gzip 9": ([{"name": "gzip", "level": 9}], {"compression": "gzip", "compression_opts": 9}, ALL),
    "lzf": ([{"name": "lzf"}], {"compression": "lzf"}, ALL),
    "szip": ([{"name": "szip"}], {"compression": "szip"}, SZIPPED),
    "szip ec": (
        [{"name": "szip", "method": "ec", "pixelsPerBlock": 32}], {"compression": "szip", "compression_opts": ("ec", 32)},
        SZIPPED),
    "szip nn": (
        [{"name": "szip", "method": "nn", "pixelsPerBlock": 2}], {"compression": "szip", "compression_opts": ("nn", 2)},
        SZIPPED),
    "shuffle": ([{"name": "shuffle"}], {"shuffle": True}, ALL),
    "fletcher32": ([{"name": "fletcher32"}], {"fletcher32": True}, ALL),
    "scaleoffset": ([{"name": "scaleoffset"}], {"scaleoffset": 0}, INTEGERS),
    "scaleoffset bits": ([{"name": "scaleoffset", "bits": 7}], {"scaleoffset": 7}, INTEGERS),
    "scaleoffset digits": ([{"name": "scaleoffset", "digits": 3}], {"scaleoffset": 3}, FLOATS),
    "everything": (
        [{"name": "shuffle"}, {"name": "deflate", "level": 1}, {"name": "fletcher32"}],
        {"shuffle": True, "compression": "gzip", "compression_opts": 1, "fletcher32": True}, ALL),
    "scaled and packed": (
        [{"name": "scaleoffset", "bits": 0}, {"name": "shuffle"}, {"name": "lzf"}],
        {"scaleoffset": 0, "shuffle": True, "compression": "lzf"}, INTEGERS),
    "bzip2": ([{"id": 307, "parameters": [9]}], {"compression": 307, "compression_opts": (9,)}, ALL),
    "lz4": ([{"id": 32004}], {"compression": 32004}, ALL),
    "blosc": (
        [{"id": 32001, "parameters": [0, 0, 0, 0, 5, 1, 0]}],
        {"compression": 32001, "compression_opts": (0, 0, 0, 0, 5, 1, 0)}, ALL),
}


def values(kind):
    numbers = np.arange(600) % 53
    return (numbers % 2 if kind == "bool" else numbers).reshape(20, 30).astype(kind)


def as_body(value, kind):
    if kind == "S5":
        return np.char.decode(value, "ascii").tolist()
    if value.dtype.kind == "c":
        return np.stack([value.real, value.imag], -1).tolist()
    return value.tolist()


def pipeline(plist):
    return [plist.get_filter(number)[:3] for number in range(plist.get_nfilters())]


@pytest.mark.parametrize("file", ["earliest.h5", "v110.h5"])
@pytest.mark.parametrize("name, kind", [(name, kind) for name in FILTERS for kind in FILTERS[name][2]])
def test_filters_are_h5pys_own(server, tmp_path, file, name, kind):
    import hdf5plugin  # noqa: F401: h5py's filters for the comparison
    filters, options, _ = FILTERS[name]
    value = values(kind)
    body = {"datatype": kind, "chunks": [7, 30], "filters": filters, "shape": [20, 30], "value": as_body(value, kind)}
    path, told = make(server, body, file)
    with h5py.File(tmp_path / "own.h5", "w", libver="latest" if file == "v110.h5" else "earliest") as own:
        wanted = own.create_dataset("x", data=value, chunks=(7, 30), **options)
        with opened(server.root / file) as made:
            made = made[path]
            found, expected = made.id.get_create_plist(), wanted.id.get_create_plist()
            assert [part[:2] for part in pipeline(found)] == [part[:2] for part in pipeline(expected)]
            if name not in ("lzf", "scaled and packed", "blosc"):  # whose parameters tell the library's version
                assert pipeline(found) == pipeline(expected)
            # A filter that could not be applied would be left out of the chunk.
            chunks = [made.id.get_chunk_info(number).filter_mask for number in range(made.id.get_num_chunks())]
            kept = [wanted.id.get_chunk_info(number).filter_mask for number in range(wanted.id.get_num_chunks())]
            assert chunks == kept
            assert np.array_equal(made[()], wanted[()])
    assert [part["name"] for part in told["filters"]] != []
    # What is told is what makes the same again.
    assert make(server, {**told, "value": body["value"]}, file)[1]["filters"] == told["filters"]


@pytest.mark.parametrize("name, line", [
    ("deflate 0", "COMPRESSION DEFLATE { LEVEL 0 }"), ("shuffle", "PREPROCESSING SHUFFLE"),
    ("fletcher32", "CHECKSUM FLETCHER32"), ("szip ec", "PIXELS_PER_BLOCK 32"), ("lzf", "FILTER_ID 32000"),
    ("scaleoffset bits", "COMPRESSION SCALEOFFSET"), ("bzip2", "FILTER_ID 307")])
def test_filters_are_what_h5dump_tells(server, name, line):
    path, _ = make(server, {"shape": [100], "datatype": "<i4", "filters": FILTERS[name][0]})
    assert line in dumped(server.root / "earliest.h5", "-p", "-H", "-d", path)


def test_nbit_keeps_the_significant_bits(server):
    kind = {"class": "H5T_INTEGER", "base": "H5T_STD_I32LE"}
    path, told = make(server, {
        "value": list(range(100)), "datatype": kind, "filters": [{"name": "nbit"}], "chunks": [50]})
    assert told["filters"] == [{"name": "nbit"}]
    assert "COMPRESSION NBIT" in dumped(server.root / "earliest.h5", "-p", "-H", "-d", path)
    with opened(server.root / "earliest.h5") as file:
        assert file[path][()].tolist() == list(range(100))


@pytest.mark.parametrize("filters, words", [
    ([{"name": "deflate", "level": 10}], ["level", "0 to 9"]), ([{"name": "deflate", "level": -1}], ["level"]),
    ([{"name": "deflate", "level": "4"}], ["level"]), ([{"name": "gzip", "bits": 1}], ["bits", "level"]),
    ([{"name": "lzf", "level": 1}], ["level", "no options"]), ([{"name": "shuffle", "level": 1}], ["no options"]),
    ([{"name": "szip", "pixelsPerBlock": 7}], ["even"]), ([{"name": "szip", "pixelsPerBlock": 34}], ["32"]),
    ([{"name": "szip", "pixelsPerBlock": 0}], ["pixelsPerBlock"]), ([{"name": "szip", "method": "xx"}], ["ec", "nn"]),
    ([{"name": "szip", "pixelsPerBlock": 32}], ["more than a chunk"]),
    ([{"name": "scaleoffset", "digits": 2}], ["bits"]), ([{"name": "scaleoffset", "bits": 33}], ["33"]),
    ([{"name": "scaleoffset", "bits": -1}], ["bits"]),
    ([{"name": "scaleoffset"}, {"name": "fletcher32"}], ["fletcher32", "scaleoffset"]),
    ([{"name": "fletcher32"}, {"name": "scaleoffset"}], ["fletcher32", "scaleoffset"]),
    ([{"name": "deflate"}, {"name": "scaleoffset"}], ["before"]), ([{"name": "shuffle"}, {"name": "nbit"}], ["before"]),
    ([{"name": "scaleoffset"}, {"name": "szip"}], ["before"]), ([{"name": "lzf"}, {"name": "szip"}], ["before"]),
    ([{"name": "zip"}], ["zip", "deflate"]), ([{}], ["name"]), (["deflate"], ["object"]), ("deflate", ["list"]),
    ([{"id": 0}], ["id"]), ([{"id": 307, "level": 4}], ["level", "parameters"]),
    ([{"id": 307, "parameters": [-1]}], ["32 bits"]), ([{"id": 307, "optional": 1}], ["optional"])])
def test_filters_that_make_no_sense(server, filters, words):
    check_refused(server, {"shape": [20], "datatype": "<i4", "filters": filters}, "invalid", *words)


def test_filter_that_is_not_there(server):
    check_refused(server, {"shape": [20], "filters": [{"id": 4711}]}, "unsupported", "4711")


@pytest.mark.parametrize("filters, kind, words", [
    ([{"name": "scaleoffset", "bits": 3}], "<f4", ["digits"]), ([{"name": "scaleoffset"}], "<f8", ["digits"]),
    ([{"name": "scaleoffset", "digits": 3}], "<f2", ["4 or 8"]), ([{"name": "scaleoffset"}], "bool", ["integers"]),
    ([{"name": "scaleoffset"}], "S5", ["integers"]), ([{"name": "szip"}], "<c8", ["szip"]),
    ([{"name": "szip"}], "S4", ["szip"]), ([{"name": "fletcher32"}], "str", ["fletcher32"])])
def test_filters_that_do_not_fit_the_datatype(server, filters, kind, words):
    check_refused(server, {"shape": [20], "datatype": kind, "filters": filters}, "invalid", *words)


# Layout and chunks


@pytest.mark.parametrize("options, layout", [
    ({"layout": "compact"}, h5d.COMPACT), ({"layout": "contiguous"}, h5d.CONTIGUOUS), ({}, h5d.CONTIGUOUS),
    ({"layout": "chunked"}, h5d.CHUNKED), ({"chunks": [2, 3]}, h5d.CHUNKED), ({"chunks": False}, h5d.CONTIGUOUS),
    ({"layout": "compact", "chunks": False}, h5d.COMPACT), ({"layout": "chunked", "chunks": [4, 1]}, h5d.CHUNKED),
    ({"maxshape": True}, h5d.CHUNKED), ({"maxshape": [None, 10]}, h5d.CHUNKED)])
def test_layouts(server, options, layout):
    value = np.arange(20, dtype="<i2").reshape(4, 5)
    path, told = make(server, {"value": value.tolist(), "datatype": "<i2", **options})
    with opened(server.root / "earliest.h5") as file:
        assert file[path].id.get_create_plist().get_layout() == layout
        assert np.array_equal(file[path][()], value)
        if options.get("maxshape") is True:
            assert file[path].maxshape == (None, None)
    assert told["layout"] == {h5d.COMPACT: "compact", h5d.CONTIGUOUS: "contiguous", h5d.CHUNKED: "chunked"}[layout]


@pytest.mark.parametrize("options, code, words", [
    ({"chunks": False, "filters": [{"name": "shuffle"}]}, "invalid", ["filters need chunks"]),
    ({"layout": "compact", "filters": [{"name": "lzf"}]}, "invalid", ["filters need chunks"]),
    ({"layout": "contiguous", "maxshape": [None, 5]}, "invalid", ["needs chunks"]),
    ({"layout": "compact", "maxshape": [9, 5]}, "invalid", ["needs chunks"]),
    ({"layout": "compact", "chunks": [2, 2]}, "invalid", ["layout", "chunks"]),
    ({"layout": "contiguous", "chunks": True}, "invalid", ["layout", "chunks"]),
    ({"layout": "chunked", "chunks": False}, "invalid", ["layout", "chunks"]),
    ({"layout": "sideways"}, "invalid", ["sideways", "compact"]),
    ({"layout": "external"}, "unsupported", ["external storage"]),
    ({"external": [["raw.bin", 0, 100]]}, "unsupported", ["external storage"]),
    ({"layout": "compact", "shape": [20000, 5]}, "too_large", ["compact"]),
    ({"chunks": [5, 5]}, "invalid", ["extent 5"]), ({"chunks": [2]}, "invalid", ["dimensions"]),
    ({"chunks": [0, 2]}, "invalid", ["extent 0"]), ({"shape": [], "chunks": True}, "invalid", ["scalar"]),
    ({"shape": [], "filters": [{"name": "deflate"}]}, "invalid", ["scalar"]),
    ({"shape": None, "filters": [{"name": "deflate"}]}, "invalid", ["null"]),
    ({"shape": [], "maxshape": [None]}, "invalid", ["maximum shape"]),
    ({"fillTime": "later"}, "invalid", ["fillTime", "ifset"]),
    ({"fillTime": "never", "datatype": "str"}, "invalid", ["variable length"]),
    ({"trackTimes": 1}, "invalid", ["trackTimes"]), ({"trackOrder": "yes"}, "invalid", ["trackOrder"]),
    ({"fillvalue": 1, "fillvalueStored": False}, "invalid", ["fillvalueStored"]),
    ({"fillvalueStored": True}, "invalid", ["fillvalueStored"])])
def test_options_that_exclude_one_another(server, options, code, words):
    check_refused(server, {"shape": [4, 5], "datatype": "<i4", **options}, code, *words)


def random_shapes():
    random = np.random.default_rng(20261128)
    for _ in range(200):
        rank = int(random.integers(1, 6))
        most = 2.0 ** (36 / rank)
        shape = [int(extent) for extent in np.exp(random.uniform(0, np.log(most), rank))]
        shape = [0 if random.random() < 0.1 else extent for extent in shape]
        maximum = [None if not extent or random.random() < 0.2 else extent for extent in shape]
        yield shape, maximum, str(random.choice(["|u1", "<i2", "<f4", "<f8", "<c16", "S13", "str", "bool"]))


def test_chunks_are_the_ones_that_h5py_guesses(server):
    sizes = {"str": 8, "bool": 1}
    for number, (shape, maximum, kind) in enumerate(random_shapes()):
        body = {"shape": shape, "maxshape": maximum, "datatype": kind, "chunks": True}
        answer = server.put(f"/v1/datasets/v110.h5/guessed{number}", body)
        assert answer.status_code == 201, (body, answer.text)
        size = sizes.get(kind) or np.dtype(kind).itemsize
        assert tuple(answer.json()["chunks"]) == guess_chunk(tuple(shape), tuple(maximum), size), body


# Fill values, times and order


@pytest.mark.parametrize("file", ["earliest.h5", "v110.h5"])
@pytest.mark.parametrize("tracks", [False, True])
def test_times_are_kept_when_asked(server, file, tracks):
    path, told = make(server, {"shape": [2], "trackTimes": tracks}, file)
    assert told["trackTimes"] == tracks
    with opened(server.root / file) as made:
        assert bool(h5py.h5g.get_objinfo(made.id, path.encode()).mtime) == tracks


@pytest.mark.parametrize("file", ["earliest.h5", "v110.h5"])
@pytest.mark.parametrize("tracks", [False, True])
def test_order_of_attributes_is_kept_when_asked(server, file, tracks):
    path, told = make(server, {"shape": [2], "trackOrder": tracks}, file)
    assert told["trackOrder"] == tracks
    for name in "cab":
        assert server.put(f"/v1/attributes/{file}/{path}?name={name}", 1).status_code == 201
    with opened(server.root / file) as made:
        order = h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED
        assert made[path].id.get_create_plist().get_attr_creation_order() == (order if tracks else 0)
    assert list(server.json(f"/v1/attributes/{file}/{path}")) == list("cab" if tracks else "abc")


@pytest.mark.parametrize("time, code", [
    ("ifset", h5d.FILL_TIME_IFSET), ("alloc", h5d.FILL_TIME_ALLOC), ("never", h5d.FILL_TIME_NEVER)])
def test_fill_times(server, time, code):
    path, told = make(server, {"shape": [2], "fillTime": time})
    assert told["fillTime"] == time
    with opened(server.root / "earliest.h5") as file:
        assert file[path].id.get_create_plist().get_fill_time() == code


@pytest.mark.parametrize("body, state, value", [
    ({}, h5d.FILL_VALUE_DEFAULT, 0), ({"fillvalue": 0}, h5d.FILL_VALUE_USER_DEFINED, 0),
    ({"fillvalue": 7}, h5d.FILL_VALUE_USER_DEFINED, 7),
    ({"fillvalue": 0, "fillvalueStored": False}, h5d.FILL_VALUE_DEFAULT, 0)])
def test_fill_values(server, body, state, value):
    path, told = make(server, {"shape": [2], "datatype": "<i4", **body})
    assert told["fillvalue"] == value and told["fillvalueStored"] == (state == h5d.FILL_VALUE_USER_DEFINED)
    with opened(server.root / "earliest.h5") as file:
        assert file[path].id.get_create_plist().fill_value_defined() == state
        assert file[path][()].tolist() == [value, value]


# What is told is what makes the same again

H5PY = {
    "plain": {"shape": (3, 4), "dtype": "<f8"}, "scalar": {"shape": (), "dtype": "<i4"},
    "null": {"dtype": "<i4"}, "filled": {"shape": (5,), "dtype": ">i2", "fillvalue": -3},
    "zeros": {"shape": (5,), "dtype": "<f4", "fillvalue": 0}, "chunked": {"shape": (9, 9), "chunks": (2, 4)},
    "growing": {"shape": (2, 3), "maxshape": (None, 7), "dtype": "S3"}, "text": {"shape": (4,), "dtype": h5py.string_dtype()},
    "gzip": {"shape": (50,), "compression": 7, "shuffle": True, "fletcher32": True},
    "lzf": {"shape": (50,), "compression": "lzf", "dtype": "<i4"},
    "szip": {"shape": (50,), "compression": "szip", "compression_opts": ("ec", 16), "dtype": "<i4"},
    "scaled": {"shape": (50,), "scaleoffset": 0, "dtype": "<i4", "shuffle": True},
    "rounded": {"shape": (50,), "scaleoffset": 4, "dtype": "<f8"},
    "blosc": {"shape": (50,), "compression": 32001, "compression_opts": (0, 0, 0, 0, 9, 2, 1), "dtype": "<i4"},
    "timed": {"shape": (2,), "track_times": True}, "ordered": {"shape": (2,), "track_order": True},
    "never": {"shape": (2,), "fill_time": "never"}, "always": {"shape": (2,), "fill_time": "alloc", "chunks": True},
    "complex": {"shape": (6,), "dtype": "<c8", "chunks": (6,)},
}


# Whose parameters tell the library's version.
LIBRARYS = ("lzf", "blosc")


def options_of(dataset):
    plist = dataset.id.get_create_plist()
    return (
        storage_of(dataset)["fill"], plist.get_layout(), dataset.chunks, plist.get_fill_time(), plist.get_alloc_time(),
        plist.fill_value_defined(), plist.get_attr_creation_order(),
        [part[:2] if dataset.name[1:] in LIBRARYS else part for part in pipeline(plist)])


@pytest.mark.parametrize("bounds", ["earliest", "v110"])
def test_description_makes_the_same_again(server, bounds):
    import hdf5plugin  # noqa: F401: registers blosc
    with create(server.root / f"h5py_{bounds}.h5", bounds) as file:
        for name, options in H5PY.items():
            options = dict(options)
            if name == "null":
                file["null"] = h5py.Empty(options["dtype"])
            else:
                file.create_dataset(name, **{"dtype": "<f4", **options})
        low = h5p.create(h5p.DATASET_CREATE)
        low.set_layout(h5d.COMPACT)
        low.set_obj_track_times(False)
        h5d.create(file.id, b"compact", h5py.h5t.STD_I16LE, h5py.h5s.create_simple((4,)), low)
        bits = h5p.create(h5p.DATASET_CREATE)
        bits.set_chunk((10,))
        bits.set_obj_track_times(False)
        bits.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL)
        h5d.create(file.id, b"nbit", h5py.h5t.STD_I16LE, h5py.h5s.create_simple((10,)), bits)
    assert server.put(f"/v1/files/again_{bounds}.h5", {}).status_code == 201
    for name in [*H5PY, "compact", "nbit"]:
        told = server.json(f"/v1/datasets/h5py_{bounds}.h5/{name}")
        answer = server.put(f"/v1/datasets/again_{bounds}.h5/{name}", told)
        assert answer.status_code == 201, (name, answer.text)
        again = answer.json()
        for key in told.keys() - {"file", "hrefs", "storageSize", "attributeCount"}:
            assert told[key] == again[key], (name, key)
    with opened(server.root / f"h5py_{bounds}.h5") as one, opened(server.root / f"again_{bounds}.h5") as two:
        for name in [*H5PY, "compact", "nbit"]:
            first, second = one[name], two[name]
            assert first.shape == second.shape and first.maxshape == second.maxshape and first.dtype == second.dtype
            assert wire.describe(first.id.get_type()) == wire.describe(second.id.get_type())
            assert options_of(first) == options_of(second), name
            if name not in LIBRARYS and bounds == "earliest":  # in which both have the layout in the same version
                assert first.id.get_create_plist().equal(second.id.get_create_plist()), name


# require


def test_require_by_maximum_shape(server):
    """As h5py's `require_dataset`, which takes a dataset that has grown when the maximum shape is asked for."""
    path, _ = make(server, {"shape": [4], "maxshape": [None], "datatype": "<i4"})
    target = f"/v1/datasets/earliest.h5/{path}?require=true"
    assert server.put(target, {"shape": [9], "maxshape": [None], "datatype": "<i4"}).status_code == 200
    for body in ({"shape": [9], "datatype": "<i4"}, {"shape": [9], "maxshape": [10], "datatype": "<i4"}):
        check_error(server, server.put(target, body), "exists", "shape")


# External storage


def test_external_storage_is_told_and_not_read(server):
    with create(server.root / "external.h5", "earliest") as file:
        file.create_dataset("x", (4,), "<i4", external=[("raw.bin", 0, 16)])
    told = server.json("/v1/datasets/external.h5/x")
    assert told["layout"] == "external"
    check_error(server, server.get("/v1/values/external.h5/x"), "unsupported", "external storage")
    check_error(server, server.put("/v1/datasets/earliest.h5/like", told), "unsupported", "external storage")
