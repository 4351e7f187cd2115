"""The interface's rules for datatypes and values, written a second time: what an answer must say.

A datatype is the JSON that the interface uses (`{"class": "H5T_INTEGER", "base": "H5T_STD_I32LE"}`), made here from
h5py's low-level type. Values are compared in a canonical form: integers, bits of floats, bytes of strings.
"""

import base64
import itertools
import json
import math

import h5py
import numpy as np
from h5py import h5i, h5r, h5s, h5t

ORDERS = {h5t.ORDER_LE: "LE", h5t.ORDER_BE: "BE"}
PADS = {h5t.STR_NULLTERM: "H5T_STR_NULLTERM", h5t.STR_NULLPAD: "H5T_STR_NULLPAD", h5t.STR_SPACEPAD: "H5T_STR_SPACEPAD"}
SETS = {h5t.CSET_ASCII: "H5T_CSET_ASCII", h5t.CSET_UTF8: "H5T_CSET_UTF8"}
IEEE = (
    h5t.IEEE_F16LE, h5t.IEEE_F16BE, h5t.IEEE_F32LE, h5t.IEEE_F32BE, h5t.IEEE_F64LE, h5t.IEEE_F64BE)
BOOLEAN = {"FALSE": 0, "TRUE": 1}


def text(name):
    return name.decode() if isinstance(name, bytes) else name


def describe(tid):
    """The JSON of a low-level type."""
    kind = tid.get_class()
    if kind == h5t.INTEGER:
        sign = "U" if tid.get_sign() == h5t.SGN_NONE else "I"
        return {"class": "H5T_INTEGER", "base": f"H5T_STD_{sign}{tid.get_size() * 8}{ORDERS[tid.get_order()]}"}
    if kind == h5t.FLOAT and not any(tid.equal(known) for known in IEEE):
        return float_format(tid)
    if kind == h5t.FLOAT:
        return {"class": "H5T_FLOAT", "base": f"H5T_IEEE_F{tid.get_size() * 8}{ORDERS[tid.get_order()]}"}
    if kind == h5t.STRING:
        length = "H5T_VARIABLE" if tid.is_variable_str() else tid.get_size()
        charset, pad = SETS[tid.get_cset()], PADS[tid.get_strpad()]
        return {"class": "H5T_STRING", "charSet": charset, "strPad": pad, "length": length}
    if kind == h5t.ENUM:
        names = [tid.get_member_name(i) for i in range(tid.get_nmembers())]
        mapping = {text(name): tid.get_member_value(i) for i, name in enumerate(names)}
        return {"class": "H5T_ENUM", "base": describe(tid.get_super()), "mapping": mapping}
    if kind == h5t.COMPOUND:
        fields = [(tid.get_member_name(i), tid.get_member_type(i)) for i in range(tid.get_nmembers())]
        return {"class": "H5T_COMPOUND", "fields": [{"name": text(n), "type": describe(t)} for n, t in fields]}
    if kind == h5t.ARRAY:
        return {"class": "H5T_ARRAY", "dims": list(tid.get_array_dims()), "base": describe(tid.get_super())}
    if kind == h5t.VLEN:
        return {"class": "H5T_VLEN", "size": "H5T_VARIABLE", "base": describe(tid.get_super())}
    if kind == h5t.OPAQUE:
        return {"class": "H5T_OPAQUE", "size": tid.get_size(), "tag": text(tid.get_tag())}
    if kind == h5t.BITFIELD:
        return {"class": "H5T_BITFIELD", "base": f"H5T_STD_B{tid.get_size() * 8}{ORDERS[tid.get_order()]}"}
    if kind == h5t.REFERENCE:
        region = tid.equal(h5t.STD_REF_DSETREG)
        return {"class": "H5T_REFERENCE", "base": "H5T_STD_REF_DSETREG" if region else "H5T_STD_REF_OBJ"}
    raise ValueError(f"class {kind}")


