"""What a write has left on the disk: states of files, and files opened while a server may still let go of them."""

import hashlib
import os
import subprocess
from contextlib import suppress

import h5py
import numpy as np

import bodies
import wire
from support import eventually


def opened(path, mode="r", **options):
    """The file in h5py, as soon as nobody else's lock keeps it shut."""
    def attempt():
        with suppress(BlockingIOError):
            return h5py.File(path, mode, locking=True, **options)
    return eventually(attempt, what=f"h5py's lock of {path}")


def stored(path, name):
    """h5py's whole value of a dataset, and its type."""
    with opened(path) as file:
        return file[name][()], wire.describe(file[name].id.get_type())


def index(selection):
    """The NumPy index of the interface's `select`."""
    return eval(f"numpy.s_[{selection}]", {"numpy": np}) if selection else ...


def state_of(path):
    """Everything about a file that a refused request must leave as it is."""
    status = os.lstat(path)
    digest = None
    if os.path.isfile(path):
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode


def states(root):
    """The state of every file under a directory, and the directories' names; hidden ones too."""
    found = {}
    for folder, folders, files in os.walk(root):
        found |= {os.path.join(folder, name): state_of(os.path.join(folder, name)) for name in files}
        found |= {os.path.join(folder, name): "directory" for name in folders}
    return found


def dumped(path, *options):
    """What `h5dump` says of a file, without the file's name and the places in it."""
    def attempt():
        outcome = subprocess.run(["h5dump", *options, path], capture_output=True, text=True, timeout=60)
        return outcome if outcome.returncode == 0 or "unable to open file" not in outcome.stderr else None
    outcome = eventually(attempt, what=f"h5dump of {path}")
    assert outcome.returncode == 0, outcome.stderr
    return "\n".join(line for line in outcome.stdout.split("\n")[1:] if " OFFSET " not in line)


# A file's contents as plain values, for comparison


def storage_of(dataset):
    """Layout, chunks, filters and fill value of a dataset."""
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(number) for number in range(plist.get_nfilters())]
    defined = plist.fill_value_defined()
    # The default is as good as none; variable-length fill values can be read only where they were set.
    fill = dataset.fillvalue if defined == h5py.h5d.FILL_VALUE_USER_DEFINED else None
    return {
        "layout": plist.get_layout(), "chunks": dataset.chunks,
        "filters": [(code, told_values(code, values)) for code, _, values, _ in filters], "fill": repr(fill)}


def told_values(code, values):
    """A filter's values, of LZF without the library's versions."""
    return values[2:] if code == h5py.h5z.FILTER_LZF else values


def elements(value, kind, file, names):
    """Canonical elements in which every NaN is the same; None of a null dataspace."""
    if isinstance(value, h5py.Empty):
        return None
    return [named(bodies.settled(part, kind), kind, file, names) for part in wire.canonical_array(value, kind, file)]


def named(part, kind, file, names):
    """A canonical element whose references lead to the first name of what they lead to."""
    if kind["class"] == "H5T_COMPOUND":
        return [named(p, f["type"], file, names) for p, f in zip(part, kind["fields"])]
    if kind["class"] in ("H5T_ARRAY", "H5T_VLEN"):
        return [named(p, kind["base"], file, names) for p in part]
    if kind["class"] != "H5T_REFERENCE" or part is None:
        return part
    path, *region = part if isinstance(part, tuple) else (part,)
    return (path and names.get(address(file[path].id)), *region)


def address(found):
    return h5py.h5o.get_info(found).addr


def type_of(found, names):
    """A datatype, and the first name of the committed one that it is."""
    tid = found.get_type()
    return wire.describe(tid), names.get(address(tid)) if tid.committed() else None


