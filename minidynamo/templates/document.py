"""The document in a file or a text, JSON or YAML, and the lines on which its objects stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from minidynamo.templates.bounds import FILE_SIZE_BYTES_MAX
from minidynamo.templates.json_templates import check_size, read_json
from minidynamo.templates.parts import shown
from minidynamo.templates.table_definition import TemplateError
from minidynamo.templates.yaml_templates import read_yaml

_JSON_BEGINS_WITH = ("{", "[")

Source = str | Path | Mapping[str, object] | list[object]
"""Where a document comes from: a path, its text, or what its text says."""


@dataclass(frozen=True)
class Document:
    """What a file or a text holds.

    Attributes:
        name: words for it: the path of a file.
        value: objects, lists and scalars.
        line_of: the line on which an object of it stands, the first one being 1; None for anything else.
    """

    name: str
    value: object
    line_of: Callable[[object], int | None]


def read_document(source: Source, reader: str = "schema_from") -> Document:
    """A document.

    Parameters:
        source: a path; a text, which is a str with several lines, or one that begins as JSON does; or a document that
            has been read already.

    Raises:
        TemplateError: the file cannot be read, is too large, or holds neither JSON nor YAML.
        TypeError: the source is none of these.
    """
    if isinstance(source, Mapping | list):
        check_size(source, "the document")
        return Document("the document", source, lambda sought: None)
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith(_JSON_BEGINS_WITH)):
        if len(source) > FILE_SIZE_BYTES_MAX:
            raise _too_large("the text")
        return _parsed(source, "the text")
    if not isinstance(source, str | Path):
        raise TypeError(f"{reader} takes a path, a text or a document, not {shown(source)}")
    return _parsed(_text(Path(source)), str(source))


def _parsed(text: str, name: str) -> Document:
    if not text.strip():
        raise TemplateError(f"{name} is empty")
    found = read_json(text, name)
    return Document(name, *(found if found is not None else read_yaml(text, name)))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_SIZE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:  # ValueError is for names that no file can have.
        raise TemplateError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > FILE_SIZE_BYTES_MAX:
        raise _too_large(str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TemplateError(f"cannot read {path}: line {line} is not in UTF-8") from None


def _too_large(name: str) -> TemplateError:
    return TemplateError(f"{name} is larger than {FILE_SIZE_BYTES_MAX:,} bytes")
