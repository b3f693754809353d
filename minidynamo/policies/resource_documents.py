"""Documents of resource policies: what the service refuses of them, in its words, and the form in which it keeps them.

Source: DynamoDB Developer Guide, "Resource-based policies"; observed responses.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, NoReturn

from minidynamo.errors import ValidationError
from minidynamo.limits import RESOURCE_POLICY_BYTES_MAX
from minidynamo.messages import PARAMETERS_INVALID
from minidynamo.policies.actions import is_grantable
from minidynamo.policies.conditions import read_conditions
from minidynamo.policies.document import EFFECTS, PRINCIPAL_ARN, SID, VERSIONS, PolicyError, texts_of
from minidynamo.policies.patterns import matches
from minidynamo.policies.positions import position_behind
from minidynamo.policies.unbounded import is_unbounded
from minidynamo.schema.arns import ACCOUNT_ID
from minidynamo.values.api_types import JsonObject, JsonValue

_INVALID = f"{PARAMETERS_INVALID}Invalid policy document: "
_UNBOUNDED = (
    "Resource-based policy grants unbounded access in one or more elements. "
    "Please revise the policy to ensure least-privilege form of access"
)
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_REQUIRED = ("Resource", "Principal", "Action", "Effect")


class _Fault(NamedTuple):
    """A place where the syntax of policies is left: the path there, and whether the member's name is meant."""

    path: tuple[str | int, ...] | None
    is_name: bool = False


def canonical_document(text: str, arn: str) -> str:
    """A policy as the service keeps it: members in its order, single texts without lists, no white space.

    Parameters:
        text: what a request gives.
        arn: the table or the stream that it is for.

    Raises:
        ValidationError: the service refuses it.
    """
    if len(text.encode(errors="replace")) > RESOURCE_POLICY_BYTES_MAX:
        raise ValidationError(f"{PARAMETERS_INVALID}Maximum policy size of {RESOURCE_POLICY_BYTES_MAX} bytes exceeded")
    document = _parsed(text)
    fault = next(_syntax_faults(document), None)
    if fault is not None:
        raise _invalid(f"Syntax error at position {position_behind(text, fault.path, fault.is_name)}")
    statements = [dict(each) for each in _listed(document["Statement"])]
    if not statements:
        raise _invalid("Could not parse the policy: Statement is empty!")
    for check in (_check_required, _check_sids, _check_actions, _check_resources, _check_principals, _check_bounds):
        check(statements, arn)
    kept = {"Version": VERSIONS[0], **document, "Statement": [_canonical_statement(each) for each in statements]}
    kept = _ordered(kept, _MEMBERS)
    assert kept.keys() >= document.keys(), f"a policy loses {document.keys() - kept.keys()}"
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


def _invalid(text: str) -> ValidationError:
    return ValidationError(_INVALID + text)


def _parsed(text: str) -> JsonObject:
    try:
        document = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise _invalid("This policy contains invalid Json") from None
    if isinstance(document, list):
        raise _invalid("This policy contains invalid Json")
    if not isinstance(document, dict):
        raise _invalid("This text appears not to be a policy")
    return document


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text)


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]


# Syntax: which members there are, and what their values look like.


def _syntax_faults(document: JsonObject) -> Iterator[_Fault]:
    for name, value in document.items():
        if name not in _MEMBERS:
            yield _Fault((name,), is_name=True)
        elif not _MEMBERS[name](value):
            yield _Fault((name,))
        elif name == "Statement":
            is_list = isinstance(value, list)
            for number, statement in enumerate(_listed(value)):
                yield from _statement_faults(statement, (name, number) if is_list else (name,))
    if "Statement" not in document:
        yield _Fault(None)


def _statement_faults(statement: JsonValue, path: tuple[str | int, ...]) -> Iterator[_Fault]:
    if not isinstance(statement, dict):
        yield _Fault(path)
        return
    for name, value in statement.items():
        opposite = name.removeprefix("Not") if name.startswith("Not") else f"Not{name}"
        if name not in _STATEMENT_MEMBERS or (name.startswith("Not") and opposite in statement):
            yield _Fault((*path, name), is_name=True)
        elif not _STATEMENT_MEMBERS[name](value):
            yield _Fault((*path, name))


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str)


def _is_texts(value: JsonValue) -> bool:
    return texts_of(value) is not None


