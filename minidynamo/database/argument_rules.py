"""What the methods of a database take: a rule for each argument that is not a request's."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence

from minidynamo.arguments import TABLE_NAME, TRUE_OR_FALSE, Rule, between, check_arguments, of, one_of
from minidynamo.database.setting_rules import ROWS

_DOCUMENTS = "a policy document, as a text or an object"
_DOCUMENT = Rule(_DOCUMENTS, of(str, Mapping), may_be_none=True)


def _are_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(each, str) for pair in value.items() for each in pair)


_RULES = {
    "table_name": TABLE_NAME,
    "path": Rule("the path of a new file", of(str, os.PathLike), ROWS["path"].allows),
    "file_mode": ROWS["file_mode"],
    "allow_damage": TRUE_OR_FALSE,
    "timeout": Rule("a number of seconds from 0 on", of(int, float), between(0, threading.TIMEOUT_MAX)),
    "interval_seconds": Rule("a number of seconds, more than 0", of(int, float), between(1e-9, threading.TIMEOUT_MAX)),
    "until": Rule("a function that tells when to end, or None", callable, may_be_none=True),
    "max_batches": Rule("a whole number from 0 on", of(int), between(0)),
    "errors": one_of(("raise", "report")),
    "policies": Rule(f"{_DOCUMENTS}, or several", of(str, Mapping, Sequence)),
    "arn": Rule("the ARN of a principal, such as 'arn:aws:iam::123456789012:user/ann'", of(str), may_be_none=True),
    "boundary": _DOCUMENT,
    "session": _DOCUMENT,
    "tags": Rule("texts by name, such as {'team': 'shop'}", of(Mapping), _are_texts, may_be_none=True),
}


def check_method(**given: object) -> None:
    """Raises what is wrong with arguments of a method, in one line.

    Raises:
        TypeError: one is of a wrong type.
        ValueError: it is none that is taken.
    """
    assert given, "nothing is checked"
    check_arguments(_RULES, **given)
