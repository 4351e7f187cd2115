"""The operations that write, as the OpenAPI document has them: their examples, their refusals, and generated requests.

All of it runs in scratch directories: every example and every refusal in a fresh one, and in the generated requests
every operation has a file of its own, so that none takes away what another one needs.
"""

import fcntl
import hashlib
import json
import shutil
from copy import deepcopy

import h5py
import numpy as np
import pytest

import support
from cases import create
from document import (
    DOCUMENT, WRITES, error_codes, examples, operation_of, resolve, response, schemathesis, seeded, validator)

FILE = "run7/scan.h5"


def base(operation):
    return operation.removesuffix("ByQuery")


# One request of each operation: the document's own examples


class Case:
    """What the operation's examples are about, and the status that they have in the end."""

    def __init__(self, status, path="", *, file=FILE, **query):
        self.status, self.file, self.path, self.query = status, file, path, query


CASES = {
    "createFile": Case(201, file="run7/new.h5"), "renameEntry": Case(200), "removeEntry": Case(204),
    "copyFile": Case(201), "repackFile": Case(200), "putRaw": Case(201, file="run7/new.h5"),
    "createGroup": Case(201, "/entry/new"), "removeGroup": Case(204, "/entry/empty"),
    "createDataset": Case(201, "/entry/new"), "resizeDataset": Case(200, "/entry/counts"),
    "removeDataset": Case(204, "/entry/counts"),
    "commitDatatype": Case(201, "/types/new"), "removeDatatype": Case(204, "/types/point"),
    "changeDimensions": Case(200, "/entry/counts"), "putValues": Case(204, "/entry/counts", select="1:3,:2"),
    "updateValues": Case(200, "/entry/counts", select="1:3,:2"),
    "putAttribute": Case(201, "/entry/counts", name="new"), "modifyAttribute": Case(200, "/entry/counts", name="units"),
    "removeAttribute": Case(204, "/entry/counts", name="units"),
    "createLink": Case(201, "/entry/new"), "moveLink": Case(200, "/entry/counts"),
    "removeLink": Case(204, "/entry/counts"),
}
# The file that these change need not be there.
MAKING_FILES = ("createFile", "putRaw")


def make_scan(path):
    path.parent.mkdir(exist_ok=True)
    with create(path, "earliest") as file:
        counts = file.create_dataset(
            "entry/counts", data=np.arange(5 * 512, dtype="<u4").reshape(5, 512), chunks=(1, 512), maxshape=(None, 512))
        counts.attrs["units"] = "m"
        file.create_group("entry/empty")
        file["entry/time"], file["types/point"] = np.arange(5.0), np.dtype("<f8")


