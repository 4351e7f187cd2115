"""The commands for people, each on a path and on a URL: both write the same, and h5py sees what was written."""

import fcntl
import json
import os
import subprocess

import h5py
import numpy as np
import pytest

import support
from commands import FORMS, Place, make_files, run


@pytest.fixture(autouse=True)
def built():
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")


@pytest.fixture(scope="module")
def module_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    make_files(folder)
    server = support.Server(folder, tmp_path_factory.mktemp("state") / "state", "--workers", 2)
    yield folder, server
    assert server.stop() == 0, server.log()


@pytest.fixture(params=FORMS)
def place(request, module_server):
    return Place(request.param, *module_server)


@pytest.fixture
def both(module_server):
    return [Place(form, *module_server) for form in FORMS]


@pytest.fixture(params=FORMS)
def own(request, tmp_path, start_server):
    """Files that the test may change."""
    folder = tmp_path / "own"
    folder.mkdir()
    make_files(folder)
    return Place(request.param, folder, start_server(folder))


READS = [
    ("ls", "@"), ("ls", "@lab"), ("ls", "@all.h5"), ("ls", "@all.h5/"), ("ls", "-l", "@all.h5"),
    ("ls", "-l", "@all.h5/entry"), ("ls", "-l", "--bytes", "@all.h5/entry"), ("ls", "@all.h5/entry/counts"),
    ("ls", "-l", "@all.h5/entry/counts"), ("ls", "-l", "@all.h5/type"), ("ls", "--json", "@all.h5/entry"),
    ("ls", "--json", "@all.h5/entry/table"), ("ls", "-l", "@all.h5/odd%20names"),
    ("ls", "@lab", "@all.h5", "@all.h5/entry"), ("ls", "-l", "--color", "always", "@all.h5"), ("ls", "@all.h5/away"),
    ("tree", "@all.h5"), ("tree", "-a", "@all.h5"), ("tree", "-L", "1", "@all.h5"), ("tree", "--json", "@all.h5"),
    ("tree", "--json", "--depth", "1", "@all.h5"), ("tree", "@all.h5/entry"), ("tree", "-a", "@all.h5/entry/counts"),
    ("tree", "@lab"), ("tree", "--color", "always", "@all.h5"),
    ("info", "@all.h5"), ("info", "@all.h5/"), ("info", "@all.h5/entry/counts"), ("info", "@all.h5/entry/table"),
    ("info", "@all.h5/type"), ("info", "@lab"), ("info", "--json", "@all.h5"), ("info", "--json", "@all.h5/entry/mean"),
    ("info", "--json", "@all.h5/entry"), ("info", "@all.h5/entry/empty", "@all.h5/entry/label"),
    ("cat", "@all.h5/entry/counts"), ("cat", "@all.h5/entry/counts", "-s", "3:5,::10"), ("cat", "@all.h5/entry/empty"),
    ("cat", "@all.h5/entry/table"), ("cat", "@all.h5/entry/table", "-f", "x", "--nan", "null"),
    ("cat", "@all.h5/entry/table", "--rows", "columns"), ("cat", "@all.h5/entry/counts", "-a", "bad"),
    ("cat", "@all.h5/entry/counts", "--format", "octet-stream", "-s", "0"), ("cat", "@all.h5/away"),
    ("cat", "@all.h5/entry/mean", "--datatype", "<f8"), ("cat", "@all.h5/entry/table", "--format", "csv"),
    ("cat", "@all.h5/entry/counts", "--format", "png", "--colormap", "gray", "--min", "0", "--width", "64"),
    ("cat", "@all.h5/entry/counts", "--format", "csv", "-s", ":3"), ("cat", "@all.h5/entry/counts", "--format", "npy"),
]


@pytest.mark.parametrize("command", READS, ids=" ".join)
def test_reading_WritesTheSame_OfAPathAndOfAUrl(both, command):
    outcomes = []
    for place in both:
        arguments = [one.replace("%20", " ") if place.form == "here" else one for one in command]
        done = place.run(*arguments)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        outcomes.append(done.stdout.replace("%20", " "))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0]


