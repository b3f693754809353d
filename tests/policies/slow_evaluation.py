"""A second evaluation of policies, on the documents themselves: slow, plain, and written from the rules alone."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

Context = dict[str, list[str]]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def like(text: str, pattern: str) -> bool:
    """`*` and `?` alone are special."""
    return re.fullmatch(fnmatch.translate(pattern.replace("[", "[[]")), text) is not None


def filled(pattern: str, context: Context, version: str) -> str | None:
    """A pattern with its variables; None where one has no value. The tests' values have no wildcards."""
    if version != "2012-10-17":
        return pattern
    for name in re.findall(r"\$\{([^}]*)\}", pattern):
        values = context.get(name.lower(), [])
        if len(values) != 1:
            return None
        pattern = pattern.replace(f"${{{name}}}", values[0])
    return pattern


def any_like(text: str, patterns: list[str], context: Context, version: str) -> bool:
    found = [filled(pattern, context, version) for pattern in patterns]
    return any(pattern is not None and like(text, pattern) for pattern in found)


def condition_holds(name: str, key: str, wanted: list[str], context: Context, version: str) -> bool:
    quantifier, _, bare = name.rpartition(":")
    if_exists = bare.endswith("IfExists")
    bare = bare.removesuffix("IfExists")
    given = context.get(key.lower())
    if bare == "Null":
        return (given is None) == (wanted[0] == "true")
    values = [each for each in (filled(pattern, context, version) for pattern in wanted) if each is not None]

    def one(value: str) -> bool:
        if bare == "StringEquals":
            return value in values
        if bare == "StringNotEquals":
            return value not in values
        if bare == "StringLike":
            return any(like(value, pattern) for pattern in values)
        if bare == "StringNotLike":
            return not any(like(value, pattern) for pattern in values)
        if bare == "NumericLessThan":
            return any(float(value) < float(each) for each in values)
        assert bare == "Bool"
        return value.lower() in [each.lower() for each in values]

    if quantifier == "ForAllValues":
        return all(one(value) for value in given or [])
    if given is None:
        return if_exists or (not quantifier and "Not" in bare)
    if quantifier == "ForAnyValue" or "Not" not in bare:
        return any(one(value) for value in given)
    return all(one(value) for value in given)


def applies(statement: dict[str, Any], action: str, resource: str, context: Context, version: str) -> bool:
    actions = [each.lower() for each in listed(statement.get("Action", statement.get("NotAction")))]
    if any(like(action.lower(), each) for each in actions) == ("NotAction" in statement):
        return False
    if "Resource" in statement or "NotResource" in statement:
        resources = listed(statement.get("Resource", statement.get("NotResource")))
        if any_like(resource, resources, context, version) == ("NotResource" in statement):
            return False
    return all(
        condition_holds(name, key, listed(wanted), context, version)
        for name, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def effects(documents: list[dict[str, Any]], action: str, resource: str, context: Context) -> set[str]:
    """What the statements that apply say."""
    return {
        statement["Effect"]
        for document in documents
        for statement in listed(document["Statement"])
        if applies(statement, action, resource, context, document.get("Version", "2008-10-17"))
    }


def is_allowed(
    identity: list[dict[str, Any]],
    boundary: dict[str, Any] | None,
    session: dict[str, Any] | None,
    action: str,
    resource: str,
    context: Context,
) -> bool:
    """Of a caller in the account of the resource, which has no policy."""
    bounds = [each for each in (boundary, session) if each is not None]
    if any("Deny" in effects([each], action, resource, context) for each in [*identity, *bounds]):
        return False
    if not all("Allow" in effects([each], action, resource, context) for each in bounds):
        return False
    return "Allow" in effects(identity, action, resource, context)
