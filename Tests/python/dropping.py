"""A proxy of TCP connections that cuts them at random, and the client's driver program."""

import json
import os
import random
import selectors
import socket
import subprocess
import threading
from pathlib import Path

import support

DRIVER = os.environ.get("LOCKEDH5_CLIENT_DRIVER", str(Path(support.BINARY).with_name("ClientDriver")))


class Proxy:
    """Passes bytes on to a port of this machine, and cuts each connection after a random number of them.

    What the client sends is counted apart from what it gets, so that requests are cut off in the middle, and answers of
    requests that were carried out.
    """

    def __init__(self, port, seed, mean):
        self.port, self.mean = port, mean
        self.random = random.Random(seed)
        self.cuts = self.connections = 0
        self.isEnding = False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.isEnding = True
        # An accept that waits is woken by a connection.
        socket.create_connection(self.listener.getsockname()).close()
        for thread in self.threads:
            thread.join(20)
        self.listener.close()
        assert not [thread for thread in self.threads if thread.is_alive()]

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            if self.isEnding:
                return client.close()
            self.connections += 1
            budgets = [int(self.random.expovariate(1 / self.mean)) for _ in range(2)]
            thread = threading.Thread(target=self.carry, args=(client, budgets))
            self.threads.append(thread)
            thread.start()

    def carry(self, client, budgets):
        try:
            server = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            return client.close()
        with client, server, selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, (server, 0))
            selector.register(server, selectors.EVENT_READ, (client, 1))
            try:
                while not self.isEnding:
                    for key, _ in selector.select(0.2):
                        other, way = key.data
                        data = key.fileobj.recv(1 << 16)
                        if not data:
                            return
                        other.sendall(data[: budgets[way]])
                        budgets[way] -= len(data)
                        if budgets[way] <= 0:
                            self.cuts += 1
                            return
            except OSError:
                return


class Driver:
    """A run of the driver: its numbers of progress as they come, and its result."""

    def __init__(self, url, command, **values):
        arguments = [f"{name}={str(value).lower() if value is True else value}" for name, value in values.items()]
        self.process = subprocess.Popen(
            [DRIVER, url, command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def progress(self):
        """The next number of bytes that are done; None at the end, when `result` is there."""
        line = self.process.stdout.readline()
        if line[:1].isdigit():
            return int(line)
        _, errors = self.process.communicate(timeout=240)
        assert line.startswith("{"), line + errors
        self.result = json.loads(line)
        return None

    def wait_for(self, amount):
        """Waits until that many bytes are done."""
        while True:
            done = self.progress()
            assert done is not None, self.result
            if done >= amount:
                return done

    def finish(self):
        """What was done."""
        while self.progress() is not None:
            pass
        return self.result


def drive(url, command, **values):
    """The result of one run."""
    return Driver(url, command, **values).finish()
