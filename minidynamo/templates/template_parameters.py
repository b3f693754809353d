"""The parameters of a CloudFormation template: their values, and whether these are allowed.

Source: AWS CloudFormation User Guide, "Parameters".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from minidynamo.templates.parts import Part, shown, text_of
from minidynamo.templates.table_definition import Omission, TemplateError

_FROM_SSM = "AWS::SSM::Parameter::Value<"
_LIST = re.compile(r"(AWS::SSM::Parameter::Value<)?(List<|CommaDelimitedList)")
_NOT_CHECKED = "too costly to check"
# How many steps a pattern may take; what people write takes a few hundred.
_PATTERN_STEPS_MAX = 10_000_000
_PATTERN_CHARACTERS_MAX = 1_000
_ESCAPES_AND_CLASSES = re.compile(r"\\.|\[\^?\]?[^\]]*\]", re.DOTALL)
_QUANTIFIERS = re.compile(r"[*+]|(?<!\()\?|\{[0-9,]+\}")


class TemplateParameters:
    """The values of a template's parameters.

    Parameters:
        declared: the template's section of them.
        given: values over their defaults; those of other names are left to others.
        strays: takes what could not be checked.

    Raises:
        TemplateError: a given value is not allowed.
    """

    def __init__(self, declared: Part, given: Mapping[str, str], strays: list[Omission]) -> None:
        self._declared = {str(name): each for name, each in declared.each("parameter")}
        self._given = given
        for name in self._declared.keys() & given.keys():
            _check(self._declared[name], given[name], strays)

    def __contains__(self, name: object) -> bool:
        return name in self._declared

    def require_values(self) -> None:
        """Raises TemplateError where one has no value."""
        for name, declared in self._declared.items():
            if name not in self._given and not declared.has("Default"):
                raise declared.error("has no default: give a value for it")

    def value(self, name: str) -> object:
        """What a parameter stands for: text, or a list; its default may hold functions still.

        Raises:
            TemplateError: it has none.
        """
        declared = self._declared[name]
        if name in self._given:
            return _of_type(declared, self._given[name])
        if str(declared.get("Type")).startswith(_FROM_SSM):
            raise TemplateError(f"the parameter {name} is read from SSM: give a value for it")
        if not declared.has("Default"):
            raise TemplateError(f"the parameter {name} has no default: give a value for it")
        return _of_type(declared, declared.get("Default"))


def given_values(parameters: Mapping[str, str] | None) -> dict[str, str]:
    """The values of parameters as texts, which numbers and truth values have; raises TypeError for any others."""
    if parameters is None:
        return {}
    texts = {name: text_of(value) for name, value in parameters.items()} if isinstance(parameters, Mapping) else {}
    given = {name: text for name, text in texts.items() if isinstance(name, str) and text is not None}
    if not isinstance(parameters, Mapping) or len(given) < len(parameters):
        raise TypeError(f"parameters are names with texts, not {shown(parameters)}")
    return given


def _of_type(declared: Part, value: object) -> object:
    if isinstance(value, str) and _LIST.match(str(declared.get("Type"))):
        return [each.strip() for each in value.split(",")]
    return value


def _check(declared: Part, value: str, strays: list[Omission]) -> None:
    found = _of_type(declared, value)
    texts = [str(each) for each in found] if isinstance(found, list) else [value]
    allowed = declared.get("AllowedValues")
    if isinstance(allowed, list):
        for text in texts:
            if text not in [text_of(each) for each in allowed]:
                raise _refused(declared, text, f"one of {', '.join(map(str, map(text_of, allowed)))}")
    for text in texts:
        _check_length(declared, text)
        _check_number(declared, text)
        _check_pattern(declared, text, strays)


def _check_length(declared: Part, text: str) -> None:
    if declared.has("MinLength") and len(text) < declared.number("MinLength"):
        raise _refused(declared, text, f"text of at least {declared.number('MinLength')} characters")
    if declared.has("MaxLength") and len(text) > declared.number("MaxLength"):
        raise _refused(declared, text, f"text of at most {declared.number('MaxLength')} characters")


def _check_number(declared: Part, text: str) -> None:
    if declared.get("Type") not in ("Number", "List<Number>"):
        return
    try:
        number = float(text)
    except ValueError:
        raise _refused(declared, text, "a number") from None
    if declared.has("MinValue") and number < declared.number("MinValue"):
        raise _refused(declared, text, f"a number of at least {declared.number('MinValue')}")
    if declared.has("MaxValue") and number > declared.number("MaxValue"):
        raise _refused(declared, text, f"a number of at most {declared.number('MaxValue')}")


def _check_pattern(declared: Part, text: str, strays: list[Omission]) -> None:
    if not declared.has("AllowedPattern"):
        return
    pattern = declared.text("AllowedPattern")
    try:
        is_allowed = not _is_cheap(pattern, text) or re.fullmatch(pattern, text) is not None
    except (re.error, OverflowError):
        raise declared.wrong("AllowedPattern", pattern, "a pattern that is understood here") from None
    if not _is_cheap(pattern, text):
        strays.append(Omission(f"AllowedPattern of {declared.name}", _NOT_CHECKED))
    if not is_allowed:
        raise _refused(declared, text, f"text like {shown(pattern)}")


def _is_cheap(pattern: str, text: str) -> bool:
    """Whether a pattern is matched in few steps, however it is made: tries multiply by quantifier and alternative."""
    if len(pattern) > _PATTERN_CHARACTERS_MAX:
        return False
    outline = _ESCAPES_AND_CLASSES.sub("x", pattern)
    quantifiers, alternatives = len(_QUANTIFIERS.findall(outline)), outline.count("|")
    if quantifiers > 10 or alternatives > 30 or re.search(r"\)[*+?{]", outline):
        return False
    steps: int = (len(text) + 1) ** quantifiers * 2**alternatives
    return steps <= _PATTERN_STEPS_MAX


def _refused(declared: Part, text: str, expected: str) -> TemplateError:
    return declared.error(f"has {shown(text)} as its value, not {expected}")
