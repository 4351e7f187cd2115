"""HDF5's own test files: every file that `h5dump` can dump is walked and read as h5py reads it, or refused for a
reason that docs/parity.md tells."""

import multiprocessing
import subprocess
from collections import namedtuple

import pytest

import support
from served import Comparison
from tool_files import NotAvailable, fetch

# What is refused of files that `h5dump` dumps: (file, object) with a word of the reason.
NEWER, EXTERNAL = "a newer HDF5 format", "external storage"
REFUSED = {
    **{f"test/bounds_sel_{bounds}.h5 /Sel_ex32_{kind}_dset": NEWER
       for bounds in ("latest_latest", "v112_v112") for kind in ("irr", "pt", "reg")},
    **{f"test/bounds_sel_earliest_latest.h5 /Sel_ex32_{kind}_dset": NEWER for kind in ("irr", "pt")},
    # One element of 128 MiB.
    **{f"tools/test/h5diff/testfiles/h5diff_dset{number}.h5 /g1/arrayd": "too_large" for number in (1, 2, 3)},
    "tools/test/h5repack/testfiles/h5repack_objs.h5 /arrayd": "too_large",
    "tools/test/h5repack/testfiles/h5repack_ext.h5 /external": EXTERNAL,
    **{f"tools/test/h5repack/testfiles/h5repack_{name}_ex.h5 /dset": EXTERNAL
       for name in ("f32le", "int32le_1d", "int32le_2d", "int32le_3d", "uint8be")},
    # A path of more than 64 KiB.
    f"tools/testfiles/tlonglinks.h5 /{'a' * 79}": "414",
    "tools/testfiles/tvms.h5 /Array": "H5T_FLOAT",
}
# What h5py, another version of HDF5 or the test itself reads otherwise, with the reason.
DIFFERENT = {
    "tools/test/h5repack/testfiles/h5repack_attr_refs.h5 /group_main/dset_main@Vlen_REGREF":
        "h5py 3.16 reads sequences of region references out of bounds",
    "tools/testfiles/t128bit_float.h5 /DS1": "h5py has no type for it",
    "tools/testfiles/tstring-at.h5 /dset1": "NumPy drops the NULs of strings that are padded with spaces",
}


@pytest.fixture(scope="module")
def root():
    """The sources' directory."""
    try:
        return fetch()
    except NotAvailable as error:
        pytest.skip(f"HDF5's sources of Debian 12 are not to be had: {error}")


@pytest.fixture(scope="module")
def running(root, tmp_path_factory):
    server = support.Server(root, tmp_path_factory.mktemp("tool-files") / "state", "--workers", 2, "--read-only")
    yield server
    assert server.stop() == 0, server.log()


def is_dumped(path):
    """Whether `h5dump` can dump a file; one that takes longer has values without end."""
    try:
        outcome = subprocess.run(
            ["h5dump", path.name], cwd=path.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=3)
    except subprocess.TimeoutExpired:
        return True
    return outcome.returncode == 0


Compared = namedtuple("Compared", "values, differences, refusals")


def compared_apart(running, name, path):
    """What differs in a file, found in a process of its own: h5py's libhdf5 may not survive what is in these files."""
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)

    def compare():
        found = Comparison(running, name, path).run()
        theirs.send((found.values, found.differences, found.refusals))

    process = multiprocessing.get_context("fork").Process(target=compare)
    process.start()
    theirs.close()
    try:
        return Compared(*ours.recv())
    except EOFError:
        process.join()
        return pytest.fail(f"comparing {name} ended with {process.exitcode}")
    finally:
        process.join()
        ours.close()


@pytest.fixture(scope="module")
def compared(root, running):
    """{file: comparison} of all that `h5dump` dumps."""
    found = {}
    for path in sorted(root.rglob("*.h5")):
        if is_dumped(path):
            name = str(path.relative_to(root))
            found[name] = compared_apart(running, name, path)
    return found


@pytest.mark.timeout(300)
def test_every_file_is_walked_and_read_as_h5py_reads_it(compared):
    assert len(compared) > 320 and sum(one.values for one in compared.values()) > 2_300
    different = {difference.split(": ")[0] for one in compared.values() for difference in one.differences}
    assert different == set(DIFFERENT), [d for one in compared.values() for d in one.differences][:20]


def test_nothing_is_refused_but_what_is_known(compared):
    refused = {
        (name, place): f"{code}: {message}" for name, one in compared.items() for _, place, code, message in one.refusals}
    assert {f"{name} {place[:80]}" for name, place in refused} == set(REFUSED), refused
    for (name, place), reason in refused.items():
        assert REFUSED[f"{name} {place[:80]}"] in reason


def test_no_file_harms_the_server(root, running):
    for path in sorted(root.rglob("*.h5")):
        answer = running.get(f"/v1/tree/{path.relative_to(root)}")
        assert answer.status_code in (200, 422, 423), f"{path}: {answer.status_code} {answer.text[:300]}"
