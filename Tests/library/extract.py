"""Makes a package of the articles' snippets: extract.py TOP PACKAGE, the repository and a folder two below it.

Each article becomes one function, which gets the path of a file that is not there, or the address of a server; the program
runs the article whose name it is given. What a line prints stands behind it as a comment. Beside them is a program that a
stranger could have written, with both libraries.
"""

import pathlib
import re
import shutil
import sys

SNIPPET = re.compile(r"^```swift\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"(?:^\s*print\(.*|^\s*\})  // (.*)$", re.MULTILINE)
# What an article's function gets, and whether it waits.
LIBRARIES = {"LockedH5": ("path", ""), "LockedH5Client": ("server", "async ")}


def snippets(article: pathlib.Path) -> str:
    return "\n".join(SNIPPET.findall(article.read_text(encoding="utf-8")))


def expected(article: pathlib.Path) -> list[str]:
    """What the article's snippets print, line by line."""
    return OUTPUT.findall(snippets(article))


def articles(top: pathlib.Path, library: str) -> list[pathlib.Path]:
    """The articles of a library that have snippets."""
    found = sorted((top / "Sources" / library / f"{library}.docc").glob("*.md"))
    return [article for article in found if code(article)]


def code(article: pathlib.Path) -> list[str]:
    lines = [line for line in snippets(article).splitlines() if not re.fullmatch(r"import \w+", line)]
    return lines if any(line.strip() for line in lines) else []


def write(path: pathlib.Path, text: str) -> None:
    """An unchanged file keeps its time, and is not compiled again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main(top: str, package: str) -> None:
    sources = pathlib.Path(package, "Sources/Articles")
    sources.mkdir(parents=True, exist_ok=True)
    here = pathlib.Path(__file__).parent
    shutil.copy(here / "Package.swift", package)
    shutil.copytree(here / "Both", pathlib.Path(package, "Sources/Both"), dirs_exist_ok=True)
    cases = ""
    for library, (argument, effect) in LIBRARIES.items():
        for article in articles(pathlib.Path(top), library):
            name = f"{library}{article.stem}"
            body = "".join(f"    {line}\n" if line else "\n" for line in code(article))
            text = f"import {library}\n\nfunc article{name}(_ {argument}: String) {effect}throws {{\n{body}}}\n"
            write(sources / f"{name}.swift", text)
            cases += f'case "{name}": try {"await " if effect else ""}article{name}(CommandLine.arguments[2])\n'
    program = (
        "struct NoSuchArticle: Error {}\n\n"
        f"switch CommandLine.arguments[1] {{\n{cases}default: throw NoSuchArticle()\n}}\n")
    write(sources / "main.swift", program)


if __name__ == "__main__":
    main(*sys.argv[1:])
