"""The files of the value tests, and the table of what is in them.

A case is a dataset: a datatype, a layout with filters, elements. Every file is written once for each pair of format
bounds, so that old and new chunk indexes and object headers are both read.
"""

import h5py
import hdf5plugin
import numpy as np
from h5py import h5d, h5p, h5s, h5t, h5z

BOUNDS = {"earliest": ("earliest", "v110"), "v110": ("v110", "v110")}
SHAPE, CHUNK = (5, 7), (2, 3)
# The chunks that filters get are larger: some filters leave alone what does not become smaller.
FILTER_CHUNK = (16, 8)


# Datatypes: name -> (low-level type, elements of SHAPE)


def integers(name):
    dtype = np.dtype(name)
    limits = np.iinfo(dtype)
    special = [limits.min, limits.max, limits.max - 1, 0, 1, limits.min + 1, 100, limits.max // 3]
    # NumPy's resize forgets the byte order.
    return np.resize(np.array(special, dtype=dtype), SHAPE).astype(dtype)


def floats(name):
    dtype = np.dtype(name)
    limits = np.finfo(dtype)
    special = [
        0.0, -0.0, 1, -1.5, 0.1, 1 / 3, np.nan, np.inf, -np.inf, limits.max, limits.tiny, limits.smallest_subnormal,
        limits.eps, 65504, 1e-5, 2048, 12345.678, -1e4]
    return np.resize(np.array(special).astype(dtype), SHAPE).astype(dtype)


def complexes(name):
    dtype = np.dtype(name)
    parts = floats(f"{dtype.byteorder}f{dtype.itemsize // 2}")
    value = np.empty(SHAPE, dtype)
    value.real, value.imag = parts, parts[::-1, ::-1]
    return value


ASCII = [b"", b"a", b"abc", b"two w", b'"\\/', b"\t\n\r\x01\x7f", b"null", b"NaN"]
UTF8 = [text.encode() for text in ["", "é", "Ωx", "日本", "\U0001f600", "a\u2028", "naïve", "\u00ff"]]
BROKEN = [b"ok", b"\xff\xfe", b"a\x80b", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88", b"\xc0\xaf", b""]


def string_type(length, charset, pad):
    kind = h5t.C_S1.copy()
    kind.set_size(length)
    kind.set_cset(charset)
    kind.set_strpad(pad)
    return kind


def fixed(texts, pad, charset):
    longest = max(map(len, texts)) + (pad == h5t.STR_NULLTERM)
    dtype = h5py.string_dtype("utf-8" if charset == h5t.CSET_UTF8 else "ascii", longest)
    return string_type(longest, charset, pad), np.resize(np.array(texts), SHAPE).astype(dtype)


def variable(texts, charset):
    value = np.empty(SHAPE, h5py.string_dtype("utf-8" if charset == h5t.CSET_UTF8 else "ascii"))
    value[...] = np.resize(np.array(texts + [b"x" * 300], object), SHAPE)
    return string_type(h5t.VARIABLE, charset, h5t.STR_NULLTERM), value


def compound(fields, padding=0):
    """A compound of (name, (type, elements)), each field followed by `padding` unused bytes."""
    members = [(name, kind, value.dtype) for name, (kind, value) in fields]
    size = sum(kind.get_size() + padding for _, kind, _ in members)
    whole, offset = h5t.create(h5t.COMPOUND, size), 0
    for name, kind, _ in members:
        whole.insert(name.encode(), offset, kind)
        offset += kind.get_size() + padding
    value = np.empty(SHAPE, [(name, dtype) for name, _, dtype in members])
    for name, (_, elements) in fields:
        value[name] = elements
    return whole, value


def plain(value):
    return h5t.py_create(value.dtype, logical=True), value


def make_types():
    types = {}
    for size in "1248":
        for sign in "iu":
            for order in "<>"[: 1 if size == "1" else 2]:
                types[f"{sign}{size}{'be' if order == '>' else 'le'}"] = plain(integers(f"{order}{sign}{size}"))
    for size in "248":
        for order in "<>":
            types[f"f{size}{'be' if order == '>' else 'le'}"] = plain(floats(f"{order}f{size}"))
    for size in ("8", "16"):
        for order in "<>":
            types[f"c{size}{'be' if order == '>' else 'le'}"] = plain(complexes(f"{order}c{size}"))
    types["bool"] = plain(np.resize([True, False, False], SHAPE))
    for base in ("u1", "<i4", ">i2", "<i8"):
        kind = h5py.enum_dtype({"RED": 0, "GREEN": 1, "BLUE": 42}, base)
        types[f"enum_{base.strip('<>')}"] = plain(np.resize([0, 1, 42], SHAPE).astype(kind))
    for pad, code in (("null", h5t.STR_NULLPAD), ("term", h5t.STR_NULLTERM), ("space", h5t.STR_SPACEPAD)):
        types[f"ascii_{pad}"] = fixed(ASCII, code, h5t.CSET_ASCII)
        types[f"utf8_{pad}"] = fixed(UTF8, code, h5t.CSET_UTF8)
    types["broken_fixed"] = fixed(BROKEN, h5t.STR_NULLPAD, h5t.CSET_UTF8)
    types["ascii_vlen"] = variable(ASCII, h5t.CSET_ASCII)
    types["utf8_vlen"] = variable(UTF8, h5t.CSET_UTF8)
    types["broken_vlen"] = variable(BROKEN, h5t.CSET_UTF8)
    numbers = [("a", types["i1le"]), ("b", types["f8le"]), ("c", types["u2be"])]
    types["compound"] = compound(numbers)
    types["padded"] = compound(numbers, padding=3)
    kinds = ["bool", "enum_i4", "c8be", "ascii_space", "utf8_null", "f2be", "i8le"]
    types["mixed"] = compound([(f"x {name}", types[name]) for name in kinds])
    types["with_vlen"] = compound([("n", types["i4be"]), ("s", types["utf8_vlen"]), ("t", types["ascii_vlen"])])
    types["nested"] = compound([("in", types["padded"]), ("é", types["f4le"])], padding=1)
    types["nested_vlen"] = compound([("k", types["bool"]), ("row", types["with_vlen"]), ("z", types["compound"])])
    return types


TYPES = make_types()
LAYOUTS = ("contiguous", "compact", "chunked", "extendible", "unlimited")


# Filters: name -> (set the property list up, datatypes)


def plugin(options):
    return lambda plist: plist.set_filter(options.filter_id, h5z.FLAG_OPTIONAL, tuple(options.filter_options))


def in_turn(*setters):
    def apply(plist):
        for setter in setters:
            setter(plist)
    return apply


def deflate(plist):
    plist.set_deflate(4)


def shuffle(plist):
    plist.set_shuffle()


def fletcher32(plist):
    plist.set_fletcher32()


def lzf(plist):
    plist.set_filter(h5z.FILTER_LZF, h5z.FLAG_OPTIONAL)


SOME = ("u1le", "i4be", "f8le", "c16le", "padded", "ascii_null")
NUMBERS = ("u1le", "i2le", "i4be", "f4le", "f8be")
FILTERS = {
    "gzip": (deflate, SOME + ("utf8_vlen", "with_vlen")),
    "shuffle": (shuffle, SOME),
    "shuffle_gzip": (in_turn(shuffle, deflate), SOME),
    "fletcher32": (fletcher32, SOME),
    "all_three": (in_turn(shuffle, deflate, fletcher32), SOME),
    "checked_first": (in_turn(fletcher32, deflate), ("i4be",)),
    "lzf": (lzf, SOME),
    "shuffle_lzf": (in_turn(shuffle, lzf), NUMBERS),
    "szip": (lambda plist: plist.set_szip(h5z.SZIP_NN_OPTION_MASK, 4), NUMBERS),
    "scaleoffset": (lambda plist: plist.set_scaleoffset(h5z.SO_INT, 0), ("u1le", "i2le", "i4be", "u4le")),
    "scaleoffset_float": (lambda plist: plist.set_scaleoffset(h5z.SO_FLOAT_DSCALE, 2), ("f4le",)),
    "nbit": (lambda plist: plist.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL), NUMBERS + ("compound",)),
    "bzip2": (plugin(hdf5plugin.BZip2()), SOME),
    "lz4": (plugin(hdf5plugin.LZ4()), SOME),
    "blosc_lz4": (plugin(hdf5plugin.Blosc("lz4")), NUMBERS),
    "blosc_zlib": (plugin(hdf5plugin.Blosc("zlib", 5, hdf5plugin.Blosc.BITSHUFFLE)), NUMBERS),
    "blosc_blosclz": (plugin(hdf5plugin.Blosc("blosclz")), NUMBERS),
    "zfp": (plugin(hdf5plugin.Zfp(reversible=True)), ("f4le", "f8le", "i4le", "i8le")),
}


def filterable(name, filter_name):
    """More elements of a type, with repetitions; such as a lossy filter keeps nearly where the filter is one."""
    value = TYPES[name][1]
    if filter_name in ("scaleoffset_float", "zfp"):
        value = (np.arange(35).reshape(SHAPE) * 3 - 40).astype(value.dtype)
    return value.repeat(7, axis=0).repeat(3, axis=1)


# Writing


def plist(layout, chunk=CHUNK, setter=None):
    made = h5p.create(h5p.DATASET_CREATE)
    if layout == "compact":
        made.set_layout(h5d.COMPACT)
    elif layout != "contiguous":
        made.set_chunk(chunk)
    if setter:
        setter(made)
    return made


def space(layout, shape):
    limits = {"extendible": (h5s.UNLIMITED, shape[1]), "unlimited": (h5s.UNLIMITED, h5s.UNLIMITED)}.get(layout, shape)
    return h5s.create_simple(shape, limits)


def write(group, name, kind, value, layout, **storage):
    dataset = h5d.create(group.id, name.encode(), kind, space(layout, value.shape), plist(layout, **storage))
    dataset.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(value), h5t.py_create(value.dtype))
    return dataset


