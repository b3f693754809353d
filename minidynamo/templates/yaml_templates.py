"""Files in YAML."""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.templates.bounds import YAML_SIZE_BYTES_MAX
from minidynamo.templates.table_definition import TemplateError


def read_yaml(text: str, name: str) -> tuple[object, Callable[[object], int | None]]:
    """The document of a YAML text and the lines of its objects.

    Raises:
        TemplateError: it is no YAML, too large, too deep or has too much in it, or PyYAML is not installed.
    """
    try:
        import yaml

        from minidynamo.templates.yaml_loader import BeyondBounds, check_bounds, load
    except ImportError:
        raise TemplateError(f"to read YAML such as {name}, install PyYAML: pip install 'minidynamo[cli]'") from None
    if len(text.encode()) > YAML_SIZE_BYTES_MAX:
        raise TemplateError(f"{name} is larger than {YAML_SIZE_BYTES_MAX:,} bytes, which is too large for YAML")
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if odd is not None:
        line = text.count("\n", 0, odd.start()) + 1
        raise TemplateError(f"{name} is no valid YAML: line {line} has the character {odd[0]!r}")
    try:
        check_bounds(text)
        value, lines = load(text)
    except BeyondBounds as error:
        raise TemplateError(f"{name}, {_described(error)}") from None
    except yaml.YAMLError as error:
        raise TemplateError(f"{name} is no valid YAML: {_described(error)}") from None
    return value, lambda sought: lines.get(id(sought))


def _described(error: object) -> str:
    """What PyYAML says, in one line."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    texts = [text for text in (getattr(error, "context", None), getattr(error, "problem", None)) if text]
    text = ", ".join(texts) or str(error)
    return text if mark is None else f"line {mark.line + 1}: {text}"
