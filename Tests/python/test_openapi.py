"""The OpenAPI document: valid, the routes that there are, and nothing that the running server contradicts."""

import json
import re
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from pathlib import Path
from urllib.parse import quote, urlsplit

import h5py
import jsonschema_rs
import openapi_spec_validator
import pytest
import requests

import support

sys.path.insert(0, str(support.REPOSITORY / "openapi"))
import embed  # noqa: E402

DOCUMENT = embed.document()
OPERATIONS = {
    item["get"]["operationId"]: (path, item["get"])
    for path, item in DOCUMENT["paths"].items()
}


# The document by itself


def test_document_IsValid():
    openapi_spec_validator.validate(DOCUMENT)


def test_document_HasOnlyGet():
    assert {method for item in DOCUMENT["paths"].values() for method in item} == {"get"}
    assert len(OPERATIONS) == len(DOCUMENT["paths"])


def test_embeddedDocument_IsCurrent():
    assert embed.TARGET.read_text() == embed.swift(), "run python3 openapi/embed.py"


def test_examples_FollowTheirSchemas():
    for name, answer in DOCUMENT["components"]["responses"].items():
        for content in answer.get("content", {}).values():
            examples = [content["example"]] if "example" in content else []
            examples += [example["value"] for example in content.get("examples", {}).values()]
            for example in examples:
                validator(content["schema"]).validate(example)


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
    for operation, (path, get) in OPERATIONS.items():
        parameters = [resolve(parameter) for parameter in get.get("parameters", [])]
        query = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        named = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        subject = {frozenset(): "server", frozenset({"file"}): "file", frozenset({"file", "path"}): "object"}[
            frozenset(query & {"file", "path"})]
        table[operation] = (path, subject, named, query - {"file", "path"})
    return table


def test_operations_AreTheRouteTable():
    described = described_table()
    for operation, (method, prefix, subject, query) in route_table().items():
        assert method == "GET"
        if subject == "server":
            assert described.pop(operation) == (prefix, "server", set(), query)
            continue
        assert described.pop(operation) == (f"{prefix}/{{resource}}", "server", {"resource"}, query)
        form = {"entry": "file"}.get(subject, subject)
        assert described.pop(f"{operation}ByQuery") == (prefix, form, set(), query)
    assert not described, "the server has no such routes"


# The document and the running server


def resolve(node):
    """`node`, or what its `$ref` leads to."""
    while "$ref" in node:
        path = node["$ref"].removeprefix("#/").split("/")
        node = DOCUMENT
        for name in path:
            node = node[name]
    return node


def validator(schema):
    """Of JSON values, by a schema of the document."""
    return jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def response_schema(operation, status=200):
    answer = resolve(OPERATIONS[operation][1]["responses"][str(status)])
    return answer["content"]["application/json"]["schema"]


def can_be_named(path):
    """Whether a path can: UTF-8 (other names h5py gives as bytes), and no segment that clients fold away."""
    if isinstance(path, bytes) or re.search("[\ud800-\udfff]", path):
        return False
    return not {".", ".."} & set(path.split("/"))


class Inventory:
    """What is in the served directory and can be served, as h5py sees it."""

    # Of one group; more of them show nothing new.
    MOST_MEMBERS = 100

    def __init__(self, root):
        self.entries, self.files = [], []
        self.groups, self.datasets, self.links, self.attributes, self.fields = [], [], [], [], []
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
            {h5py.Group: self.groups, h5py.Dataset: self.datasets}.get(kind, []).append((name, path))
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
            fields = node.dtype.names if isinstance(node, h5py.Dataset) else None
            objects.append((f"/{place}", type(node), attributes, fields or ()))

    def objects(self, operation):
        """The (file, path) pairs that `operation` is about."""
        return {
            "getFile": [(name, "") for name in self.entries], "getRaw": [(name, "") for name in self.files],
            "getGroup": self.groups, "getTree": self.groups, "getDataset": self.datasets, "getValues": self.datasets,
            "getAttributes": [(file, path) for file, path, _ in self.attributes], "getLink": self.links,
        }.get(operation.removesuffix("ByQuery"), [])


@pytest.fixture(scope="module")
def inventory(server):
    found = Inventory(server.root)
    assert found.datasets and found.attributes and found.links
    return found


