#!/usr/bin/env python3
"""Finishes or undoes what an interrupted write of lockedh5 has left in HDF5 files, where there is no lockedh5.

Usage: recover.py [--dry-run] [--durability power|process] [--wait SECONDS] FILE...

It needs Python 3.6 or newer on Linux, and nothing else. A change that was committed is put in its place, one that was
not is taken away; any other file stays as it is. This is what lockedh5 itself does when it opens a file to write, byte
for byte. Each file is locked exclusively meanwhile (flock, the lock that HDF5 programs take). A run that is interrupted
is done by the next one.

Exit status: 0 when every file is in order now; 1 when one is not, or with --dry-run when there is something to do; 2
for wrong usage. `lockedh5 repair` tells more, and can clear status flags.
"""

import argparse
import array
import errno
import fcntl
import os
import stat
import struct
import sys
import time

# ---- The layout of a log; numbers are little-endian ----
# A log begins at a multiple of ALIGNMENT at or past the superblock's end address and ends exactly at the file's end:
# notice, header, index (offset and length of each part), the parts' bytes, trailer.

VERSION = 1
ALIGNMENT = 4096
MAGIC = b"\x7fH5REDO\n"
NOTICE_LENGTH = 128
# Version, header length, number of parts, the file's length before and after, place of the veil, zeros.
HEADER = struct.Struct("<IIQQQQ24x")
# Where the log begins, its length, checksum of all before the trailer, begin, end and checksum of the appended bytes
# that it vouches for, zero, checksum of all this; trailer length, version, magic.
TRAILER = struct.Struct("<QQQQQQ8xQII8s")
SHORTEST = NOTICE_LENGTH + HEADER.size + TRAILER.size
SLAB = 1 << 20

# ---- The superblock (HDF5 File Format Specification, "Disk Format: Level 0A") ----

SIGNATURE = b"\x89HDF\r\n\x1a\n"
# The top bit of the version byte: every HDF5 library takes it for a version that it does not know.
VEIL = 0x80
VEIL_LENGTH = 9
# For each version the place of the width of addresses, and of the base address; the end address is the third one.
FIELDS = {0: (13, 24), 1: (13, 28), 2: (9, 12), 3: (9, 12)}
LONGEST = 28 + 3 * 32


class Refusal(Exception):
    """Why a file is left as it is."""


class File:
    """An open file: reads and writes whole ranges."""

    def __init__(self, descriptor):
        self.descriptor = descriptor

    def size(self):
        return os.fstat(self.descriptor).st_size

    def read(self, count, place):
        """So many bytes, fewer only where the file ends."""
        parts = []
        while count > 0:
            part = os.pread(self.descriptor, count, place)
            if not part:
                break
            parts.append(part)
            count, place = count - len(part), place + len(part)
        return b"".join(parts)

    def slabs(self, begin, end):
        """A range piece by piece with its places, zeros past the end of the file."""
        for place in range(begin, end, SLAB):
            count = min(SLAB, end - place)
            yield place, self.read(count, place).ljust(count, b"\0")

    def write(self, content, place):
        content = memoryview(content)
        while content:
            count = os.pwrite(self.descriptor, content, place)
            content, place = content[count:], place + count

    def set_size(self, size):
        os.ftruncate(self.descriptor, size)

    def synchronize(self):
        os.fdatasync(self.descriptor)


def checksum(slabs):
    """Over words of 8 bytes, the last filled up with zeros: exclusive or, multiplication, exclusive or with the upper
    bits; at the end the same with the number of bytes. All slabs but the last have whole words."""
    state, count = 0x243F6A8885A308D3, 0
    for slab in slabs:
        count += len(slab)
        words = array.array("Q", bytes(slab) + bytes(-len(slab) % 8))
        if sys.byteorder == "big":
            words.byteswap()
        for word in words:
            product = (state ^ word) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
            state = product ^ product >> 29
    product = (state ^ count) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    return product ^ product >> 29


