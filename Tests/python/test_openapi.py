"""The OpenAPI document: valid, the routes that there are, and nothing that the running server contradicts.

The operations that write have their requests in test_openapi_writes.py.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import h5py
import openapi_spec_validator
import pytest
import requests

import support
from document import (
    DOCUMENT, OPERATIONS, READS, embed, error_codes, examples, operation_of, resolve, response_schema, schemathesis,
    seeded, thinned, validator)


# The document by itself


def test_document_IsValid():
    openapi_spec_validator.validate(DOCUMENT)


def test_operations_HaveNamesOfTheirOwn():
    assert len(OPERATIONS) == sum(map(len, DOCUMENT["paths"].values()))


def test_components_AreAllUsed():
    used = set(re.findall(r"#/components/\w+/[\w-]+", embed.as_json(DOCUMENT)))
    there = {f"#/components/{kind}/{name}" for kind, items in DOCUMENT["components"].items() for name in items}
    assert there - used == set()


def test_embeddedDocument_IsCurrent():
    assert embed.TARGET.read_text() == embed.swift(), "run python3 openapi/embed.py"


def test_examples_FollowTheirSchemas():
    components = DOCUMENT["components"]
    for body in [*components["responses"].values(), *components["requestBodies"].values()]:
        for media in body.get("content", {}).values():
            for example in examples(media):
                validator(media["schema"]).validate(example)


def test_errorCodes_AreTheReadmeTable():
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", (support.REPOSITORY / "README.md").read_text(), re.M)
    assert {code: int(status) for code, status in rows} == support.CODES
    assert set(DOCUMENT["components"]["schemas"]["Error"]["properties"]["code"]["enum"]) == set(support.CODES)


# The document and the route table


def route_table():
    """{operation: (method, prefix, subject, query parameters)} as the server has them."""
    if not Path(support.BINARY).exists():
        pytest.skip(f"{support.BINARY} has not been built")
    lines = subprocess.run(
        [support.BINARY, "routes"], check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    table = {}
    for line in lines:
        method, prefix, subject, operation, *parameters = line.replace(",", " ").split()
        table[operation] = (method, prefix, subject, set(parameters) - {"file", "path"})
    return table


def described_table():
    """What the document says, in the form of `route_table`, from both forms of each operation."""
    table = {}
    for operation, (method, path, described) in OPERATIONS.items():
        parameters = [resolve(parameter) for parameter in described.get("parameters", [])]
        query = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        named = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        subject = {frozenset(): "server", frozenset({"file"}): "file", frozenset({"file", "path"}): "object"}[
            frozenset(query & {"file", "path"})]
        table[operation] = (method.upper(), path, subject, named, query - {"file", "path"})
    return table


def test_operations_AreTheRouteTable():
    described = described_table()
    for operation, (method, prefix, subject, query) in route_table().items():
        if subject == "server":
            assert described.pop(operation) == (method, prefix, "server", set(), query)
            continue
        assert described.pop(operation) == (method, f"{prefix}/{{resource}}", "server", {"resource"}, query)
        form = {"entry": "file"}.get(subject, subject)
        assert described.pop(f"{operation}ByQuery") == (method, prefix, form, set(), query)
    assert not described, "the server has no such routes"


# The document and the running server


def can_be_named(path):
    """Whether a path can: UTF-8 (other names h5py gives as bytes), and no segment that clients fold away."""
    if isinstance(path, bytes) or re.search("[\ud800-\udfff]", path):
        return False
    return not {".", ".."} & set(path.split("/"))


def fields_of(dataset):
    """The names of a compound's fields; None of any other type, also of one that NumPy has not."""
    try:
        return dataset.dtype.names
    except TypeError:
        return None


class Inventory:
    """What is in the served directory and can be served, as h5py sees it."""

    # Of one group; more of them show nothing new.
    MOST_MEMBERS = 100

    def __init__(self, root):
        self.entries, self.files = [], []
        self.groups, self.datasets, self.datatypes, self.links, self.attributes, self.fields = [], [], [], [], [], []
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if not can_be_named(name) or any(part.startswith(".") for part in name.split("/")):
                continue
            if path.is_dir():
                self.entries.append(name)
            elif path.is_file() and h5py.is_hdf5(path):
                self.add(path, name)

    def add(self, path, name):
        counts, objects = Counter(), []
        try:
            with h5py.File(path, locking=False) as file:
                file.visititems(lambda place, node: self.note(objects, counts, place, node))
                self.attributes += [(name, "/", attribute) for attribute in file.attrs]
        except OSError:
            return
        self.entries.append(name)
        self.files.append(name)
        self.groups.append((name, "/"))
        for path, kind, attributes, fields in objects:
            found = {h5py.Group: self.groups, h5py.Dataset: self.datasets, h5py.Datatype: self.datatypes}
            found.get(kind, []).append((name, path))
            self.links.append((name, path))
            self.attributes += [(name, path, attribute) for attribute in attributes]
            self.fields += fields

    def note(self, objects, counts, place, node):
        if not can_be_named(place):
            return
        group = place.rpartition("/")[0]
        counts[group] += 1
        if counts[group] <= self.MOST_MEMBERS:
            attributes = [attribute for attribute in node.attrs if can_be_named(attribute)]
            fields = fields_of(node) if isinstance(node, h5py.Dataset) else None
            objects.append((f"/{place}", type(node), attributes, fields or ()))

    def objects(self, operation):
        """The (file, path) pairs that `operation` is about."""
        return {
            "getFile": [(name, "") for name in self.entries], "getRaw": [(name, "") for name in self.files],
            "getLocks": [(name, "") for name in self.files], "getRepack": [(name, "") for name in self.files],
            "getGroup": self.groups, "getTree": self.groups, "getDataset": self.datasets, "getValues": self.datasets,
            "selectValues": self.datasets,
            "getDatatype": self.datatypes, "getDimensions": self.datasets,
            "getAttributes": [(file, path) for file, path, _ in self.attributes], "getLink": self.links,
        }.get(operation.removesuffix("ByQuery"), [])