REFUSALS = [
    (("ls", "@nothing"), 4, "nothing"), (("ls", "@all.h5/nothing"), 4, "/nothing"), (("ls", "@nothing/x"), 4, "nothing"),
    (("ls", "@all.h5/broken"), 4, "broken"), (("ls", "@notes.h5"), 7, "notes.h5"), (("cat", "@notes.h5/x"), 7, "notes.h5"),
    (("cat", "@all.h5/entry"), 5, "group"), (("cat", "@all.h5/entry/counts", "-s", "x"), 2, "x"),
    (("cat", "@all.h5/entry/counts", "-s", "99"), 2, "99"), (("cat", "@all.h5/entry/counts", "-f", "a"), 2, "field"),
    (("cat", "@all.h5/entry/counts", "-a", "none"), 4, "none"), (("cat", "@all.h5/entry/mean", "--format", "tea"), 2, "tea"),
    (("info", "@all.h5/entry/nix"), 4, "nix"), (("tree", "@nothing"), 4, "nothing"),
    (("set", "@all.h5/entry/mean", "{"), 2, "JSON"), (("set", "@all.h5/entry/mean", "[1,2]"), 2, "entry/mean"),
    (("set", "@all.h5/entry/nix", "1"), 4, "nix"), (("set", "@all.h5/entry", "1"), 5, "entry"),
    (("mkdir", "@all.h5/entry"), 5, "exists"), (("mkdir", "@lab"), 5, "exists"), (("mkdir", "--file", "@all.h5"), 5, "exists"),
    (("mkdir", "@no/such"), 4, "no"), (("rm", "@nothing"), 4, "nothing"), (("rm", "@all.h5/"), 2, "root"),
    (("rm", "@all.h5/entry"), 5, "-r"), (("rm", "@lab"), 5, "empty"), (("rm", "@all.h5/nix"), 4, "nix"),
    (("rm", "-a", "nix", "@all.h5/entry"), 4, "nix"), (("cp", "@all.h5", "@lab/other.h5"), 5, "exists"),
    (("mkdir", "--file", "@all.h5/x"), 5, "groups"), (("cp", "@lab", "@lab2"), 5, "director"), (("cp", "@all.h5/entry", "@all.h5/type"), 5, "exists"),
    (("cp", "@all.h5/entry", "@none.h5/x"), 4, "none.h5"), (("cp", "@all.h5/entry", "@lab"), 5, "lab"),
    (("mv", "@all.h5/entry", "@lab/other.h5/e"), 7, "within its file"), (("mv", "@all.h5", "@lab/other.h5"), 5, "exists"),
    (("mv", "@all.h5/entry", "@all.h5/type"), 5, "exists"), (("repack", "@all.h5/entry"), 5, "whole files"),
    (("repack", "@notes.h5"), 7, "notes.h5"),
]


@pytest.mark.parametrize("command, status, says", REFUSALS, ids=[" ".join(command) for command, _, _ in REFUSALS])
def test_refusal_HasTheDocumentedStatus_AndNamesTheThing(place, command, status, says):
    place.refused(*command, status=status, says=says)


@pytest.mark.parametrize("arguments", [
    ("ls", "--nonsense"), ("cat",), ("set", "x"), ("set", "x", "1", "--from", "f"), ("tree", "-L", "0", "x"),
    ("set", "x", "1", "--datatype", "<f8"), ("set", "x", "1", "-a", "n", "-s", "0"), ("set", "--create", "x", "1", "-s", "0"),
    ("ls", "--wait", "-1"), ("cp", "x"),
    ("mkdir", "-p", "--file", "x"), ("ls", "--color", "blue"), ("cat", "--plot", "--min", "nan", "x"),
    ("cat", "--plot", "--max", "nan", "x"), ("cat", "--plot", "--min=-inf", "x"), ("cat", "--min", "2", "--max", "1", "x")])
