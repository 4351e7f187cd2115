"""The results as a page of Markdown: the table, and the machine and versions that it holds for."""

import importlib.metadata
import os
import pathlib
import platform
import subprocess
import time
from dataclasses import dataclass

import h5py

HERE = pathlib.Path(__file__).parent


@dataclass
class Row:
    name: str
    ours: str
    other: str
    ratio: str
    target: str
    met: bool | None

    def cells(self) -> list[str]:
        verdict = {True: "met", False: "missed", None: ""}[self.met]
        return [self.name, self.ours, self.other, self.ratio, self.target, verdict]


def page(rows: list[Row], how: str, load_before: float, binary: str | None) -> str:
    head = ["measured", "lockedh5", "compared with", "ratio (rounds)", "target", ""]
    lines = ["| " + " | ".join(cells) + " |" for cells in
             [head, ["---"] * len(head), *(row.cells() for row in rows)]]
    notes = [f"- {line}" for line in [how, *machine(load_before), *versions(binary)]]
    return "\n".join([f"# Benchmark of {time.strftime('%Y-%m-%d %H:%M')}", "", *lines, "", *notes, ""])


def machine(load_before: float) -> list[str]:
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    busy = ""
    if load_before > 0.5:
        busy = "; **the machine was busy with other things, so these figures are not to be relied on**"
    return [
        f"machine: {cores} cores ({_value('/proc/cpuinfo', 'model name', ':')}), {memory} GiB, "
        f"{_value('/etc/os-release', 'PRETTY_NAME', '=')}, Linux {platform.release()}",
        f"load average before the run: {load_before:.2f}{busy}",
    ]


def versions(binary: str | None) -> list[str]:
    ours = _output([binary, "--version"]) if binary else "as a library"
    commit = _output(["git", "-C", str(HERE.parent), "describe", "--always", "--dirty"])
    swift = _output(["swift", "--version"]).split("(")[0]
    packages = [f"{name} {importlib.metadata.version(name)}" for name in
                ("h5grove", "fastapi", "uvicorn", "uvloop", "httptools", "h5py", "numpy")]
    debian = [f"{name} {_package(name)}" for name in
              ("nginx-light", "wrk", "curl", "libhdf5-dev", "libmicrohttpd-dev")]
    return [
        f"lockedh5 {ours} ({commit}), {swift.strip()}",
        f"Python {platform.python_version()}: {', '.join(packages)}; HDF5 {h5py.version.hdf5_version} in h5py",
        f"Debian: {', '.join(debian)}",
    ]


def _value(file: str, name: str, divider: str) -> str:
    lines = pathlib.Path(file).read_text(errors="replace").splitlines()
    found = next((line for line in lines if line.startswith(name)), divider + "unknown")
    return found.partition(divider)[2].strip().strip('"')


def _package(name: str) -> str:
    return _output(["dpkg-query", "--show", "--showformat", "${Version}", name])


def _output(command: list[str]) -> str:
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    lines = run.stdout.strip().splitlines()
    return lines[0] if run.returncode == 0 and lines else "unknown"
