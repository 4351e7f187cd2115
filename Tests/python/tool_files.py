"""HDF5's own test files, from Debian's source package."""

import os
import shutil
import subprocess
import tarfile

from support import REPOSITORY

CACHE = REPOSITORY / ".build/hdf5-source"
VERSION, SUITE = "1.10.8+repack1-1", "bookworm"


class NotAvailable(Exception):
    """The sources cannot be had here."""


def fetch():
    """The directory of HDF5's sources of Debian 12: by apt, with lists of its own; the system stays as it is."""
    if not (CACHE / "complete").exists():
        shutil.rmtree(CACHE, ignore_errors=True)
        (CACHE / "apt/lists/partial").mkdir(parents=True)
        (CACHE / "apt/status").touch()
        (CACHE / "apt/sources.list").write_text(
            f"deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {archive()} {SUITE} main\n")
        (CACHE / "apt/apt.conf").write_text(
            f'Dir::Etc::sourcelist "{CACHE}/apt/sources.list"; Dir::Etc::sourceparts "-";\n'
            f'Dir::State::lists "{CACHE}/apt/lists"; Dir::State::status "{CACHE}/apt/status";\n'
            f'Dir::Cache "{CACHE}/apt/cache"; APT::Sandbox::User ""; Acquire::Languages "none";\n')
        run("apt-get", "update", "-q")
        run("apt-get", "source", "-q", "--download-only", f"hdf5={VERSION}")
        source, = CACHE.glob("hdf5_*.orig.tar.gz")
        with tarfile.open(source) as archived:
            wanted = [m for m in archived if m.isfile() and m.name.endswith((".h5", ".dat", ".bin"))]
            archived.extractall(CACHE, wanted)
        shutil.rmtree(CACHE / "apt")
        source.unlink()
        (CACHE / "complete").touch()
    return next(CACHE.glob("*/tools")).parent


def archive():
    """Where this machine gets Debian's packages from."""
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)"], capture_output=True, text=True)
    lines = [line.split() for line in found.stdout.splitlines()]
    own = [line[2] for line in lines if line[:2] == [SUITE, "main"]]
    if not own:
        raise NotAvailable(f"this machine gets no packages of Debian's {SUITE}")
    return own[0]


def run(*command):
    environment = {**os.environ, "APT_CONFIG": str(CACHE / "apt/apt.conf")}
    try:
        outcome = subprocess.run(
            command, cwd=CACHE, env=environment, capture_output=True, text=True, timeout=240)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAvailable(str(error)) from error
    if outcome.returncode:
        raise NotAvailable(f"{' '.join(command)}: {outcome.stderr.strip()[-500:]}")
