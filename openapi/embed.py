#!/usr/bin/env python3
"""Writes Sources/Gate/OpenAPIDocument.swift, the JSON form of openapi.yaml that the server answers with.

    python3 openapi/embed.py            write the file
    python3 openapi/embed.py --check    exit 1 where the file is not current

Needs PyYAML (Debian: python3-yaml).
"""

import json
import sys
from pathlib import Path

import yaml

SOURCE = Path(__file__).with_name("openapi.yaml")
TARGET = SOURCE.parent.parent / "Sources" / "Gate" / "OpenAPIDocument.swift"

HEAD = """\
// Generated from openapi/openapi.yaml by openapi/embed.py: change that file and run the script again.
// swift-format-ignore-file

/// The service's OpenAPI 3.1 document, which `/openapi.json` answers with.
enum OpenAPIDocument {
    /// JSON text: one path or component a line.
    static let json = #\"\"\"
"""

TAIL = """
        \"\"\"#
}
"""


def members(value, depth, indent):
    """`value` as JSON: objects down to `depth` have one member a line, all deeper ones stand on that line."""
    if depth == 0 or not isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"))
    inner = indent + " "
    lines = [f"{inner}{json.dumps(key)}:{members(member, depth - 1, inner)}" for key, member in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def document():
    """The document as Python values."""
    return yaml.safe_load(SOURCE.read_text(encoding="utf-8"))


def as_json(document):
    parts = []
    for key, value in document.items():
        depth = {"paths": 1, "components": 2}.get(key, 0)
        parts.append(f" {json.dumps(key)}:{members(value, depth, ' ')}")
    return "{\n" + ",\n".join(parts) + "\n}"


def swift():
    """The text of the Swift file."""
    text = as_json(document())
    assert '"""' not in text and "\\#" not in text, "the JSON text would end the Swift literal"
    indented = "\n".join(" " * 8 + line for line in text.split("\n"))
    return HEAD + indented + TAIL


def main():
    wanted = swift()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(wanted, encoding="ascii")
    elif not TARGET.exists() or TARGET.read_text(encoding="ascii") != wanted:
        sys.exit(f"{TARGET.name} is not current: run python3 openapi/embed.py")


if __name__ == "__main__":
    main()