def float_format(tid):
    """The JSON of a float that is not one of IEEE 754's."""
    if tid.get_order() not in ORDERS:
        raise ValueError("a VAX's float")
    names = ("sign", "exponent", "exponentSize", "mantissa", "mantissaSize")
    return {
        "class": "H5T_FLOAT", "size": tid.get_size(), "order": f"H5T_ORDER_{ORDERS[tid.get_order()]}",
        "precision": tid.get_precision(), "offset": tid.get_offset(), "exponentBias": tid.get_ebias(),
        **dict(zip(names, tid.get_fields()))}


def from_numpy(name):
    """The JSON of a NumPy type string."""
    kind = np.dtype(name)
    order = "BE" if kind.byteorder == ">" else "LE"
    size = kind.itemsize * 8
    if kind.kind in "iu":
        return {"class": "H5T_INTEGER", "base": f"H5T_STD_{kind.kind.upper()}{size}{order}"}
    if kind.kind == "f":
        return {"class": "H5T_FLOAT", "base": f"H5T_IEEE_F{size}{order}"}
    if kind.kind == "b":
        base = {"class": "H5T_INTEGER", "base": "H5T_STD_I8LE"}
        return {"class": "H5T_ENUM", "base": base, "mapping": BOOLEAN}
    if kind.kind == "c":
        part = {"class": "H5T_FLOAT", "base": f"H5T_IEEE_F{size // 2}{order}"}
        return {"class": "H5T_COMPOUND", "fields": [{"name": name, "type": part} for name in "ri"]}
    if kind.kind == "S":
        return {"class": "H5T_STRING", "numpy": "S", "strPad": "H5T_STR_NULLPAD", "length": kind.itemsize}
    raise ValueError(name)


def reordered(kind, order):
    """The type with every number in byte order `order` ("LE", "BE"), or as it is for None."""
    if order is None:
        return kind
    kind = dict(kind)
    if kind["class"] in ("H5T_INTEGER", "H5T_FLOAT", "H5T_BITFIELD"):
        kind["base"] = kind["base"][:-2] + order
    elif isinstance(kind.get("base"), dict):
        kind["base"] = reordered(kind["base"], order)
    elif kind["class"] == "H5T_COMPOUND":
        kind["fields"] = [{"name": f["name"], "type": reordered(f["type"], order)} for f in kind["fields"]]
    return kind


def same_type(got, expected):
    """Equal datatypes; the byte order of one-byte integers means nothing, keys that only `got` has are allowed.

    NumPy's `S` stands for a string of that length whose padding NumPy reads rightly, of either character set.
    """
    if got.get("numpy") == "S" and expected["class"] == "H5T_STRING":
        return got["length"] == expected["length"] and expected["strPad"] != "H5T_STR_SPACEPAD"
    if expected["class"] == "H5T_INTEGER" and expected["base"][-4:-2] in ("I8", "U8"):
        return got["class"] == expected["class"] and got["base"][:-2] == expected["base"][:-2]
    if expected["class"] == "H5T_COMPOUND":
        return got["class"] == "H5T_COMPOUND" and len(got["fields"]) == len(expected["fields"]) and all(
            a["name"] == b["name"] and same_type(a["type"], b["type"])
            for a, b in zip(got["fields"], expected["fields"]))
    return all(
        same_type(got[key], value) if isinstance(value, dict) and "class" in value else got[key] == value
        for key, value in expected.items())


def is_complex(kind):
    fields = kind.get("fields", [])
    return [f["name"] for f in fields] == ["r", "i"] and fields[0]["type"] == fields[1]["type"] and (
        fields[0]["type"]["class"] == "H5T_FLOAT")


