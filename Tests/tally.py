"""Adds up the reports of the test runners: tally.py DIRECTORY EXIT.

Prints one line, `N passed, N failed`, and exits with 1 when a test failed, when a runner did (EXIT is not 0), or when
one left no report.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml

REPORTS = ["swift-swift-testing.xml", "live-swift-testing.xml", "python.xml"]


def count(report: pathlib.Path) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of one report in JUnit's format.

    Test by test: the totals that Swift writes count a test once for each of its failed expectations.
    """
    passed = failed = skipped = 0
    for test in xml.parse(report).getroot().iter("testcase"):
        if test.find("failure") is not None or test.find("error") is not None:
            failed += 1
        elif test.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(directory: str, exit_code: str) -> int:
    totals = [0, 0, 0]
    for name in REPORTS:
        report = pathlib.Path(directory, name)
        try:
            totals = [total + more for total, more in zip(totals, count(report))]
        except (OSError, xml.ParseError) as error:
            print(f"no report {name}: {error}", file=sys.stderr)
            totals[1] += 1
    if exit_code != "0" and totals[1] == 0:
        print("a test runner failed although none of its tests did", file=sys.stderr)
        totals[1] += 1
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
