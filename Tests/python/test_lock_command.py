"""`lockedh5 lock` and `lockedh5 locks`, on files here and on those of a server."""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys

import h5py
import pytest

import support
from support import eventually

# Says that it runs, and ends when it is told how.
WAITING = "print('ready', flush=True); raise SystemExit(int(input() or 0))"
ADDING = """
import os, h5py
with h5py.File(os.environ["LOCKEDH5_FILE"], "r+") as file:
    file["x"][0] += 1
"""


@pytest.fixture(autouse=True)
def built():
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")


def python(source):
    return [sys.executable, "-c", source]


def command(*arguments):
    return [support.BINARY, *map(str, arguments)]


def run(*arguments, **options):
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60, **options)


@pytest.fixture
def start():
    """Starts commands that end with the test: `start("lock", ...)`; they have told that they run."""
    running = []

    def begin(*arguments, first="ready\n", **options):
        process = subprocess.Popen(
            command(*arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            **options)
        running.append(process)
        assert process.stdout.readline() == first if first else True
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate(timeout=20)


def end(process, line=""):
    """Lets a waiting command end; the exit status, and what was said on standard error."""
    _, errors = process.communicate(line + "\n", timeout=30)
    return process.returncode, errors


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    with h5py.File(folder / "a.h5", "w") as file:
        file["x"] = range(10)
    return folder / "a.h5"


@pytest.fixture
def running(start_server, path):
    return start_server(path.parent, "--workers", 1)


def leases(server, file="a.h5"):
    return [one for one in server.json(f"/v1/locks/{file}")["holders"] if one["kind"] == "lease"]


# A file here


def test_command_works_on_the_locked_file(path):
    for _ in range(2):
        outcome = run("lock", path, "--", *python(ADDING))
        assert outcome.returncode == 0, outcome.stderr
    with h5py.File(path) as file:
        assert list(file["x"][:3]) == [2, 1, 2]


def test_others_are_kept_out_while_it_runs(path, start, foreign):
    process = start("lock", path, "--", *python(WAITING))
    assert foreign.open(path, "r") == "refused"
    assert end(process) == (0, "")
    assert foreign.open(path, "r+") == "ok"


def test_shared_lock_lets_others_read_and_leaves_the_librarys_own_in_place(path, start, foreign):
    source = f"import h5py, os; h5py.File({str(path)!r}); os.environ.get('HDF5_USE_FILE_LOCKING') is None or exit(9)\n"
    process = start("lock", "--shared", path, "--", *python(source + WAITING))
    assert foreign.open(path, "r+") == "refused"
    assert foreign.open(path, "r") == "ok"
    assert end(process) == (0, "")


def test_concurrent_commands_follow_one_another(path):
    processes = [
        subprocess.Popen(command("lock", "--wait", 60, path, "--", *python(ADDING))) for _ in range(6)]
    assert [process.wait(60) for process in processes] == [0] * 6
    with h5py.File(path) as file:
        assert file["x"][0] == 6


def test_lock_is_waited_for(path, foreign):
    assert foreign.open(path, "r+") == "ok"
    with subprocess.Popen(command("lock", "--wait", 60, path, "--", "true")) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.3)
        assert foreign.close() == "ok"
        assert waiting.wait(20) == 0


@pytest.mark.parametrize(("options", "status"), [([], 1), (["-E", 77], 77), (["--conflict-exit-code", 0], 0)])
def test_lock_that_was_not_had_is_told_with_its_holder(path, foreign, tmp_path, options, status):
    assert foreign.open(path, "r+") == "ok"
    outcome = run("lock", "--wait", 0, *options, path, "--", "touch", tmp_path / "made")
    assert outcome.returncode == status and not (tmp_path / "made").exists()
    assert f"process {foreign.process.pid}" in outcome.stderr and "a.h5" in outcome.stderr


@pytest.mark.parametrize(("source", "status"), [
    ("exit 0", 0), ("exit 5", 5), ("exit 255", 255), ("kill -9 $$", 137), ("kill -15 $$", 143)])
def test_status_is_the_commands(path, running, source, status):
    assert run("lock", path, "--", "sh", "-c", source).returncode == status
    assert run("lock", f"{running.url}/v1/files/a.h5", "--", "sh", "-c", source).returncode == status


def test_command_that_cannot_be_started_is_told(path, running, tmp_path):
    (tmp_path / "text").write_text("no program")
    for subject in (path, f"{running.url}/a.h5"):
        missing = run("lock", subject, "--", tmp_path / "missing")
        assert missing.returncode == 127 and "missing" in missing.stderr
        assert run("lock", subject, "--", tmp_path / "text").returncode == 126
    assert leases(running) == []


