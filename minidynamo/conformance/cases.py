"""Spec cases as they stand in their files; `spec/README.md` explains the form."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from minidynamo.formats.short_tables import ShortTable
from minidynamo.requests.operations import API
from minidynamo.values.api_types import JsonObject, JsonValue, Request
from minidynamo.values.attribute_value import Item
from minidynamo.wording import WORDINGS

# The one written in C, where it is there, is several times as fast.
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _case_loader() -> type[yaml.SafeLoader]:
    """A loader that reads NULL as the name of a type, which plain YAML takes for null. `null` itself stays null."""
    loader: type[yaml.SafeLoader] = type("CaseLoader", (_SafeLoader,), {})
    resolvers = _SafeLoader.yaml_implicit_resolvers
    loader.yaml_implicit_resolvers = {first: each for first, each in resolvers.items() if first != "N"}
    return loader


_CaseLoader = _case_loader()


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
    tables: Mapping[str, ShortTable]
    items: Mapping[str, list[Item]]
    operation: str
    request: Request
    expected: Mapping[str, JsonValue] = field(default_factory=dict)
    needs_manual_clock: bool = False

    @property
    def id(self) -> str:
        return f"{self.file}: {self.name} [{self.wording}]"


def folder(kind: str) -> Path:
    """Where the files of a kind are, "cases" or "wire": in the installed package, or beside it in a checkout."""
    installed = Path(__file__).parent / "spec" / kind
    return installed if installed.exists() else Path(__file__).parents[2] / "spec" / kind


@functools.cache
def documents(kind: str) -> tuple[tuple[str, JsonObject], ...]:
    """The files of a kind by their names."""
    return tuple(_read(folder(kind)))


def _read(root: Path) -> Iterator[tuple[str, JsonObject]]:
    for path in sorted(root.rglob("*.yaml")):
        document = yaml.load(path.read_text("utf-8"), _CaseLoader)
        if not document.get("title") or not document["cases"]:
            raise ValueError(f"{path} has no title or no cases")
        yield str(path.relative_to(root).with_suffix("")), document


def all_cases(wording: str | None = None) -> Iterator[Case]:
    """Every case of every file.

    Parameters:
        wording: the setting under which the cases are to run, one of `WORDINGS`. By default each case runs under all
            settings that make a difference to its operation.
    """
    for name, document in documents("cases"):
        for entry in document["cases"]:
            if "source" not in document and "source" not in entry:
                raise ValueError(f"{name}: {entry['name']} names no source")
            for each in _wordings(document, entry, wording):
                yield _case(name, document, entry, each)


def _wordings(document: Mapping[str, JsonValue], entry: Mapping[str, JsonValue], wanted: str | None) -> Sequence[str]:
    """The settings under which a case runs."""
    named = entry.get("wording", WORDINGS)
    holding = [named] if isinstance(named, str) else list(named)
    if wanted is not None:
        return [wanted] if wanted in holding else []
    if "wording" in entry:
        return holding
    row = API.get(entry.get("operation", document.get("operation", "")))
    return WORDINGS if row is not None and row.layers.current != row.layers.next else WORDINGS[:2]


def _case(name: str, document: Mapping[str, JsonValue], entry: Mapping[str, JsonValue], wording: str) -> Case:
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
        needs_manual_clock=document.get("clock") == "manual",
    )
