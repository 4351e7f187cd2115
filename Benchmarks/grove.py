"""h5grove on FastAPI and uvicorn: grove.py PORT WORKERS LOOP HTTP, with the directory in GROVE_FOLDER."""

import os
import socket
import sys

import uvicorn
from fastapi import FastAPI
from h5grove.fastapi_utils import router, settings
from uvicorn.supervisors import Multiprocess

app = FastAPI()
app.include_router(router)
settings.base_dir = os.environ["GROVE_FOLDER"]


def serve(port: int, workers: int, loop: str, http: str) -> None:
    """What the command `uvicorn --workers` does, except for one option of the socket, and more patience with workers
    that are busy."""
    config = uvicorn.Config(
        "grove:app", host="127.0.0.1", port=port, workers=workers, loop=loop, http=http, access_log=False,
        log_level="warning", timeout_worker_healthcheck=60)
    listener = config.bind_socket()
    # Several workers get a socket on which asyncio does not turn Nagle's algorithm off, and so answer 40 ms late: a
    # mishap of uvicorn's that would make every comparison with it too good.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    Multiprocess(config, sockets=[listener]).run()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
