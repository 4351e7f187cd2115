"""Clients that speak HTTP: one request after the other, of random sorts, each noted with what became of it."""

import cells
import exchange
from exchange import Line, carry_out
from history import COUNT, FAILED, OK, Operation

# What a client that sums up adds: much, so that hardly two sums are equal.
MOST_ADDED = 1 << 36
# How many requests a client leaves without waiting for the answer.
LEAVING = 0.04


class Caller:
    """What one client does with the server."""

    def __init__(self, client):
        self.client, self.random = client, client.random
        self.line = Line(client.address)
        # The number and the entity tag that were last seen of a cell.
        self.tags = {}

    def kinds(self):
        """What it does, and how often."""
        return {self.get: 24, self.put: 14, self.hang_up: 3, self.update: 16, self.snapshot: 3, self.replace: 3}

    # One request

    def fields(self, operation, **fields):
        fields["Prefer"] = f"wait={self.random.choice((0, 1, 5, 20))}"
        if operation.lease:
            fields["Lock-Token"] = operation.lease
        return fields

    def send(self, operation, method, target, body=b"", ask=None, **fields):
        """Sends a request; the answer where there is one. The operation is noted by the caller of this."""
        fields = self.fields(operation, **{name.replace("_", "-"): value for name, value in fields.items()})
        if ask is None:
            ask = self.hanging_up() if self.random.random() < LEAVING else self.line.ask
        answer = carry_out(operation, ask, method, target, body, fields)
        if operation.outcome == FAILED and not answer:
            self.client.pause()
        return answer

    def operation(self, kind, name, lease=None):
        mode, token = (lease.mode, lease.lease) if lease else ("", None)
        return Operation(self.client.number, kind, name, lease=token, mode=mode)

    def note(self, operation):
        self.client.note(operation)
        return operation

    def cell(self):
        return self.random.choice(exchange.ALONE)

    def added(self):
        return self.random.randrange(1, MOST_ADDED)

    # Kinds of operations; each leaves a note, and under a lease tells whether it may go on.

    def get(self, name, lease=None, cell=None):
        cell = cell or self.random.choice((*exchange.ALONE, COUNT))
        operation = self.operation("get", name, lease)
        answer = self.send(operation, "GET", exchange.target(name, cell), Accept=exchange.media(cell))
        if answer and answer.status == 200:
            operation.sees = {cell: exchange.decoded(cell, answer.body)}
            self.tags[name, cell] = operation.sees[cell][0], answer.headers["ETag"]
        return self.note(operation)

    def put(self, name, lease=None, cell=None, ask=None, kind="put"):
        cell = cell or self.cell()
        operation = self.operation(kind, name, lease)
        operation.makes = {cell: self.client.number_of_its_own()}
        return self.send_put(operation, name, cell, ask)

    def send_put(self, operation, name, cell, ask=None, **fields):
        value = operation.makes[cell]
        body, media = exchange.encoded(cell, value)
        answer = self.send(operation, "PUT", exchange.target(name, cell), body, ask, Content_Type=media, **fields)
        if answer and answer.status < 300:
            self.tags[name, cell] = value, answer.headers["ETag"]
        return self.note(operation)

    def hanging_up(self, is_part=False):
        """A way to send a request that does not wait for its answer."""
        patience = None if is_part else self.random.choice((0, self.random.random() * 0.01, self.random.random()))

        def ask(method, target, body, **fields):
            return self.line.hang_up(method, target, body, patience, **fields)
        return ask

    def hang_up(self, name):
        """A part of a write: nothing is done."""
        return self.put(name, ask=self.hanging_up(is_part=True), kind="half a put")

    def update(self, name):
        """Writes on the condition that nothing has changed since a read, or since a write of its own."""
        cell = self.random.choice((*exchange.ALONE, COUNT))
        if (name, cell) not in self.tags or self.random.random() < 0.7:
            self.get(name, cell=cell)
        value, tag = self.tags.get((name, cell), (None, None))
        if not tag or tag.startswith("W/"):
            return None
        operation = self.operation("update", name)
        operation.expects = {cell: value}
        operation.makes = {cell: value + self.added() if cell == COUNT else self.client.number_of_its_own()}
        return self.send_put(operation, name, cell, If_Match=tag)

    def snapshot(self, name, lease=None):
        operation = self.operation("snapshot", name, lease)
        answer = self.send(operation, "GET", f"/v1/raw/{name}")
        if answer and answer.status == 200:
            operation.sees = cells.read_image(answer.body)
        self.note(operation)
        return answer if operation.outcome == OK else None

    def replace(self, name, lease=None):
        """Another file in the place of the one that was read, if that is still there."""
        if not (answer := self.snapshot(name, lease)):
            return None
        tag, sees = answer.headers["ETag"], cells.read_image(answer.body)
        if tag.startswith("W/"):
            return None
        operation = self.operation("replace", name, lease)
        operation.expects = {cell: values[0] for cell, values in sees.items()}
        operation.makes = dict.fromkeys(exchange.ALONE, self.client.number_of_its_own())
        operation.makes[COUNT] = operation.expects[COUNT] + self.added()
        image = cells.changed_image(answer.body, operation.makes)
        self.send(operation, "PUT", f"/v1/raw/{name}", image, If_Match=tag, Content_Type=exchange.OCTETS)
        return self.note(operation)