def test_arguments_and_environment_arrive_as_they_are(path):
    source = "import os, sys; print(os.fsencode(sys.argv[1]), os.environb[b'ODD'])"
    outcome = subprocess.run(
        [*command("lock", path, "--", *python(source)), "--wait\xe9".encode("latin-1")], capture_output=True,
        timeout=60, env={**os.environb, b"ODD": b"\xff="})
    assert outcome.stdout == b"b'--wait\\xe9' b'\\xff='\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_are_passed_on(path, start, foreign, number):
    source = f"import signal\nsignal.signal({int(number)}, lambda *_: exit(42))\n"
    process = start("lock", path, "--", *python(source + WAITING))
    process.send_signal(number)
    assert process.wait(20) == 42
    assert foreign.open(path, "r+") == "ok"


def test_lock_outlives_a_lockedh5_that_was_killed(path, start, foreign):
    process = start("lock", path, "--", *python(WAITING))
    process.kill()
    process.wait(20)
    assert foreign.open(path, "r") == "refused"
    process.stdin.write("\n")
    process.stdin.flush()
    eventually(lambda: foreign.open(path, "r") == "ok", what="the end of the command's lock")


def test_missing_file_is_an_error(path):
    outcome = run("lock", path.with_name("none.h5"), "--", "true")
    assert outcome.returncode == 1 and "none.h5" in outcome.stderr


def test_missing_file_is_made_where_that_is_wished(path):
    new = path.with_name("new.h5")
    make = f"import h5py; h5py.File({str(new)!r}, 'w')['y'] = 3"
    assert run("lock", "--create", new, "--", *python(make)).returncode == 0
    with h5py.File(new) as file:
        assert file["y"][()] == 3
    content = new.read_bytes()
    assert run("lock", "--create", new, "--", "true").returncode == 0
    assert new.read_bytes() == content


def test_file_that_was_made_and_stayed_empty_is_removed(path):
    new = path.with_name("new.h5")
    assert run("lock", "--create", new, "--", "test", "-e", new).returncode == 0
    assert run("lock", "--create", new, "--", "false").returncode == 1
    assert not new.exists()


# At a terminal


def at_terminal(*arguments):
    """Starts a command as the leader of a terminal's session: its pid and the terminal's other end."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(support.BINARY, command(*arguments))
    return pid, terminal


def read_until(terminal, text):
    content = b""
    while text not in content:
        content += os.read(terminal, 1000)


def test_command_has_the_terminal(path):
    pid, terminal = at_terminal("lock", path, "--", "sh", "-c", "read line; echo got $line; exit 3")
    os.write(terminal, b"a line\n")
    read_until(terminal, b"got a line")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
    os.close(terminal)


def test_interrupt_key_is_for_the_command(path):
    pid, terminal = at_terminal("lock", path, "--", "sh", "-c", "trap 'exit 6' INT; echo ready; while :; do read x; done")
    read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 6
    os.close(terminal)


# A file of a server


@pytest.mark.parametrize("form", ["{}/v1/files/a.h5", "{}/v1/locks/a.h5", "{}/v1/raw/%61.h5", "{}/a.h5", "{}/v1/locks?file=a.h5"])
def test_lease_is_taken_with_any_form_of_the_url(running, form):
    source = "import os; print(*(os.environ['LOCKEDH5_' + name] for name in ('URL', 'FILE', 'TOKEN')))"
    outcome = run("lock", form.format(running.url), "--", *python(source))
    assert outcome.returncode == 0, outcome.stderr
    url, file, token = outcome.stdout.split()
    assert (url, file) == (running.url, "a.h5") and len(token) > 16
    answer = running.get("/v1/values/a.h5/x", lock_token=token)
    support.check_error(running, answer, "lease_lost")


def test_file_in_a_directory_with_an_odd_name(running, path):
    folder = path.parent / "b c+"
    folder.mkdir()
    path.rename(folder / "gr\u00fcn 100%.h5")
    escaped = support.escaped("b c+", "gr\u00fcn 100%.h5")
    outcome = run("lock", f"{running.url}/v1/files/{escaped}", "--", *python("import os; print(ascii(os.environ['LOCKEDH5_FILE']))"))
    assert outcome.stdout == "'b c+/gr\\xfcn 100%.h5'\n", outcome.stderr


def test_requests_with_the_token_run_and_others_are_kept_out(running, start):
    source = """
