"""What functions of a template may come to, how they read what they are given, and what they know without it."""

from __future__ import annotations

from collections.abc import Iterator

from minidynamo.schema.arns import DEFAULT_ACCOUNT_ID, DEFAULT_REGION
from minidynamo.templates.bounds import (
    NESTING_LEVELS_MAX,
    RESOLVED_CHARACTERS_MAX,
    RESOLVED_NODES_MAX,
    RESOLVED_TEXT_CHARACTERS_MAX,
)
from minidynamo.templates.parts import shown, text_of
from minidynamo.templates.table_definition import TemplateError

PSEUDO_PARAMETERS = {
    "AWS::AccountId": DEFAULT_ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::Region": DEFAULT_REGION,
    "AWS::StackId": (
        f"arn:aws:cloudformation:{DEFAULT_REGION}:{DEFAULT_ACCOUNT_ID}:stack/stack/00000000-0000-0000-0000-000000000000"
    ),
    "AWS::StackName": "stack",
    "AWS::URLSuffix": "amazonaws.com",
}


class _NoValue:
    def __repr__(self) -> str:
        return "AWS::NoValue"


NO_VALUE = _NoValue()


class Allowance:
    """What the functions of one template may still come to; raises TemplateError where it is used up."""

    def __init__(self) -> None:
        self._nodes = RESOLVED_NODES_MAX
        self._characters = RESOLVED_CHARACTERS_MAX
        self._levels = NESTING_LEVELS_MAX

    def enter(self) -> None:
        """Counts a level of nesting, until it is left."""
        if self._levels == 0:
            raise TemplateError(f"values are nested more than {NESTING_LEVELS_MAX} levels deep")
        self._levels -= 1

    def leave(self) -> None:
        self._levels += 1
        assert self._levels <= NESTING_LEVELS_MAX, "a level is left that was not entered"

    def spend_nodes(self, number: int) -> None:
        assert number >= 0, "what is spent does not come back"
        self._nodes -= number
        if self._nodes < 0:
            raise TemplateError(f"the template comes to more than {RESOLVED_NODES_MAX:,} values")

    def spend_text(self, characters: int) -> None:
        """Counts a text that is about to be made."""
        assert characters >= 0, "what is spent does not come back"
        check_length(characters)
        self._characters -= characters
        if self._characters < 0:
            raise TemplateError(f"functions give more than {RESOLVED_CHARACTERS_MAX:,} characters")


def check_length(characters: int) -> None:
    """Raises TemplateError where a text is too long for anything in a table."""
    if characters > RESOLVED_TEXT_CHARACTERS_MAX:
        raise TemplateError(f"a text is longer than {RESOLVED_TEXT_CHARACTERS_MAX:,} characters")


def entries(function: str, argument: object, low: int, high: int) -> list[object]:
    """What a function is given, which must be a list of `low` to `high` entries."""
    if not isinstance(argument, list) or not low <= len(argument) <= high:
        number = f"{low}" if low == high else f"{low} to {high}"
        raise TemplateError(f"{function} takes a list with {number} in it, not {shown(argument)}")
    return argument


def members_of(function: str, value: object) -> list[object]:
    """What a function is given as its list."""
    if not isinstance(value, list):
        raise TemplateError(f"{function} takes a list, not {shown(value)}")
    return value


def name_in(function: str, value: object) -> str:
    """What a function is given as a name, or as other text that must stand there as such."""
    if not isinstance(value, str):
        raise TemplateError(f"{function} takes text, not {shown(value)}")
    return value


def text_in(function: str, value: object) -> str:
    """What a function is given as text, numbers and truth values included."""
    text = text_of(value)
    if text is None:
        raise TemplateError(f"{function} takes text, not {shown(value)}")
    return text


def pieces_of(text: str) -> Iterator[tuple[str, bool]]:
    """The pieces of a text of Fn::Sub in their order: names from `${name}`, and what stands between them."""
    end = 0
    while (start := text.find("${", end)) >= 0 and (close := text.find("}", start)) >= 0:
        yield text[end:start], False
        yield text[start + 2 : close], True
        end = close + 1
    yield text[end:], False
