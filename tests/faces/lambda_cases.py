"""Cases of Lambda's API as they stand in their files; `spec/README.md` has the form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from minidynamo.conformance.cases import folder

# What a step may say besides its operation, and what may stand instead of one.
_OUTCOMES = frozenset({"status", "answer", "without", "keep", "refused"})
_OTHER_STEPS = frozenset({"drain", "wait", "called"})
_OF_CASE = frozenset({"name", "source", "steps", "functions", "delays", "differs"})
_OF_FILE = frozenset({"title", "source", "base", "functions", "cases"})
_IN_BRACES = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Like:
    """A text that matches a regular expression."""

    pattern: str

    def __repr__(self) -> str:
        return f"like {self.pattern!r}"


@dataclass(frozen=True)
class Step:
    """One step of a case.

    Attributes:
        does: the operation, or "drain", "wait" or "called".
        given: its request, or what else it takes.
        expected: what it has to come to.
    """

    does: str
    given: Any
    expected: Mapping[str, Any]


@dataclass(frozen=True)
class LambdaCase:
    """One case.

    Attributes:
        functions: callables that there are, and how many seconds each takes by the clock.
        delays: how many seconds mappings take from one state to the next.
        differs: how minidynamo answers otherwise, where it does.
    """

    file: str
    name: str
    steps: Sequence[Step]
    functions: Mapping[str, float]
    delays: float = 0
    differs: str | None = None

    @property
    def id(self) -> str:
        return f"{self.file}: {self.name}"


class _Loader(yaml.SafeLoader):
    """Reads `!like "pattern"`, and `!text [text, count]` for a text that is repeated."""


def _text(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.SequenceNode)
    text, count = loader.construct_sequence(node)
    return str(text) * int(count)


def _like(loader: yaml.SafeLoader, node: yaml.Node) -> Like:
    assert isinstance(node, yaml.ScalarNode)
    return Like(str(loader.construct_scalar(node)))


_Loader.add_constructor("!like", _like)
_Loader.add_constructor("!text", _text)


def lambda_cases() -> Iterator[LambdaCase]:
    """Every case of every file."""
    for path in sorted(folder("lambda").glob("*.yaml")):
        yield from cases_in(path.stem, path.read_text("utf-8"))


def cases_in(file: str, text: str) -> Iterator[LambdaCase]:
    """The cases of one file; a ValueError where it says what no file may say."""
    document = yaml.load(text, _Loader)
    _require_known(file, document, _OF_FILE)
    for entry in document["cases"]:
        where = f"{file}: {entry['name']}"
        _require_known(where, entry, _OF_CASE)
        if "source" not in document and "source" not in entry:
            raise ValueError(f"{where} names no source")
        base = document.get("base", {})
        yield LambdaCase(
            file=file,
            name=entry["name"],
            steps=[_step(where, each, base) for each in entry["steps"]],
            functions=entry.get("functions", document.get("functions", {})),
            delays=entry.get("delays", 0),
            differs=entry.get("differs"),
        )


def _step(where: str, written: Mapping[str, Any], base: Mapping[str, Any]) -> Step:
    """A step; the members of its request are added to the base of its operation, and null takes one away."""
    (does,) = written.keys() - _OUTCOMES
    given = written[does]
    if does not in _OTHER_STEPS:
        given = {name: value for name, value in {**base.get(does, {}), **given}.items() if value is not None}
    elif len(written) > 1:
        raise ValueError(f"{where}: {does} comes to nothing that could be told")
    return Step(does, given, {name: value for name, value in written.items() if name != does})


def _require_known(where: str, written: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(written.keys() - known)
    if unknown:
        raise ValueError(f"{where} says {', '.join(unknown)}, which means nothing")


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """A value whose texts have what names in braces stand for; other braces stay."""
    if isinstance(value, Like):
        return Like(_IN_BRACES.sub(lambda found: re.escape(names.get(found[1], "")) or found[0], value.pattern))
    if isinstance(value, str):
        return _IN_BRACES.sub(lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {filled(name, names): filled(each, names) for name, each in value.items()}
    return [filled(each, names) for each in value] if isinstance(value, list) else value
