"""Runs an application of FastAPI in several processes."""

import socket

import uvicorn
from uvicorn.supervisors import Multiprocess


def serve(application: str, port: int, workers: int, loop: str, http: str) -> None:
    """What the command `uvicorn --workers` does, except for one option of the socket, and more patience with workers
    that are busy."""
    config = uvicorn.Config(
        application, host="127.0.0.1", port=port, workers=workers, loop=loop, http=http, access_log=False,
        log_level="warning", timeout_worker_healthcheck=60)
    listener = config.bind_socket()
    # Several workers get a socket on which asyncio does not turn Nagle's algorithm off, and so answer 40 ms late: a
    # mishap of uvicorn's that would make every comparison with it too good.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    Multiprocess(config, sockets=[listener]).run()
