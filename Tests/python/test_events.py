"""GET /v1/events: what is told of files, whoever changes them, to clients that come, stay, come again and do not read."""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest
import requests

from document import DOCUMENT, response, validator
from listener import ID, Listener
from support import check_error, eventually

FORM = validator(DOCUMENT["components"]["schemas"]["Event"])


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "served"
    (root / "dir" / "sub").mkdir(parents=True)
    for name in ("a.h5", "dir/b.h5", "dir/sub/c.h5"):
        with h5py.File(root / name, "w", libver=("earliest", "v110")) as file:
            file["x"] = np.arange(10)
    return root


@pytest.fixture
def running(start_server, folder):
    return start_server(folder, "--workers", 2)


@pytest.fixture
def listen(running):
    """Starts listeners that end with the test."""
    begun = []

    def start(path="", **options):
        begun.append(Listener(options.pop("server", running), path, **options))
        return begun[-1]

    yield start
    for listener in begun:
        listener.close()


# The answer


def test_answer_IsAnEventStreamThatBeginsWithAnID(running, listen):
    listener = listen()
    headers = listener.answer.headers
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store" and headers["X-Accel-Buffering"] == "no"
    assert ID.fullmatch(listener.last_id) and not listener.events
    assert set(response("getEvents", 200)["content"]) == {headers["Content-Type"]}


def test_head_HasTheSameFields(running):
    answer = running.request("HEAD", "/v1/events/dir")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == "text/event-stream"


@pytest.mark.parametrize("path", ["missing", "dir/missing.h5", ".hidden", "dir/.hidden/x", "a.h5/x"])
def test_names_ThatAreNotThere_AreNotFound(running, folder, path):
    (folder / ".hidden").mkdir()
    check_error(running, running.get(f"/v1/events/{path}"), "not_found")
    assert running.request("HEAD", f"/v1/events/{path}").status_code == 404


def test_way_out_OfTheRoot_IsForbidden(running, folder, tmp_path):
    (folder / "out").symlink_to(tmp_path)
    check_error(running, running.get("/v1/events/out"), "forbidden")


def test_unknown_Parameter_IsInvalid(running):
    check_error(running, running.get("/v1/events/?since=1"), "invalid", "since")


# What other programs do


def test_foreign_Program_IsTold(listen, folder, foreign):
    listener = listen()
    path = folder / "dir" / "new.h5"
    assert foreign.open(path, "w") == foreign.close() == "ok"
    listener.wait("created dir/new.h5")
    assert foreign.open(folder / "a.h5", "r+") == foreign.write("x", 5) == foreign.close() == "ok"
    listener.wait("changed a.h5")
    path.unlink()
    listener.wait("removed dir/new.h5")
    status = (folder / "a.h5").stat()
    for name, data, identity in listener.events:
        FORM.validate(data)
        assert ID.fullmatch(identity)
        assert ("size" in data) == (name != "removed") == ("modified" in data)
    [changed] = [data for name, data, _ in listener.events if name == "changed" and data["path"] == "a.h5"]
    assert changed["size"] == status.st_size


def test_foreign_Reader_IsNotTold(listen, folder, foreign):
    listener = listen()
    assert foreign.open(folder / "a.h5", "r") == foreign.close() == "ok"
    os.chmod(folder / "a.h5", 0o600)
    assert listener.settle(folder) == []


def test_program_ThatKeepsWriting_IsToldNowAndThen(listen, folder):
    listener = listen("a.h5")
    with open(folder / "a.h5", "ab", buffering=0) as file:
        eventually(lambda: file.write(b"x") and listener.lines.count("changed a.h5") >= 2, what="two changes")
    assert len(listener.events) < 10


def test_renamed_Directory_IsToldWithWhatIsInIt(listen, folder):
    listener = listen()
    (folder / "dir").rename(folder / "moved")
    listener.wait("created moved/sub/c.h5", "created moved/b.h5")
    lines = listener.settle(folder)
    assert set(lines[:4]) == {"removed dir/sub/c.h5", "removed dir/sub/", "removed dir/b.h5", "removed dir/"}
    assert lines[3:5] == ["removed dir/", "created moved/"]
    assert set(lines[4:]) == {
        "created moved/", "created moved/sub/", "created moved/b.h5", "created moved/sub/c.h5"}
    with h5py.File(folder / "moved/sub/c.h5", "r+") as file:
        file["x"][0] = 3
    listener.wait("changed moved/sub/c.h5")


