"""h5grove on FastAPI and uvicorn: grove.py PORT WORKERS LOOP HTTP, with the directory in GROVE_FOLDER."""

import os
import sys

from fastapi import FastAPI
from h5grove.fastapi_utils import router, settings
from serving import serve

app = FastAPI()
app.include_router(router)
settings.base_dir = os.environ["GROVE_FOLDER"]

if __name__ == "__main__":
    serve("grove:app", int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
