"""What is said of a wrong argument: one line, at the call, with what was given and what is taken.

A value of a wrong type is a TypeError, one that is not among those that there are, or out of range, a ValueError.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

_NAMES_SHOWN_MAX = 40
_PLAIN = (str, bytes, int, float, type(None))


def shown(value: object) -> str:
    """A value as an error shows it: a plain one as it is, of any other what it is."""
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, _PLAIN) or value is ...:
        return reprlib.repr(value)
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def require(is_right: object, name: str, takes: str, value: object) -> None:
    """Raises TypeError for an argument that is not what it takes.

    Parameters:
        is_right: whether it is.
        name: of the argument, or of the function where it has only one.
        takes: what it takes, and how that is had.
        value: what was given.
    """
    if not is_right:
        raise TypeError(f"{name} takes {takes}, not {shown(value)}")


class Rule(NamedTuple):
    """What one argument takes; tables of them stand beside whatever takes the arguments.

    Attributes:
        takes: that, in words.
        is_kind: whether a value is of its type: a TypeError where it is not.
        allows: whether a value of its type is one that it takes: a ValueError where it is not.
        names: all that there are, where these are few.
        may_be_none: whether it may be left open.
    """

    takes: str
    is_kind: Callable[[object], bool]
    allows: Callable[[object], bool] = lambda value: True
    names: Collection[str] = ()
    may_be_none: bool = False


def check_arguments(rules: Mapping[str, Rule], error: type[ValueError] = ValueError, /, **given: object) -> None:
    """Raises what is wrong with arguments, in one line.

    Parameters:
        rules: what each of them takes.
        error: what is raised for a value that is not taken.
        given: the arguments.

    Raises:
        TypeError: one is of a wrong type.
        ValueError: it is none that is taken.
    """
    for name, value in given.items():
        assert name in rules, f"{name} has no rule: whoever takes arguments refuses others"
        rule = rules[name]
        if value is None and rule.may_be_none:
            continue
        require(rule.is_kind(value), name, rule.takes, value)
        if rule.names and value not in rule.names:
            raise error(f"there is no {name} {value!r}: {did_you_mean(value, rule.names)}")
        if not rule.allows(value):
            raise error(f"{name} takes {rule.takes}, not {reprlib.repr(value)}")


def refuse_unknown(function: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raises TypeError for the first argument that a function does not have, with the nearest that it has."""
    names = list(known)
    for name in given:
        if name not in names:
            raise TypeError(f"{function}() knows no {name}: {did_you_mean(name, names)}")


def of(*kinds: type) -> Callable[[object], bool]:
    """Whether a value is of one of these types; True and False are no numbers."""
    assert kinds, "nothing is of no type"
    return lambda value: isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)


def between(least: float, most: float = math.inf) -> Callable[[object], bool]:
    """Whether a value is a finite number in a range."""
    assert least <= most, f"no number is from {least} to {most}"
    return lambda value: isinstance(value, int | float) and least <= value <= most and value != math.inf


def like(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    """Whether a value is a text that a pattern matches as a whole."""
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def one_of(names: Collection[str], may_be_none: bool = False) -> Rule:
    """The rule of an argument that takes one of few names."""
    assert names and not isinstance(names, str), f"{names!r} are no names"
    return Rule(f"one of {', '.join(names)}", of(str), names=names, may_be_none=may_be_none)


TRUE_OR_FALSE = Rule("True or False", of(bool))
TABLE_NAME = Rule("the name of a table", of(str))


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """The nearest of the names that there are, where one is near, else all of them."""
    import difflib

    names = list(known)
    close = difflib.get_close_matches(given, names, n=1) if isinstance(given, str) else []
    close += [each for each in names if _letters(each) == _letters(given)]
    if close:
        return f"did you mean {close[-1]}?"
    more = ", …" if len(names) > _NAMES_SHOWN_MAX else ""
    return f"there are {', '.join(names[:_NAMES_SHOWN_MAX])}{more}" if names else "there are none"


def _letters(name: object) -> str:
    return "".join(filter(str.isalnum, str(name))).lower()
