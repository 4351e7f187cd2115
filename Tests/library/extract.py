"""Makes a package of the articles' snippets: extract.py ARTICLES PACKAGE, a folder two below the repository's top.

Each article becomes one function, which gets the path of a file that is not there; the program runs the article whose name
it is given. What a line prints stands behind it as a comment.
"""

import pathlib
import re
import shutil
import sys

SNIPPET = re.compile(r"^```swift\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"(?:^\s*print\(.*|^\s*\})  // (.*)$", re.MULTILINE)


def snippets(article: pathlib.Path) -> str:
    return "\n".join(SNIPPET.findall(article.read_text(encoding="utf-8")))


def expected(article: pathlib.Path) -> list[str]:
    """What the article's snippets print, line by line."""
    return OUTPUT.findall(snippets(article))


def write(path: pathlib.Path, text: str) -> None:
    """An unchanged file keeps its time, and is not compiled again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main(articles: str, package: str) -> None:
    sources = pathlib.Path(package, "Sources/Articles")
    sources.mkdir(parents=True, exist_ok=True)
    shutil.copy(pathlib.Path(__file__).with_name("Package.swift"), package)
    names = []
    for article in sorted(pathlib.Path(articles).glob("*.md")):
        code = [line for line in snippets(article).splitlines() if line != "import LockedH5"]
        if not any(line.strip() for line in code):
            continue
        names.append(article.stem)
        body = "".join(f"    {line}\n" if line else "\n" for line in code)
        text = f"import LockedH5\n\nfunc article{article.stem}(_ path: String) throws {{\n{body}}}\n"
        write(sources / f"{article.stem}.swift", text)
    cases = "".join(f'case "{name}": try article{name}(CommandLine.arguments[2])\n' for name in names)
    program = (
        "struct NoSuchArticle: Error {}\n\n"
        f"switch CommandLine.arguments[1] {{\n{cases}default: throw NoSuchArticle()\n}}\n")
    write(sources / "main.swift", program)


if __name__ == "__main__":
    main(*sys.argv[1:])
