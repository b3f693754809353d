"""Policy documents: JSON to statements.

Source: IAM User Guide, "IAM JSON policy element reference".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minidynamo.policies.conditions import ConditionBlock, read_conditions
from minidynamo.policies.patterns import Variables, matches
from minidynamo.values.api_types import JsonObject, JsonValue

EFFECTS = ALLOW, DENY = "Allow", "Deny"
VERSIONS = ("2008-10-17", "2012-10-17")
SID = re.compile("[A-Za-z0-9]*")
_NAME = r"[\w+=,.@-]+"
# A root, a user, a role; a session of a role or of a user.
PRINCIPAL_ARN = re.compile(
    rf"arn:aws(-[a-z]+)*:(iam::\d{{12}}:(root|(user|role)/([!-~]+/)?{_NAME})"
    rf"|sts::\d{{12}}:(assumed-role/{_NAME}/{_NAME}|federated-user/{_NAME}))",
    re.ASCII,
)
_MEMBERS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_MEMBERS = frozenset(
    {
        *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
    }
)


# A policy document: its text, or the object that it stands for.
Document = str | Mapping[str, JsonValue]


class PolicyError(ValueError):
    """A document that is no policy; the text says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy.

    Attributes:
        effect: Allow or Deny.
        actions: patterns of actions, in lower case; with `excludes_actions`, those that it is not about.
        resources: patterns of ARNs; with `excludes_resources`, those that it is not about. None for any.
        conditions: what must hold besides.
        principals: whom it is about, in a policy of a resource: ARNs, account ids, "*"; None in other policies.
        excludes_principals: whether these are whom it is not about.
        sid: its name.
    """

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] | None
    conditions: tuple[ConditionBlock, ...] = ()
    excludes_actions: bool = False
    excludes_resources: bool = False
    principals: tuple[str, ...] | None = None
    excludes_principals: bool = False
    sid: str = ""

    def is_about_action(self, action: str) -> bool:
        """Whether it is about an action, such as "dynamodb:PutItem"."""
        found = any(matches(pattern, action.lower()) for pattern in self.actions)
        return found is not self.excludes_actions

    def is_about_resource(self, arn: str, variables: Variables) -> bool:
        """Whether it is about a resource. An action on no resource in particular has the resource "*"."""
        if self.resources is None:
            return True
        found = any(matches(variables.filled(pattern), arn) for pattern in self.resources)
        return found is not self.excludes_resources


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document.

    Attributes:
        version: of the policy language; only the newer one has variables.
        statements: its statements, in order.
        source: what it is called in errors.
    """

    version: str
    statements: tuple[Statement, ...]
    source: str = "the policy"


def read_policy(document: Document, source: str = "the policy", of_resource: bool = False) -> Policy:
    """A policy of a document.

    Parameters:
        document: the text, or the object that it stands for.
        source: what it is called in errors.
        of_resource: whether it belongs to a resource: then its statements name principals, and no others do.

    Raises:
        PolicyError: it is none.
    """
    content = _parsed(document, source)
    _refuse_unknown(content, _MEMBERS, source)
    version = content.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise PolicyError(f"{source}: there is no Version {version!r}: {' or '.join(VERSIONS)}")
    listed = content.get("Statement")
    given = listed if isinstance(listed, list) else [listed]
    if not given or not all(isinstance(each, dict) for each in given):
        raise PolicyError(f"{source} needs a Statement, an object or a list of objects")
    statements = [
        _statement(each, f"{source}, statement {number}", of_resource) for number, each in enumerate(given, 1)
    ]
    sids = [each.sid for each in statements if each.sid]
    if len(set(sids)) < len(sids):
        raise PolicyError(f"{source} has two statements of one Sid")
    return Policy(str(version), tuple(statements), source)


def texts_of(value: JsonValue) -> tuple[str, ...] | None:
    """A text or a list of texts as a tuple; None for anything else."""
    listed = value if isinstance(value, list) else [value]
    return tuple(listed) if listed and all(isinstance(each, str) for each in listed) else None


def _parsed(document: Document, source: str) -> JsonObject:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise PolicyError(f"{source} is not JSON: {error}") from None
        except RecursionError:
            raise PolicyError(f"{source} is nested too deeply for a policy") from None
    if not isinstance(document, dict):
        raise PolicyError(f"{source} is no policy document, an object with Version and Statement")
    return document


def _statement(given: JsonObject, source: str, of_resource: bool) -> Statement:
    _refuse_unknown(given, _STATEMENT_MEMBERS, source)
    if given.get("Effect") not in EFFECTS:
        raise PolicyError(f"{source}: Effect is {ALLOW} or {DENY}, not {given.get('Effect')!r}")
    actions, excludes_actions = _either(given, "Action", source)
    if actions is None:
        raise PolicyError(f"{source} has no Action")
    resources, excludes_resources = _either(given, "Resource", source)
    if resources is None and not of_resource:
        raise PolicyError(f"{source} has no Resource")
    principals, excludes_principals = _principals(given, source)
    if (principals is not None) is not of_resource:
        raise PolicyError(f"{source} {'has no' if of_resource else 'is of no resource and has a'} Principal")
    sid = given.get("Sid", "")
    if not isinstance(sid, str) or SID.fullmatch(sid) is None:
        raise PolicyError(f"{source}: a Sid has letters and digits alone, not {sid!r}")
    conditions = read_conditions(given.get("Condition", {}), source, PolicyError)
    return Statement(
        given["Effect"],
        tuple(each.lower() for each in actions),
        resources,
        conditions,
        excludes_actions,
        excludes_resources,
        principals,
        excludes_principals,
        sid,
    )


def _either(given: JsonObject, name: str, source: str) -> tuple[tuple[str, ...] | None, bool]:
    """A member or its opposite, of which a statement has one."""
    present = [each for each in (name, f"Not{name}") if each in given]
    if len(present) > 1:
        raise PolicyError(f"{source} has both {name} and Not{name}")
    if not present:
        return None, False
    texts = texts_of(given[present[0]])
    if texts is None:
        raise PolicyError(f"{source}: {present[0]} is a text or a list of texts")
    return texts, present[0] != name


def _principals(given: JsonObject, source: str) -> tuple[tuple[str, ...] | None, bool]:
    present = [each for each in ("Principal", "NotPrincipal") if each in given]
    if len(present) > 1:
        raise PolicyError(f"{source} has both Principal and NotPrincipal")
    if not present:
        return None, False
    value = given[present[0]]
    if value == "*":
        return ("*",), present[0] != "Principal"
    kinds = value if isinstance(value, dict) else {}
    listed = [texts_of(each) for each in kinds.values()]
    if not listed or any(each is None for each in listed):
        raise PolicyError(f'{source}: {present[0]} is "*" or an object such as {{"AWS": "arn:aws:iam::..."}}')
    return tuple(text for each in listed for text in each or ()), present[0] != "Principal"


def _refuse_unknown(given: Mapping[str, JsonValue], known: Iterable[str], source: str) -> None:
    unknown = sorted(given.keys() - set(known))
    if unknown:
        raise PolicyError(f"{source} has no member {unknown[0]!r}: it may have {', '.join(sorted(known))}")
