"""Paths to attributes, with wildcards, and the rule that holds for each attribute of an item.

    path   name | *, then any number of:  .name  .*  [3]  [*]
    name   any characters; before . [ ] * and \\ themselves stands a \\

Of the paths that reach a value the longest holds, among equally long ones that which has a name or an index first
where the other has a wildcard. A rule holds for all that is below its value and has no rule of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from minidynamo.anonymizing.rules import AnonymizingError, AttributeRule
from minidynamo.limits import DOCUMENT_PATH_ELEMENTS_MAX
from minidynamo.values.api_types import AttributeValue, Item


class Wildcard(Enum):
    """A step that goes to all attributes, or to all elements, for which there is no step of their own."""

    NAMES = "*"
    ELEMENTS = "[*]"


Step = str | int | Wildcard
Path = tuple[Step, ...]

_STEP = re.compile(
    r"(?P<dot>\.?)(?:(?P<all>\*)(?=[.\[]|\Z)|(?P<name>(?:[^.\[\]\\*]|\\.)+))|\[(?P<index>\*|[0-9]{1,9})\]"
)
_ESCAPED = re.compile(r"\\(.)")


def parsed_path(text: str) -> Path:
    """A path such as `orders[*].note`.

    Raises:
        AnonymizingError: it cannot be parsed, or has too many steps; the text says from where on.
    """
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        # A dot stands between two names, and an index behind one.
        if match is None or bool(steps) is not (match["dot"] == "." or match["index"] is not None):
            break
        position = match.end()
        steps.append(_step(match))
    if not steps or position < len(text):
        rest = f" from {text[position:]!r} on" if position else ""
        raise AnonymizingError(f"the path {text!r} cannot be read{rest}: write such as a, a.b, a[*].b, a.*.b or *")
    if len(steps) > DOCUMENT_PATH_ELEMENTS_MAX:
        raise AnonymizingError(f"the path {text!r} has more than {DOCUMENT_PATH_ELEMENTS_MAX} steps")
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["index"] is not None:
        return Wildcard.ELEMENTS if match["index"] == "*" else int(match["index"])
    return Wildcard.NAMES if match["all"] is not None else _ESCAPED.sub(r"\1", match["name"])


class Place:
    """A place in items to which paths lead, with the rule that holds there and the places below it.

    Parameters:
        rules: those whose paths lead to it or through it.
        depth: how many steps lead to it.
        inherited: the rule that holds there where none has been given for it.
    """

    __slots__ = (
        *("rule", "_members", "_other_members", "_has_members"),
        *("_elements", "_other_elements", "_has_elements"),
    )

    def __init__(self, rules: Mapping[Path, AttributeRule], depth: int = 0, inherited: AttributeRule | None = None):
        here = [path for path in rules if len(path) == depth]
        self.rule = rules[max(here, key=_exactness)] if here else inherited
        deeper = {path: rule for path, rule in rules.items() if len(path) > depth}
        below: dict[Step, Place] = {}
        for step in {path[depth] for path in deeper}:
            through = {path: rule for path, rule in deeper.items() if path[depth] in (step, _wildcard_for(step))}
            below[step] = Place(through, depth + 1, self.rule)
        self._members = {step: place for step, place in below.items() if isinstance(step, str)}
        self._elements = {step: place for step, place in below.items() if isinstance(step, int)}
        self._other_members = below.get(Wildcard.NAMES)
        self._other_elements = below.get(Wildcard.ELEMENTS)
        self._has_members = bool(self._members) or self._other_members is not None
        self._has_elements = bool(self._elements) or self._other_elements is not None

    def member(self, name: str) -> Place | None:
        """The place of a member; None where no path leads to it."""
        return self._members.get(name, self._other_members)

    def changed(self, value: AttributeValue) -> AttributeValue | None:
        """A value at this place as the rules say; None where it goes."""
        rule = self.rule
        if rule is not None:
            rule.has_matched = True
        if self._has_members and "M" in value:
            return {"M": self.changed_members(value["M"])}
        if self._has_elements and "L" in value:
            return {"L": list(self._changed_elements(value["L"]))}
        return value if rule is None else rule.change(value)

    def changed_members(self, members: Item) -> Item:
        """An item, or the members of a map, as the rules say."""
        places, others, rule = self._members, self._other_members, self.rule
        result: Item = {}
        for name, value in members.items():
            place = places.get(name, others)
            if place is not None:
                changed = place.changed(value)
            else:
                changed = value if rule is None else rule.change(value)
            if changed is not None:
                result[name] = changed
        return result

    def _changed_elements(self, elements: Iterable[AttributeValue]) -> Iterator[AttributeValue]:
        places, others, rule = self._elements, self._other_elements, self.rule
        for index, value in enumerate(elements):
            place = places.get(index, others)
            if place is not None:
                changed = place.changed(value)
            else:
                changed = value if rule is None else rule.change(value)
            if changed is not None:
                yield changed


def _wildcard_for(step: Step) -> Wildcard:
    if isinstance(step, Wildcard):
        return step
    return Wildcard.NAMES if isinstance(step, str) else Wildcard.ELEMENTS


def _exactness(path: Path) -> tuple[bool, ...]:
    return tuple(not isinstance(step, Wildcard) for step in path)
