"""The check of docs/parity.md against the reports of a run."""

import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
sys.path.insert(0, str(TOP / "Tests"))

import parity  # noqa: E402

HEAD = "| seed | tests |\n|---|---|\n"


@pytest.mark.parametrize("row, ran, words", [
    ("| a | `ATests/a_B` |", {"ATests/a_B": {"passed"}}, []),
    ("| a | `test_a.py::test_b` |", {"test_a.py::test_b": {"passed"}}, []),
    ("| a | `ATests/a_B` |", {}, ["ATests/a_B did not run"]),
    ("| a | `ATests/a_B` |", {"ATests/a_B": {"passed", "skipped"}}, ["ATests/a_B: passed, skipped"]),
    ("| a | `ATests/a_B` |", {"ATests/a_B": {"failed"}}, ["ATests/a_B: failed"]),
    ("| a | |", {}, ["no test in the row | a | |"]),
])
def test_row_is_checked(row, ran, words):
    assert parity.complaints(HEAD + row, ran) == words


def test_report_tells_what_ran(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="LibraryTests.ATests" name="a_B(c:)"/>'
        '<testcase classname="Tests.python.test_x" name="test_y[1]"><skipped/></testcase>'
        '<testcase classname="Tests.python.test_x" name="test_y[2]"/></testsuite></testsuites>', encoding="utf-8")
    assert parity.outcomes(report) == {"ATests/a_B": {"passed"}, "test_x.py::test_y": {"passed", "skipped"}}


def test_every_test_that_the_document_names_is_there():
    swift = [path.read_text(encoding="utf-8") for path in TOP.glob("Tests/*/**/*Tests.swift") if path.is_file()]
    for name in parity.NAME.findall((TOP / "docs/parity.md").read_text(encoding="utf-8")):
        if "::" in name:
            file, function = name.split("::")
            assert f"\ndef {function}(" in (TOP / "Tests/python" / file).read_text(encoding="utf-8"), name
        else:
            suite, function = name.split("/")
            assert any(f"struct {suite}" in text and f"func {function}(" in text for text in swift), name
