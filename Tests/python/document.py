"""The OpenAPI document as the tests use it: its operations and schemas, and schemathesis runs by it."""

import json
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import jsonschema_rs

import support

sys.path.insert(0, str(support.REPOSITORY / "openapi"))
import embed  # noqa: E402

DOCUMENT = embed.document()


class Operation(NamedTuple):
    method: str
    path: str
    described: dict


OPERATIONS = {
    described["operationId"]: Operation(method, path, described)
    for path, item in DOCUMENT["paths"].items() for method, described in item.items()
}
# Their answers have no end.
STREAMS = {name for name, operation in OPERATIONS.items()
           if "Events" in operation.described["responses"].get("200", {}).get("$ref", "")}
READS = {
    name: operation for name, operation in OPERATIONS.items()
    if (operation.method == "get" or name.removesuffix("ByQuery") == "selectValues") and name not in STREAMS}
# Leases leave the files as they are, and a batch is what its requests are: they have tests of their own.
OTHERS = ("acquireLease", "renewLease", "releaseLease", "batch")
WRITES = {
    name: operation for name, operation in OPERATIONS.items()
    if operation.method != "get" and name not in READS and name.removesuffix("ByQuery") not in OTHERS}


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


def response(operation, status):
    """What the document says about an answer of the operation."""
    return resolve(OPERATIONS[operation].described["responses"][str(status)])


def response_schema(operation, status=200):
    return response(operation, status)["content"]["application/json"]["schema"]


def examples(media):
    """The example values of one media type of a body."""
    found = [media["example"]] if "example" in media else []
    return found + [example["value"] for example in media.get("examples", {}).values()]


# Schemathesis


def thinned(items, limit=40):
    """At most `limit` of the items, from all over the list."""
    items = list(dict.fromkeys(items))
    return items[:: max(1, -(-len(items) // limit))]


def seeded(words, without=()):
    """The document with real names for its parameters: unseeded, a generator finds nothing but 404.

    `words` is {operation: {parameter: values}}; the header fields `without` are left out, since conditions and parts
    have tests of their own: one that refuses a request hides what the rest of it leads to.
    """
    document = deepcopy(DOCUMENT)
    for name, values in words.items():
        method, path, _ = OPERATIONS[name]
        operation = document["paths"][path][method]
        parameters = [found for found in map(resolve, operation["parameters"]) if found["name"] not in without]
        operation["parameters"] = [seeded_parameter(parameter, values) for parameter in parameters]
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


def schemathesis(server, document, directory, mode, examples, operations):
    """A run of schemathesis on the operations: the process, and the requests with their answers."""
    (directory / f"{mode}.json").write_text(embed.as_json(document))
    # Valid parameters may be refused, with an answer that the document tells: a selection that is a string need not fit
    # the dataset, and an attribute of one object need not be one of another.
    command = [
        Path(sys.executable).with_name("schemathesis"), "run", f"{mode}.json", "--url", server.url, "--no-color",
        "--mode", mode, "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples),
        "--exclude-checks", "positive_data_acceptance", "--continue-on-failure", "--generation-deterministic",
        "--suppress-health-check", "all", "--warnings", "off", "--output-sanitize", "false",
        "--report", "har", "--report-har-path", f"{mode}.har"]
    for operation in operations:
        command += ["--include-operation-id", operation]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=400)
    assert (directory / f"{mode}.har").exists(), done.stdout + done.stderr
    return done, json.loads((directory / f"{mode}.har").read_text())["log"]["entries"]


def operation_of(request):
    """The operation that a request of a report leads to; None for none."""
    path, method = urlsplit(request["url"]).path, request["method"].lower()
    for name, operation in OPERATIONS.items():
        template = re.escape(operation.path).replace(r"\{resource\}", ".+")
        if operation.method == method and re.fullmatch(template, path):
            return name
    return None


def error_codes(entries):
    """The codes of all errors in a report, each with the status that is its own."""
    codes = set()
    for entry in entries:
        status = entry["response"]["status"]
        if status < 400 or status in (405, 416) or entry["request"]["method"] == "HEAD":
            continue
        body = json.loads(entry["response"]["content"]["text"])
        assert support.CODES[body["code"]] == status, entry["request"]["url"]
        codes.add(body["code"])
    return codes
