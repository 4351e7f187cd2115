"""The operations of the differential test, done over HTTP and with the library."""

import base64
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote, urlencode

import support
from written import state_of

DRIVER = os.environ.get("LOCKEDH5_DRIVER", str(Path(support.BINARY).with_name("LibraryDriver")))
OCTETS = "application/octet-stream"


class Disagreement(AssertionError):
    """An operation whose outcome is not h5py's."""


def check(operation, code, message):
    """Compares an outcome with what h5py did."""
    wanted = operation.get("refused")
    if code is None and wanted is None or wanted is not None and code in wanted:
        return
    said = "is done" if code is None else f"is refused: {code}: {message}"
    raise Disagreement(f"{json.dumps(operation)[:1500]} {said}; h5py: {wanted or 'does it'}")


# Over HTTP


def request_of(name, operation, rnd):
    """The request of a batch that does an operation."""
    method, resource, query, body = REQUESTS[operation["op"]](operation)
    if rnd.random() < 0.5:
        target = f"/v1/{resource}/{quote(name)}{quote(operation['path'])}"
    else:
        target, query = f"/v1/{resource}", {"file": name, "path": operation["path"]} | query
    request = {"method": method, "target": target + ("?" + urlencode(query, quote_via=quote) if query else "")}
    if isinstance(body, bytes):
        return request | {"headers": {"Content-Type": OCTETS}, "body": base64.b64encode(body).decode()}
    return request if body is None else request | {"body": body}


def value_body(operation, key="json"):
    """A value as JSON where the operation has it so, else as octets."""
    return operation["json"] if key in operation else base64.b64decode(operation["octets"])


def dataset_body(operation):
    names = ("shape", "datatype", "maxshape", "chunks", "filters")
    body = {name: operation[name] for name in names if name in operation} | {"datatype": datatype_of(operation)}
    if "fill" in operation:
        body["fillvalue"] = operation["fill"]["all"]
    if "value" in operation:
        body["value"] = operation["value"]["all"]
    return body


def datatype_of(operation):
    """The datatype of something that is made: one that is committed, or one of its own."""
    return {"committed": operation["committed"]} if "committed" in operation else operation["datatype"]


def attribute_query(operation):
    shape = ",".join(map(str, operation["shape"]))
    return {"name": operation["name"], "datatype": json.dumps(datatype_of(operation)), "shape": shape}


def copy_body(operation):
    return {"source": operation["source"], "path": operation["path"]} | dict.fromkeys(operation["flags"], True)


def dimension_body(operation, **change):
    return {"dimension": operation["dimension"]} | change


def link_body(operation):
    return {key: operation[key] for key in ("link", "target", "targetFile") if key in operation}


REQUESTS = {
    "group": lambda o: ("PUT", "groups", {}, {"trackOrder": o["trackOrder"]}),
    "require_group": lambda o: ("PUT", "groups", {"require": "true"}, None),
    "dataset": lambda o: ("PUT", "datasets", {}, dataset_body(o)),
    "require_dataset": lambda o: (
        "PUT", "datasets", {"require": "true"} | ({"exact": "true"} if o["exact"] else {}), dataset_body(o)),
    "write": lambda o: ("PUT", "values", {"select": o["select"]} if o["select"] else {}, value_body(o)),
    "resize": lambda o: ("PATCH", "datasets", {}, {"shape": o["shape"]}),
    "attribute": lambda o: ("PUT", "attributes", attribute_query(o), value_body(o)),
    "modify_attribute": lambda o: ("PATCH", "attributes", {"name": o["name"]}, o["all"]),
    "remove_attribute": lambda o: ("DELETE", "attributes", {"name": o["name"]}, None),
    "link": lambda o: ("PUT", "links", {}, link_body(o)),
    "move": lambda o: ("PATCH", "links", {}, {"path": o["to"]}),
    "remove": lambda o: ("DELETE", o["kind"] + "s" if "kind" in o else "links", {}, None),
    "points": lambda o: ("PATCH", "values", {}, {"points": o["points"], "set": o["all"]}),
    "mask": lambda o: ("PATCH", "values", {}, {"mask": o["mask"], "set": o["all"]}),
    "commit": lambda o: ("PUT", "datatypes", {}, {"datatype": o["datatype"]}),
    "scale": lambda o: ("PATCH", "dimensions", {}, {"scale": o["name"]}),
    "label": lambda o: ("PATCH", "dimensions", {}, dimension_body(o, label=o["label"])),
    "attach": lambda o: ("PATCH", "dimensions", {}, dimension_body(o, attach=o["scale"])),
    "detach": lambda o: ("PATCH", "dimensions", {}, dimension_body(o, detach=o["scale"])),
}


class OverHTTP:
    """Does operations over HTTP: those that h5py does in batches, the others alone, after which no byte has changed.

    Copies, which can be about two files, are in no batch.
    """

    def __init__(self, server, name, creation, rnd):
        self.server, self.name, self.rnd = server, name, rnd
        self.path = server.root / name
        answer = server.put(f"/v1/files/{name}", creation)
        assert answer.status_code == 201, answer.text

    def run(self, operations):
        pending = []
        for operation in operations:
            is_alone = "refused" in operation or operation["op"] == "copy"
            if not is_alone:
                pending.append(operation)
            if is_alone or len(pending) == 8:
                self.batch(pending)
                pending = []
            if is_alone:
                self.alone(operation)
        self.batch(pending)

    def batch(self, operations):
        if operations:
            jobs = [request_of(self.name, operation, self.rnd) for operation in operations]
            answer = self.server.send("POST", f"/v1/batch/{self.name}", jobs)
            if answer.status_code != 200:
                body = answer.json()
                check(operations[body.get("index", 0)], body["code"], body["message"])
                raise Disagreement(f"the batch is refused: {answer.text}")

    def alone(self, operation):
        before = state_of(self.path)
        answer = self.answer(operation)
        if answer.ok:
            return check(operation, None, None)
        body = answer.json()
        check(operation, body["code"], body["message"])
        if state_of(self.path) != before:
            raise Disagreement(f"{json.dumps(operation)[:1500]} is refused and changes the file")

    def answer(self, operation):
        if operation["op"] == "copy":
            return self.server.send("POST", f"/v1/copies/{self.name}", copy_body(operation))
        return self.server.send("POST", f"/v1/batch/{self.name}", [request_of(self.name, operation, self.rnd)])


# With the library


class Locally:
    """Does operations with the LockedH5 library, in a process that reads them as lines."""

    def __init__(self):
        self.process = subprocess.Popen([DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, path, creation, operations, rnd):
        """Does all of a file's operations, some of them in each writing scope.

        A copy begins a scope of its own: libhdf5 1.10.8 does not close a file of the old format any more in which a group
        got an external link and was removed, and something was copied then.
        """
        place = 0
        while place < len(operations):
            most = place + rnd.choice((1, 3, 8, 20))
            end = next((other for other in range(place + 1, len(operations)) if operations[other]["op"] == "copy"), most)
            part = operations[place : min(most, end)]
            self.scope({"file": str(path), "create": creation if place == 0 else None, "operations": part}, part)
            place += len(part)

    def scope(self, request, operations):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        for operation, outcome in zip(operations, answer["outcomes"], strict=True):
            check(operation, *(outcome or (None, None)))

    def end(self):
        self.process.stdin.close()
        return self.process.wait(20)
