"""Files in JSON, and the lines of their objects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from minidynamo.templates.bounds import JSON_NODES_MAX, NESTING_LEVELS_MAX
from minidynamo.templates.table_definition import TemplateError

# Its end may be missing: a search that began again after each quote would not be linear.
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"?'
# A string, or a bracket outside of one.
_TOKEN = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)
# A string, or digits outside of one.
_NUMBER = re.compile(rf"{_STRING}|[0-9]+", re.DOTALL)


def read_json(text: str, name: str) -> tuple[object, Callable[[object], int | None]] | None:
    """The document of a JSON text and the lines of its objects; None for a text that may be YAML.

    Raises:
        TemplateError: it is no JSON although it starts like an object or a list, or it is too deep or has too much in
            it.
    """
    ordinals: dict[int, int] = {}
    number = 0

    def counted(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal number
        members = dict(pairs)
        ordinals[id(members)] = number
        number += 1
        return members

    if text.count("[") + text.count("{") > JSON_NODES_MAX:  # Told without making them all.
        raise _too_many(name)
    try:
        value = json.loads(text, object_pairs_hook=counted)
    except RecursionError:
        raise _too_deep(text, name) from None
    except json.JSONDecodeError as error:
        if text.lstrip().startswith(("{", "[")):
            raise TemplateError(f"{name} is no valid JSON: {error}") from None
        return None
    except ValueError:
        raise TemplateError(f"{name}, line {_line_of_longest_number(text)}: a number has too many digits") from None
    check_size(value, name, text)
    lines = cache(lambda: _lines_of_objects(text))

    def line_of(sought: object) -> int | None:
        ordinal = ordinals.get(id(sought))
        return None if ordinal is None else lines()[ordinal]

    return value, line_of


def check_size(value: object, name: str, text: str = "") -> None:
    """Raises TemplateError for a document that is too deep or has too much in it.

    Parameters:
        value: the document.
        name: words for it.
        text: what it was read from, where there is one.
    """
    level, nodes = [value], 0
    for _ in range(NESTING_LEVELS_MAX + 1):
        nodes += len(level)
        if nodes > JSON_NODES_MAX:
            raise _too_many(name)
        level = [member for each in level for member in _members(each)]
        if not level:
            return
    raise _too_deep(text, name)


def _too_many(name: str) -> TemplateError:
    return TemplateError(f"{name} has more than {JSON_NODES_MAX:,} values")


def _members(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()


def _brackets(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _TOKEN.finditer(text) if not match[0].startswith('"'))


def _too_deep(text: str, name: str) -> TemplateError:
    if not text:
        return TemplateError(f"{name} is nested more than {NESTING_LEVELS_MAX} levels deep")
    depth = 0
    for match in _brackets(text):
        depth += 1 if match[0] in "[{" else -1
        if depth > NESTING_LEVELS_MAX:
            line = _line_at(text, match.start())
            return TemplateError(f"{name}, line {line}: values are nested more than {NESTING_LEVELS_MAX} levels deep")
    return TemplateError(f"{name} is nested too deeply to be read from so deep in a program")


def _lines_of_objects(text: str) -> list[int]:
    """The lines on which objects begin, in the order in which they end."""
    lines: list[int] = []
    begun: list[int] = []
    line, seen = 1, 0
    for match in _brackets(text):
        line, seen = line + text.count("\n", seen, match.start()), match.start()
        if match[0] == "{":
            begun.append(line)
        elif match[0] == "}":
            lines.append(begun.pop())
    assert not begun, "the text was no JSON"
    return lines


def _line_of_longest_number(text: str) -> int:
    numbers = (match for match in _NUMBER.finditer(text) if not match[0].startswith('"'))
    return _line_at(text, max(numbers, key=lambda match: len(match[0])).start())


def _line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
