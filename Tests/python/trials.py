"""One sequence of the differential test: made by h5py, done by the server and by the library, compared."""

import json
import random
import re
import subprocess
from contextlib import suppress

from h5py import h5z

from appliers import Disagreement, OverHTTP
from differential import REFUSALS, Author
from support import eventually
from test_locks import lock_is_free
from written import contents

# What refers to scales, and to the datasets that have them.
SCALES = {"DIMENSION_LIST", "REFERENCE_LIST"}
POINTED = re.compile(r"~obj_pointed_by_(\d+)")


def differences(made, expected):
    """How a file differs from h5py's: by a walk in h5py, and for `h5diff`."""
    theirs = steady(contents(expected))
    try:
        ours = steady(contents(made))
    except (*REFUSALS, SystemError) as error:
        return f"h5py does not read it: {error}"
    if ours.keys() != theirs.keys():
        return f"missing {sorted(theirs.keys() - ours.keys())}, new {sorted(ours.keys() - theirs.keys())}"
    for path, found in theirs.items():
        if ours[path] != found:
            return f"{path} is not h5py's: {unequal(ours[path], found)}"
    # Nor can these names be compared.
    if any(POINTED.search(path) for path in theirs):
        return None
    outcome = subprocess.run(
        ["h5diff", "-v", *left_out(theirs), made, expected], capture_output=True, text=True, timeout=120)
    if outcome.returncode:
        told = [line for line in outcome.stdout.splitlines() if " 0 differences" not in line]
        return f"h5diff: {outcome.returncode} {' '.join(told)[-2000:]} {outcome.stderr[-500:]}"
    return None


def steady(found):
    """Contents without the addresses by which libhdf5 names what references of a copy lead to."""
    numbers = sorted({int(number) for path in found for number in POINTED.findall(path)})

    def rename(part):
        if isinstance(part, str):
            return POINTED.sub(lambda match: f"~obj_pointed_by_{numbers.index(int(match[1]))}", part)
        if isinstance(part, dict):
            return {rename(key): rename(value) for key, value in part.items()}
        return type(part)(map(rename, part)) if isinstance(part, (tuple, list)) else part

    return rename(found)


def left_out(found):
    """Options of `h5diff` for what it cannot compare: LZF is not its own, and references of scales lead to such too."""
    datasets = {}
    for path, told in found.items():
        kind, *told = found[told[1]] if told[0] == "again" else told
        if kind == "dataset":
            datasets[path] = told[0]
    packed = {path for path, told in datasets.items() if any(code == h5z.FILTER_LZF for code, _ in told["filters"])}
    scales = {path for path, told in datasets.items() if SCALES & {name for name, *_ in told["attributes"]}}
    paths = packed | scales if packed & scales else packed
    return [part for path in sorted(paths) for part in ("--exclude-path", path)]


def unequal(ours, theirs):
    """The part in which two findings differ."""
    if isinstance(ours, (tuple, list)) and isinstance(theirs, (tuple, list)) and len(ours) == len(theirs):
        return next(unequal(a, b) for a, b in zip(ours, theirs) if a != b)
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return next(f"{key}: {unequal(ours[key], theirs[key])}" for key in ours if ours[key] != theirs[key])
    return f"{str(ours)[:500]}, not {str(theirs)[:500]}"


def play(seed, count, folder, server, library=None, **options):
    """Does a sequence in all ways; the operations, after which the files are removed unless something differs."""
    expected, served, local = (folder / f"{way}-{seed}.h5" for way in ("h5py", "http", "local"))
    served = server.root / served.name
    author = Author(expected, seed, **options)
    operations = author.run(count)
    rnd = random.Random(seed)
    try:
        OverHTTP(server, served.name, author.creation, rnd).run(operations)
        eventually(lambda: lock_is_free(served))
        made = [served]
        if library:
            library.run(local, author.creation, operations, rnd)
            made.append(local)
        for path in made:
            if found := differences(path, expected):
                raise Disagreement(f"{path.name}: {found}")
    except Disagreement as error:
        (folder / f"operations-{seed}.json").write_text(
            "".join(json.dumps(operation, ensure_ascii=False) + "\n" for operation in operations))
        raise Disagreement(f"seed {seed}: {error}") from error
    for path in (expected, served, local):
        with suppress(FileNotFoundError):
            path.unlink()
    return operations
