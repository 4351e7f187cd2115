"""What takes an hour to write: FastAPI and h5py under flock. naive.py PORT WORKERS LOOP HTTP, with the directory in
NAIVE_FOLDER; NAIVE_SYNC=1 has each change on the disk before it answers.

It checks nothing that a client sends, keeps a large body in memory, and leaves a damaged file where it is killed while
it writes: what a request costs here is a lower bound for anything made of the same parts.
"""

import contextlib
import fcntl
import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator

import h5py
import numpy as np
from fastapi import FastAPI, HTTPException, Request, Response
from serving import serve

FOLDER = pathlib.Path(os.environ["NAIVE_FOLDER"])
SYNCS = os.environ.get("NAIVE_SYNC") == "1"

# The handlers block: they are faster than ones that go through a pool of threads.
app = FastAPI()


@contextlib.contextmanager
def locked(file: str, mode: str) -> Iterator[h5py.File]:
    """The open file, under the same lock that HDF5 takes of itself, but waiting for it."""
    reads = mode == "r"
    descriptor = os.open(FOLDER / file, os.O_RDONLY if reads else os.O_RDWR | os.O_CREAT, 0o664)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if reads else fcntl.LOCK_EX)
        with h5py.File(FOLDER / file, mode, libver=("earliest", "v110"), locking=False) as opened:
            yield opened
        if SYNCS and not reads:
            os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


@app.get("/values/{file}/{path}")
async def get_values(file: str, path: str, start: int, stop: int) -> Response:
    with locked(file, "r") as opened:
        values = opened[path][start:stop]
    return Response(values.tobytes(), media_type="application/octet-stream")


@app.put("/values/{file}/{path}", status_code=204)
async def put_values(file: str, path: str, request: Request, start: int | None = None, stop: int | None = None) -> None:
    body = await request.body()
    with locked(file, "r+") as opened:
        dataset = opened[path]
        dataset[start:stop] = np.frombuffer(body, dataset.dtype)


@app.put("/datasets/{file}/{path}", status_code=201)
async def put_dataset(file: str, path: str, datatype: str, request: Request) -> None:
    """A new file with one new dataset."""
    body = await request.body()
    with locked(file, "w") as opened:
        opened.create_dataset(path, data=np.frombuffer(body, datatype))


@app.put("/attributes/{file}/{path}", status_code=204)
async def put_attribute(file: str, path: str, name: str, request: Request) -> None:
    value = await request.json()
    with locked(file, "r+") as opened:
        opened[path].attrs[name] = value


@app.put("/raw/{file}", status_code=201)
async def put_raw(file: str, request: Request) -> None:
    """A whole file: written beside the old one, then put in its place."""
    with tempfile.NamedTemporaryFile(dir=FOLDER, delete=False) as upload:
        async for part in request.stream():
            upload.write(part)
        upload.flush()
        if SYNCS:
            os.fdatasync(upload.fileno())
    if not h5py.is_hdf5(upload.name):
        os.unlink(upload.name)
        raise HTTPException(422, "not an HDF5 file")
    os.replace(upload.name, FOLDER / file)


if __name__ == "__main__":
    serve("naive:app", int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
