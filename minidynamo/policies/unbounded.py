"""Whether a statement of a resource policy lets anybody in, which the service does not let it do.

Source: DynamoDB Developer Guide, "Block public access"; observed responses.
"""

from __future__ import annotations

from minidynamo.policies.conditions import read_conditions
from minidynamo.policies.document import ALLOW, PolicyError
from minidynamo.values.api_types import JsonObject

# Conditions on these, with values that are not patterns of everything, say who is let in.
_NARROWING = frozenset(
    {
        *("aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:userid"),
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceip"),
        *("aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:principalservicename"),
    }
)
_EVERYTHING = ("*", "0.0.0.0/0", "::/0")
_NARROWING_OPERATORS = frozenset(
    {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"}
)


def is_unbounded(statement: JsonObject) -> bool:
    """Whether a statement allows something to whomever, under no condition that says who that is."""
    if statement["Effect"] != ALLOW or not _is_anybody(statement):
        return False
    return not any(
        each.key in _NARROWING
        and each.operator in _NARROWING_OPERATORS
        and not each.if_exists
        and each.quantifier != "ForAllValues"
        and not any(value.strip("*?") == "" or value in _EVERYTHING for value in each.values)
        for each in read_conditions(statement.get("Condition", {}), "", PolicyError)
    )


def _is_anybody(statement: JsonObject) -> bool:
    if "NotPrincipal" in statement:
        return True
    principal = statement["Principal"]
    names = principal.get("AWS", ()) if isinstance(principal, dict) else principal
    return names == "*" or "*" in names
