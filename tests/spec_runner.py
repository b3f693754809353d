"""Replays spec cases through a face: anything that takes an operation and a request and answers or fails.

A face is a factory: `face(wording)` opens a fresh database and returns `call(operation, request)`, which returns the
answer without ResponseMetadata or raises `Fault`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.tables import create_table_request

CASES = Path(__file__).parent.parent / "spec" / "cases"
PREFIX = "1 validation error detected: "
WORDINGS = ("current", "2025")

Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]
Face = Callable[[str], Call]


class Fault(Exception):
    """An error answer as a face sees it."""

    def __init__(self, code: str, message: str, members: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.members = dict(members or {})


class _CaseLoader(yaml.SafeLoader):
    """Reads NULL as the name of a type, which plain YAML takes for null. `null` itself stays null."""


_CaseLoader.yaml_implicit_resolvers = {
    first: resolvers for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items() if first != "N"
}


def _long_text(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    """`!text [part, ...]`: parts joined; a part is a text, `[text, count]` or `[text, count, separator]`."""
    assert isinstance(node, yaml.SequenceNode)
    text = ""
    for part in loader.construct_sequence(node, deep=True):
        repeated, count, separator = (part, 1, "") if isinstance(part, str) else (*part, "")[:3]
        text += separator.join([repeated] * count)
    return text


_CaseLoader.add_constructor("!text", _long_text)


@dataclass(frozen=True)
class Case:
    """One case of a file under one wording."""

    file: str
    name: str
    wording: str
    tables: Mapping[str, Any]
    items: Mapping[str, Any]
    operation: str
    request: Mapping[str, Any]
    expected: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.file}: {self.name} [{self.wording}]"


def all_cases() -> Iterator[Case]:
    """Every case of every file, under each wording it is about."""
    for path in sorted(CASES.rglob("*.yaml")):
        document = yaml.load(path.read_text("utf-8"), _CaseLoader)
        name = str(path.relative_to(CASES).with_suffix(""))
        assert document.get("title") and document["cases"], f"{path} has no title or no cases"
        for entry in document["cases"]:
            assert "source" in document or "source" in entry, f"{name}: {entry['name']} names no source"
            for wording in WORDINGS:
                if entry.get("wording", wording) == wording:
                    yield _case(name, document, entry, wording)


def _case(name: str, document: Mapping[str, Any], entry: Mapping[str, Any], wording: str) -> Case:
    request = {**document.get("base", {}), **entry.get("with", {})}
    return Case(
        file=name,
        name=entry["name"],
        wording=wording,
        tables=entry.get("tables", document.get("tables", {})),
        items=entry.get("items", document.get("items", {})),
        operation=entry.get("operation", document.get("operation", "")),
        request={member: value for member, value in request.items() if value is not None},
        expected=entry,
    )


def replay(case: Case, face: Face) -> None:
    """Runs one case; raises AssertionError where the face answers otherwise."""
    call = face(case.wording)
    for name, table in case.tables.items():
        call("CreateTable", create_table_request(name, table))
    for name, items in case.items.items():
        for item in items:
            call("PutItem", {"TableName": name, "Item": item})
    for step in case.expected.get("before", ()):
        ((operation, request),) = step.items()
        call(operation, request)
    _compare(case, lambda: call(case.operation, case.request), case.expected)
    for step in case.expected.get("after", ()):
        (operation,) = step.keys() - {"response", "error", "matches"}
        _compare(case, lambda operation=operation, step=step: call(operation, step[operation]), step)


def _compare(case: Case, act: Callable[[], dict[str, Any]], expected: Mapping[str, Any]) -> None:
    try:
        answer = act()
    except Fault as fault:
        assert "error" in expected, f"unexpected error: {fault}"
        _compare_fault(case, fault, expected)
        return
    assert "error" not in expected, f"expected an error, got {answer}"
    if "response" in expected:
        wanted = expected["response"]
        if expected.get("matches") == "subset":
            assert _contains(answer, wanted), f"{answer} does not contain {wanted}"
        else:
            assert answer == wanted


def _compare_fault(case: Case, fault: Fault, expected: Mapping[str, Any]) -> None:
    error = expected["error"]
    if isinstance(error, str):
        error = {"code": "ValidationException", "message": error}
    message = error.get("message")
    if case.wording == "current":
        if expected.get("prefixed"):
            message = PREFIX + message
        message = expected.get("current", message)
    assert fault.code == error["code"]
    if expected.get("contains"):
        assert message in fault.message
    elif message is not None:
        assert fault.message == message
    if "members" in error:
        assert fault.members == error["members"]


def _contains(answer: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(answer, dict) and all(
            name in answer and _contains(answer[name], value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(answer, list)
            and len(answer) == len(wanted)
            and all(_contains(one, two) for one, two in zip(answer, wanted, strict=True))
        )
    return bool(answer == wanted)
