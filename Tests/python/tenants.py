"""Callers that also take leases, send batches, and have the server add and compare."""

import base64
import json
import time

import exchange
from callers import Caller
from exchange import Broken
from history import COUNT, FAILED, OK, UNKNOWN

NOTHING_THERE = "/v1/values/{}/nothing"
# What a lease may last; the first often ends before its tenant is done.
TTLS = (1, 1, 2)


class Tenant(Caller):
    """A caller for whom the server does several things at once."""

    def kinds(self):
        return super().kinds() | {
            self.add: 10, self.compare: 8, self.batch: 12, self.spoilt_batch: 3, self.exclusive: 4, self.shared: 3}

    # Additions and comparisons

    def add(self, name, lease=None):
        operation = self.operation("add", name, lease)
        operation.adds = self.added()
        answer = self.patch(operation, name, COUNT, {"add": operation.adds})
        if answer and answer.status == 200:
            summed(operation, answer.json())
        return self.note(operation)

    def compare(self, name, lease=None):
        """Sets a cell if it still holds what was last seen of it."""
        cell = self.random.choice(("flag", "plain"))
        if (name, cell) not in self.tags or self.random.random() < 0.5:
            self.get(name, lease, cell)
        if (name, cell) not in self.tags:
            return None
        old, new = self.tags[name, cell][0], self.client.number_of_its_own()
        operation = self.operation("compare", name, lease)
        operation.expects, operation.makes = {cell: old}, {cell: new}
        answer = self.patch(operation, name, cell, {"compare": old, "set": new})
        if answer and answer.status == 412 and answer.code() == "precondition_failed":
            operation.differs = operation.expects
        if answer and answer.status == 200:
            self.tags[name, cell] = new, answer.headers["ETag"]
            if answer.json() != ([new] * exchange.SIZES[cell] if exchange.is_array(cell) else new):
                raise Broken(f"{operation} was answered with {answer.body[:100]}")
        return self.note(operation)

    def patch(self, operation, name, cell, body):
        return self.send(operation, "PATCH", exchange.target(name, cell), json.dumps(body).encode(),
                         Content_Type="application/json")

    # Batches

    def batch(self, name, lease=None):
        """Some reads, and often writes, in any order."""
        operation = self.operation("batch", name, lease)
        jobs = [self.job(operation, name) for _ in range(self.random.randrange(2, 7))]
        if answer := self.send_batch(operation, name, [job for job, _ in jobs]):
            if answer.status == 200:
                self.read_answers(operation, answers_of(answer), [cell for _, cell in jobs])
        return self.note(operation)

    def job(self, operation, name):
        """One request of a batch, and the cell that it reads or adds to."""
        sort = self.random.choice(("read", "read", "write", "write", "add"))
        if operation.lease and operation.mode == "shared":
            sort = "read"
        if sort == "read":
            cell = self.random.choice((*exchange.ALONE, COUNT))
            return {"method": "GET", "target": exchange.target(name, cell),
                    "headers": {"Accept": exchange.media(cell)}}, ("read", cell)
        if sort == "add":
            operation.adds += (delta := self.added())
            return {"method": "PATCH", "target": exchange.target(name, COUNT), "body": {"add": delta}}, ("add", delta)
        cell = self.cell()
        value = operation.makes.setdefault(cell, self.client.number_of_its_own())
        body, media = exchange.encoded(cell, value)
        if media == exchange.OCTETS:
            body = base64.b64encode(body).decode()
        else:
            body = json.loads(body)
        return {"method": "PUT", "target": exchange.target(name, cell), "headers": {"Content-Type": media},
                "body": body}, ("write", cell)

    def send_batch(self, operation, name, jobs):
        if self.random.random() < 0.5:
            lines = b"".join(json.dumps(job).encode() + b"\n" for job in jobs)
            return self.send(operation, "POST", f"/v1/batch/{name}", lines, Content_Type="application/x-ndjson")
        return self.send(
            operation, "POST", f"/v1/batch/{name}", json.dumps(jobs).encode(), Content_Type="application/json")

    def read_answers(self, operation, answers, jobs):
        """What a batch has seen from before it, and whether it has seen its own writes."""
        now, first = {}, {}
        for answer, (sort, what) in zip(answers, jobs, strict=True):
            if sort == "write":
                now[what] = [operation.makes[what]]
                continue
            cell = COUNT if sort == "add" else what
            found = decoded_part(cell, answer, sort)
            before = [found[0] - what] if sort == "add" else found
            if now.setdefault(cell, before) != before:
                raise Broken(f"a batch saw {cell} {before} after {now[cell]}: {operation}")
            if cell not in operation.makes or now[cell] != [operation.makes[cell]]:
                first.setdefault(cell, before)
            now[cell] = found
        operation.sees = first
        if operation.adds:
            operation.makes[COUNT], operation.adds = now[COUNT][0], 0

    def spoilt_batch(self, name):
        """Writes, and a request that fails: nothing may be done."""
        operation = self.operation("spoilt batch", name)
        jobs = [self.job(operation, name)[0] for _ in range(self.random.randrange(1, 5))]
        place = self.random.randrange(len(jobs) + 1)
        jobs.insert(place, {"method": "GET", "target": NOTHING_THERE.format(name)})
        try:
            answer = self.send_batch(operation, name, jobs)
        except Broken:
            # An answer 404 is what it is for.
            answer = None
            if not operation.told.startswith("404"):
                raise
        if answer and answer.status < 300:
            raise Broken(f"{operation} was done")
        if operation.outcome == UNKNOWN:
            operation.outcome = FAILED
        return self.note(operation)

    # Leases

    def exclusive(self, name):
        self.under_lease(name, "exclusive", [
            self.get, self.put, self.put, self.add, self.compare, self.batch, self.sum_up, self.snapshot, self.replace])

    def shared(self, name):
        self.under_lease(name, "shared", [self.get, self.get, self.batch, self.snapshot])

    def under_lease(self, name, mode, works):
        lease = self.take(name, mode)
        if lease is None:
            return
        for _ in range(self.random.randrange(1, 6)):
            if self.random.random() < 0.1 and not self.renew(lease):
                return
            self.random.choice(works)(name, lease)
            if any(operation.outcome != OK for operation in self.client.recent):
                break
        self.leave(lease, works)

    def leave(self, lease, works):
        """Releases a lease, or does not, or only tries something else about when it expires."""
        fate = self.random.random()
        is_clear = not any(operation.outcome == UNKNOWN for operation in self.client.recent)
        if fate < 0.1 and is_clear:
            time.sleep(max(0, lease.end + lease.ttl - time.monotonic()) * self.random.random() * 1.2)
            self.random.choice(works)(lease.file, lease)
        elif fate < 0.95:
            self.release(lease)

    def sum_up(self, name, lease):
        """An addition of the client's own: a read, and a write under the same lease."""
        read = self.get(name, lease, COUNT)
        if read.outcome != OK:
            return
        operation = self.operation("sum", name, lease)
        operation.makes = {COUNT: read.sees[COUNT][0] + self.added()}
        self.send_put(operation, name, COUNT)

    def take(self, name, mode):
        operation = self.operation("lease", name)
        operation.mode, operation.ttl = mode, self.random.choice(TTLS)
        body = json.dumps({"mode": mode, "ttl": operation.ttl}).encode()
        answer = self.send(operation, "POST", f"/v1/locks/{name}", body, Content_Type="application/json")
        if answer and answer.status == 201:
            given = answer.json()
            operation.lease, operation.fence = given["token"], given["fence"]
        self.note(operation)
        return operation if operation.lease else None

    def renew(self, lease):
        operation = self.operation("renew", lease.file, lease)
        operation.ttl = self.random.choice(TTLS)
        self.send(operation, "PUT", f"/v1/locks/{lease.file}/{lease.lease}",
                  json.dumps({"ttl": operation.ttl}).encode(), Content_Type="application/json")
        return self.note(operation).outcome == OK

    def release(self, lease):
        operation = self.operation("release", lease.file, lease)
        self.send(operation, "DELETE", f"/v1/locks/{lease.file}/{lease.lease}")
        self.note(operation)


def summed(operation, result):
    """The server has told what an addition has come to."""
    operation.sees = {COUNT: [result - operation.adds]}
    operation.makes, operation.adds = {COUNT: result}, 0


def answers_of(answer):
    if answer.headers["Content-Type"].startswith("application/x-ndjson"):
        return [json.loads(line) for line in answer.body.splitlines()]
    return answer.json()


def decoded_part(cell, answer, sort):
    """The numbers in one answer of a batch."""
    if exchange.is_array(cell) and sort == "read":
        return exchange.decoded(cell, base64.b64decode(answer["body"]))
    return [answer["body"]]
