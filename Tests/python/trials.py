"""One sequence of the differential test: made by h5py, done by the server and by the library, compared."""

import json
import random
import subprocess
from contextlib import suppress

from appliers import Disagreement, OverHTTP
from differential import Author
from support import eventually
from test_locks import lock_is_free
from written import contents


def differences(made, expected):
    """How a file differs from h5py's: by a walk in h5py, and for `h5diff`."""
    ours, theirs = contents(made), contents(expected)
    if ours.keys() != theirs.keys():
        return f"missing {sorted(theirs.keys() - ours.keys())}, new {sorted(ours.keys() - theirs.keys())}"
    for path, found in theirs.items():
        if ours[path] != found:
            return f"{path} is not h5py's: {unequal(ours[path], found)}"
    outcome = subprocess.run(["h5diff", "-v", made, expected], capture_output=True, text=True, timeout=120)
    if outcome.returncode:
        told = [line for line in outcome.stdout.splitlines() if " 0 differences" not in line]
        return f"h5diff: {outcome.returncode} {' '.join(told)[-2000:]} {outcome.stderr[-500:]}"
    return None


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
