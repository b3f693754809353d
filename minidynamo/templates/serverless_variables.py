"""The variables of `serverless.yml`: `${self:custom.name}`, `${opt:stage, 'dev'}`, one inside of another.

    text      = (literal | "${" variable "}" | "${" text "}")*      the last one is left to Fn::Sub
    variable  = source ("," source)*                                the first that has a value
    source    = "'" literal "'" | number | kind [ "(" text ")" ] ":" address

Source: Serverless Framework documentation, "Variables".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from minidynamo.schema.arns import DEFAULT_ACCOUNT_ID, DEFAULT_REGION
from minidynamo.templates.parts import Members, shown, text_of
from minidynamo.templates.resolution import Allowance
from minidynamo.templates.table_definition import TemplateError

_VARIABLE = re.compile(r"\s*(?:\w+:(?!:)|\w+\(|['\"])")
_SOURCE = re.compile(r"(\w+)(\([^)]*\))?(?::(.*))?", re.DOTALL)
_LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"|(-?[0-9]+(?:\.[0-9]+)?|true|false)")
_BRACKET = re.compile(r"\$\{|\}")
_DEFAULT_STAGE = "dev"
# Kinds whose values are given by the address alone.
_GIVEN_BY_ADDRESS = ("opt", "param", "env")


class _MissingError(Exception):
    """A variable without a value, by its text."""


class Variables:
    """The variables of a service.

    Parameters:
        document: the whole `serverless.yml`.
        given: values by address, such as `stage`, or by kind and address, such as `env:STAGE`.
    """

    def __init__(self, document: Members, given: Mapping[str, str]) -> None:
        self._document = document
        self._given = given
        self._allowance = Allowance()
        self._kinds: dict[str, Callable[[str], object]] = {
            "self": self._of_document,
            "sls": lambda address: self._stage() if address == "stage" else None,
            "param": self._of_params,
            "aws": {
                "accountId": given.get("AWS::AccountId", DEFAULT_ACCOUNT_ID),
                "region": given.get("AWS::Region", DEFAULT_REGION),
            }.get,
        }

    def value(self, text: str) -> object:
        """What a text comes to: another text, or what a variable stands for where it is all of the text.

        Raises:
            TemplateError: a variable has no value here, or they refer to each other.
        """
        if "${" not in text:
            return text
        try:
            return self._evaluated(text)
        except _MissingError as missing:
            raise TemplateError(_how_to_give(str(missing))) from None

    def _evaluated(self, text: str) -> object:
        self._allowance.enter()
        try:
            pieces = [piece if is_plain else self._of_braces(piece) for piece, is_plain in _pieces(text)]
        finally:
            self._allowance.leave()
        if len(pieces) == 1:
            return pieces[0]
        texts = [text_of(each) for each in pieces]
        if None in texts:
            raise TemplateError(f"{shown(text)} has a variable that is {shown(pieces[texts.index(None)])}, not text")
        made = [each for each in texts if each is not None]
        self._allowance.spend_text(sum(map(len, made)))
        return "".join(made)

    def _of_braces(self, inner: str) -> object:
        self._allowance.spend_text(len(inner))
        if not _VARIABLE.match(inner):
            return f"${{{text_of(self._evaluated(inner)) or inner}}}"
        missing = _MissingError(inner)
        for source in _sources(inner):
            try:
                found = self._of_source(source)
            except _MissingError as error:
                missing = error
            else:
                if found is not None:
                    return found
        raise missing

    def _of_source(self, source: str) -> object:
        """The value of one source; None without any."""
        literal = _LITERAL.fullmatch(source)
        if literal is not None:
            return next(each for each in literal.groups() if each is not None)
        if "${" in source:
            evaluated = self._evaluated(source)
            if source.startswith("${") or not isinstance(evaluated, str):
                return evaluated
            source = evaluated
        match = _SOURCE.fullmatch(source)
        if source in self._given or match is None:
            return self._given.get(source)
        kind, address = match[1], (match[3] or "").strip()
        if kind in _GIVEN_BY_ADDRESS and address in self._given:
            return self._given[address]
        find = self._kinds.get(kind)
        found = None if find is None else find(address)
        return self._evaluated(found) if isinstance(found, str) and "${" in found else found

    def _of_document(self, address: str) -> object:
        found: object = self._document
        for name in filter(None, address.split(".")):
            if isinstance(found, list) and name.isdecimal() and len(name) < 10 and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, Mapping):
                found = found.get(name)
            elif address == "service.name" and isinstance(found, str):
                return found
            else:
                return None
        if found is None and address == "provider.stage":
            return self._given.get("stage", _DEFAULT_STAGE)
        if found is None and address == "provider.region":
            return self._given.get("region", DEFAULT_REGION)
        return found

    def _stage(self) -> object:
        return self._given.get("stage") or self._of_document("provider.stage")

    def _of_params(self, address: str) -> object:
        stage = self._stage()
        stage = self._evaluated(stage) if isinstance(stage, str) else stage
        found = self._of_document(f"params.{stage}.{address}")
        return self._of_document(f"params.default.{address}") if found is None else found


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """What stands in braces and what between them, in order; braces that do not end are plain."""
    start = 0
    while (opening := text.find("${", start)) >= 0 and (closing := _closing(text, opening)) >= 0:
        if opening > start:
            yield text[start:opening], True
        yield text[opening + 2 : closing], False
        start = closing + 1
    if start < len(text):
        yield text[start:], True


def _closing(text: str, opening: int) -> int:
    """Where braces end; -1 where they do not."""
    assert text.startswith("${", opening), "no braces begin here"
    depth = 0
    for bracket in _BRACKET.finditer(text, opening):
        depth += 1 if bracket[0] == "${" else -1
        if depth == 0:
            return bracket.start()
    return -1


def _sources(inner: str) -> list[str]:
    """The sources of a variable, which commas outside of quotes and braces part."""
    sources, start, depth, quote = [], 0, 0, ""
    for place, character in enumerate(inner):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "{(":
            depth += 1
        elif character in "})":
            depth -= 1
        elif character == "," and depth == 0:
            sources.append(inner[start:place].strip())
            start = place + 1
    return [*sources, inner[start:].strip()]


def _how_to_give(variable: str) -> str:
    source = _sources(variable)[0]
    kind, _, address = source.partition(":")
    if kind.startswith("file("):
        return f"the variable ${{{variable}}} is in another file, which is not read: write what it stands for here"
    name = address.strip() if kind in _GIVEN_BY_ADDRESS else source
    return f"the variable ${{{variable}}} has no value: give one as the parameter {name}"
