"""Checks docs/parity.md against what ran: parity.py DOCUMENT RESULTS.

Each row of a table with a column `tests` names a test at least, as `Suite/function` (Swift) or `test_file.py::function`
(Python), and each of these has passed in the reports in the folder RESULTS. One line for what has not; 1 if there is one.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as xml

from tally import REPORTS

NAME = re.compile(r"`((?:test_\w+\.py::test_\w+)|(?:\w+Tests/\w+))`")


def rows(document: str) -> list[str]:
    """The rows of the tables that have a column of tests."""
    found, is_table = [], False
    for line in document.splitlines():
        if not line.startswith("|"):
            is_table = False
        elif line.rstrip().endswith("| tests |"):
            is_table = True
        elif is_table and not line.startswith("|---"):
            found.append(line)
    return found


def outcomes(report: pathlib.Path) -> dict[str, set[str]]:
    """What became of the tests of one report, in its cases: `passed`, `failed`, `skipped`."""
    found: dict[str, set[str]] = {}
    for test in xml.parse(report).getroot().iter("testcase"):
        suite = test.get("classname", "").split(".")
        function = re.split(r"[(\[]", test.get("name", ""))[0]
        name = f"{suite[-1]}.py::{function}" if suite[-1].startswith("test_") else f"{suite[-1]}/{function}"
        if test.find("failure") is not None or test.find("error") is not None:
            outcome = "failed"
        else:
            outcome = "passed" if test.find("skipped") is None else "skipped"
        found.setdefault(name, set()).add(outcome)
    return found


def complaints(document: str, ran: dict[str, set[str]]) -> list[str]:
    """What the document says and the reports do not."""
    found = []
    for row in rows(document):
        names = NAME.findall(row)
        if not names:
            found.append(f"no test in the row {row}")
        for name in names:
            if name not in ran:
                found.append(f"{name} did not run")
            elif ran[name] != {"passed"}:
                found.append(f"{name}: {', '.join(sorted(ran[name]))}")
    return found if rows(document) else ["the document has no table of tests"]


def main(document: str, results: str) -> int:
    ran: dict[str, set[str]] = {}
    for name in REPORTS:
        ran |= outcomes(pathlib.Path(results, name))
    found = complaints(pathlib.Path(document).read_text(encoding="utf-8"), ran)
    for line in found:
        print(f"{document}: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
