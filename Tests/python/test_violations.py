"""The checker of histories finds what is planted in them, and nothing else."""

import pytest

from history import FAILED, OK, UNKNOWN, Operation, violations


def put(begin, end, value, *cells, outcome=OK, **fields):
    return Operation(1, "put", "f", begin, end, outcome, makes=dict.fromkeys(cells or ["plain"], value), **fields)


def get(begin, end, value, *cells, **fields):
    sees = dict.fromkeys(cells or ["plain"], value if isinstance(value, list) else [value])
    return Operation(2, "get", "f", begin, end, OK, sees, **fields)


def update(begin, end, old, new, **fields):
    return put(begin, end, new, expects={"plain": old}, **fields)


def compare(begin, end, old):
    return Operation(1, "compare", "f", begin, end, FAILED, makes={"plain": 99}, differs={"plain": old})


def lease(begin, end, token, mode="exclusive", ttl=100, fence=1):
    return Operation(3, "lease", "f", begin, end, OK, lease=token, mode=mode, ttl=ttl, fence=fence)


def under(operation, token="t", mode="exclusive"):
    operation.lease, operation.mode = token, mode
    return operation


def release(begin, end, token, outcome=OK):
    return Operation(3, "release", "f", begin, end, outcome, lease=token)


def locked(begin, end, token, outcome=OK, kind="lock URL", ttl=1):
    """A lock that a command ran under, by `lockedh5 lock`."""
    return Operation(5, kind, "f", begin, end, outcome, lease=token, mode="exclusive", ttl=ttl)


def renew(begin, end, token, ttl, outcome=OK):
    return Operation(3, "renew", "f", begin, end, outcome, lease=token, ttl=ttl)


def add(begin, end, value, result=None, outcome=OK):
    if result is None:
        return Operation(4, "add", "f", begin, end, outcome, adds=value)
    return Operation(4, "add", "f", begin, end, outcome, {"count": [result - value]}, {"count": result})