def test_new_Directories_LoseNothingThatIsMadeInThem(listen, folder):
    listener = listen()
    names = [f"n{number}/m/file.h5" for number in range(50)]
    for name in names:
        (folder / name).parent.mkdir(parents=True)
        (folder / name).touch()
    listener.wait(*(f"created {name}" for name in names))
    lines = listener.settle(folder)
    assert len(lines) == len(set(lines)) == 150


def test_hidden_AndSpecialFiles_AreNotTold(listen, folder):
    listener = listen()
    (folder / ".new.h5").touch()
    (folder / ".new").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "broken").symlink_to("nowhere")
    assert listener.settle(folder) == []


def test_names_InAnyBytes_AreTold(listen, folder):
    listener = listen()
    (folder / os.fsdecode(b"\xff\n.h5")).touch()
    eventually(lambda: listener.events)
    [(_, data, _)] = listener.events
    FORM.validate(data)
    assert data["pathBase64"] == "/wouaDU="


# What this server does


def test_write_OfOurs_IsToldOnce(running, listen, folder):
    listener = listen()
    for number in range(10):
        answer = running.put("/v1/attributes/a.h5?name=n", number)
        assert answer.ok, answer.text
    assert listener.settle(folder) == ["changed a.h5"] * 10
    sizes = [data["size"] for name, data, _ in listener.events if name == "changed"]
    assert sizes[-1] == (folder / "a.h5").stat().st_size


def test_write_ThatIsRefused_IsNotTold(running, listen, folder):
    listener = listen()
    assert running.put("/v1/values/a.h5/x?select=99", 1).status_code == 400
    assert running.put("/v1/groups/a.h5/x").status_code == 409
    assert running.put("/v1/attributes/a.h5?name=n", 1, if_match='"other"').status_code == 412
    assert running.get("/v1/values/a.h5/x").ok
    assert listener.settle(folder) == []


def test_write_WhoseWorkerDies_IsToldIfItWasMade(start_server, folder, listen):
    server = start_server(folder, "--workers", 1)
    listener = listen(server=server)
    path, body = folder / "a.h5", np.arange(6 << 20).tobytes()
    assert server.put("/v1/datasets/a.h5/big", {"shape": [6 << 20], "datatype": "<i8"}).ok
    listener.wait("changed a.h5")
    size = path.stat().st_size
    [worker] = server.workers()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(lambda: server.put("/v1/values/a.h5/big", body))
        eventually(lambda: path.stat().st_size > size or answer.done(), what="bytes in the file")
        os.kill(worker, signal.SIGKILL)
    assert answer.result().status_code in (204, 500)
    changes = listener.settle(folder)
    with h5py.File(path) as file:
        was_made = file["big"][-1] != 0
    assert changes == ["changed a.h5"] * (2 if was_made else 1)


def test_files_MadeAndRemovedHere_AreTold(running, listen, folder):
    listener = listen()
    bytes_of_b = (folder / "dir/b.h5").read_bytes()
    assert running.put("/v1/files/new.h5").status_code == 201
    assert running.put("/v1/files/made/").status_code == 201
    assert running.put("/v1/raw/up.h5", bytes_of_b).status_code == 201
    assert running.put("/v1/raw/up.h5", bytes_of_b).status_code == 200
    assert running.send("POST", "/v1/copies/a.h5", {"file": "copy.h5"}).status_code == 201
    assert running.patch("/v1/files/copy.h5", {"path": "made/moved.h5"}).status_code == 200
    assert running.delete("/v1/files/new.h5").status_code == 204
    assert listener.settle(folder) == [
        "created new.h5", "created made/", "created up.h5", "changed up.h5", "created copy.h5", "removed copy.h5",
        "created made/moved.h5", "removed new.h5"]