def write_shapes(group):
    """Shapes other than the usual two dimensions, and storage that was never written."""
    group["scalar"] = np.float32(0.1)
    group["scalar_text"] = "é"
    group["one"] = np.array([7], "u8")
    group["empty"] = np.empty((0,), "i4")
    group["hollow"] = np.empty((3, 0, 2), "f8")
    group["five"] = np.arange(2 * 3 * 4 * 3 * 2, dtype=">i2").reshape(2, 3, 4, 3, 2)
    group.create_dataset("unwritten", SHAPE, "f8")
    group.create_dataset("filled", SHAPE, "i2", fillvalue=-7)
    group.create_dataset("unset_text", (3,), h5py.string_dtype())
    holes = group.create_dataset("holes", (9, 9), "f4", chunks=(2, 4), fillvalue=np.nan, compression="gzip")
    holes[4:6, 3:] = 1.25
    grown = group.create_dataset("grown", (2, 2), "i4", chunks=(2, 2), maxshape=(None, 5), data=[[1, 2], [3, 4]])
    grown.resize((5, 4))
    grown[4, 3] = 9
    partly = group.create_dataset("filter_mask", (4, 4), "<u2", chunks=(2, 4), compression="gzip", shuffle=True)
    partly[2:] = np.arange(8).reshape(2, 4)
    partly.id.write_direct_chunk((0, 0), np.arange(8, dtype="<u2").tobytes(), filter_mask=3)
    wide = group.create_dataset("wide", (2000,), "<i4", chunks=(7,), maxshape=(None,), compression="gzip")
    wide[:] = np.arange(2000) ** 2
    early = h5p.create(h5p.DATASET_CREATE)
    early.set_chunk(CHUNK)
    early.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    implicit = h5d.create(group.id, b"early", h5t.STD_I32LE, h5s.create_simple(SHAPE), early)
    implicit.write(h5s.ALL, h5s.ALL, np.arange(35, dtype="i4").reshape(SHAPE))
    bits = h5t.STD_I32LE.copy()
    bits.set_precision(20)
    bits.set_offset(3)
    write(group, "narrow", bits, np.arange(-17, 18, dtype="<i4").reshape(SHAPE), "chunked", setter=FILTERS["nbit"][0])


