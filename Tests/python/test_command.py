"""The command itself: what it says when it cannot serve."""

import os
import re
import socket
import subprocess

import pytest

import support
from cases import create


@pytest.fixture(autouse=True)
def built(request):
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")


def run(*arguments, **environment):
    return subprocess.run(
        [support.BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=20,
        env={**os.environ, **environment})


def check_refusal(outcome, *words):
    assert outcome.returncode != 0 and "listening" not in outcome.stdout
    for word in words:
        assert word in outcome.stderr, outcome.stderr
    assert "Fatal error" not in outcome.stderr and "Stack dump" not in outcome.stderr


def test_serve_refuses_a_directory_that_is_not_there(tmp_path):
    check_refusal(run("serve", tmp_path / "missing", "--listen", "127.0.0.1:0"), "missing")


def test_serve_refuses_a_file_as_its_root(tmp_path):
    (tmp_path / "file").write_text("x")
    check_refusal(run("serve", tmp_path / "file", "--listen", "127.0.0.1:0"), "file")


def test_serve_refuses_a_port_that_is_taken(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        check_refusal(run("serve", tmp_path, "--listen", f"127.0.0.1:{port}", "--state", tmp_path / "s"), str(port))


def test_serve_refuses_to_listen_to_everybody_without_authentication(tmp_path):
    check_refusal(run("serve", tmp_path, "--listen", "0.0.0.0:0", "--state", tmp_path / "s"), "--insecure")


@pytest.mark.parametrize("listen", ["nonsense", "127.0.0.1:99999", "127.0.0.1:-1", "300.0.0.1:80", ""])
def test_serve_refuses_an_address_that_is_none(tmp_path, listen):
    check_refusal(run("serve", tmp_path, f"--listen={listen}", "--state", tmp_path / "s"))


@pytest.mark.parametrize("option", [
    "--workers=0", "--workers=-1", "--workers=x", "--lock-wait=-1", "--request-timeout=0", "--slab-size=0",
    "--worker-memory=0", "--lock-hold=-1", "--nonsense=1", "--json-size=0", "--upload-size=0", "--file-mode=rw",
    "--file-mode=0444", "--file-mode=0668", "--file-mode=4777", "--group=no-such-group-at-all", "--durability=hope"])
def test_serve_refuses_a_limit_that_makes_no_sense(tmp_path, option):
    check_refusal(run("serve", tmp_path, "--listen", "127.0.0.1:0", "--state", tmp_path / "s", option))


def test_serve_refuses_a_state_directory_that_it_cannot_use(tmp_path):
    (tmp_path / "state").write_text("x")
    check_refusal(run("serve", tmp_path, "--listen", "127.0.0.1:0", "--state", tmp_path / "state"), "state")


def test_serve_refuses_a_state_directory_that_another_server_uses(start_server, tmp_path):
    server = start_server(tmp_path)
    check_refusal(run("serve", tmp_path, "--listen", "127.0.0.1:0", "--state", server.state), "state")


def test_serve_ignores_what_the_environment_says_to_hdf5(start_server, root, tmp_path):
    environment = {"HDF5_USE_FILE_LOCKING": "FALSE", "HDF5_PLUGIN_PATH": str(tmp_path), "HDF5_DRIVER": "nonsense"}
    server = start_server(root, environment=environment)
    assert server.json("/v1/values/small.h5/counts") == list(range(10))
    assert server.get("/v1/values/values-v110.h5/filters/lz4/i4be").status_code == 200


def test_serve_writes_nothing_into_its_root(start_server, tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    with create(folder / "a.h5", "earliest") as file:
        file["x"] = 1
    before = (os.stat(folder).st_mtime_ns, os.stat(folder / "a.h5"))
    server = start_server(folder)
    for target in ("values/a.h5/x", "files/a.h5", "files", "raw/a.h5", "tree/a.h5"):
        assert server.get(f"/v1/{target}").status_code == 200
    after = (os.stat(folder).st_mtime_ns, os.stat(folder / "a.h5"))
    assert before[0] == after[0] and before[1].st_mtime_ns == after[1].st_mtime_ns


def test_routes_are_printed():
    outcome = run("routes")
    assert outcome.returncode == 0
    for path in ("files", "raw", "groups", "tree", "datasets", "values", "attributes", "links"):
        assert re.search(rf"GET\s.*/v1/{path}\b", outcome.stdout), path
    for path in ("files", "raw", "groups", "datasets", "values", "attributes", "links"):
        assert re.search(rf"PUT\s.*/v1/{path}\b", outcome.stdout), path


def test_help_names_every_option():
    outcome = run("serve", "--help")
    assert outcome.returncode == 0
    for option in ("--listen", "--workers", "--lock-wait", "--request-timeout", "--worker-memory", "--lock-hold",
                   "--slab-size", "--max-wait", "--cors-origin", "--state", "--read-only", "--file-mode", "--group",
                   "--json-size", "--upload-size"):
        assert option in outcome.stdout