@pytest.fixture(scope="module")
def inventory(server):
    found = Inventory(server.root)
    assert found.datasets and found.attributes and found.links
    return found


SELECTIONS = ["", "0", "-1", ":", "0:2", "::2", "1:3,::2", "...", "...,0", "[0,2]", "99999999", "0,0,0,0,0,0", "x", "::0"]


def words(inventory, mode):
    """Real names for the parameters of every operation."""
    found = {}
    for operation in READS:
        everything = inventory.objects(operation)
        if not everything:
            continue
        first = everything[0][0]
        found[operation] = {
            "resource": thinned(file + path for file, path in everything),
            "file": [first] if everything[0][1] else ["", *thinned(file for file, _ in everything)],
            "path": ["", *thinned(path for file, path in everything if file == first)],
            "name": thinned(name for _, _, name in inventory.attributes),
        }
        if mode == "positive":
            found[operation] |= {
                "select": SELECTIONS, "field": thinned(inventory.fields), "datatype": ["<f8", ">i2", "<c8", "nonsense"],
                "min": [-1.5, 0], "max": [0, 1e6]}
        if operation.startswith("selectValues"):
            # Without a path it is the root group, which the other operations try.
            found[operation]["path"].remove("")
    return found


# Bodies of which some fit every dataset.
CHOICES = [
    {"select": ""}, {"select": "..."}, {"select": "[0]"}, {"select": "0,0"}, {"points": []}, {"points": [0]},
    {"points": [[0, 1]]}, {"points": [[99, 99]]}, {"mask": [True]}, {"mask": [[True, False]]}]


def document_of(inventory, mode, without):
    """The document with names that there are, and in valid requests with bodies that fit."""
    document = seeded(words(inventory, mode), without)
    if mode == "positive":
        document["components"]["schemas"]["Elements"] = {"enum": CHOICES}
    return document


@pytest.fixture(scope="module")
def runs(server, inventory, tmp_path_factory):
    directory = tmp_path_factory.mktemp("schemathesis")
    conditions = ["If-Match", "If-None-Match", "If-Modified-Since", "Lock-Token", "token"]
    return {
        mode: schemathesis(
            server, document_of(inventory, mode, conditions), directory, mode, most, READS)
        for mode, most in [("positive", 60), ("negative", 25)]
    }


@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_requests_KeepToTheDocument(runs, mode):
    done, _ = runs[mode]
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr


def test_operations_AllSucceeded(runs):
    answered = {
        operation_of(entry["request"]) for _, entries in runs.values() for entry in entries
        if entry["response"]["status"] // 100 == 2}
    assert answered - {None} == set(READS)


def test_errors_HaveTheStatusOfTheirCode(runs):
    codes = error_codes(entry for _, entries in runs.values() for entry in entries)
    assert codes >= {"invalid", "not_found", "out_of_bounds", "wrong_kind", "not_acceptable"}


@pytest.mark.parametrize("operation", ["getFile", "getGroup", "getTree", "getDataset", "getDatatype", "getDimensions", "getAttributes",
    "getLink"])
def test_everyObject_FollowsItsSchema(server, inventory, operation):
    prefix = OPERATIONS[f"{operation}ByQuery"].path
    described = validator(response_schema(operation))
    for file, path in dict.fromkeys(inventory.objects(operation)):
        answer = server.get(f"{prefix}/{quote(file + path)}")
        assert answer.status_code == 200, f"{file}{path}: {answer.text[:500]}"
        described.validate(answer.json())


@pytest.mark.parametrize("operation", [
    name for name, read in READS.items() if read.method == "get" and not name.endswith("ByQuery")])
def test_entityTag_IsToldWhereTheDocumentSaysSo(server, inventory, operation):
    _, path, described = OPERATIONS[operation]
    answers = described["responses"]
    (file, place), *_ = [found for found in inventory.objects(operation) if found[0] in inventory.files] or [("", "")]
    target = path.replace("{resource}", quote(file + place))
    answer = server.get(target)
    assert answer.status_code == 200
    assert ("ETag" in answer.headers) == ("304" in answers) == ("ETag" in resolve(answers["200"])["headers"])
    if "304" in answers:
        assert server.get(target, if_match='"another"').status_code == 412
        again = server.get(target, if_none_match=answer.headers["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"].removeprefix("W/") == answer.headers["ETag"].removeprefix("W/")


def test_bothForms_GiveTheSame(server, inventory):
    file, path = inventory.datasets[0]
    by_path = server.get(f"/v1/datasets/{quote(file + path, safe='')}")
    by_query = server.get("/v1/datasets", {"file": file, "path": path})
    assert by_path.status_code == 200
    assert by_path.content == by_query.content


def test_openapiJson_IsTheDocument(server):
    assert requests.get(f"{server.url}/openapi.json", timeout=60).json() == DOCUMENT