@pytest.fixture(scope="module")
def writable(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    running = support.Server(root, tmp_path_factory.mktemp("state") / "state", "--workers", 1)
    yield running
    assert running.stop() == 0, running.log()


@pytest.fixture(scope="module")
def read_only(writable, tmp_path_factory):
    running = support.Server(
        writable.root, tmp_path_factory.mktemp("state") / "state", "--workers", 1, "--read-only")
    yield running
    assert running.stop() == 0, running.log()


@pytest.fixture
def folder(writable):
    """The directory `run7` of both servers, with nothing in it but the file that the examples name."""
    place = writable.root / "run7"
    shutil.rmtree(place, ignore_errors=True)
    make_scan(writable.root / FILE)
    return place


def bodies(operation, folder):
    """(media type, bytes) of every example; one without where the operation takes none."""
    described = WRITES[operation].described
    if base(operation) == "putRaw":
        return [("application/x-hdf5", (folder / "scan.h5").read_bytes())]
    if "requestBody" not in described:
        return [(None, None)]
    content = resolve(described["requestBody"])["content"]
    return [("application/json", json.dumps(value)) for value in examples(content["application/json"])]


def send(server, operation, body, *, file=None, query=(), **headers):
    """The operation's request for its case, by path or by query."""
    case, (method, path, _) = CASES[base(operation)], WRITES[operation]
    media, data = body
    file = file or case.file
    query = {**case.query, **dict(query)}
    if b'"points"' in (data.encode() if isinstance(data, str) else data or b""):
        del query["select"]
    if "{resource}" in path:
        path = path.replace("{resource}", support.escaped(file + case.path))
    else:
        query |= {"file": file} | ({"path": case.path} if case.path else {})
    fields = {"Content-Type": media} if media else {}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request(method.upper(), path, params=query, data=data, headers=fields)


def check_answer(operation, answer):
    """The answer is as the document describes it, body and header fields."""
    described = response(operation, answer.status_code)
    for name, header in described["headers"].items():
        header = resolve(header)
        assert name in answer.headers or not header.get("required"), f"{name} is missing"
        if name in answer.headers and header["schema"].get("type") != "integer":
            validator(header["schema"]).validate(answer.headers[name])
    assert ("Location" in answer.headers) <= ("Location" in described["headers"])
    if "content" in described:
        validator(described["content"]["application/json"]["schema"]).validate(answer.json())
    else:
        assert answer.content == b""


@pytest.mark.parametrize("operation", WRITES)
def test_examples_DoWhatTheDocumentSays(writable, folder, operation):
    for body in bodies(operation, folder):
        shutil.rmtree(folder)
        make_scan(writable.root / FILE)
        answer = send(writable, operation, body)
        assert answer.status_code == CASES[base(operation)].status, answer.text
        check_answer(operation, answer)
        if "Location" in answer.headers:
            assert writable.get(answer.headers["Location"]).status_code == 200
        for path in folder.iterdir():
            assert h5py.is_hdf5(path)
            with h5py.File(path, "r") as file:
                file.visit(lambda name: None)


# Refusals change nothing


def snapshot(folder):
    """All files with their content, identity and times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        found[path.name] = (
            hashlib.sha256(path.read_bytes()).digest(), status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
    return found


def check_refusal(server, folder, operation, code, *, body=None, **request):
    body = body or bodies(operation, folder)[0]
    before = snapshot(folder)
    answer = send(server, operation, body, **request)
    support.check_error(server, answer, code)
    check_answer(operation, answer)
    assert snapshot(folder) == before


@pytest.mark.parametrize("operation", WRITES)
def test_readOnly_RefusesEveryWrite(read_only, folder, operation):
    check_refusal(read_only, folder, operation, "forbidden")


@pytest.mark.parametrize("operation", WRITES)
def test_ifMatch_RefusesWhatIsOfAnotherState(writable, folder, operation):
    check_refusal(writable, folder, operation, "precondition_failed", if_match='"another"')


@pytest.mark.parametrize("operation", [
    name for name, write in WRITES.items() if write.method == "put" and base(name) != "putValues"])
def test_ifNoneMatch_RefusesWhatIsThere(writable, folder, operation):
    body = bodies(operation, folder)[0]
    assert send(writable, operation, body, if_none_match="*").status_code == 201
    check_refusal(writable, folder, operation, "precondition_failed", body=body, if_none_match="*")


@pytest.mark.parametrize("operation", [name for name in WRITES if base(name) not in MAKING_FILES])
def test_locked_RefusesAfterTheWait(writable, folder, operation):
    with open(writable.root / FILE) as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        check_refusal(writable, folder, operation, "locked", prefer="wait=0")


@pytest.mark.parametrize("operation", [name for name in WRITES if base(name) not in MAKING_FILES])
def test_notFound_WhereTheFileIsMissing(writable, folder, operation):
    check_refusal(writable, folder, operation, "not_found", file="run7/missing.h5")


@pytest.mark.parametrize("operation", [
    name for name in WRITES if base(name) not in (*MAKING_FILES, "renameEntry", "removeEntry")])
def test_notHDF5_WhereTheFileIsNone(writable, folder, operation):
    (folder / "notes.txt").write_text("no HDF5 at all" * 100)
    check_refusal(writable, folder, operation, "not_hdf5", file="run7/notes.txt")


@pytest.mark.parametrize("operation", WRITES)
def test_invalid_WhereAParameterIsUnknown(writable, folder, operation):
    check_refusal(writable, folder, operation, "invalid", query={"reqire": "true"})


TAKING_JSON = [name for name, write in WRITES.items() if "requestBody" in write.described and base(name) != "putRaw"]
TAKING_OBJECTS = [
    name for name in TAKING_JSON if base(name) not in ("putValues", "putAttribute", "modifyAttribute")]


@pytest.mark.parametrize("operation", TAKING_JSON)
def test_unsupportedMedia_WhereTheBodyIsSomethingElse(writable, folder, operation):
    check_refusal(writable, folder, operation, "unsupported_media", body=("text/csv", "1,2,3"))


@pytest.mark.parametrize("text", ["{", "", "[1,]", "{} {}", "\ufeff{}", "[" * 100 + "]" * 100])
@pytest.mark.parametrize("operation", TAKING_JSON)
def test_invalid_WhereTheBodyIsNoJSON(writable, folder, operation, text):
    if not text and not resolve(WRITES[operation].described["requestBody"]).get("required"):
        pytest.skip("without a body it has its defaults")
    check_refusal(writable, folder, operation, "invalid", body=("application/json", text.encode()))


@pytest.mark.parametrize("operation", TAKING_OBJECTS)
def test_invalid_WhereAMemberIsUnknownOrStandsTwice(writable, folder, operation):
    for text in ('{"nonsense": 1}', '{"path": "/a", "path": "/b"}', "[]", "1", "null"):
        check_refusal(writable, folder, operation, "invalid", body=("application/json", text))


# Generated requests


def make_scratch(path):
    with create(path, "v110") as file:
        counts = file.create_dataset(
            "counts", data=np.arange(20, dtype="<i4").reshape(5, 4), chunks=(1, 4), maxshape=(None, 8))
        for number in range(30):
            counts.attrs[f"a{number}"] = number
        file["plain"] = np.linspace(0, 1, 3)
        file["table"] = np.zeros(4, [("id", "<i8"), ("name", "S8")])
        file["text"] = ["one", "two"]
        file["flag"] = True
        file["soft"] = h5py.SoftLink("/group/inner")
        for number in range(30):
            file[f"types/t{number}"] = np.dtype("<i4")
        for number in range(30):
            file[f"group/d{number}"] = number
            file.create_group(f"group/g{number}")


def words(operation):
    """Real names for the operation's parameters, in the file that only it has."""
    file, name = f"{operation}.h5", base(operation)
    made = [f"/made/{operation}{number}" for number in range(8)]
    datasets = ["/counts", "/plain", "/table", "/text", "/flag"]
    victims = [f"/group/d{number}" for number in range(30)]
    groups = [f"/group/g{number}" for number in range(30)]
    entries = [f"{operation}-{number}.h5" for number in range(20)]
    files = {
        "createFile": [file, f"{operation}-made.h5", f"{operation}-made/", f"missing/{operation}.h5"],
        "renameEntry": entries, "removeEntry": entries, "copyFile": [file],
        "repackFile": [file], "putRaw": [file, f"{operation}-made.h5"],
    }.get(name)
    if files:
        return {"resource": files, "file": files}
    paths = {
        "createGroup": [*made, "/", "/group", "/counts"], "removeGroup": [*groups, "/", "/counts"],
        "createDataset": [*made, "/counts", "/group"], "resizeDataset": ["/counts", "/plain", "/group"],
        "removeDataset": [*victims, "/group"], "commitDatatype": [*made, "/types/t0"],
        "removeDatatype": [f"/types/t{number}" for number in range(30)], "changeDimensions": [*datasets, "/group"],
        "putValues": [*datasets, "/group"],
        "updateValues": [*datasets, "/group"],
        "createLink": [*made, "/soft"], "moveLink": victims, "removeLink": [*victims, *groups, "/soft", "/"],
    }.get(name, ["/counts", "/", "/nothing"])
    return {
        "resource": [file + path for path in paths], "file": [file], "path": paths,
        "name": [*(f"a{number}" for number in range(30)), "new", "\u00e9t\u00e9"],
        "select": ["", "0", ":2", "...", "9", "x"], "field": ["id", "name", "none"],
        "datatype": [
            "<f8", "i2", "S4", "str", "bool", "nonsense", '{"class":"H5T_FLOAT","base":"H5T_IEEE_F32BE"}',
            '{"committed":"/types/t29"}'],
        "shape": ["", "3", "2,2", "null"],
    }


VALUES = [
    0, 1, -1, 1.5, True, None, "text", "", [], [1, 2, 3], [[1, 2], [3, 4]], [1, "2"], [[1], [2, 3]], {"id": 1}, 2**64,
    {"id": 1, "name": "x"}, {"base64": "AAE="}, ["NaN", "Infinity", 0.5], [[[0]]], [1, [2, {"three": 3}]]]


# Those that name things in their path.
PLAIN = [name for name in WRITES if not name.endswith("ByQuery")]

# Conditions and parts hide what the rest of a request leads to.
WITHOUT = ("If-Match", "If-None-Match", "If-Modified-Since", "Lock-Token", "token", "Content-Range", "Upload-Token",
           "Prefer")


def positive():
    """The document with bodies that make nothing large, and with values of all kinds."""
    document = seeded({operation: words(operation) for operation in WRITES}, WITHOUT)
    schemas = document["components"]["schemas"]
    extent = {"type": "integer", "minimum": 0, "maximum": 8}
    extents = {"type": "array", "items": extent, "maxItems": 3}
    schemas["Resize"]["properties"]["shape"] = extents
    made = schemas["NewDataset"]["properties"]
    made["shape"] = {**extents, "type": ["array", "null"]}
    made["maxshape"] = {
        "type": ["array", "null"], "items": {"type": ["integer", "null"], "minimum": 0, "maximum": 8}, "maxItems": 3}
    made["chunks"] = {"oneOf": [{**extents, "items": {**extent, "minimum": 1}, "minItems": 1}, {"type": "boolean"}]}
    schemas["ValueInput"] = {"enum": VALUES}
    schemas["DatatypeInput"]["oneOf"][0] = {"enum": ["<f8", ">i2", "u1", "S4", "bool", "str", "<c16", "nonsense"]}
    return document


def negative():
    """The document with the names of each operation's own things in its path.

    A name that is another than the expected one is no less valid, so names are no parameters here.
    """
    document = seeded({operation: {} for operation in WRITES}, WITHOUT)
    paths = {}
    for name in PLAIN:
        template = WRITES[name].path
        item = deepcopy(document["paths"][template])
        for method, described in item.items():
            described["parameters"] = [found for found in map(resolve, described["parameters"]) if found["in"] != "path"]
            if method != WRITES[name].method:
                described["operationId"] = f"{method} beside {name}"
        paths[template.replace("{resource}", support.escaped(words(name)["resource"][0]))] = item
    document["paths"] = paths
    return document


@pytest.fixture(scope="module", params=["positive", "negative"])
def run(request, tmp_path_factory):
    """A run of schemathesis in a scratch directory: the process, its requests, the directory afterwards."""
    mode, most = request.param, {"positive": 15, "negative": 8}[request.param]
    directory = tmp_path_factory.mktemp("schemathesis")
    root = directory / "root"
    root.mkdir()
    make_scratch(root / "template.h5")
    for operation in WRITES:
        shutil.copy(root / "template.h5", root / f"{operation}.h5")
        if base(operation) in ("renameEntry", "removeEntry"):
            for number in range(20):
                shutil.copy(root / "template.h5", root / f"{operation}-{number}.h5")
    server = support.Server(root, directory / "state", "--workers", 2)
    try:
        document, operations = (positive(), WRITES) if mode == "positive" else (negative(), PLAIN)
        # No serialiser of the generator's knows this one.
        del document["components"]["requestBodies"]["Raw"]["content"]["application/x-hdf5"]
        yield mode, *schemathesis(server, document, directory, mode, most, operations), root
    finally:
        assert server.stop() == 0, server.log()


@pytest.mark.timeout(900)
def test_requests_KeepToTheDocument(run):
    _, done, _, _ = run
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr


def test_errors_HaveTheStatusOfTheirCode(run):
    mode, _, entries, _ = run
    wanted = {"positive": {"invalid", "not_found", "exists", "wrong_kind"}, "negative": {"invalid"}}[mode]
    assert error_codes(entries) >= wanted


def test_operations_AllSucceeded(run):
    mode, _, entries, _ = run
    if mode == "negative":
        pytest.skip("what is refused succeeds nowhere")
    answered = {operation_of(entry["request"]) for entry in entries if entry["response"]["status"] // 100 == 2}
    # Random bytes are no HDF5 file.
    assert answered - {None} == set(WRITES) - {"putRaw", "putRawByQuery"}


def test_files_AreWholeAfterwards(run):
    _, _, _, root = run
    read = 0
    for path in root.rglob("*"):
        if path.is_file():
            with h5py.File(path, "r") as file:
                file.visititems(lambda name, node: node[()] if isinstance(node, h5py.Dataset) and node.size else None)
            read += 1
    assert read >= len(WRITES) - 4
    assert (root / "template.h5").exists()