class Superblock:
    """What matters of a superblock."""

    def __init__(self, content, offset):
        version = content[8] if len(content) > 8 else 0xFF
        self.offset = offset
        self.version = version & ~VEIL
        self.is_veiled = bool(version & VEIL)
        numbers = self.addresses(content)
        if numbers is None:
            raise Refusal("the superblock (version %d) is damaged or of a kind that is not known" % version)
        base, end = numbers
        self.end = end - base + offset
        self.is_open_elsewhere = self.version == 3 and content[11] != 0

    def addresses(self, content):
        """The base and the end address, None where they make no sense."""
        width_place, base_place = FIELDS.get(self.version, (LONGEST, 0))
        width = content[width_place] if width_place < len(content) else 0
        if width not in (2, 4, 8, 16, 32) or len(content) < base_place + 3 * width:
            return None
        base, end = (
            int.from_bytes(content[place : place + width], "little") for place in (base_place, base_place + 2 * width))
        return (base, end) if base <= end < 1 << 64 and end - base + self.offset < 1 << 64 else None

    @classmethod
    def find(cls, file, size):
        """Where libhdf5 searches: at 0, 512 and each further power of two. None for what is no HDF5 file."""
        place = 0
        while place < size:
            content = file.read(LONGEST, place)
            if content.startswith(SIGNATURE):
                return cls(content, place)
            place = place * 2 or 512
        return None


class Log:
    """A complete log at the end of a file."""

    def __init__(self, old_length, new_length, veil_place, parts):
        self.old_length, self.new_length, self.veil_place = old_length, new_length, veil_place
        # Offset in the file, length, and where the new bytes are.
        self.parts = parts


def find_trailer(file, size, end):
    """The trailer's numbers; None where no log ends the file. Bytes before `end` are data and never a log."""
    count = min(TRAILER.size, max(size - end, 0))
    tail = file.read(count, size - count)
    if len(tail) < 16 or not tail.endswith(MAGIC):
        return None
    version = struct.unpack_from("<I", tail, len(tail) - 12)[0]
    if version == 0:
        return None
    if version != VERSION:
        raise Refusal("another version of lockedh5 was writing a change (log version %d): open it with that" % version)
    if len(tail) < TRAILER.size:
        return None
    numbers = TRAILER.unpack(tail)
    start, length = numbers[:2]
    if numbers[6] != checksum([tail[:56]]):
        return None
    if not SHORTEST <= length <= size or start != size - length or start < end or start % ALIGNMENT:
        return None
    return numbers[:6]


def find_log(file, trailer):
    """The log before a trailer; None where it did not reach the disk as a whole."""
    if trailer is None:
        return None
    start, length, content_sum, appended_start, appended_end, appended_sum = trailer
    end = start + length - TRAILER.size
    if checksum(slab for _, slab in file.slabs(start, end)) != content_sum:
        return None
    if not appended_start <= appended_end <= start:
        return None
    if appended_start < appended_end:
        if checksum(slab for _, slab in file.slabs(appended_start, appended_end)) != appended_sum:
            return None
    version, header_length, count, old_length, new_length, veil_place = HEADER.unpack(
        file.read(HEADER.size, start + NOTICE_LENGTH))
    if (version, header_length) != (VERSION, HEADER.size) or max(old_length, new_length) > start or veil_place >= start:
        return None
    parts = index(file, start + NOTICE_LENGTH + HEADER.size, end, count, start)
    return None if parts is None else Log(old_length, new_length, veil_place, parts)


def index(file, place, end, count, limit):
    """The parts of a log; None where its index contradicts itself."""
    if count > (end - place) // 16:
        return None
    parts, source, last = [], place + 16 * count, 0
    for begin, length in struct.iter_unpack("<QQ", file.read(16 * count, place)):
        if not last <= begin < limit or not 0 < length <= min(limit - begin, end - source):
            return None
        parts.append((begin, length, source))
        source, last = source + length, begin + length
    return parts if source == end else None


# ---- Recovery ----


def find(file):
    """The superblock (None: there is none, for this reason), the trailer and the reason."""
    size, problem = file.size(), None
    try:
        superblock = Superblock.find(file, size)
        if superblock is None:
            problem = Refusal("this is not an HDF5 file")
    except Refusal as refusal:
        superblock, problem = None, refusal
    # Under the veil the superblock can be half old and half new; nobody else has written.
    end = superblock.end if superblock and not superblock.is_veiled else 0
    return superblock, find_trailer(file, size, end), problem


