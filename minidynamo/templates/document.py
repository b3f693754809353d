"""The document in a file, JSON or YAML, and the lines on which its objects stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minidynamo.templates.bounds import FILE_SIZE_BYTES_MAX
from minidynamo.templates.json_templates import read_json
from minidynamo.templates.table_definition import TemplateError
from minidynamo.templates.yaml_templates import read_yaml


@dataclass(frozen=True)
class Document:
    """What a file holds.

    Attributes:
        value: objects, lists and scalars.
        line_of: the line on which an object of it stands, the first one being 1; None for anything else.
    """

    value: object
    line_of: Callable[[object], int | None]


def read_document(path: Path) -> Document:
    """The document in a file.

    Raises:
        TemplateError: the file cannot be read, is too large, or holds neither JSON nor YAML.
    """
    text = _text(path)
    if not text.strip():
        raise TemplateError(f"{path} is empty")
    found = read_json(text, path)
    return Document(*(found if found is not None else read_yaml(text, path)))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_SIZE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:  # ValueError is for names that no file can have.
        raise TemplateError(f"cannot read {path}: {error}") from None
    if len(data) > FILE_SIZE_BYTES_MAX:
        raise TemplateError(f"{path} is larger than {FILE_SIZE_BYTES_MAX:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TemplateError(f"cannot read {path}: line {line} is not in UTF-8") from None
