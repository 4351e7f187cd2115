"""Runs the commands for people: on local paths and, with the same arguments, on what a server serves."""

import json
import os
import shutil
import socket
import subprocess
import threading

import h5py
import numpy as np

import support

FORMS = ("here", "served")


def run(*arguments, cwd=None, stdin=None, **environment):
    """One run of the program; its output as bytes decoded with surrogates."""
    return subprocess.run(
        [support.BINARY, *map(str, arguments)], cwd=cwd, capture_output=True, timeout=120, input=stdin,
        encoding="utf-8", errors="surrogateescape", env={**os.environ, "TERM": "xterm-256color", **environment})


class Place:
    """A directory of files that commands work on, by paths or by URLs."""

    def __init__(self, form, folder, server):
        self.form, self.folder, self.server = form, folder, server

    def at(self, path):
        """The address of a path below the directory."""
        return f"{self.server.url}/{path}" if self.form == "served" else path or "."

    def clean(self, text):
        return text.replace(f"{self.server.url}/", "")

    def run(self, command, *arguments, **keywords):
        """Runs a command; arguments that begin with `@` are paths below the directory."""
        arguments = [self.at(one[1:]) if isinstance(one, str) and one.startswith("@") else one for one in arguments]
        done = run(command, *arguments, cwd=self.folder, **keywords)
        done.stdout, done.stderr = self.clean(done.stdout), self.clean(done.stderr)
        return done

    def output(self, command, *arguments, **keywords):
        """What a command writes that succeeds."""
        done = self.run(command, *arguments, **keywords)
        assert done.returncode == 0, (done.returncode, done.stderr)
        assert done.stderr == ""
        return done.stdout

    def json(self, command, *arguments, **keywords):
        return json.loads(self.output(command, *arguments, "--json", **keywords))

    def lines(self, command, *arguments, **keywords):
        return [json.loads(line) for line in self.output(command, *arguments, "--json", **keywords).splitlines()]

    def refused(self, command, *arguments, status, says=(), **keywords):
        """A command that ends with this status and one sentence."""
        done = self.run(command, *arguments, **keywords)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        assert done.stderr.startswith("lockedh5: ") and done.stderr.count("\n") == 1, done.stderr
        assert all(word in done.stderr for word in ([says] if isinstance(says, str) else says)), done.stderr
        assert not any(word in done.stderr for word in ("Optional", "Error(", "Swift", "HDF5ClientError")), done.stderr
        return done


def make_files(folder):
    """The files of the tests: one with everything that listings tell, one to change, a directory, no HDF5."""
    (folder / "lab").mkdir()
    with h5py.File(folder / "all.h5", "w", libver=("earliest", "v110")) as file:
        file.attrs["title"] = "everything"
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        counts = entry.create_dataset(
            "counts", data=np.arange(600, dtype="u2").reshape(20, 30), chunks=(5, 30), maxshape=(None, 30),
            shuffle=True, compression="gzip", compression_opts=4)
        counts.attrs["units"] = "1"
        counts.attrs["bad"] = np.array([1.5, np.nan])
        entry["mean"] = np.linspace(0, 1, 5, dtype=">f4")
        entry["label"] = "a label"
        entry["empty"] = h5py.Empty("f8")
        entry["table"] = np.array(
            [(1, 0.5, b"one"), (2, np.nan, b"two")], dtype=[("id", "i4"), ("x", "f8"), ("name", "S8")])
        entry["flags"] = np.array([True, False])
        entry["z"] = np.array([1 + 2j])
        entry["colour"] = np.array([1, 0], dtype=h5py.enum_dtype({"RED": 0, "GREEN": 1}, basetype="u1"))
        file["type"] = np.dtype("f8")
        file["soft"] = h5py.SoftLink("/entry/counts")
        file["broken"] = h5py.SoftLink("/nothing")
        file["away"] = h5py.ExternalLink("lab/other.h5", "/x")
        file["again"] = entry
        odd = file.create_group("odd names")
        odd["a+b %25?#"] = 1
        odd["\u00fcber \u6f22"] = 2
        odd["\x1b[31mred"] = 3
        odd[b"\xff\xfe"] = 4
    with h5py.File(folder / "lab/other.h5", "w") as file:
        file["x"] = np.arange(3)
        file.create_group("g/h")
    (folder / "notes.h5").write_text("these are no HDF5")


def copies(folder, target):
    """A copy of the files, to be changed."""
    shutil.copytree(folder, target)
    return target


class Line:
    """A line to a server; what passes on it is carried by those that inherit this."""

    def __init__(self, port):
        self.port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.listener.close()

    def is_broken(self):
        return False

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.is_broken():
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.port))
            for ends in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, target, is_request):
        """Carries one direction, as long as the line is whole."""
        try:
            while not self.is_broken() and (piece := source.recv(65536)):
                self.pass_on(piece, is_request)
                target.sendall(piece)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def pass_on(self, piece, is_request):
        """Is called for each piece before it goes on."""


class Before(Line):
    """A line on which something is done, once, before a request passes that begins so."""

    def __init__(self, port, beginning, action):
        self.beginning, self.action = beginning, action
        # How each further piece of a request begins.
        self.later = []
        super().__init__(port)

    def pass_on(self, piece, is_request):
        if not self.action and is_request:
            self.later.append(piece[:20])
        if piece.startswith(self.beginning) and self.action:
            action, self.action = self.action, None
            action()