def recover(file, is_dry, synchronizes):
    """Finishes or undoes; what was done, None for nothing."""
    superblock, trailer, problem = find(file)
    if superblock is None or superblock.is_veiled:
        log = find_log(file, trailer)
        if log:
            if not is_dry:
                replay(file, log, synchronizes)
            return "a committed change is put in its place"
    if problem:
        raise problem
    if superblock.is_open_elsewhere and not superblock.is_veiled:
        raise Refusal(
            "a program has it open for writing, or was not done when it ended (status flags; `lockedh5 repair "
            "--clear-flags` or `h5clear -s` clears them)")
    if not superblock.is_veiled and trailer is None:
        return None
    if not is_dry:
        undo(file, superblock, trailer, synchronizes)
    return "a write that was not committed, or was complete, is cleared away"


def undo(file, superblock, trailer, synchronizes):
    if superblock.is_veiled:
        file.write(bytes([superblock.version]), superblock.offset + 8)
    if trailer is not None:
        file.set_size(superblock.end)
    if synchronizes:
        file.synchronize()


def replay(file, log, synchronizes):
    """Brings all home but the veil's bytes, then those, then cuts the log off."""
    first, last = log.veil_place, final_bytes(file, log)
    is_signature = last.startswith(SIGNATURE)
    if is_signature:
        veiled = last[:8] + bytes([last[8] | VEIL])
        if file.read(VEIL_LENGTH, first) != veiled:
            file.write(veiled, first)
    for begin, length, source in log.parts:
        for place, slab in file.slabs(source, source + length):
            write_around(file, slab, begin + place - source, first)
    if synchronizes:
        file.synchronize()
    file.write(last, first)
    if not is_signature and synchronizes:
        file.synchronize()
    file.set_size(log.new_length)
    if synchronizes:
        file.synchronize()


def final_bytes(file, log):
    """The veil's bytes when the change is home: the file's own, with the log's over them."""
    first = log.veil_place
    last = bytearray(unveiled(file.read(VEIL_LENGTH, first)).ljust(VEIL_LENGTH, b"\0"))
    for begin, length, source in log.parts:
        low, high = max(begin, first), min(begin + length, first + VEIL_LENGTH)
        if low < high:
            last[low - first : high - first] = file.read(high - low, source + low - begin)
    return unveiled(bytes(last))


def unveiled(content):
    if len(content) == VEIL_LENGTH and content.startswith(SIGNATURE):
        return content[:8] + bytes([content[8] & ~VEIL])
    return content


def write_around(file, content, place, veil):
    """Writes a part except where the veil is."""
    before = max(0, min(len(content), veil - place))
    after = max(0, min(len(content), veil + VEIL_LENGTH - place))
    file.write(content[:before], place)
    file.write(content[after:], place + after)


# ---- Files by name ----


def locked(path, is_dry, wait):
    """An open file under its lock: the one that has this name now."""
    end = time.monotonic() + wait
    while True:
        descriptor = os.open(path, (os.O_RDONLY if is_dry else os.O_RDWR) | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Refusal("it is not a regular file")
            fcntl.flock(descriptor, (fcntl.LOCK_SH if is_dry else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except (Refusal, FileNotFoundError):
            os.close(descriptor)
            raise
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EINTR):
                os.close(descriptor)
                raise
        os.close(descriptor)
        if time.monotonic() >= end:
            raise Refusal("another process has locked it")
        time.sleep(0.02)


def handle(path, options):
    """Deals with one file; whether it is in order."""
    try:
        descriptor = locked(path, options.dry_run, options.wait)
        try:
            deed = recover(File(descriptor), options.dry_run, options.durability == "power")
        finally:
            os.close(descriptor)
    except (Refusal, OSError) as error:
        print("%s: %s" % (path, error.strerror if isinstance(error, OSError) else error), flush=True)
        return False
    print("%s: %s%s" % (path, deed or "nothing to do", " (not done)" if deed and options.dry_run else ""), flush=True)
    return not (deed and options.dry_run)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0], epilog="Exit status: 0 when every file is in order now, else 1.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--dry-run", action="store_true", help="only tell, under a shared lock")
    parser.add_argument(
        "--durability", choices=("power", "process"), default="power",
        help="what the result withstands: a power cut, or only the end of a process")
    parser.add_argument("--wait", type=float, default=10, metavar="SECONDS", help="for each file's lock")
    options = parser.parse_args()
    sys.exit(0 if all([handle(path, options) for path in options.files]) else 1)


if __name__ == "__main__":
    main()
