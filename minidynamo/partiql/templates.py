"""Values of a statement in which parameters may stand: literals with places that are filled in later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minidynamo.values.api_types import AttributeValue


@dataclass(frozen=True, slots=True)
class Parameter:
    """The place of a `?`.

    Attributes:
        index: which one it is in the statement, counted from 0.
    """

    index: int


@dataclass(frozen=True, slots=True)
class ListTemplate:
    """A list of templates."""

    members: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class MapTemplate:
    """A map of templates."""

    members: tuple[tuple[str, Template], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A value without parameters, or with none in it."""

    value: AttributeValue


Template = Parameter | ListTemplate | MapTemplate | Constant


def filled(template: Template, parameters: Sequence[AttributeValue]) -> AttributeValue:
    """The attribute value of a template with these parameters."""
    if isinstance(template, Constant):
        return template.value
    if isinstance(template, Parameter):
        return parameters[template.index]
    if isinstance(template, ListTemplate):
        return {"L": [filled(each, parameters) for each in template.members]}
    return {"M": {name: filled(each, parameters) for name, each in template.members}}
