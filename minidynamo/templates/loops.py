"""Fn::ForEach: objects whose members are made of the values of a list, and the variables of such loops.

Source: AWS CloudFormation User Guide, "Fn::ForEach" (AWS::LanguageExtensions).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from minidynamo.templates.parts import Members, shown
from minidynamo.templates.resolution import Allowance, check_length, entries, members_of, name_in, text_in
from minidynamo.templates.table_definition import TemplateError

FUNCTION = "Fn::ForEach"
_OTHER_THAN_LETTERS_AND_DIGITS = re.compile(r"[^A-Za-z0-9]")

Bindings = Mapping[str, str]
"""The values of loop variables."""


class Loops:
    """The loops that what is being resolved stands in.

    Parameters:
        resolved: resolves a value.
        allowance: what all loops may come to.

    Attributes:
        values: those of the variables.
    """

    def __init__(self, resolved: Callable[[object], object], allowance: Allowance) -> None:
        self._resolved = resolved
        self._allowance = allowance
        self.values: Bindings = {}

    @contextmanager
    def within(self, values: Bindings) -> Iterator[None]:
        """Has the variables of loops these values."""
        outer, self.values = self.values, values
        try:
            yield
        finally:
            self.values = outer

    def text(self, text: str) -> str:
        """A text with the variables of loops replaced."""
        for name, value in self.values.items():
            for variable, meant in ((f"${{{name}}}", value), (f"&{{{name}}}", value)):
                times = text.count(variable)
                if not times:
                    continue
                if variable.startswith("&"):
                    meant = _OTHER_THAN_LETTERS_AND_DIGITS.sub("", meant)
                check_length(len(text) + times * (len(meant) - len(variable)))
                text = text.replace(variable, meant)
                self._allowance.spend_text(len(text))
        return text

    def members(self, value: Members) -> Iterator[tuple[object, object]]:
        """The members of an object, those that loops make included; each within its loops until the next is taken."""
        for name, member in value.items():
            if isinstance(name, str) and name.startswith(f"{FUNCTION}::"):
                try:
                    yield from self._repeated(member)
                except TemplateError as error:
                    error.at = value if error.at is None else error.at
                    raise
            else:
                yield self.text(name) if isinstance(name, str) else name, member

    def _repeated(self, loop: object) -> Iterator[tuple[object, object]]:
        variable, values, body = entries(FUNCTION, loop, 3, 3)
        variable = name_in(FUNCTION, variable)
        if not isinstance(body, Mapping):
            raise TemplateError(f"{FUNCTION} takes an object as what it repeats, not {shown(body)}")
        for each in members_of(FUNCTION, self._resolved(values)):
            self._allowance.spend_nodes(1)
            with self.within({**self.values, variable: text_in(FUNCTION, each)}):
                yield from self.members(body)