def test_lease_IsToldWithItsFence(running, listen, folder):
    listener = listen("a.h5")
    lease = running.send("POST", "/v1/locks/a.h5", {"mode": "exclusive", "ttl": 60})
    assert lease.status_code == 201, lease.text
    assert running.put("/v1/attributes/a.h5?name=n", 1, Lock_Token=lease.json()["token"]).ok
    assert running.delete(lease.headers["Location"]).status_code == 204
    assert running.send("POST", "/v1/locks/a.h5", {"mode": "shared", "ttl": 1}).status_code == 201
    eventually(lambda: listener.lines.count("unlocked a.h5") == 2, what="the end of both leases")
    assert listener.lines == [f"{name} a.h5" for name in ("locked", "changed", "unlocked", "locked", "unlocked")]
    for _, data, _ in listener.events:
        FORM.validate(data)
    told = [(data["mode"], data["fence"]) for name, data, _ in listener.events if name != "changed"]
    assert told[0] == told[1] == ("exclusive", lease.json()["fence"])
    assert told[2] == told[3] and told[2][0] == "shared" and told[2][1] > told[1][1]


def test_batch_IsToldOnce(running, listen, folder):
    listener = listen()
    writes = [
        {"method": "PUT", "target": f"/v1/attributes/a.h5?name=n{number}", "body": number} for number in range(20)]
    assert running.send("POST", "/v1/batch/a.h5", writes).status_code == 200
    refused = [*writes, {"method": "PUT", "target": "/v1/values/a.h5/x?select=99", "body": 1}]
    assert running.send("POST", "/v1/batch/a.h5", refused).status_code == 400
    assert listener.settle(folder) == ["changed a.h5"]


# Who is told what


def test_listeners_HearOfTheirPlaceAlone(listen, folder):
    listeners = {path: listen(path) for path in ("", "dir/", "dir/sub", "dir/b.h5")}
    for name in ("a.h5", "dir/b.h5", "dir/sub/c.h5"):
        with h5py.File(folder / name, "r+") as file:
            file["x"][0] = 7
        listeners[""].wait(f"changed {name}")
    heard = {path: set(listener.lines) for path, listener in listeners.items()}
    assert heard == {
        "": {"changed a.h5", "changed dir/b.h5", "changed dir/sub/c.h5"},
        "dir/": {"changed dir/b.h5", "changed dir/sub/c.h5"}, "dir/sub": {"changed dir/sub/c.h5"},
        "dir/b.h5": {"changed dir/b.h5"}}


def test_file_ThatComesBack_IsToldAgain(listen, folder):
    listener = listen("dir/sub/c.h5")
    (folder / "dir").rename(folder / ".away")
    listener.wait("removed dir/sub/c.h5")
    (folder / ".away").rename(folder / "dir")
    listener.wait("created dir/sub/c.h5")


def test_file_NamedInTheQuery_IsTheSame(running, listen, folder):
    listener = listen("", params={"file": "dir/b.h5"})
    (folder / "dir/b.h5").unlink()
    listener.wait("removed dir/b.h5")


def test_listener_ToASymbolicLink_HearsOfWhatItLeadsTo(running, listen, folder):
    (folder / "link").symlink_to("dir/sub")
    listener = listen("link")
    assert running.put("/v1/attributes/link/c.h5?name=n", 1).ok
    eventually(lambda: listener.lines == ["changed dir/sub/c.h5"])


# To come again


@pytest.mark.parametrize("form", ["field", "query"])
def test_client_ThatComesAgain_MissesNothing(listen, folder, form):
    first = listen()
    (folder / "one").mkdir()
    first.wait("created one/")
    seen = first.last_id
    first.close()
    (folder / "two").mkdir()
    (folder / "one").rmdir()
    again = listen(**({"Last_Event_ID": seen} if form == "field" else {"params": {"after": seen}}))
    again.wait("created two/", "removed one/")
    assert again.settle(folder) == ["created two/", "removed one/"]


@pytest.mark.parametrize("after", ["other-1", "nothing", "{}9"])
def test_client_ThatCannotBeToldWhatItMissed_IsTold(listen, after):
    known = listen().last_id
    listener = listen("dir/b.h5", Last_Event_ID=after.format(known))
    eventually(lambda: listener.events)
    [(name, data, identity)] = listener.events
    FORM.validate(data)
    assert (name, data["path"], data["kind"]) == ("reset", "dir/b.h5", "file")
    assert ID.fullmatch(identity)


def test_client_OfAnotherLifeOfTheServer_IsReset(start_server, folder, listen):
    seen = listen().last_id
    other = start_server(folder)
    listener = listen(server=other, Last_Event_ID=seen)
    listener.wait("reset /")


# Clients and servers that end