def test_wrongUsage_EndsWithTwo(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and "Usage" in done.stderr


def test_ls_ListsWhatH5pyLists(place):
    with h5py.File(place.folder / "all.h5") as file:
        names = [name + ("/" if isinstance(file.get(name, getlink=False), h5py.Group) else "")
                 for name in file["entry"]]
    assert place.output("ls", "@all.h5/entry").split("\n")[:-1] == names
    listing = place.json("ls", "@all.h5/entry")
    assert [member["name"] for member in listing["members"]] == names
    assert listing["next"] is None and listing["path"] == "/entry"


def test_ls_ShowsKindShapeTypeSizeAndFilters(place):
    with h5py.File(place.folder / "all.h5") as file:
        size = file["entry/counts"].id.get_storage_size()
    row = next(line for line in place.output("ls", "-l", "--bytes", "@all.h5/entry").splitlines() if "counts" in line)
    assert row.split() == ["dataset", "20x30", "uint16", str(size), "shuffle,", "deflate", "4", "counts"]
    root = place.output("ls", "-l", "@all.h5")
    assert "soft        -> /entry/counts" in " ".join(root.split(" ")) or "-> /entry/counts" in root
    assert "-> lab/other.h5:/x" in root and "broken" in root


def test_names_DoNotCommandTheTerminal(place):
    listed = place.output("ls", "@all.h5/odd%20names" if place.form == "served" else "@all.h5/odd names")
    assert "\\x1b[31mred" in listed and "\x1b" not in listed and "\\xff\\xfe" in listed and "\u00fcber \u6f22" in listed


def test_oddNames_AreReachedPercentEncoded(both):
    here, served = both
    assert here.output("cat", "@all.h5/odd names/a+b %25?#") == "1\n"
    assert served.output("cat", "@all.h5/odd%20names/a+b%20%2525%3F%23") == "1\n"
    assert served.output("cat", f"{served.server.url}/v1/values?file=all.h5&path=/odd%20names/%FF%FE") == "4\n"
    assert served.output("cat", f"{served.server.url}/v1/values/all.h5/entry/label") == '"a label"\n'


def test_tree_DrawsEachGroupOnce(place):
    drawn = place.output("tree", "@all.h5")
    assert drawn.count("counts  20x30 uint16") == 1 and "another name of a group" in drawn
    assert "soft  -> /entry/counts" in drawn and drawn.endswith("links\n")
    assert "\u2514\u2500\u2500 " in drawn


def test_tree_HasTheObjectsThatH5pyVisits(place):
    found = []
    with h5py.File(place.folder / "all.h5") as file:
        file.visit(found.append)
    lines = place.lines("tree", "@all.h5")
    assert len(lines) == len(found)
    assert all("href" not in line for line in lines)


def test_info_TellsAttributes(place):
    told = place.json("info", "@all.h5/entry/counts")
    assert told["shape"] == [20, 30] and told["attributes"]["units"]["value"] == "1" and "hrefs" not in told
    text = place.output("info", "@all.h5/entry/counts")
    assert "20x30, up to *x30" in text and "chunks of 5x30" in text and "shuffle, deflate 4" in text and "@units" in text


def test_info_OfMoreBytesThanCanBeCounted(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (2**60,), "f8", chunks=(1000,))[0] = 1
    done = run("info", "a.h5/x", cwd=tmp_path)
    assert done.returncode == 0 and "in the file" in done.stdout, done.stderr


def test_names_ThatAreNotUTF8_AreMadeAsTheyAre(own, tmp_path):
    if own.form == "here":
        pytest.skip("a path of the command line is text")
    files = f"{own.server.url}/v1/files?file="
    for command in (("mkdir", f"{files}%FF"), ("mkdir", "--file", f"{files}%FF/a.h5"),
                    ("put", own.folder / "all.h5", f"{files}%FC.h5")):
        done = run(*command)
        assert done.returncode == 0, (command, done.stderr)
    names = os.listdir(os.fsencode(own.folder))
    assert {b"\xff", b"\xfc.h5"} <= set(names)
    assert os.listdir(os.fsencode(own.folder) + b"/\xff") == [b"a.h5"]
    for command in ("cp", "mv"):
        done = run(command, f"{files}lab/other.h5", f"{files}%FE.h5")
        assert done.returncode == 7 and "no new name that is not UTF-8" in done.stderr
    assert not any("\ufffd" in name for name in os.listdir(own.folder))
    done = run("get", f"{files}%FC.h5", tmp_path)
    assert done.returncode == 2 and "not UTF-8" in done.stderr


def test_mv_OfAFileAtAServer_TellsTheAnswer(own):
    text = own.output("mv", "--json", "@all.h5", "@moved.h5")
    assert own.form == "here" or json.loads(text)["path"] == "moved.h5"


def test_cat_WritesBytesIntoAFile_WhenComplete(place, tmp_path):
    target = tmp_path / "values.bin"
    place.output("cat", "@all.h5/entry/counts", "--format", "octet-stream", "-o", target)
    assert np.array_equal(np.fromfile(target, "<u2"), np.arange(600))
    place.refused("cat", "@all.h5/entry/nix", "-o", target, status=4)
    assert target.stat().st_size == 1200 and os.listdir(tmp_path) == ["values.bin"]


def test_cat_StopsQuietly_WhenNobodyReads(place):
    command = f"{support.BINARY} cat {place.at('all.h5/entry/counts')} | head -c 5"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=place.folder, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[[0,1" and done.stderr == ""


def test_set_WritesValuesAndAttributes(own):
    own.output("set", "@all.h5/entry/counts", "7", "-s", "0,:3")
    own.output("set", "@all.h5/entry/table", "-f", "x", "-s", "1", "2.5")
    own.output("set", "@all.h5/entry/label", "--text", "[new] label")
    own.output("set", "@all.h5/entry", "-a", "number", "--datatype", "<i2", "5")
    own.output("set", "@all.h5/entry", "-a", "name", "--text", "K")
    own.output("set", "@all.h5/entry/mean", "--from", "-", stdin="[5,4,3,2,1]")
    (own.folder / "bytes").write_bytes(np.array([9, 8, 7], "u2").tobytes())
    own.output("set", "@all.h5/entry/counts", "-s", "1,:3", "--from", own.folder / "bytes", "--format", "octet-stream")
    with h5py.File(own.folder / "all.h5") as file:
        entry = file["entry"]
        assert list(entry["counts"][0, :4]) == [7, 7, 7, 3] and list(entry["counts"][1, :4]) == [9, 8, 7, 33]
        assert entry["table"]["x"][1] == 2.5 and entry["label"][()] == b"[new] label"
        assert entry.attrs["number"] == 5 and entry.attrs["number"].dtype == "i2" and entry.attrs["name"] == "K"
        assert list(entry["mean"][()]) == [5, 4, 3, 2, 1]


def test_set_WritesBehindExternalLinks(own):
    own.output("set", "@all.h5/away", "-s", "1", "9")
    with h5py.File(own.folder / "all.h5", "r+") as file:
        file["out"] = h5py.ExternalLink("../own/../../x.h5", "/x")
    own.refused("set", "@all.h5/out", "1", status=6, says="lies outside")
    with h5py.File(own.folder / "lab/other.h5") as other:
        assert list(other["x"][()]) == [0, 9, 2]


def test_set_TakesNumPysFormat_AndMakesDatasets(own):
    np.save(own.folder / "new.npy", np.arange(5, dtype=">i2"))
    own.output("set", "@all.h5/entry/mean", "--from", own.folder / "new.npy")
    own.output("set", "--create", "@all.h5/made/a", "--from", own.folder / "new.npy")
    own.output("set", "--create", "@all.h5/made/b", "[[1, 2], [3, 4]]", "--datatype", "<f4")
    own.output("set", "--create", "@all.h5/made/c", "--text", "some text")
    own.output("set", "@all.h5/made/b", "-s", "0", "--", "-5")
    own.refused("set", "--create", "@all.h5/made/b", "1", status=5, says="exists")
    with h5py.File(own.folder / "all.h5") as file:
        made = file["made"]
        assert list(file["entry/mean"][()]) == list(made["a"][()]) == [0, 1, 2, 3, 4] and made["a"].dtype == ">i2"
        assert made["b"].dtype == "<f4" and made["b"][()].tolist() == [[-5, -5], [3, 4]]
        assert made["c"][()] == b"some text"


def test_cat_WritesWhatNumPyLoads(place, tmp_path):
    place.output("cat", "@all.h5/entry/counts", "--format", "npy", "-s", ":2", "-o", tmp_path / "x.npy")
    assert np.array_equal(np.load(tmp_path / "x.npy"), np.arange(60).reshape(2, 30))


def test_mkdir_MakesGroupsDirectoriesAndFiles(own):
    own.output("mkdir", "@all.h5/a/b", "@new")
    own.output("mkdir", "-p", "@all.h5/a/b", "@new", "@deep/er/still")
    own.output("mkdir", "--file", "@new/made.h5")
    assert (own.folder / "deep/er/still").is_dir()
    with h5py.File(own.folder / "all.h5") as file, h5py.File(own.folder / "new/made.h5") as made:
        assert isinstance(file["a/b"], h5py.Group) and list(made) == []


def test_cp_CopiesObjectsAndFiles(own):
    own.output("cp", "@all.h5/entry/counts", "@all.h5/copy")
    own.output("cp", "@all.h5/entry/mean", "@lab/other.h5/in/it")
    own.output("cp", "@all.h5/entry/mean", "@lab/other.h5/")
    own.output("cp", "@all.h5/entry", "@lab/other.h5")
    own.output("cp", "--without-attributes", "@all.h5/entry/counts", "@all.h5/bare")
    own.output("cp", "@lab/other.h5", "@lab/third.h5")
    own.output("cp", "@lab/other.h5", "@new.h5")
    own.output("cp", "@new.h5", "@lab/")
    with h5py.File(own.folder / "all.h5") as file, h5py.File(own.folder / "lab/third.h5") as third:
        assert np.array_equal(file["copy"], file["entry/counts"]) and file["copy"].attrs["units"] == "1"
        assert len(file["bare"].attrs) == 0
        assert np.array_equal(third["in/it"], file["entry/mean"]) and np.array_equal(third["mean"], file["entry/mean"])
        assert np.array_equal(third["entry/counts"], file["entry/counts"])
    assert (own.folder / "lab/new.h5").read_bytes() == (own.folder / "lab/other.h5").read_bytes()


def test_mv_MovesObjectsFilesAndDirectories(own):
    own.output("mv", "@all.h5/entry/counts", "@all.h5/moved/here")
    own.output("mv", "@all.h5/entry/mean", "@all.h5/")
    own.output("mv", "@lab/other.h5", "@")
    own.output("mv", "@lab", "@room")
    own.output("mv", "@other.h5", "@room/else.h5")
    with h5py.File(own.folder / "all.h5") as file, h5py.File(own.folder / "room/else.h5") as other:
        assert file["moved/here"].shape == (20, 30) and "counts" not in file["entry"] and file["mean"].shape == (5,)
        assert list(other["x"][()]) == [0, 1, 2]


def test_rm_RemovesObjectsAttributesFilesAndDirectories(own):
    own.output("rm", "@all.h5/entry/mean", "@all.h5/soft")
    own.output("rm", "-a", "units", "-a", "bad", "@all.h5/entry/counts")
    own.output("rm", "-r", "@lab/other.h5/g")
    own.output("rm", "-f", "@all.h5/nix", "@nix")
    with h5py.File(own.folder / "all.h5") as file, h5py.File(own.folder / "lab/other.h5") as other:
        assert "mean" not in file["entry"] and "soft" not in file and "g" not in other
        assert list(file["entry/counts"].attrs) == []
    own.output("rm", "@lab/other.h5", "@lab")
    assert not (own.folder / "lab").exists()


def test_severalThings_GoOnAfterAFailure(own):
    done = own.run("rm", "@nix", "@all.h5/entry/mean", "@all.h5/nix")
    assert done.returncode == 4 and done.stderr.count("\n") == 2
    with h5py.File(own.folder / "all.h5") as file:
        assert "mean" not in file["entry"]


def test_repack_GivesSpaceBack(own):
    own.output("rm", "-r", "@all.h5/again", "@all.h5/entry")
    before = (own.folder / "all.h5").stat().st_size
    report = own.json("repack", "@all.h5")
    assert report["before"] == before and report["after"] == (own.folder / "all.h5").stat().st_size < before


@pytest.mark.parametrize("command", [
    ("ls", "@all.h5"), ("cat", "@all.h5/entry/mean"), ("set", "@all.h5/entry/mean", "0"), ("rm", "@all.h5"),
    ("mv", "@all.h5", "@x.h5"), ("cp", "@all.h5", "@x.h5"), ("repack", "@all.h5"), ("tree", "@all.h5")], ids=" ".join)
def test_lockedFile_EndsWithThree(own, command):
    before = (own.folder / "all.h5").read_bytes()
    with open(own.folder / "all.h5", "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        own.refused(*command, "--wait", "0", status=3, says="all.h5")
    assert (own.folder / "all.h5").read_bytes() == before


@pytest.mark.parametrize("is_truncated", [False, True], ids=["foreign", "truncated"])
@pytest.mark.parametrize("command", [
    ("ls", "@bad.h5/"), ("cat", "@bad.h5/entry/mean"), ("set", "@bad.h5/entry/mean", "0"), ("info", "@bad.h5"),
    ("repack", "@bad.h5"), ("tree", "@bad.h5")], ids=" ".join)
def test_fileThatIsNoneOfHDF5_EndsWithSeven(own, command, is_truncated):
    bad = own.folder / "bad.h5"
    bad.write_bytes((own.folder / "all.h5").read_bytes()[:2000] if is_truncated else b"no HDF5\n" * 100)
    before = bad.read_bytes()
    own.refused(*command, status=7, says="bad.h5")
    assert bad.read_bytes() == before


def test_sharedLock_LetsReadersIn_AndKeepsWritersOut(own):
    with h5py.File(own.folder / "all.h5"):
        assert own.output("cat", "@all.h5/entry/mean", "-s", "0", "--wait", "0") == "0.0\n"
        own.refused("set", "@all.h5/entry/mean", "0", "--wait", "0", status=3)


def test_lease_IsUsed_WhenLockStartsTheCommand(own):
    if own.form == "here":
        pytest.skip("a lease is a server's")
    url = own.at("all.h5")
    done = own.run("lock", url, "--", support.BINARY, "set", own.at("all.h5/entry/mean"), "3", "--wait", "0")
    assert done.returncode == 0, done.stderr
    done = own.run("lock", url, "--", "env", "-u", "LOCKEDH5_TOKEN", support.BINARY, "set", own.at("all.h5/entry/mean"),
                   "4", "--wait", "0")
    assert done.returncode == 3
    with h5py.File(own.folder / "all.h5") as file:
        assert list(file["entry/mean"][()]) == [3] * 5


def test_lockOfAPath_IsUsed_ByTheCommandsBelowIt(tmp_path):
    make_files(tmp_path)
    script = f"""
        set -e
        {support.BINARY} set all.h5/entry/mean 3 --wait 0
        {support.BINARY} cp all.h5/entry/mean all.h5/copy --wait 0
        {support.BINARY} cat ./all.h5/copy --wait 0
        {support.BINARY} cat all.h5/away --wait 0
        ! env -u LOCKEDH5_DESCRIPTOR {support.BINARY} set all.h5/entry/mean 4 --wait 0
    """
    done = run("lock", "all.h5", "--", "bash", "-c", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[3.0,3.0,3.0,3.0,3.0]\n[0,1,2]\n"
    done = run("lock", "--shared", "all.h5", "--", support.BINARY, "set", "all.h5/entry/mean", "4", "--wait", "0", cwd=tmp_path)
    assert done.returncode == 3
    done = run("lock", "--shared", "all.h5", "--", support.BINARY, "cat", "all.h5/copy", "-s", "0", cwd=tmp_path)
    assert done.stdout == "3.0\n"


def test_noServer_EndsWithNine():
    done = run("ls", "http://127.0.0.1:1/x.h5")
    assert done.returncode == 9 and done.stderr.startswith("lockedh5: http://127.0.0.1:1/x.h5: no answer")


def test_places_AreNotMixed(module_server):
    folder, server = module_server
    done = run("cp", "all.h5", f"{server.url}/b.h5", cwd=folder)
    assert done.returncode == 2 and "lockedh5 get and put" in done.stderr


def test_cat_EndsWithFive_WhenTheFileIsChangedMeanwhile(tmp_path):
    with h5py.File(tmp_path / "large.h5", "w") as file:
        file["x"] = np.zeros(64_000_000, "u1")
    process = subprocess.Popen(
        [support.BINARY, "cat", "large.h5/x", "--format", "octet-stream"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    taken = len(process.stdout.read(1_000_000))
    # The rest waits for its reader, and holds no lock.
    with h5py.File(tmp_path / "large.h5", "r+") as file:
        file["x"][-1] = 1
    taken += len(process.stdout.read())
    assert process.wait(60) == 5 and b"large.h5 was changed while it was read" in process.stderr.read()
    assert taken < 64_000_000


def test_completions_KnowFilesAndFormats(tmp_path):
    (tmp_path / "some.h5").touch()
    (tmp_path / "script").write_text(run("--generate-completion-script", "bash").stdout)
    check = """
        source ./script
        complete_words() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
            _lockedh5 "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[@]}"
        }
        complete_words lockedh5 re
        complete_words lockedh5 cat so
        complete_words lockedh5 cat --format n
    """
    done = subprocess.run(["bash", "-c", check], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    words = done.stdout.splitlines()
    assert set(words[0].split()) == {"repack", "repair"} and words[1:] == ["some.h5", "npy"], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_AreGenerated(shell):
    done = run("--generate-completion-script", shell)
    assert done.returncode == 0 and "lockedh5" in done.stdout and "repack" in done.stdout