def size_of(kind):
    """Bytes of one element on the wire; None where it varies."""
    if kind["class"] in ("H5T_INTEGER", "H5T_FLOAT", "H5T_BITFIELD"):
        return int("".join(c for c in kind["base"].split("_")[-1] if c.isdigit())) // 8
    if kind["class"] == "H5T_ENUM":
        return size_of(kind["base"])
    if kind["class"] == "H5T_STRING":
        return None if kind["length"] == "H5T_VARIABLE" else kind["length"]
    if kind["class"] == "H5T_OPAQUE":
        return kind["size"]
    if kind["class"] in ("H5T_VLEN", "H5T_REFERENCE"):
        return None
    if kind["class"] == "H5T_ARRAY":
        size = size_of(kind["base"])
        return None if size is None else size * math.prod(kind["dims"])
    sizes = [size_of(f["type"]) for f in kind["fields"]]
    return None if None in sizes else sum(sizes)


# Canonical values


def stripped(data, pad):
    if pad == "H5T_STR_NULLTERM":
        return data.split(b"\0")[0]
    return data.rstrip(b"\0") if pad == "H5T_STR_NULLPAD" else data.rstrip(b" ")


def canonical(value, kind, file=None):
    """h5py's element as plain values: floats as their little-endian bits, strings as bytes, lists flat.

    References need the file in which they are.
    """
    name = kind["class"]
    if isinstance(value, np.ndarray) and value.dtype.hasobject and not value.ndim:
        value = value[()]
    if name in ("H5T_INTEGER", "H5T_ENUM", "H5T_BITFIELD"):
        return int(value)
    if name == "H5T_FLOAT":
        value = np.asarray(value)
        return (value.byteswap() if value.dtype.byteorder == ">" else value).tobytes()
    if name == "H5T_STRING":
        data = value.encode(errors="surrogateescape") if isinstance(value, str) else bytes(value)
        return data if kind["length"] == "H5T_VARIABLE" else stripped(data, kind["strPad"])
    if name == "H5T_OPAQUE":
        return np.asarray(value).tobytes()
    if name == "H5T_REFERENCE":
        return target_of(value, file)
    if name in ("H5T_ARRAY", "H5T_VLEN"):
        parts = np.asarray(value)
        parts = parts.reshape(-1, *dims_of(kind["base"])) if parts.size else ()
        return [canonical(part, kind["base"], file) for part in parts]
    if is_complex(kind):
        value = np.asarray(value)
        return [canonical(part, kind["fields"][0]["type"]) for part in (value.real, value.imag)]
    return [canonical(value[f["name"]], f["type"], file) for f in kind["fields"]]


def canonical_array(value, kind, file=None):
    """The canonical elements, row-major; those of an array datatype are the last dimensions of h5py's array."""
    if isinstance(value, np.ndarray) and kind["class"] == "H5T_ARRAY":
        value = value.reshape(-1, *dims_of(kind)) if value.size else ()
        return [canonical(element, kind, file) for element in value]
    elements = value.ravel() if isinstance(value, np.ndarray) and not is_sequence(value, kind) else [value]
    return [canonical(element, kind, file) for element in elements]


def dims_of(kind):
    """The dimensions that an element has in NumPy."""
    return [*kind["dims"], *dims_of(kind["base"])] if kind["class"] == "H5T_ARRAY" else []


def is_sequence(value, kind):
    """Whether h5py's array is one element of variable length, and no array of them."""
    if kind["class"] != "H5T_VLEN" or value.ndim != 1:
        return False
    if kind["base"]["class"] == "H5T_VLEN":
        return value.dtype.hasobject and all(is_sequence(part, kind["base"]) for part in value)
    return not value.dtype.hasobject or value.size > 0 and not isinstance(value[0], np.ndarray)


def target_of(reference, file):
    """Where a reference leads: None, a path, or (path, points of the region in order)."""
    if not reference:
        return None
    opened = h5r.dereference(reference, file.id)
    path = h5i.get_name(opened)
    if not isinstance(reference, h5py.RegionReference):
        return path
    space = h5r.get_region(reference, file.id)
    return path, points_of(space)