import os, urllib.request as http
def send(method, body=None):
    request = http.Request(os.environ["LOCKEDH5_URL"] + "/v1/values/a.h5/x?select=0", body, method=method)
    request.add_header("Lock-Token", os.environ["LOCKEDH5_TOKEN"])
    request.add_header("Content-Type", "application/json")
    return http.urlopen(request).read()
send("PUT", str(int(send("GET")) + 41).encode())
"""
    process = start("lock", f"{running.url}/a.h5", "--", *python(source + WAITING))
    [lease] = leases(running)
    assert lease["mode"] == "exclusive"
    support.check_error(running, running.get("/v1/values/a.h5/x", prefer="wait=0"), "locked")
    assert end(process, "4") == (4, "")
    assert running.json("/v1/values/a.h5/x")[0] == 41 and leases(running) == []


def test_shared_lease_lets_others_read(running, start):
    process = start("lock", "--shared", f"{running.url}/a.h5", "--", *python(WAITING))
    assert [one["mode"] for one in leases(running)] == ["shared"]
    assert running.get("/v1/values/a.h5/x", prefer="wait=0").status_code == 200
    support.check_error(running, running.put("/v1/values/a.h5/x", 1, prefer="wait=0"), "locked")
    assert end(process) == (0, "")


def test_lease_is_renewed_while_the_command_runs(running, start):
    process = start("lock", "--ttl", 1, f"{running.url}/a.h5", "--", *python(WAITING))
    ends = {leases(running)[0]["expires"]}
    eventually(lambda: ends.add(leases(running)[0]["expires"]) or len(ends) >= 6, what="the fifth renewal")
    assert end(process) == (0, "")


def test_lost_lease_ends_the_command(running, start):
    source = "import os; print(os.environ['LOCKEDH5_TOKEN'], flush=True)\n"
    process = start("lock", "--ttl", 1, f"{running.url}/a.h5", "--", *python(source + WAITING), first=None)
    token = process.stdout.readline().strip()
    assert running.delete(f"/v1/locks/a.h5/{token}").status_code == 204
    assert process.wait(20) == 125
    errors = process.stderr.read()
    assert "the lease of a.h5 was lost, the command is ended" in errors and "lease_lost" in errors


def test_processes_of_the_command_are_ended_too(running, start):
    source = "import os, subprocess; print(os.environ['LOCKEDH5_TOKEN'], flush=True); subprocess.run(['cat'])"
    process = start("lock", "--ttl", 1, f"{running.url}/a.h5", "--", *python(source), first=None)
    token = process.stdout.readline().strip()
    assert running.delete(f"/v1/locks/a.h5/{token}").status_code == 204
    assert process.wait(20) == 125
    # Both have the end of this pipe; it closes with the last.
    assert process.stdout.read() == ""


def test_server_that_has_gone_takes_the_lease_along(running, start):
    process = start("lock", "--ttl", 1, f"{running.url}/a.h5", "--", *python(WAITING))
    os.kill(running.pid, signal.SIGKILL)
    assert process.wait(20) == 125
    assert "the lease of a.h5" in process.stderr.read()


def test_release_that_nobody_confirms_is_told(running, start):
    process = start("lock", f"{running.url}/a.h5", "--", *python(WAITING))
    os.kill(running.pid, signal.SIGKILL)
    status, errors = end(process)
    assert status == 125 and "no answer" in errors


def test_lease_that_was_not_had(running, start, tmp_path):
    process = start("lock", f"{running.url}/a.h5", "--", *python(WAITING))
    outcome = run("lock", "--wait", 0, "-E", 77, f"{running.url}/a.h5", "--", "touch", tmp_path / "made")
    assert outcome.returncode == 77 and "locked" in outcome.stderr and not (tmp_path / "made").exists()
    assert end(process)[0] == 0


def waits(server):
    return server.json("/v1/locks/a.h5")["waiters"]


def test_lease_is_waited_for_in_turn(running, start):
    first = start("lock", f"{running.url}/a.h5", "--", *python(WAITING))
    second = start("lock", "--wait", 60, f"{running.url}/a.h5", "--", *python(WAITING), first=None)
    eventually(lambda: waits(running), what="a waiter")
    assert end(first) == (0, "")
    assert second.stdout.readline() == "ready\n" and end(second) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_wait(running, start, number):
    first = start("lock", f"{running.url}/a.h5", "--", *python(WAITING))
    second = start("lock", "--wait", 60, f"{running.url}/a.h5", "--", "true", first=None)
    eventually(lambda: waits(running), what="a waiter")
    second.send_signal(number)
    assert second.wait(20) == 128 + number
    eventually(lambda: not waits(running), what="the end of the wait")
    assert end(first) == (0, "")


def test_signal_ends_the_command_and_the_lease(running, start):
    process = start("lock", f"{running.url}/a.h5", "--", *python(WAITING))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143
    assert leases(running) == []


def test_file_can_be_made_under_its_lease(running, start):
    source = """