WRONG = {
    "a stale read": ("no order", [put(0, 1, 5), put(2, 3, 6), get(4, 5, 5)]),
    "a read of the future": ("no order", [get(0, 1, 5), put(2, 3, 5)]),
    "reads that go back": ("no order", [put(0, 9, 5), get(1, 2, 5), get(3, 4, 0)]),
    "reads in two orders": ("no order", [put(0, 9, 5), put(0, 9, 6), get(1, 2, 5), get(3, 4, 6), get(5, 6, 5)]),
    "a torn read": ("torn", [put(0, 1, 5), put(2, 9, 6), get(3, 4, [5, 6])]),
    "a torn read over two cells": ("no order", [
        put(0, 1, 5, "plain", "mark"), put(2, 9, 6, "plain", "mark"),
        Operation(2, "h5py", "f", 3, 4, OK, {"plain": [5], "mark": [6]})]),
    "a lost update": ("no order", [update(0, 5, 0, 5), update(1, 6, 0, 6)]),
    "an update that went missing": ("no order", [update(0, 1, 0, 5), update(2, 3, 5, 6), update(4, 5, 5, 7)]),
    "a lost sum": ("no order", [add(0, 5, 3, 3), add(1, 6, 4, 4)]),
    "a lost sum under a lease": ("was 7", [
        under(get(0, 1, 4, "count")), under(add(2, 3, 3)), under(get(4, 5, 4, "count")), add(6, 7, 4, 4)]),
    "a sum too many under a lease": ("no order", [
        under(add(0, 1, 3)), under(get(2, 3, 7, "count")), get(4, 5, 7, "count")]),
    "the same sum twice": ("made twice", [add(0, 5, 3, 3), add(1, 6, 3, 3)]),
    "a sum that counts one twice": ("no order", [
        add(0, 9, 3, outcome=UNKNOWN), get(1, 2, 6, "count")]),
    "a failed write that took effect": ("failed took effect", [put(0, 1, 5, outcome=FAILED), get(2, 3, 5)]),
    "a number from nowhere": ("nowhere", [get(2, 3, 5)]),
    "a batch applied by half": ("no order", [
        put(0, 1, 5, "plain", "mark", outcome=UNKNOWN), get(2, 3, 5, "plain"), get(4, 5, 0, "mark")]),
    "a batch seen by half": ("no order", [
        put(0, 9, 5, "plain", "mark"), get(2, 3, 5, "plain"), get(4, 5, 0, "mark")]),
    "a comparison that failed though it was met": ("no order", [
        put(0, 1, 5), compare(2, 3, 5)]),
    "a write between those under a lease": ("no order", [
        under(get(1, 2, 0)), put(3, 4, 5), under(put(5, 6, 6)), get(7, 8, 5)]),
    "a write within a lease": ("midst", [lease(0, 1, "t"), put(3, 4, 5), release(6, 7, "t")]),
    "a read within an exclusive lease": ("midst", [lease(0, 1, "t"), get(3, 4, 0), release(6, 7, "t")]),
    "a write within a shared lease": ("midst", [lease(0, 1, "t", "shared"), put(3, 4, 5), release(6, 7, "t")]),
    "a comparison under a lease that failed though it was met": ("found not", [
        under(put(0, 1, 5)), under(compare(2, 3, 5))]),
    "a comparison that failed at the beginning of a lease": ("no order", [
        put(0, 1, 5), under(compare(2, 3, 5)), under(put(4, 5, 6))]),
    "a write between reads under a shared lease": ("found", [
        under(get(1, 2, 0), mode="shared"), put(2.5, 5.5, 5), under(get(5, 6, 5), mode="shared")]),
    "writes that a shared lease saw in two orders": ("no order", [
        put(0, 9, 5), put(0, 9, 6, "mark"), under(get(1, 2, 5, "plain"), mode="shared"), get(1, 2, 0, "mark"),
        under(get(3, 4, 0, "mark"), mode="shared"), get(3, 4, 0, "plain")]),
    "a write within a renewed lease": ("midst", [lease(0, 1, "t", ttl=2), renew(1, 2, "t", ttl=9), put(3, 4, 5)]),
    "two exclusive leases": ("midst", [lease(0, 1, "t"), lease(3, 4, "u", fence=2), release(6, 7, "t")]),
    "a write that its lease does not see": ("found", [under(put(0, 1, 5)), under(get(2, 3, 0))]),
    "a write of an unknown outcome after its lease": ("no order", [
        under(get(0, 1, 0, "plain", "mark")), under(put(2, 99, 5, outcome=UNKNOWN)), put(3, 4, 6, "mark"),
        get(5, 6, 0, "plain"), get(7, 8, 5, "plain")]),
    "a write before the end of a lease that must have been renewed": ("midst", [
        lease(0, 1, "t", ttl=2), put(3, 4, 5), release(6, 7, "t")]),
    "a write while a command holds a lease": ("midst", [
        locked(0, 1, "t"), put(3, 4, 5), release(6, 6, "t")]),
    "a write before a command's lease can have been lost": ("midst", [
        locked(0, 1, "t", outcome=UNKNOWN, ttl=4), put(2, 3, 5), release(6, 6, "t", outcome=UNKNOWN)]),
    "a read while a command holds a file's lock": ("midst", [
        locked(0, 1, "t", kind="lock PATH", ttl=0), get(3, 4, 0), release(6, 6, "t")]),
    "two commands at once": ("midst", [
        locked(0, 1, "t"), locked(2, 3, "u", kind="lock PATH"), release(4, 4, "u"), release(6, 6, "t")]),
    "a fence that does not grow": ("passed", [
        lease(0, 1, "t", fence=5), release(2, 3, "t"), lease(4, 5, "u", fence=4), release(6, 7, "u")]),
}
RIGHT = {
    "nothing": [],
    "overlapping writes": [put(0, 9, 5), put(0, 9, 6), get(1, 2, 5), get(3, 4, 6), get(10, 11, 6)],
    "a read during a write": [put(0, 9, 5), get(1, 2, 0), get(3, 4, 5)],
    "a write of an unknown outcome, late": [put(0, 1, 5, outcome=UNKNOWN), get(2, 3, 0), get(4, 5, 5)],
    "one that never was": [put(0, 1, 5, outcome=UNKNOWN), get(2, 3, 0), get(4, 5, 0)],
    "updates one after the other": [update(0, 5, 0, 5), update(1, 6, 5, 6)],
    "sums": [add(0, 9, 3, 7), add(0, 9, 4, 4), add(0, 9, 8, outcome=UNKNOWN), get(11, 12, 15, "count")],
    "a sum nobody was told": [add(0, 1, 3), get(2, 3, 3, "count")],
    "a failed comparison": [
        put(0, 9, 5), compare(2, 3, 0)],
    "a write beside a lease": [
        lease(0, 1, "t"), put(0.5, 8, 5), under(get(2, 3, 0)), under(put(4, 5, 6)), release(6, 7, "t"),
        get(9, 10, 5)],
    "comparisons under a lease": [
        put(0, 1, 5), under(get(2, 3, 0, "mark")), under(compare(4, 5, 0)), under(get(6, 7, 5)),
        under(compare(8, 9, 4)), under(put(10, 11, 6)), under(compare(12, 13, 5))],
    "a write after the lease's time": [
        lease(0, 1, "t", ttl=2), put(1.5, 2.5, 5), release(6, 7, "t", outcome=FAILED)],
    "a write after a command's lease was lost": [
        locked(0, 0.5, "t", outcome=UNKNOWN), put(0.7, 1.5, 5), release(6, 6, "t", outcome=UNKNOWN)],
    "a write after a renewal for less": [
        lease(0, 1, "t"), renew(2, 3, "t", ttl=1), put(3.5, 4, 5), renew(5, 6, "t", ttl=9, outcome=FAILED)],
    "readers beside a shared lease": [lease(0, 1, "t", "shared"), get(3, 4, 0), lease(3, 4, "u", "shared", fence=2)],
    "sums that nobody was told under a lease": [
        under(add(0, 1, 3)), under(get(2, 3, 3, "count")), under(add(4, 5, 4)), under(add(6, 7, 1)),
        get(8, 9, 8, "count")],
    "a sum that nobody was told alone under a lease": [
        add(0, 1, 2, 2), under(add(2, 3, 3)), get(4, 5, 5, "count")],
    "a last sum of an unknown outcome under a lease": [
        under(put(0, 1, 5)), under(add(2, 99, 3, outcome=UNKNOWN)), get(7, 8, 3, "count")],
    "a last sum of an unknown outcome under a lease, before a write, that is seen late": [
        under(get(0, 1, 0, "plain", "count")), under(add(2, 99, 3, outcome=UNKNOWN)), put(3, 4, 5),
        get(5, 6, 3, "count")],
    "a batch of an unknown outcome, before a write, whose sum is seen late": [
        Operation(1, "batch", "f", 0, 99, UNKNOWN, makes={"plain": 5}, adds=3), put(3, 4, 6),
        get(5, 6, 6), get(7, 8, 3, "count")],
    "a last write of an unknown outcome under a lease": [
        under(get(0, 1, 0, "plain", "mark")), under(put(2, 99, 5, outcome=UNKNOWN)), get(7, 8, 5, "plain"),
        put(9, 10, 6, "mark")],
}


@pytest.mark.parametrize("name", WRONG)
def test_checker_finds(name):
    words, operations = WRONG[name]
    found = violations(operations)
    assert found and all(word in found[0] for word in words.split()), found


@pytest.mark.parametrize("name", RIGHT)
def test_checker_leaves_alone(name):
    assert violations(RIGHT[name]) == []


def test_kill_of_the_server_ends_its_leases():
    operations = [lease(0, 1, "t"), put(3, 4, 5), release(6, 7, "t", outcome=FAILED)]
    assert violations(operations) and violations(operations, kills=[2]) == []


def test_files_are_looked_at_one_by_one():
    operations = [put(0, 1, 5), put(2, 3, 6), get(4, 5, 0)]
    operations[-1].file = "g"
    assert violations(operations) == []
