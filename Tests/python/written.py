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
        "filters": [(code, values) for code, _, values, _ in filters], "fill": repr(fill)}


PLAIN = ("H5T_INTEGER", "H5T_FLOAT", "H5T_STRING", "H5T_ENUM", "H5T_COMPOUND")


def elements(value, kind, file=None):
    """Canonical elements in which every NaN is the same; None of a null dataspace."""
    if isinstance(value, h5py.Empty):
        return None
    if kind["class"] not in PLAIN:
        return "not compared"
    return [bodies.settled(part, kind) for part in wire.canonical_array(value, kind, file)]


def attributes_of(target):
    """{name: (type, shape, elements)}."""
    found = {}
    for name in target.attrs:
        made = h5py.h5a.open(target.id, name.encode())
        kind = wire.describe(made.get_type())
        value = target.attrs[name]
        found[name] = (kind, None if isinstance(value, h5py.Empty) else made.shape, elements(value, kind, target.file))
    return found


def dataset_of(dataset):
    kind = wire.describe(dataset.id.get_type())
    return {
        "type": kind, "shape": dataset.shape, "maxshape": dataset.maxshape, **storage_of(dataset),
        "value": elements(dataset[()], kind, dataset.file), "attributes": attributes_of(dataset)}


def link_of(group, name):
    """The class of a link with what it holds, and its name's character set."""
    link = group.get(name, getlink=True)
    info = group.id.links.get_info(name.encode())
    if isinstance(link, h5py.SoftLink):
        return "soft", link.path, info.cset
    if isinstance(link, h5py.ExternalLink):
        return "external", link.filename, link.path, info.cset
    return "hard", info.cset


def contents_of(group, place="", seen=None):
    """{path: what is there} of a group and all below it; an object that was met before is told by its first path."""
    seen = {} if seen is None else seen
    key = h5py.h5o.get_info(group.id).addr
    seen[key] = place or "/"
    found = {place or "/": ("group", attributes_of(group))}
    for name in sorted(group):
        path = f"{place}/{name}"
        # h5py leaves the character set of a dataset's name to the library, which takes all names for ASCII.
        link = link_of(group, name)[:-1]
        found[path + "@"] = link
        if link[0] != "hard":
            continue
        member = group[name]
        key = h5py.h5o.get_info(member.id).addr
        if key in seen:
            found[path] = ("again", seen[key])
        elif isinstance(member, h5py.Group):
            found |= contents_of(member, path, seen)
        elif isinstance(member, h5py.Datatype):
            seen[key] = path
            found[path] = ("datatype", wire.describe(member.id), attributes_of(member))
        else:
            seen[key] = path
            found[path] = ("dataset", dataset_of(member))
    return found


def contents(path):
    with opened(path) as file:
        return contents_of(file)
