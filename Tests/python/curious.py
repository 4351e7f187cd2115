"""A client that asks for everything in a file that may be damaged, and wants clean answers."""

import json
from collections import Counter
from urllib.parse import quote

import requests

from support import check_error

# What a damaged file may be answered with.
STATUSES = {200, 404, 409, 413, 422, 423, 500, 503, 504}
# Of an answer no more is read, and of a file no more objects are asked for.
MOST_BYTES, MOST_OBJECTS = 1 << 20, 20
RESOURCES = {"dataset": ("datasets", "values", "dimensions"), "group": ("groups",), "datatype": ("datatypes",)}


class Curious:
    """What the server has answered so far: by status and code, and by the file whose worker ended."""

    def __init__(self, server):
        self.server = server
        self.counts, self.failed = Counter(), {}

    def read(self, name):
        """Asks for a file's tree, attributes and values."""
        self.ask(f"/v1/files/{name}")
        tree = self.ask(f"/v1/tree/{name}")
        self.ask(f"/v1/groups/{name}?depth=3")
        self.ask(f"/v1/attributes/{name}")
        for entry in (tree or [])[:MOST_OBJECTS]:
            path = "/".join(quote(part, safe="") for part in entry["path"].strip("/").split("/"))
            for resource in ("attributes", *RESOURCES.get(entry["kind"], ())):
                self.ask(f"/v1/{resource}/{name}/{path}")
            if entry["kind"] == "dataset":
                self.ask(f"/v1/values/{name}/{path}", "application/octet-stream")

    def ask(self, target, accept="application/json"):
        """A request's answer as JSON where it is short; what is not clean fails."""
        answer = self.server.request(
            "GET", target, headers={"Prefer": "wait=0", "Accept": accept}, stream=True)
        try:
            content = self.content(answer)
        except requests.exceptions.RequestException:
            # A stream that has begun is cut where the worker ends, and only there.
            assert answer.status_code == 200, target
            return self.note(target, "cut")
        finally:
            answer.close()
        if answer.status_code == 200:
            self.note(target, "200")
            return json.loads(content) if accept == "application/json" and content is not None else None
        answer._content = content
        code = answer.json()["code"]
        self.note(target, code)
        assert answer.status_code in STATUSES and code != "internal", f"{target}: {answer.text[:500]}"
        check_error(self.server, answer, code)
        return None

    def content(self, answer):
        """A body; None for one of which only the beginning was read."""
        parts, size = [], 0
        for part in answer.iter_content(1 << 16):
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES and answer.status_code == 200:
                return None
        return b"".join(parts)

    def note(self, target, outcome):
        self.counts[outcome] += 1
        if outcome in ("worker_failed", "cut"):
            self.failed.setdefault(target.split("?")[0].split("/")[3], target)