def points_of(space):
    """The selected points of a dataspace, sorted."""
    kind = space.get_select_type()
    if kind == h5s.SEL_NONE:
        return []
    if kind == h5s.SEL_ALL:
        return [list(point) for point in np.ndindex(space.shape)]
    if kind == h5s.SEL_POINTS:
        return sorted(map(list, space.get_select_elem_pointlist().tolist()))
    found = []
    for first, last in space.get_select_hyper_blocklist().tolist():
        found += map(list, itertools.product(*(range(a, b + 1) for a, b in zip(first, last))))
    return sorted(found)


def told_target(path, select):
    """The canonical form of what an answer says about a reference."""
    if path is None or select is None:
        return path and path.encode()
    found = []
    for block in select.split(";") if select else ():
        bounds = [[int(n) for n in part.split(":")] for part in block.split(",")]
        found += map(list, itertools.product(*(range(b[0], b[1] if len(b) > 1 else b[0] + 1) for b in bounds)))
    return path.encode(), sorted(found)


def take(data, place, kind):
    """The canonical element that begins at `place` of an octet-stream, and where the next one begins."""
    name = kind["class"]
    if name == "H5T_COMPOUND":
        return take_all(data, place, [field["type"] for field in kind["fields"]])
    if name == "H5T_ARRAY":
        return take_all(data, place, [kind["base"]] * math.prod(kind["dims"]))
    size = size_of(kind)
    if size is None:
        size = int.from_bytes(data[place : place + 4], "little")
        place += 4
    raw, end = data[place : place + size], place + size
    assert len(raw) == size, "the body ends within an element"
    return from_octets(raw, kind), end


def take_all(data, place, kinds):
    parts = []
    for kind in kinds:
        part, place = take(data, place, kind)
        parts.append(part)
    return parts, place


def from_octets(raw, kind):
    """The canonical element of its octets, without the count of one that is variable."""
    name = kind["class"]
    if name == "H5T_VLEN":
        return elements_of(raw, kind["base"])
    if name == "H5T_REFERENCE":
        path, _, select = raw.decode().partition("\0")
        return told_target(path or None, select if b"\0" in raw else None)
    if name == "H5T_STRING":
        return raw if kind["length"] == "H5T_VARIABLE" else stripped(raw, kind["strPad"])
    if name == "H5T_OPAQUE":
        return raw
    base = kind["base"] if name != "H5T_ENUM" else kind["base"]["base"]
    little = raw[::-1] if base.endswith("BE") else raw
    return little if name == "H5T_FLOAT" else int.from_bytes(little, "little", signed="_I" in base)


def elements_of(data, kind):
    """All canonical elements of an octet-stream."""
    place, elements = 0, []
    while place < len(data):
        element, place = take(data, place, kind)
        elements.append(element)
    return elements


def check_octets(answer, value, kind, order=None, file=None):
    """Body and headers rebuild what h5py read."""
    assert answer.headers["Content-Type"] == "application/octet-stream"
    expected_shape = list(np.shape(value))
    if isinstance(value, np.ndarray) and is_sequence(value, kind):
        expected_shape = []
    if kind["class"] == "H5T_ARRAY":
        del expected_shape[-len(dims_of(kind)):]
    shape = [int(n) for n in answer.headers["X-HDF5-Shape"].split(",") if n.strip()]
    assert shape == expected_shape
    header = answer.headers["X-HDF5-Datatype"]
    told = json.loads(header) if header.startswith("{") else from_numpy(header)
    wanted = reordered(kind, order)
    assert same_type(told, wanted), f"{told} is not {wanted}"
    # Bytes behind a terminator, which NumPy's `S` does not know of, mean nothing.
    elements = elements_of(answer.content, wanted if "numpy" in told else told)
    assert len(elements) == math.prod(shape), f"{len(elements)} elements for the shape {shape}"
    assert elements == canonical_array(value, kind, file)


# JSON


class FloatText(str):
    """A number with a fraction or an exponent, as it stood in the text."""


def parse(body):
    return json.loads(body, parse_float=FloatText)