def _is_principal(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(texts_of(each) is not None for each in value.values())
    return bool(value == "*")


def _is_condition(value: JsonValue) -> bool:
    try:
        read_conditions(value, "", PolicyError)
    except PolicyError:
        return False
    return True


# The members of policies and of statements, in the order in which they are kept, and what their values are like.
_MEMBERS: dict[str, Callable[[JsonValue], bool]] = {
    "Version": lambda value: value in VERSIONS,
    "Id": _is_text,
    "Statement": lambda value: isinstance(value, list | dict),
}
_STATEMENT_MEMBERS: dict[str, Callable[[JsonValue], bool]] = {
    "Sid": lambda value: isinstance(value, str) and SID.fullmatch(value) is not None,
    "Effect": lambda value: value in EFFECTS,
    "Principal": _is_principal,
    "NotPrincipal": _is_principal,
    "Action": _is_texts,
    "NotAction": _is_texts,
    "Resource": _is_texts,
    "NotResource": _is_texts,
    "Condition": _is_condition,
}


# Meaning: what statements say, as far as it can be told from the document and the resource that it is for.


def _check_required(statements: list[JsonObject], arn: str) -> None:
    for statement in statements:
        for name in _REQUIRED:
            if name not in statement and f"Not{name}" not in statement:
                raise _invalid(f"Missing required field {name}")


def _check_sids(statements: list[JsonObject], arn: str) -> None:
    sids = [each["Sid"] for each in statements if each.get("Sid")]
    if len(set(sids)) < len(sids):
        raise _invalid("The Statement Ids in the policy are not unique")


def _check_actions(statements: list[JsonObject], arn: str) -> None:
    named = [action for each in statements for action in _texts(each, "Action")]
    wrong = [action for action in named if not is_grantable(action)]
    if wrong:
        raise _invalid(f"The following action names are invalid: {', '.join(dict.fromkeys(wrong))}")


def _check_resources(statements: list[JsonObject], arn: str) -> None:
    """A policy is about the resource that it is attached to, and the indexes of that."""
    for statement in statements:
        for resource in _texts(statement, "Resource"):
            table, is_index, _ = resource.partition("/index/")
            if not matches(table, arn) or (is_index and "/stream/" in arn):
                raise _invalid(f"The relative-id {resource.split(':', 5)[-1]} is invalid for ARN {resource}")


def _check_principals(statements: list[JsonObject], arn: str) -> None:
    for statement in statements:
        for kind, name in _principals(statement):
            form = _PRINCIPAL_FORMS.get(kind)
            if form is None or not form(name):
                raise ValidationError(f"{PARAMETERS_INVALID}Invalid principal in policy document.")


def _check_bounds(statements: list[JsonObject], arn: str) -> None:
    if any(is_unbounded(each) for each in statements):
        raise ValidationError(_UNBOUNDED)


_PRINCIPAL_FORMS: dict[str, Callable[[str], bool]] = {
    "AWS": lambda name: (
        any(each is not None for each in (ACCOUNT_ID.fullmatch(name), PRINCIPAL_ARN.fullmatch(name))) or name == "*"
    ),
    "Service": lambda name: _SERVICE.fullmatch(name) is not None,
}


def _texts(statement: JsonObject, name: str) -> tuple[str, ...]:
    """The texts of a member, or of its opposite."""
    return texts_of(statement.get(name, statement.get(f"Not{name}"))) or ()


def _principals(statement: JsonObject) -> list[tuple[str, str]]:
    value = statement.get("Principal", statement.get("NotPrincipal"))
    kinds = value if isinstance(value, dict) else {"AWS": value}
    return [(kind, name) for kind, names in kinds.items() for name in texts_of(names) or ()]


# The form that is kept.


def _canonical_statement(statement: JsonObject) -> JsonObject:
    kept = dict(statement)
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in kept:
            kept[name] = _single(kept[name])
    for name in ("Principal", "NotPrincipal"):
        if isinstance(statement.get(name), dict):
            kept[name] = {kind: _single(_whole_arns(names)) for kind, names in statement[name].items()}
    if "Condition" in statement:
        kept["Condition"] = {
            operator: {key: _single(values) for key, values in keys.items()}
            for operator, keys in statement["Condition"].items()
        }
    return _ordered(kept, _STATEMENT_MEMBERS)


def _ordered(members: JsonObject, order: dict[str, Callable[[JsonValue], bool]]) -> JsonObject:
    return {name: members[name] for name in order if name in members}


def _single(value: JsonValue) -> JsonValue:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _whole_arns(names: JsonValue) -> JsonValue:
    return [f"arn:aws:iam::{name}:root" if ACCOUNT_ID.fullmatch(name) else name for name in _listed(names)]
