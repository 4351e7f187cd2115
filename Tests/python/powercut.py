"""What a disk can have when the power goes: rebuilt from the recorded changes of a file.

All that was written up to the last finished sync is there. Of what came later, each sector and each change of the
length is there or is not, in any combination.
"""

import re

from generations import recovered
from support import eventually
from tracing import CHANGES, Traced

SECTOR = 512
WRITE = re.compile(r'^\d+<[^>]*>, "((?:\\x[0-9a-f]{2})*)", (\d+), (\d+)$')
NUMBERS = re.compile(r", (\d+)")
OPTIONS = ["-xx", "-s", str(1 << 26), "-e", "trace=" + ",".join(CHANGES)]


class Disk:
    """A file's bytes, as the disk has them."""

    def __init__(self, image):
        self.image = bytearray(image)

    def write(self, place, data):
        """What lies past the length is lost."""
        end = min(place + len(data), len(self.image))
        if place < end:
            self.image[place:end] = data[: end - place]

    def resize(self, size):
        if size < len(self.image):
            del self.image[size:]
        else:
            self.image.extend(bytes(size - len(self.image)))

    def apply(self, step, is_there=lambda: True):
        """One recorded change, or what `is_there` leaves of it."""
        kind, place, data = step
        if kind == "write":
            if place + len(data) > len(self.image) and is_there():
                self.resize(place + len(data))
            first = place
            while first < place + len(data):
                last = min((first // SECTOR + 1) * SECTOR, place + len(data))
                if is_there():
                    self.write(first, data[first - place:last - place])
                first = last
        elif kind == "size" and is_there():
            self.resize(place)


class Recording:
    """The changes that some requests have made to a file, and the contents after each of them."""

    def __init__(self, first, contents):
        self.first, self.steps = first, []
        # How many steps were over when each request was answered, and the contents from then on.
        self.answered, self.contents = [0], [contents]

    def record_recovery(self, server, path, output):
        """Lets a server recover the file of these bytes: all that is left then, at any moment, are the contents."""
        path.write_bytes(self.first)
        [worker] = eventually(server.workers)
        with Traced(worker, output, *OPTIONS) as traced:
            assert server.get(f"/v1/groups/{path.name}/").status_code == 200
            assert recovered(path) == self.contents[0]
            self.steps = steps_of(traced, path)
        assert self.rebuilt(len(self.steps)) == path.read_bytes(), "the recording is not complete"
        return self

    def record(self, server, generations, count, output, change=None):
        """Sends so many more changes to the file's only worker."""
        [worker] = eventually(server.workers)
        with Traced(worker, output, *OPTIONS) as traced:
            begun = len(self.steps)
            for _ in range(count):
                assert generations.step(server, change() if change else None)
                self.steps[begun:] = steps_of(traced, generations.path)
                self.answered.append(len(self.steps))
                self.contents.append(generations.now)
        assert self.rebuilt(len(self.steps)) == generations.path.read_bytes(), "the recording is not complete"
        return self

    def rebuilt(self, end):
        disk = Disk(self.first)
        for each in self.steps[:end]:
            disk.apply(each)
        return bytes(disk.image)

    def synced(self):
        """The bytes that are certain, by the number of steps before: those up to each finished sync."""
        disk, found = Disk(self.first), {0: self.first}
        for number, each in enumerate(self.steps):
            disk.apply(each)
            if each[0] == "sync":
                found[number + 1] = bytes(disk.image)
        return found

    def states(self, random, count):
        """(image, the contents that recovery may find) of so many moments and disks."""
        synced = self.synced()
        for number in range(count):
            end = random.randrange(len(self.steps) + 1)
            if number % 4 == 0:
                # Before a commit point, where the file may still be opened by anybody.
                end = min(random.choice(self.answered) + random.randrange(4), len(self.steps))
            begin = max(place for place in synced if place <= end)
            disk, chance = Disk(synced[begin]), random.choice((0, 0.1, 0.5, 0.9, 1))
            for each in self.steps[begin:end]:
                disk.apply(each, lambda: random.random() < chance)
            yield bytes(disk.image), self.allowed(end)

    def halves(self, random):
        """A killed process leaves all it has written, of its last call perhaps a part."""
        for end, (kind, place, data) in enumerate(self.steps):
            disk = Disk(self.rebuilt(end))
            if kind == "write":
                disk.apply((kind, place, data[: random.randrange(len(data) + 1)]))
            yield bytes(disk.image), self.allowed(end, is_between=True)

    def allowed(self, end, is_between=False):
        """The contents that were acknowledged when so many steps had been taken, and those in flight.

        `is_between`: one more step had begun.
        """
        last = max(number for number, steps in enumerate(self.answered) if steps <= end)
        return self.contents[last:last + (1 if end == self.answered[last] and not is_between else 2)]


def steps_of(traced, path):
    """What a traced process has done to a file."""
    as_strace_writes_it = "".join(f"\\x{byte:02x}" for byte in str(path).encode())
    return [step(name, arguments) for name, arguments, _ in traced.calls(as_strace_writes_it)]


def step(name, arguments):
    """(what, place or size, bytes) of a call as strace tells it."""
    if name == "pwrite64":
        data, count, place = WRITE.match(arguments).groups()
        data = bytes.fromhex(data.replace("\\x", ""))
        assert len(data) == int(count)
        return "write", int(place), data
    if name == "ftruncate":
        return "size", int(NUMBERS.search(arguments)[1]), b""
    # Space that is reserved inside a file changes nothing that can be read.
    return "space" if name == "fallocate" else "sync", 0, b""
