"""Parts of a template that stand in files of their own: what the transform AWS::Include puts in their place.

Source: AWS CloudFormation Template Reference, "AWS::Include transform".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from minidynamo.templates.document import read_document
from minidynamo.templates.table_definition import TemplateError

_TRANSFORM = "Fn::Transform"
_DEPTH_MAX = 200


def with_includes(value: object, folder: Path, depth: int = 0) -> object:
    """A value of a template with what it includes; the same object where that is nothing.

    Parameters:
        value: the value.
        folder: where paths in it begin.
        depth: how deep it stands.

    Raises:
        TemplateError: a file cannot be read, or is none of this machine.
    """
    if depth > _DEPTH_MAX:
        raise TemplateError(f"the template is more than {_DEPTH_MAX} levels deep, with what it includes")
    if isinstance(value, list):
        found = [with_includes(each, folder, depth + 1) for each in value]
        return found if any(new is not old for new, old in zip(found, value, strict=True)) else value
    if not isinstance(value, Mapping):
        return value
    made = {name: with_includes(each, folder, depth + 1) for name, each in value.items()}
    location = _location(value)
    if location is not None:
        del made[_TRANSFORM]
        made |= _included(location, folder, value, depth)
    elif all(made[name] is each for name, each in value.items()):
        return value
    return made


def _location(value: Mapping[object, object]) -> str | None:
    """The file that an object includes; None where it includes none."""
    transform = value.get(_TRANSFORM)
    if not isinstance(transform, Mapping) or transform.get("Name") != "AWS::Include":
        return None
    parameters = transform.get("Parameters")
    location = parameters.get("Location") if isinstance(parameters, Mapping) else None
    return location if isinstance(location, str) else None


def _included(location: str, folder: Path, at: object, depth: int) -> Mapping[object, object]:
    if location.startswith("s3://"):
        raise TemplateError(f"includes {location}: give a file of this machine", at=at)
    try:
        content = read_document(folder / location).value
    except TemplateError as error:
        raise TemplateError(f"includes a file that is wrong: {error}", at=at) from None
    if not isinstance(content, Mapping):
        raise TemplateError(f"includes {location}, which holds no object", at=at)
    found = with_includes(content, folder, depth + 1)
    assert isinstance(found, Mapping), "what an object includes makes no other value of it"
    return found
