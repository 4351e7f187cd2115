"""The memory of a server's processes, added up, and that of the machine."""

import mmap
import os
import pathlib
from dataclasses import dataclass

from load import MeasuringFailed
from servers import session


TOUCHED = 4 << 30


@dataclass
class Memory:
    """In bytes. `proportional` counts a page that several processes share once, `resident` counts it in each."""

    processes: int
    proportional: int | None
    resident: int
    peak: int


def memory(leader: int) -> Memory:
    """Of the gate, the zygote and the workers; the proportional figure is None where only root may see it."""
    processes = session(leader)
    if not processes:
        raise MeasuringFailed("the server has ended")
    shares = [_field(process, "smaps_rollup", "Pss:") for process in processes]
    return Memory(
        processes=len(processes),
        proportional=None if None in shares else sum(shares),
        resident=sum(_field(process, "status", "VmRSS:") or 0 for process in processes),
        peak=sum(_field(process, "status", "VmHWM:") or 0 for process in processes))


def peak(process: int) -> int:
    """The most that one process has had in memory so far."""
    return _field(process, "status", "VmHWM:") or 0


def resident(process: int) -> int:
    """What one process has in memory now."""
    return _field(process, "status", "VmRSS:") or 0


def threads(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/task"))


def touch(most: int = TOUCHED) -> None:
    """Uses much memory once: a page that a virtual machine's host has yet to find costs ten times as much to fill."""
    size = min(most, os.sysconf("SC_AVPHYS_PAGES") * mmap.PAGESIZE // 2)
    with mmap.mmap(-1, size) as space:
        space[::mmap.PAGESIZE] = bytes(size // mmap.PAGESIZE)


def _field(process: int, file: str, name: str) -> int | None:
    try:
        lines = pathlib.Path("/proc", str(process), file).read_text().splitlines()
    except PermissionError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(name)), None)