def string_json(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def digits(number):
    """The significant digits of a number's text."""
    return number.lower().split("e")[0].replace("-", "").replace(".", "").strip("0")


def check_float(got, value, nan):
    if not np.isfinite(value):
        word = "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        if nan == "literal":
            assert isinstance(got, float) and (math.isnan(got) if word == "NaN" else got == float(value))
        else:
            assert got == (None if nan == "null" else word)
        return
    assert isinstance(got, FloatText), f"{got!r} is not recognisable as a float"
    back = value.dtype.type(got)
    assert back.tobytes() == value.astype(value.dtype.newbyteorder("=")).tobytes(), f"{got} is not {value!r}"
    shortest = np.format_float_scientific(value, unique=True, trim="-")
    assert len(digits(got)) <= len(digits(shortest)), f"{got} is longer than {shortest}"


def check_json(got, value, kind, nan="string", int64="number", rows="object", file=None):
    """`got`, parsed with `parse`, is what the interface writes for h5py's `value`."""
    options = {"nan": nan, "int64": int64, "rows": rows, "file": file}
    if kind["class"] == "H5T_ARRAY":
        # An array's own dimensions are more lists.
        check_json(got, value, kind["base"], **options)
        return
    if isinstance(value, np.ndarray) and value.ndim and not is_sequence(value, kind):
        assert isinstance(got, list) and len(got) == len(value)
        for part, element in zip(got, value):
            check_json(part, element, kind, **options)
        return
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value[()]
    name = kind["class"]
    if name == "H5T_ENUM" and kind["mapping"] == BOOLEAN:
        assert got is bool(value)
    elif name == "H5T_VLEN":
        assert isinstance(got, list) and len(got) == len(value)
        for part, element in zip(got, value):
            check_json(part, element, kind["base"], **options)
    elif name in ("H5T_OPAQUE", "H5T_REFERENCE"):
        assert from_json(got, kind) == canonical(value, kind, file)
    elif name in ("H5T_INTEGER", "H5T_ENUM", "H5T_BITFIELD"):
        as_text = int64 == "string" and size_of(kind) == 8
        assert type(got) is (str if as_text else int) and int(got) == int(value), f"{got!r} is not {value!r}"
    elif name == "H5T_FLOAT":
        check_float(got, np.asarray(value), nan)
    elif name == "H5T_STRING":
        assert got == string_json(canonical(value, kind))
    elif is_complex(kind):
        assert isinstance(got, list) and len(got) == 2
        check_float(got[0], np.asarray(value.real), nan)
        check_float(got[1], np.asarray(value.imag), nan)
    else:
        names = [f["name"] for f in kind["fields"]]
        if rows == "array":
            assert isinstance(got, list) and len(got) == len(names)
            got = dict(zip(names, got))
        assert list(got) == names
        for field in kind["fields"]:
            check_json(got[field["name"]], value[field["name"]], field["type"], **options)


def from_json(got, kind):
    """The canonical element of a JSON value, as `parse` makes it; floats of binary formats, and names of no kind."""
    name = kind["class"]
    if name in ("H5T_INTEGER", "H5T_ENUM", "H5T_BITFIELD"):
        return int(got)
    if name == "H5T_FLOAT":
        return np.array(got, f"<f{size_of(kind)}").tobytes()
    if name == "H5T_STRING":
        return base64.b64decode(got["base64"]) if isinstance(got, dict) else got.encode()
    if name == "H5T_OPAQUE":
        return base64.b64decode(got, validate=True)
    if name == "H5T_REFERENCE":
        return told_target(got["path"], got.get("select")) if got is not None else None
    if name == "H5T_ARRAY":
        for _ in kind["dims"][1:]:
            got = [part for parts in got for part in parts]
        return [from_json(part, kind["base"]) for part in got]
    if name == "H5T_VLEN":
        return [from_json(part, kind["base"]) for part in got]
    parts = got if isinstance(got, list) else [got[field["name"]] for field in kind["fields"]]
    return [from_json(part, field["type"]) for part, field in zip(parts, kind["fields"], strict=True)]