def attributes_of(target, names):
    """[(name, type, shape, elements, name of the type)], in the order of creation where it is tracked."""
    found = []
    for name in target.attrs:
        made = h5py.h5a.open(target.id, name.encode())
        kind, committed = type_of(made, names)
        if name == "REFERENCE_LIST":
            kind = with_signed_dimension(kind)
        is_null = made.get_space().get_simple_extent_type() == h5py.h5s.NULL
        value = h5py.Empty("f4") if is_null else stored_value(made)
        shape = None if is_null else made.shape
        found.append((name, kind, shape, elements(value, kind, target.file, names), committed))
    return found if tracks_attributes(target) else sorted(found, key=lambda each: each[0])


def with_signed_dimension(kind):
    """The type of a scale's list of datasets, whose numbers of dimensions are unsigned in libhdf5 2.0."""
    fields = [field | {"type": {"class": "H5T_INTEGER", "base": "H5T_STD_I32LE"}} for field in kind["fields"][1:]]
    return kind | {"fields": kind["fields"][:1] + fields}


def stored_value(attribute):
    """An attribute's elements as they are stored."""
    value, kind = np.empty(attribute.shape, attribute.dtype), attribute.get_type()
    # NumPy's array does not tell of these what h5py needs.
    attribute.read(value, kind if kind.get_class() in (h5py.h5t.ARRAY, h5py.h5t.OPAQUE) else None)
    return value


def tracks_attributes(target):
    if isinstance(target, h5py.Datatype):
        return False
    return bool(target.id.get_create_plist().get_attr_creation_order() & h5py.h5p.CRT_ORDER_TRACKED)


def dataset_of(dataset, names):
    kind, committed = type_of(dataset.id, names)
    is_null = dataset.id.get_space().get_simple_extent_type() == h5py.h5s.NULL
    return {
        "type": kind, "committed": committed, "shape": dataset.shape, "maxshape": dataset.maxshape,
        **storage_of(dataset), "value": None if is_null else elements(dataset[()], kind, dataset.file, names),
        "attributes": attributes_of(dataset, names)}


def link_of(group, name):
    """The class of a link with what it holds, and its name's character set."""
    link = group.get(name, getlink=True)
    info = group.id.links.get_info(name.encode())
    if isinstance(link, h5py.SoftLink):
        return "soft", link.path, info.cset
    if isinstance(link, h5py.ExternalLink):
        return "external", link.filename, link.path, info.cset
    return "hard", info.cset


def contents_of(group, place="", seen=None, names=None):
    """{path: what is there} of a group and all below it; an object that was met before is told by its first path."""
    seen, names = {} if seen is None else seen, first_names(group) if names is None else names
    seen[address(group.id)] = place or "/"
    tracks = bool(group.id.get_create_plist().get_link_creation_order() & h5py.h5p.CRT_ORDER_TRACKED)
    found = {place or "/": ("group", attributes_of(group, names), list(group) if tracks else None)}
    for name in sorted(group):
        path = f"{place}/{name}"
        # h5py leaves the character set of a dataset's name to the library, which takes all names for ASCII.
        link = link_of(group, name)[:-1]
        found[path + "@"] = link
        if link[0] != "hard":
            continue
        member = group[name]
        key = address(member.id)
        if key in seen:
            found[path] = ("again", seen[key])
        elif isinstance(member, h5py.Group):
            found |= contents_of(member, path, seen, names)
        else:
            seen[key] = path
            found[path] = object_of(member, names)
    return found


def object_of(member, names):
    """What a dataset or a committed datatype is."""
    if isinstance(member, h5py.Dataset):
        return "dataset", dataset_of(member, names)
    return "datatype", wire.describe(member.id), attributes_of(member, names)


def first_names(group):
    """{address: path} of everything below a group, with the first path in the order of the names."""
    found = {address(group.id): "/"}
    group.visititems_links(lambda path, link: note(found, group, path, link))
    return found


def note(found, group, path, link):
    if isinstance(link, h5py.HardLink):
        key = address(group[path].id)
        found[key] = min(found.get(key, "/" + path), "/" + path)


def contents(path):
    with opened(path) as file:
        return contents_of(file)
