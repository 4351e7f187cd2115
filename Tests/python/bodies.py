"""Values as a client sends them: h5py's elements as JSON and as octets, made without the server's code."""

import base64

import numpy as np

import wire


def to_json(value, kind, rows="object", file=None):
    """What `json.dumps` makes the body of; compound rows as objects or as arrays."""
    inner = len(kind["dims"]) if kind["class"] == "H5T_ARRAY" else 0
    if isinstance(value, np.ndarray) and value.ndim > inner and not wire.is_sequence(value, kind):
        return [to_json(element, kind, rows, file) for element in value]
    if isinstance(value, np.ndarray) and not inner and kind["class"] != "H5T_VLEN":
        value = value[()]
    return json_element(wire.canonical(value, kind, file), kind, rows)


def json_element(part, kind, rows="object"):
    """One canonical element."""
    name = kind["class"]
    if name == "H5T_ENUM" and kind["mapping"] == wire.BOOLEAN:
        return bool(part)
    if name in ("H5T_INTEGER", "H5T_ENUM", "H5T_BITFIELD"):
        return part
    if name == "H5T_FLOAT":
        return json_float(np.frombuffer(part, f"<f{len(part)}")[0])
    if name == "H5T_STRING":
        return wire.string_json(part)
    if name == "H5T_OPAQUE":
        return base64.b64encode(part).decode()
    if name == "H5T_REFERENCE":
        return None if part is None else dict(zip(("path", "select"), told(part)))
    if name == "H5T_VLEN":
        return [json_element(p, kind["base"], rows) for p in part]
    if name == "H5T_ARRAY":
        return nested([json_element(p, kind["base"], rows) for p in part], kind["dims"])
    parts = [json_element(p, f["type"], rows) for p, f in zip(part, kind["fields"])]
    if wire.is_complex(kind) or rows == "array":
        return parts
    return dict(zip((f["name"] for f in kind["fields"]), parts))


def nested(parts, dims):
    """A flat list as lists in lists."""
    for size in reversed(dims[1:]):
        parts = [parts[start : start + size] for start in range(0, len(parts), size)]
    return parts


def told(target):
    """The texts of a reference: its path and, for a region, each point as a select expression of its own."""
    if isinstance(target, bytes):
        return (target.decode(),)
    path, points = target
    return path.decode(), ";".join(",".join(map(str, point)) for point in points)


def json_float(value):
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(value)


def to_octets(value, kind, order=None, file=None):
    """The octets of all elements, in the stored byte order or in `order` ("LE", "BE")."""
    kind = wire.reordered(kind, order)
    return b"".join(element_octets(part, kind) for part in wire.canonical_array(value, kind, file))


def element_octets(part, kind):
    """One canonical element."""
    name = kind["class"]
    if name == "H5T_COMPOUND":
        return b"".join(element_octets(p, f["type"]) for p, f in zip(part, kind["fields"]))
    if name == "H5T_ARRAY":
        return b"".join(element_octets(p, kind["base"]) for p in part)
    if name == "H5T_VLEN":
        return counted(b"".join(element_octets(p, kind["base"]) for p in part))
    if name == "H5T_REFERENCE":
        return counted(b"" if part is None else "\0".join(told(part)).encode())
    if name == "H5T_OPAQUE":
        return part
    size = wire.size_of(kind)
    if name == "H5T_STRING":
        pad = b" " if kind["strPad"] == "H5T_STR_SPACEPAD" else b"\0"
        return counted(part) if size is None else part.ljust(size, pad)
    base = kind["base"] if name != "H5T_ENUM" else kind["base"]["base"]
    order = "big" if base.endswith("BE") else "little"
    if name == "H5T_FLOAT":
        return part[::-1] if order == "big" else part
    return part.to_bytes(size, order, signed="_I" in base)


def counted(data):
    """Octets of variable length."""
    return len(data).to_bytes(4, "little") + data


def fields_of(kind, names):
    """The compound of some of a compound's fields, in the order named."""
    fields = {field["name"]: field for field in kind["fields"]}
    return {"class": "H5T_COMPOUND", "fields": [fields[name] for name in names]}


def settled(part, kind):
    """A canonical element in which every NaN is the same."""
    if kind["class"] == "H5T_COMPOUND":
        return [settled(p, f["type"]) for p, f in zip(part, kind["fields"])]
    if kind["class"] in ("H5T_ARRAY", "H5T_VLEN"):
        return [settled(p, kind["base"]) for p in part]
    if kind["class"] == "H5T_FLOAT" and np.isnan(np.frombuffer(part, f"<f{len(part)}")[0]):
        return "NaN"
    return part


def same_values(got, expected, kind, exact=False):
    """Equal shapes and elements; unless `exact`, the bits of a NaN do not matter."""
    if np.shape(got) != np.shape(expected):
        return False
    pair = [wire.canonical_array(value, kind) for value in (got, expected)]
    if exact:
        return pair[0] == pair[1]
    return [settled(part, kind) for part in pair[0]] == [settled(part, kind) for part in pair[1]]
