"""A client that listens to /v1/events, for the tests."""

import json
import re
import threading

import requests

from support import eventually

ID = re.compile(r"[0-9a-z]+-\d+")


class Listener:
    """A client that reads a stream of events in a thread, as the HTML standard has it."""

    def __init__(self, server, path="", params=None, **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = requests.get(
            f"{server.url}/v1/events/{path}", params=params, headers=fields, stream=True, timeout=60)
        assert self.answer.status_code == 200, self.answer.text
        self.events, self.comments, self.last_id, self.failure = [], [], None, None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        eventually(lambda: self.last_id, what="the first block")

    def run(self):
        fields = {}
        try:
            for line in self.answer.iter_lines(chunk_size=None):
                name, _, value = line.decode().partition(":")
                if line and not name:
                    self.comments.append(value)
                elif line:
                    fields[name] = value.removeprefix(" ")
                else:
                    self.last_id = fields.get("id", self.last_id)
                    if "event" in fields:
                        self.events.append((fields["event"], json.loads(fields["data"]), fields["id"]))
                    fields = {}
        except requests.exceptions.RequestException as error:
            self.failure = error
        except AttributeError:  # closed by the test while it was read
            pass

    @property
    def lines(self):
        """`changed run1.h5`, `created dir/`, ..., in their order."""
        return [f"{name} {data['path']}{'/' * (data['kind'] == 'directory')}" for name, data, _ in list(self.events)]

    def wait(self, *lines):
        for line in lines:
            eventually(lambda: line in self.lines, what=f"{line!r} among {self.lines}")

    def settle(self, root):
        """Everything that was told of what has happened so far."""
        number = sum("/sentinel" in line for line in self.lines)
        (root / f".sentinel{number}").touch()
        (root / f".sentinel{number}").rename(root / f"sentinel{number}")
        name = f"sentinel{number}"
        self.wait(f"created {name}")
        return [line for line in self.lines if "sentinel" not in line]

    def close(self):
        # It wakes the thread, which a close would not.
        if self.thread.is_alive():
            self.answer.raw.shutdown()
        self.thread.join(10)
        self.answer.close()
