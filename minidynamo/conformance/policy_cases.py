"""Cases of policies: who may make a call, and in which words it is denied; `spec/README.md` has the form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from minidynamo.conformance.cases import documents
from minidynamo.conformance.replay import Disagreement
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.formats.short_tables import ShortTable
from minidynamo.policies.document import read_policy
from minidynamo.policies.evaluation import Principal, tag_keys
from minidynamo.schema.arns import DEFAULT_ACCOUNT_ID, DEFAULT_REGION, ArnScope
from minidynamo.values.api_types import JsonObject, Request
from minidynamo.values.attribute_value import Item

_SCOPE = ArnScope(DEFAULT_REGION, DEFAULT_ACCOUNT_ID)
_NAMES = {"sid": "Sid", "to": "Principal", "not_to": "NotPrincipal", "not_on": "NotResource", "when": "Condition"}


@dataclass(frozen=True)
class PolicyCase:
    """One case.

    Attributes:
        tables, items: what there is.
        resources: documents of resource policies, by table.
        principal: its `arn`, `tags` and documents: `policies`, and maybe `boundary` and `session`.
        operation, request: the call that it makes.
        error: what it fails with, code and message; None where it is allowed.
    """

    file: str
    name: str
    tables: Mapping[str, ShortTable]
    items: Mapping[str, list[Item]]
    resources: Mapping[str, JsonObject]
    principal: JsonObject
    operation: str
    request: Request
    error: tuple[str, str] | None

    @property
    def id(self) -> str:
        return f"{self.file}: {self.name}"

    @property
    def caller(self) -> Principal:
        """The principal, with its policies read."""
        given = self.principal
        boundary, session = (
            read_policy(given[name], name) if name in given else None for name in ("boundary", "session")
        )
        policies = tuple(map(read_policy, given["policies"]))
        return Principal(given["arn"], policies, boundary, session, tag_keys(given.get("tags", {})))


def policy_cases() -> Iterator[PolicyCase]:
    """Every case of every file."""
    for name, document in documents("policies"):
        for entry in document["cases"]:
            whole = {**document, **entry}
            principal = _principal({**document.get("principal", {}), **entry.get("principal", {})})
            ((operation, request),) = entry["call"].items()
            yield PolicyCase(
                file=name,
                name=entry["name"],
                tables=whole["tables"],
                items=whole.get("items", {}),
                resources={table: _document(each) for table, each in whole.get("resources", {}).items()},
                principal=principal,
                operation=operation,
                request=request,
                error=_error(entry, principal["arn"]),
            )


def replay_as(case: PolicyCase, endpoint: Endpoint) -> None:
    """Makes the call of a case; raises Disagreement where it is answered otherwise."""
    answered = "allowed"
    try:
        endpoint.execute(case.operation, case.request)
    except DynamoError as error:
        answered = f"{error.code}: {error.message}"
    wanted = "allowed" if case.error is None else f"{case.error[0]}: {case.error[1]}"
    if answered != wanted:
        raise Disagreement(f"answered {answered}\n  instead of {wanted}")


def _principal(given: JsonObject) -> JsonObject:
    policies: JsonObject = {name: _document(given[name]) for name in ("boundary", "session") if name in given}
    own = [_document([each]) for each in given.get("policies", ())]
    return {**given, **policies, "arn": given["arn"], "policies": own}


def _document(statements: Sequence[JsonObject]) -> JsonObject:
    return {"Version": "2012-10-17", "Statement": [_statement(each) for each in statements]}


def _statement(short: JsonObject) -> JsonObject:
    """A statement in full: {allow: [GetItem], on: table/Shop} is short for one that allows dynamodb:GetItem there."""
    effect = "allow" if not short.keys().isdisjoint({"allow", "allow_all_but"}) else "deny"
    excludes = f"{effect}_all_but" in short
    actions = short[f"{effect}_all_but" if excludes else effect]
    statement: JsonObject = {"Effect": effect.capitalize(), "NotAction" if excludes else "Action": _actions(actions)}
    if "on" in short or "not_on" not in short:
        statement["Resource"] = _arns(short.get("on", "*"))
    for name, member in _NAMES.items():
        if name in short:
            statement[member] = _arns(short[name]) if name == "not_on" else short[name]
    return statement


def _actions(names: list[str] | str) -> list[str]:
    listed = names if isinstance(names, list) else [names]
    return [each if ":" in each or each == "*" else f"dynamodb:{each}" for each in listed]


def _arns(names: list[str] | str) -> list[str]:
    return [_arn(each) for each in (names if isinstance(names, list) else [names])]


def _arn(name: str) -> str:
    return _SCOPE.table_arn(name.removeprefix("table/")) if name.startswith("table/") else name


def _error(entry: JsonObject, arn: str) -> tuple[str, str] | None:
    """What a call fails with: as `error` says, or denied an action on a resource with the words behind it."""
    if "error" in entry:
        return entry["error"]["code"], entry["error"]["message"]
    if "denied" not in entry:
        return None
    action, resource, reason = entry["denied"]
    assert reason, f"{entry['name']} does not say why"
    asked = f"User: {arn} is not authorized to perform: dynamodb:{action} on resource: {_arn(resource)}"
    return "AccessDeniedException", f"{asked} {reason.replace('{action}', f'dynamodb:{action}')}"
