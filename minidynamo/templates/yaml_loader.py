"""How YAML becomes objects, lists and scalars: CloudFormation's short forms, and bounds. Needs PyYAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from minidynamo.templates.bounds import (
    NESTING_LEVELS_MAX,
    SHOWN_CHARACTERS_MAX,
    YAML_DIRECTIVES_MAX,
    YAML_NODES_MAX,
    YAML_NUMBER_CHARACTERS_MAX,
)

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML without libyaml: the same, but slower.
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

_DIRECTIVE = re.compile(r"[\n\r\x85\u2028\u2029]%")
_WITHOUT_PREFIX = ("Ref", "Condition")
_TAG = "tag:yaml.org,2002:"
_NUMBERS = (f"{_TAG}int", f"{_TAG}float")

Mark = Any
"""A place in a text: PyYAML's own or libyaml's, which have no type in common."""


class BeyondBounds(yaml.MarkedYAMLError):
    """A document that is too deep or has too much in it."""


class TemplateLoader(_SafeLoader):
    """Reads short forms as the long ones, and dates as text, as CloudFormation does.

    Attributes:
        lines: those on which objects begin, by the identity of the objects.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lines: dict[int, int] = {}

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        if node.tag in _NUMBERS and len(node.value) > YAML_NUMBER_CHARACTERS_MAX:
            # Numbers of many digits take long to read, or to look up as keys.
            return self.construct_scalar(node)  # type: ignore[arg-type]
        try:
            value = super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            # PyYAML raises any of them for text that is not what its tag says.
            text = repr(node.value[:SHOWN_CHARACTERS_MAX]) if isinstance(node, yaml.ScalarNode) else "this"
            raise _error(f"{text} is no {node.tag.removeprefix(_TAG)}", node.start_mark) from None
        if isinstance(value, dict):
            self.lines[id(value)] = node.start_mark.line + 1
        return value


def _long_form(loader: _SafeLoader, suffix: str, node: yaml.Node) -> dict[str, object]:
    if isinstance(node, yaml.ScalarNode):
        value: object = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode), f"a node of no kind that YAML has: {node}"
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".")
    return {suffix if suffix in _WITHOUT_PREFIX else f"Fn::{suffix}": value}


TemplateLoader.add_multi_constructor("!", _long_form)
# By the first character of a scalar; what is left out is what looks like a date.
TemplateLoader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != f"{_TAG}timestamp"]
    for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass
class _Extent:
    """How far a node reaches: of how many nodes it consists, and of how many levels of them."""

    anchor: str | None
    nodes: int = 1
    levels: int = 1

    def add(self, inner: _Extent) -> None:
        self.nodes += inner.nodes
        self.levels = max(self.levels, inner.levels + 1)


@dataclass
class _Bounds:
    """Measures a document event by event, without making anything of it; aliases count as what they stand for."""

    anchored: dict[str | None, _Extent] = field(default_factory=dict)
    open: list[_Extent] = field(default_factory=list)
    nodes: int = 0

    def meet(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.CollectionStartEvent):
            self.open.append(self._begun(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._add(self.open.pop())
        elif isinstance(event, yaml.ScalarEvent):
            self._add(self._begun(event))
        elif isinstance(event, yaml.AliasEvent):
            self._meet_alias(event)
        if self.nodes > YAML_NODES_MAX:
            raise _beyond(f"there are more than {YAML_NODES_MAX:,} values", event.start_mark)

    def _begun(self, event: yaml.NodeEvent) -> _Extent:
        if len(self.open) >= NESTING_LEVELS_MAX and not isinstance(event, yaml.ScalarEvent):
            raise _too_deep(event)
        self.nodes += 1
        extent = _Extent(event.anchor)
        if event.anchor is not None:
            self.anchored[event.anchor] = extent
        return extent

    def _add(self, extent: _Extent) -> None:
        if self.open:
            self.open[-1].add(extent)

    def _meet_alias(self, event: yaml.AliasEvent) -> None:
        extent = self.anchored.get(event.anchor)
        if extent is None:
            return  # Left to the composer, which refuses it.
        if any(extent is each for each in self.open):
            raise _error(f"the alias *{event.anchor} stands inside of what it stands for", event.start_mark)
        if len(self.open) + extent.levels - 1 > NESTING_LEVELS_MAX:
            raise _too_deep(event)
        self.nodes += extent.nodes
        self._add(extent)


def check_bounds(text: str) -> None:
    """Raises BeyondBounds, or another YAMLError, before reading the document itself would take long."""
    if len(_DIRECTIVE.findall(text)) > YAML_DIRECTIVES_MAX:  # Each is compared with all before it.
        raise BeyondBounds(problem=f"there are more than {YAML_DIRECTIVES_MAX} directives")
    bounds, documents = _Bounds(), 0
    for event in yaml.parse(text, _SafeLoader):
        bounds.meet(event)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise _error("there is more than one document", event.start_mark)


def load(text: str) -> tuple[object, Mapping[int, int]]:
    """The document of a text that has been checked, and the lines of its objects."""
    loader = TemplateLoader(text)
    try:
        return loader.get_single_data(), loader.lines
    finally:
        loader.dispose()


def _too_deep(event: yaml.Event) -> BeyondBounds:
    return _beyond(f"values are nested more than {NESTING_LEVELS_MAX} levels deep", event.start_mark)


def _beyond(problem: str, mark: Mark) -> BeyondBounds:
    return BeyondBounds(problem=problem, problem_mark=mark)


def _error(problem: str, mark: Mark) -> yaml.YAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