def thinned(items, limit=40):
    """At most `limit` of the items, from all over the list."""
    items = list(dict.fromkeys(items))
    return items[:: max(1, -(-len(items) // limit))]


SELECTIONS = ["", "0", "-1", ":", "0:2", "::2", "1:3,::2", "...", "...,0", "99999999", "0,0,0,0,0,0", "x", "::0"]


def seeded(inventory, mode):
    """The document with real names for its parameters: unseeded, a generator finds nothing but 404."""
    document = deepcopy(DOCUMENT)
    for operation, (path, _) in OPERATIONS.items():
        everything = inventory.objects(operation)
        if not everything:
            continue
        first = everything[0][0]
        words = {
            "resource": thinned(file + path for file, path in everything),
            "file": [first] if everything[0][1] else ["", *thinned(file for file, _ in everything)],
            "path": ["", *thinned(path for file, path in everything if file == first)],
            "name": thinned(name for _, _, name in inventory.attributes),
        }
        if mode == "positive":
            words |= {"select": SELECTIONS, "field": thinned(inventory.fields)}
        get = document["paths"][path]["get"]
        # Conditional requests have a test of their own: a tag that matches hides what the rest of a request leads to.
        parameters = [found for found in map(resolve, get["parameters"]) if found["name"] != "If-None-Match"]
        get["parameters"] = [seeded_parameter(parameter, words) for parameter in parameters]
    return document


def seeded_parameter(parameter, words):
    parameter = deepcopy(parameter)
    parameter.pop("example", None)
    schema = parameter["schema"]
    if schema["type"] == "array":
        schema["maxItems"] = 1
        schema = schema["items"]
    if parameter["name"] in words:
        schema["enum"] = words[parameter["name"]]
    return parameter


def schemathesis(server, inventory, directory, mode, examples):
    """A run of schemathesis against the server: the process, and the requests with their answers."""
    (directory / f"{mode}.json").write_text(embed.as_json(seeded(inventory, mode)))
    # Valid parameters may be refused, with an answer that the document tells: a selection that is a string need not fit
    # the dataset, and an attribute of one object need not be one of another.
    command = [
        Path(sys.executable).with_name("schemathesis"), "run", f"{mode}.json", "--url", server.url, "--no-color",
        "--mode", mode, "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples),
        "--exclude-checks", "positive_data_acceptance", "--continue-on-failure", "--generation-deterministic",
        "--suppress-health-check", "all", "--warnings", "off", "--output-sanitize", "false",
        "--report", "har", "--report-har-path", f"{mode}.har"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=400)
    assert (directory / f"{mode}.har").exists(), done.stdout + done.stderr
    return done, json.loads((directory / f"{mode}.har").read_text())["log"]["entries"]


@pytest.fixture(scope="module")
def runs(server, inventory, tmp_path_factory):
    directory = tmp_path_factory.mktemp("schemathesis")
    return {
        mode: schemathesis(server, inventory, directory, mode, examples)
        for mode, examples in [("positive", 60), ("negative", 25)]
    }


def operation_of(target):
    """The operation that a request's URL leads to; None for none."""
    path = urlsplit(target).path
    for operation, (template, _) in OPERATIONS.items():
        if re.fullmatch(re.escape(template).replace(r"\{resource\}", ".+"), path):
            return operation
    return None


@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_requests_KeepToTheDocument(runs, mode):
    done, _ = runs[mode]
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr


def test_operations_AllSucceeded(runs):
    answered = {
        operation_of(entry["request"]["url"]) for _, entries in runs.values() for entry in entries
        if entry["response"]["status"] // 100 == 2}
    assert answered - {None} == set(OPERATIONS)


def test_errors_HaveTheStatusOfTheirCode(runs):
    codes = set()
    for entry in (entry for _, entries in runs.values() for entry in entries):
        status = entry["response"]["status"]
        if status < 400 or status in (405, 416) or entry["request"]["method"] == "HEAD":
            continue
        body = json.loads(entry["response"]["content"]["text"])
        assert support.CODES[body["code"]] == status, entry["request"]["url"]
        codes.add(body["code"])
    assert codes >= {"invalid", "not_found", "out_of_bounds", "wrong_kind", "not_acceptable"}


@pytest.mark.parametrize("operation", ["getFile", "getGroup", "getTree", "getDataset", "getAttributes", "getLink"])
def test_everyObject_FollowsItsSchema(server, inventory, operation):
    prefix = OPERATIONS[f"{operation}ByQuery"][0]
    described = validator(response_schema(operation))
    for file, path in dict.fromkeys(inventory.objects(operation)):
        answer = server.get(f"{prefix}/{quote(file + path)}")
        assert answer.status_code == 200, f"{file}{path}: {answer.text[:500]}"
        described.validate(answer.json())


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if not operation.endswith("ByQuery")])
def test_entityTag_IsToldWhereTheDocumentSaysSo(server, inventory, operation):
    path, get = OPERATIONS[operation]
    answers = get["responses"]
    (file, place), *_ = [found for found in inventory.objects(operation) if found[0] in inventory.files] or [("", "")]
    target = path.replace("{resource}", quote(file + place))
    answer = server.get(target)
    assert answer.status_code == 200
    assert ("ETag" in answer.headers) == ("304" in answers) == ("ETag" in resolve(answers["200"])["headers"])
    if "304" in answers:
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
