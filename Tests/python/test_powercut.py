"""A power cut at any moment of a write: what the disk may then have is recovered to the before or the after."""

import random

import pytest

import support
from aftermath import Aftermath
from generations import Generations, contents
from powercut import Recording

KINDS = ("earliest", "v110", "earliest-user-block", "v110-user-block", "earliest-fsm", "v110-page")
TRANSACTIONS, STATES = 12, 60


@pytest.fixture(scope="module")
def power_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("power")
    (folder / "served").mkdir()
    running = support.Server(folder / "served", folder / "state", "--workers", 1)
    yield running
    assert running.stop() == 0, running.log()


def recorded(server, tmp_path, kind, seed=1):
    file = Generations(server.root, f"{kind}-{seed}.h5", kind, seed, replaces=False)
    recording = Recording(file.first, file.now).record(server, file, TRANSACTIONS, tmp_path / "trace")
    # Emptied, its superblock is at another place where it had a user block.
    return recording.record(server, file, 1, tmp_path / "trace", file.empty)


@pytest.mark.parametrize("kind", KINDS)
def test_power_cut_leaves_the_before_or_the_after(power_server, tmp_path, kind):
    rnd = random.Random(kind)
    recording = recorded(power_server, tmp_path, kind)
    aftermath = Aftermath(power_server, rnd)
    aftermath.check(recording.states(rnd, STATES))
    tally = aftermath.tally
    assert tally["refused before recovery"] and tally["written by others before recovery"], tally


@pytest.mark.parametrize("kind", KINDS[:2])
def test_kill_in_the_middle_of_a_write_leaves_the_before_or_the_after(power_server, tmp_path, kind):
    rnd = random.Random(kind)
    recording = recorded(power_server, tmp_path, kind, seed=2)
    Aftermath(power_server, rnd).check(recording.halves(rnd))


@pytest.mark.parametrize("kind", KINDS[:2])
def test_power_cut_in_a_recovery_leaves_the_after(power_server, tmp_path, kind):
    rnd = random.Random(kind)
    recording = recorded(power_server, tmp_path, kind, seed=3)
    # Where the log has just become certain.
    ends = [number + 1 for number, (what, _, _) in enumerate(recording.steps) if what == "sync"][:6:2]
    for end in ends:
        path = power_server.root / f"{kind}-recovery-{end}.h5"
        path.write_bytes(recording.rebuilt(end))
        assert contents(path) is None, "the file is not veiled"
        recovery = Recording(recording.rebuilt(end), recording.allowed(end)[-1])
        recovery.record_recovery(power_server, path, tmp_path / "trace")
        aftermath = Aftermath(power_server, rnd)
        aftermath.check(recovery.states(rnd, 15))
        aftermath.check(recovery.halves(rnd))


def test_power_cuts_without_the_syncs_are_found_to_do_harm(power_server, tmp_path):
    rnd = random.Random(4)
    recording = recorded(power_server, tmp_path, "v110", seed=4)
    recording.steps = [(what if what != "sync" else "space", *rest) for what, *rest in recording.steps]
    with pytest.raises((AssertionError, OSError, RuntimeError, KeyError)):
        Aftermath(power_server, rnd).check(recording.states(rnd, 300))