import os, urllib.request as http
request = http.Request(os.environ["LOCKEDH5_URL"] + "/v1/files/" + os.environ["LOCKEDH5_FILE"], method="PUT")
request.add_header("Lock-Token", os.environ["LOCKEDH5_TOKEN"])
assert http.urlopen(request).status == 201
"""
    assert run("lock", f"{running.url}/new.h5", "--", "true").returncode == 1
    outcome = run("lock", "--create", f"{running.url}/new.h5", "--", *python(source))
    assert outcome.returncode == 0, outcome.stderr
    assert running.get("/v1/files/new.h5").status_code == 200


def test_server_that_is_not_there_is_an_error():
    outcome = run("lock", "http://127.0.0.1:1/a.h5", "--", "true")
    assert outcome.returncode == 1 and "no answer" in outcome.stderr


# Who has it


def test_locks_of_a_server_are_listed(running, start, path):
    url = f"{running.url}/v1/files/a.h5"
    assert run("locks", url).stdout == f"nobody holds a lock of {url}\n"
    first = start("lock", "--shared", url, "--", *python(WAITING))
    second = start("lock", "--wait", 60, url, "--", "true", first=None)
    eventually(lambda: waits(running), what="a waiter")
    told = json.loads(run("locks", "--json", url).stdout)
    assert [(one["kind"], one["mode"], set(one)) for one in told["holders"]] == [
        ("lease", "shared", {"kind", "mode", "since", "expires", "fence"})]
    assert [(one["kind"], one["mode"]) for one in told["waiters"]] == [("lease", "exclusive")]
    heading, holder, waiter = map(str.split, run("locks", url).stdout.splitlines())
    assert heading == ["KIND", "MODE", "SINCE", "EXPIRES", "PROCESS"]
    assert holder[:3] == ["holds", "lease", "shared"] and waiter[:3] == ["waits", "lease", "exclusive"]
    assert holder[3] < holder[4] and waiter[4:] == ["-", "-"]
    assert end(first)[0] == 0 and second.wait(20) == 0


def test_programs_are_listed_by_server_and_path(running, path, foreign):
    assert run("locks", path).stdout == f"nobody holds a lock of {path}\n"
    assert foreign.open(path, "r") == "ok"
    for subject in (path, f"{running.url}/a.h5"):
        told = json.loads(run("locks", "--json", subject).stdout)
        assert told["holders"] == [{"kind": "program", "mode": "shared", "process": foreign.process.pid}]
        assert str(foreign.process.pid) in run("locks", subject).stdout


def test_locks_of_what_is_not_there(running, path):
    for subject in (f"{running.url}/none.h5", path.with_name("none.h5"), "http://127.0.0.1:1/a.h5"):
        outcome = run("locks", subject)
        assert outcome.returncode == 1 and outcome.stdout == "" and outcome.stderr.startswith("lockedh5: ")


# Usage


@pytest.mark.parametrize("arguments", [
    "lock", "lock a.h5", "lock a.h5 --", "lock a.h5 true", "lock --wait -1 a.h5 -- true", "lock --wait x a.h5 -- true",
    "lock --ttl 5 a.h5 -- true", "lock --ttl 0 http://h/a.h5 -- true", "lock --create --shared a.h5 -- true",
    "lock -E 256 a.h5 -- true", "lock http://h -- true", "lock http://h/v1/files/ -- true", "lock http://h/%zz -- true",
    "locks", "locks http://h/", "locks a.h5 b.h5"])
def test_wrong_usage_ends_with_2(arguments):
    outcome = run(*shlex.split(arguments))
    assert outcome.returncode == 2 and outcome.stdout == "" and "Usage: lockedh5 lock" in outcome.stderr


def test_help_tells_what_a_command_gets():
    for name, words in {
        "lock": ["HDF5_USE_FILE_LOCKING", "LOCKEDH5_TOKEN", "LOCKEDH5_URL", "LOCKEDH5_FILE", "Exit status", "125"],
        "locks": ["--json", "Exit status"],
    }.items():
        text = " ".join(run(name, "--help").stdout.split())
        assert all(word in text for word in words)
