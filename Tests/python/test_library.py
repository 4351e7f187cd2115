"""The libraries as another package uses them: the snippets of their documentation, and the documentation itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

TOP = Path(__file__).parents[2]
LIBRARY = TOP / "Tests/library"
sys.path.insert(0, str(LIBRARY))

import extract  # noqa: E402

NAMES = {library: [article.stem for article in extract.articles(TOP, library)] for library in extract.LIBRARIES}


def article(library: str, name: str) -> Path:
    return TOP / "Sources" / library / f"{library}.docc" / f"{name}.md"


def run(*command: str | Path) -> subprocess.CompletedProcess:
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done


@pytest.fixture(scope="module")
def program():
    """The program that runs an article's snippets, and one with both libraries, built as a package of its own."""
    package = TOP / ".build/articles"
    extract.main(str(TOP), str(package))
    options = ["--package-path", package]
    for product in ("Articles", "Both"):
        run("swift", "build", *options, "--product", product)
    return Path(run("swift", "build", *options, "--show-bin-path").stdout.strip(), "Articles")


@pytest.fixture
def served(start_server, tmp_path):
    """A server of an empty folder."""
    (tmp_path / "served").mkdir()
    return start_server(tmp_path / "served")


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", NAMES["LockedH5"])
def test_snippets_print_what_the_article_says(program, tmp_path, name):
    printed = run(program, f"LockedH5{name}", tmp_path / "file.h5").stdout.splitlines()
    assert printed == extract.expected(article("LockedH5", name))


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", NAMES["LockedH5Client"])
def test_snippets_print_what_the_clients_article_says(program, served, name):
    printed = run(program, f"LockedH5Client{name}", served.url).stdout.splitlines()
    assert printed == extract.expected(article("LockedH5Client", name))


@pytest.mark.timeout(1500)
def test_another_package_uses_both_libraries(program, served, tmp_path):
    printed = run(program.with_name("Both"), tmp_path / "local.h5", served.url).stdout.splitlines()
    assert printed == ["true", "true [2, 2]", "1", "true"]
    with h5py.File(served.root / "both.h5") as file:
        assert file["run/samples"][2]["quality"] == 1
        assert file["run/frame"][:].tolist() == [[1, 2], [4, 5]]
        assert file["counts"][:].tolist() == [1, 2, 3]


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("kept, code", [
    ("ReadableDataset", 'kept = try file.dataset("x")'),
    ("ReadableGroup", 'let group = try file.group("a"); kept = try group.group("b")'),
    ("ReadableAttributes", "kept = try file.attributes"),
])
def test_nothing_of_a_scope_can_be_kept(program, tmp_path, kept, code):
    source = tmp_path / "kept.swift"
    source.write_text(f"""import LockedH5
func keep(_ path: String) throws {{
    var kept: {kept}?
    try LockedFile.read(path) {{ file in {code} }}
    if kept != nil {{ print("kept") }}
}}
""", encoding="utf-8")
    done = subprocess.run(
        ["swiftc", "-swift-version", "6", "-emit-sil", "-o", tmp_path / "kept.sil", source, *module_options(program)],
        capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    assert "error: lifetime-dependent variable 'kept' escapes its scope" in done.stderr


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("library", extract.LIBRARIES)
def test_documentation_has_no_warnings(program, tmp_path, library):
    """References between articles and to declarations lead somewhere."""
    graphs = tmp_path / "graphs"
    graphs.mkdir()
    run("swift", "symbolgraph-extract", "-module-name", library, "-target", target(), "-minimum-access-level", "public",
        "-output-dir", graphs, "-experimental-allowed-reexported-modules=H5Elements,H5Model", *module_options(program))
    done = run("docc", "convert", TOP / "Sources" / library / f"{library}.docc", "--additional-symbol-graph-dir", graphs,
               "--output-dir", tmp_path / "out", "--fallback-display-name", library, "--fallback-bundle-identifier", "lockedh5")
    # A parameter that explains itself has no words of its own.
    warnings = re.findall("warning: (?!.* is missing documentation).*(?:\n.*){4}", done.stdout + done.stderr)
    assert warnings == [], "\n".join(warnings)


def target() -> str:
    return f"{os.uname().machine}-unknown-linux-gnu"


def module_options(program: Path) -> list[str]:
    """Where the compiler finds the libraries and what they import."""
    flags = run("pkg-config", "--cflags-only-I", "hdf5").stdout.split()
    maps = [TOP / f"Sources/{name}/module.modulemap" for name in ("CHDF5", "CExtendedAttributes")]
    maps += program.parent.glob("*.build/module.modulemap")
    checkouts = TOP / ".build/articles/.build/checkouts"
    maps += [path for path in checkouts.rglob("include/module.modulemap") if "Tests" not in path.parts]
    return ["-I", str(program.parent / "Modules"),
            *[part for place in maps for part in ("-Xcc", f"-fmodule-map-file={place}")],
            *[part for flag in flags for part in ("-I", flag.removeprefix("-I"))]]