SHAPES = (
    "scalar", "scalar_text", "one", "empty", "hollow", "five", "unwritten", "filled", "unset_text", "holes", "grown",
    "filter_mask", "wide", "early", "narrow")


def create(path, bounds, **options):
    file = h5py.File(path, "w", libver=BOUNDS[bounds], **options)
    file.attrs["bounds"] = bounds
    return file


def make_values(path, bounds, **options):
    with create(path, bounds, **options) as file:
        layouts, filters = file.create_group("layouts"), file.create_group("filters")
        for name, (kind, value) in TYPES.items():
            group = layouts.create_group(name)
            for layout in LAYOUTS:
                write(group, layout, kind, value, layout)
        for name, (setter, kinds) in FILTERS.items():
            group = filters.create_group(name)
            for kind in kinds:
                write(group, kind, TYPES[kind][0], filterable(kind, name), "chunked", chunk=FILTER_CHUNK, setter=setter)
        write_shapes(file.create_group("shapes"))


def make_attributes(path, bounds):
    with create(path, bounds) as file:
        target = file.create_group("g")
        for name, (kind, value) in TYPES.items():
            made = h5py.h5a.create(target.id, name.encode(), kind, h5s.create_simple(SHAPE))
            made.write(np.ascontiguousarray(value), h5t.py_create(value.dtype))
        target.attrs["null"] = h5py.Empty("f4")
        target.attrs["scalar"] = 2.5
        target.attrs["text"] = "Grüße"
        target.attrs["bytes"] = np.bytes_(b"raw")
        target.attrs["empty"] = np.empty((0, 3), "i4")
        target.attrs["a/b ?&%#"] = 1
        target.attrs["ünï"] = np.arange(3)
        if bounds == "v110":
            dense = file.create_dataset("dense", data=[1])
            dense.attrs["big"] = np.arange(20_000, dtype="<f8")
            for number in range(50):
                dense.attrs[f"a{number:02d}"] = number


def make_all(root):
    for bounds in BOUNDS:
        make_values(root / f"values-{bounds}.h5", bounds)
        make_attributes(root / f"attributes-{bounds}.h5", bounds)
    make_values(root / "values-userblock.h5", "earliest", userblock_size=1024)
    make_values(root / "values-paged.h5", "v110", fs_strategy="page", fs_page_size=4096)
    with create(root / "small.h5", "earliest") as file:
        file["counts"] = np.arange(10)
    with create(root / "null.h5", "earliest") as file:
        file["null"] = h5py.Empty("f4")
