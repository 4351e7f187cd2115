"""What a command under `lockedh5 lock` has told is read rightly, also where it was killed in the midst of it."""

import json
from types import SimpleNamespace

import pytest

from exchange import Broken
from history import FAILED, OK, UNKNOWN, Operation
from lockers import LOST, REFUSED, Holder, Outcome

BEGUN, ENDED = '{"token": "t", "time": 1.0}\n', '{"time": 9.0}\n'


def told(begin, outcome):
    """An operation as it is told before it is done, and after."""
    before = Operation(1, "command put", "f", begin, makes={"plain": 5}, lease="t", mode="exclusive")
    after = Operation(**{**vars(before), "begin": begin + 0.5, "end": begin + 1, "outcome": outcome})
    return before.line(), after.line()


def noted(outcome, is_kept=True):
    """What a client notes of it."""
    notes = []
    client = SimpleNamespace(random=None, note=notes.append, pause=lambda: None)
    Holder(client).note(Operation(1, "lock URL", "f", 0.0), outcome, is_kept)
    return notes


def test_operations_count_as_they_were_told_last():
    outcome = Outcome(0, BEGUN + "".join([*told(2, OK), *told(4, FAILED)]) + ENDED, "")
    assert [(one.begin, one.outcome) for one in outcome.operations] == [(2.5, OK), (4.5, FAILED)]


def test_operation_that_was_not_finished_is_of_an_unknown_outcome():
    outcome = Outcome(142, BEGUN + "".join([*told(2, OK), told(4, OK)[0]]), "")
    assert [(one.begin, one.outcome) for one in outcome.operations] == [(2.5, OK), (4, UNKNOWN)]


def test_line_that_is_cut_is_left_out():
    before, after = told(2, OK)
    outcome = Outcome(142, BEGUN + before + after[:40], "")
    assert [one.outcome for one in outcome.operations] == [UNKNOWN]


@pytest.mark.parametrize(("is_kept", "result"), [(True, OK), (False, UNKNOWN)])
def test_lock_is_held_from_the_commands_beginning_to_its_end(is_kept, result):
    lock, put, release = noted(Outcome(0, BEGUN + "".join(told(2, OK)) + ENDED, ""), is_kept)
    assert (lock.kind, lock.end, lock.outcome, lock.lease) == ("lock URL", 1.0, result, "t")
    assert (release.kind, release.begin, release.outcome, release.lease) == ("release", 9.0, result, "t")
    assert put.lease == "t"


def test_lock_that_was_not_had_leaves_one_note():
    [lock] = noted(Outcome(REFUSED, "", "lockedh5: f is locked"), is_kept=False)
    assert lock.outcome == FAILED and lock.lease is None


@pytest.mark.parametrize(("status", "output", "errors"), [
    (1, BEGUN, "Traceback"), (0, "", ""), (1, "", "Traceback"), (REFUSED, BEGUN, "lockedh5: f is locked"),
    (2, "", "lockedh5: wrong usage"), (-11, "", ""), (-11, BEGUN, "")])
def test_status_that_the_manual_does_not_tell_is_not_to_be_explained(status, output, errors):
    with pytest.raises(Broken):
        Holder(SimpleNamespace(random=None)).check(Outcome(status, output, errors), (0, 3, LOST))