def test_server_ThatStops_EndsStreamsAtOnce(start_server, folder, listen):
    server = start_server(folder, "--stop-grace", 60)
    listeners = [listen(server=server), listen("a.h5", server=server)]
    assert server.stop(deadline=10) == 0
    for listener in listeners:
        listener.thread.join(10)
        assert not listener.thread.is_alive() and listener.failure is None


def test_server_ThatStops_DoesNotWaitForAClientThatDoesNotRead(start_server, folder):
    server = start_server(folder, "--stop-grace", 60)
    with slow_client(server) as connection:
        fill(server, folder, lambda: False, rounds=1)
        assert server.stop(deadline=10) == 0
        assert connection


def test_client_ThatLeaves_IsNoticed(start_server, folder):
    server = start_server(folder, "--log-level", "info")
    Listener(server, "dir").close()
    eventually(lambda: "/v1/events/dir" in server.log(), 5, "the stream's end in the log")


def test_client_ThatClosesItsSideAlone_StillHears(running, folder):
    with running.send_raw("/v1/events/") as connection:
        connection.shutdown(socket.SHUT_WR)
        read_until(connection, b"\n\n")
        (folder / "one").mkdir()
        assert b"event: created" in read_until(connection, b"data: ")


def read_until(connection, mark):
    """What comes until the mark has come, or the end."""
    heard, piece = b"", b"first"
    while piece and mark not in heard:
        piece = connection.recv(1000)
        heard += piece
    return heard


def slow_client(server):
    """A client that asks for everything and reads nothing but the first block."""
    connection = server.connect(receive_buffer=4096)
    server.send_raw("/v1/events/", connection=connection)
    assert b"200 OK" in connection.recv(12 + len("200 OK"))
    return connection


def fill(server, folder, condition, rounds=100):
    """Makes many long events, until a condition holds."""
    directory = folder / ("d" * 250) / ("e" * 250) / ("f" * 250)
    inner = directory / ("g" * 250)
    inner.mkdir(parents=True)
    seen = Listener(server)
    for number in range(2000):
        (inner / f"{'h' * 240}{number}").touch()
    eventually(lambda: sum("hhh" in line for line in seen.lines) == 2000, what="the new files")
    seen.events.clear()
    for number in range(rounds):
        inner = inner.rename(directory / (str(number % 10) * 250))
        eventually(lambda: len(seen.events) >= 4002 or seen.failure, 30, "the events of a rename")
        assert not seen.failure
        if condition():
            break
        seen.events.clear()
    seen.close()


def test_client_ThatDoesNotRead_IsCut(start_server, folder):
    server = start_server(folder)
    with slow_client(server) as connection:
        fill(server, folder, lambda: "does not keep up" in server.log())
        assert "does not keep up" in server.log()
        with pytest.raises(OSError):
            while connection.recv(1 << 16):
                pass
            raise AssertionError("the body has ended as if it were whole")


def test_streams_BeyondTheLimit_AreRefused(start_server, folder):
    server = start_server(folder)
    connections = [server.send_raw("/v1/events/dir") for _ in range(1024)]
    for connection in connections:
        assert b"200 OK" in connection.recv(64)
    check_error(server, server.get("/v1/events/dir"), "unavailable", "1024")
    connections.pop().close()
    eventually(lambda: is_served(server), 5, "room for another stream")
    for connection in connections:
        connection.close()


def is_served(server):
    with requests.get(f"{server.url}/v1/events/dir", stream=True, timeout=10) as answer:
        return answer.status_code == 200


# Heartbeat, polling


def test_heartbeat_ComesWithAnID(listen):
    listener = listen()
    eventually(lambda: listener.comments, 20, "a heartbeat")
    assert ID.fullmatch(listener.last_id) and not listener.events


def test_polling_TellsTheSame(start_server, folder, listen):
    server = start_server(folder, "--poll-events", 0.1)
    listener = listen(server=server)
    with h5py.File(folder / "dir/new.h5", "w") as file:
        file["x"] = 1
    listener.wait("created dir/new.h5")
    with h5py.File(folder / "a.h5", "r+") as file:
        file["x"][0] = 9
    listener.wait("changed a.h5")
    assert server.put("/v1/attributes/a.h5?name=n", 1).ok
    (folder / "dir" / "sub").rename(folder / "sub")
    listener.wait("removed dir/sub/c.h5", "created sub/c.h5")
    assert listener.lines.count("changed a.h5") == 2
