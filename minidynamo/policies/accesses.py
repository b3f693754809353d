"""What a request needs access to: actions, resources, and the condition keys that are known of each.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB"; DynamoDB
Developer Guide, "Using IAM policy conditions for fine-grained access control".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from minidynamo.policies.evaluation import Access
from minidynamo.policies.leading_keys import key_texts, leading_keys
from minidynamo.requests.operations import ACCOUNT, API, BATCH, STATEMENT, STREAM, Operation
from minidynamo.requests.statements import statements_of
from minidynamo.requests.subjects import Part, attributes_of_part, parts_of
from minidynamo.values.api_types import Request

_PREFIX = "dynamodb:"
# The actions of parts of transactions; all else is its own.
_TRANSACTED = {"Get": "GetItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem",
               "ConditionCheck": "ConditionCheckItem"}  # fmt: skip
# Members whose presence needs an action more.
_BESIDES = {"CreateTable": {"Tags": "TagResource", "ResourcePolicy": "PutResourcePolicy"}}
_ENCLOSING = frozenset({"TransactWriteItems", "TransactGetItems", "ExecuteTransaction"})
_WITH_SELECT = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect"})
_WITH_RETURN_VALUES = frozenset(
    {
        *("PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "Query", "Scan"),
        *("PartiQLUpdate", "PartiQLDelete"),
    }
)
_ITEM_SUBJECTS = frozenset({"item", "batch", "transaction", "pages", STATEMENT})
_ORDINALS = ("first", "second", "third", "fourth")
_PROJECTIONS = ("ProjectionExpression", "AttributesToGet")


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What must be known of a table to say what a request needs.

    Attributes:
        arn: its ARN.
        account: its owner.
        partition_keys: the names of the partition key attributes of the table, under None, and of its indexes.
        tags: its tags.
    """

    arn: str
    account: str = ""
    partition_keys: Mapping[str | None, Sequence[str]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


# Tells the facts of a table by its name or ARN, whether there is such a table or not.
FactsOf = Callable[[str], TableFacts]


def accesses_of(operation: str, request: Request, facts_of: FactsOf) -> list[Access]:
    """What a request needs access to, each once; an operation that is not known needs its own action on "*".

    Parameters:
        operation: the API name.
        request: its members, without any that the operation would not look at.
        facts_of: tells what is known of a table.
    """
    row = API.get(operation)
    if row is None or row.subject == ACCOUNT:
        return [Access(_PREFIX + operation, "*")]
    if row.subject == STREAM:
        return [_stream_access(operation, request, facts_of)]
    # What a request touches is told by its members: others than the operation's own are ignored by the service.
    own = {name: member for name, member in request.items() if name in row.request.members}
    if row.subject not in _ITEM_SUBJECTS:
        return list(_table_accesses(operation, own, facts_of))
    return list(_item_accesses(row, own, facts_of))


def _item_accesses(row: Operation, request: Request, facts_of: FactsOf) -> Iterator[Access]:
    """Of each part; the parts of a batch on one table go together."""
    parts = parts_of(request)
    groups = [[part] for part in parts]
    if row.subject == BATCH:
        groups = [[part for part in parts if part.table == table] for table in dict.fromkeys(p.table for p in parts)]
    for group in groups:
        facts = facts_of(group[0].table)
        assert facts.arn, f"the table {group[0].table} has no ARN"
        action = _TRANSACTED.get(group[0].kind, group[0].kind) or row.name
        index = group[0].index_name
        context = {**_tag_keys(facts), **_item_keys(action, row, request, group, facts)}
        resource = facts.arn if index is None else f"{facts.arn}/index/{index}"
        yield Access(_PREFIX + action, resource, context, facts.account)


def _item_keys(
    action: str, row: Operation, request: Request, group: list[Part], facts: TableFacts
) -> dict[str, Sequence[str]]:
    keys: dict[str, Sequence[str]] = {}
    names = facts.partition_keys.get(group[0].index_name, ())
    found = [leading_keys(action, part, names) for part in group]
    for ordinal, values in zip(_ORDINALS, zip(*found, strict=True), strict=False):
        texts = list(dict.fromkeys(text for each in values for text in key_texts(each)))
        if texts:
            keys[f"dynamodb:{ordinal}partitionkeyvalues"] = texts
    if "dynamodb:firstpartitionkeyvalues" in keys:
        keys["dynamodb:leadingkeys"] = keys["dynamodb:firstpartitionkeyvalues"]
    keys["dynamodb:attributes"] = list(dict.fromkeys(name for part in group for name in attributes_of_part(part)))
    keys["dynamodb:returnconsumedcapacity"] = [str(request.get("ReturnConsumedCapacity", "NONE"))]
    parameters = group[0].parameters
    if action in _WITH_SELECT:
        keys["dynamodb:select"] = [_select(action, group[0])]
    if action in _WITH_RETURN_VALUES:
        keys["dynamodb:returnvalues"] = [_return_values(action, parameters)]
    if row.name in _ENCLOSING:
        keys["dynamodb:enclosingoperation"] = [row.name]
    if action == "PartiQLSelect":
        is_scan = not found or not found[0] or not found[0][0]
        keys["dynamodb:fulltablescan"] = ["true" if is_scan else "false"]
    return keys


def _return_values(action: str, parameters: Request) -> str:
    """The value of ReturnValues, or what stands for it."""
    if action == "ConditionCheckItem":
        return str(parameters.get("ReturnValuesOnConditionCheckFailure", "NONE"))
    if action.startswith("PartiQL"):
        returned = [getattr(bound.statement, "returning", None) for _, bound in statements_of(parameters)]
        return next((each for each in returned if each is not None), "NONE")
    return str(parameters.get("ReturnValues", "NONE"))


def _select(action: str, part: Part) -> str:
    """The value of Select, or what it is by default."""
    if "Select" in part.parameters:
        return str(part.parameters["Select"])
    if action == "PartiQLSelect":
        is_projected = any(bound.selects_paths for _, bound in statements_of(part.parameters))
    else:
        is_projected = any(each in part.parameters for each in _PROJECTIONS)
    if is_projected:
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_ATTRIBUTES" if part.index_name is None else "ALL_PROJECTED_ATTRIBUTES"


def _table_accesses(operation: str, request: Request, facts_of: FactsOf) -> Iterator[Access]:
    named = request.get("TableName", request.get("ResourceArn"))
    facts = facts_of(named.partition("/stream/")[0]) if isinstance(named, str) else TableFacts("*")
    arn = named if isinstance(named, str) and "/stream/" in named else facts.arn
    context = {**_tag_keys(facts), **_request_tags(request)}
    yield Access(_PREFIX + operation, arn, context, facts.account)
    for member, action in _BESIDES.get(operation, {}).items():
        if request.get(member):
            yield Access(_PREFIX + action, arn, context, facts.account)


def _stream_access(operation: str, request: Request, facts_of: FactsOf) -> Access:
    """Of a stream; ListStreams is of none in particular."""
    named = request.get("ShardIterator" if operation == "GetRecords" else "StreamArn")
    arn = named.partition("|")[0] if isinstance(named, str) else None
    if arn is None or operation == "ListStreams":
        return Access(_PREFIX + operation, "*")
    facts = facts_of(arn.partition("/stream/")[0])
    return Access(_PREFIX + operation, arn, _tag_keys(facts), facts.account)


def _tag_keys(facts: TableFacts) -> dict[str, Sequence[str]]:
    return {f"aws:resourcetag/{key.lower()}": [value] for key, value in facts.tags.items()}


def _request_tags(request: Request) -> dict[str, Sequence[str]]:
    """The tags that a request gives or takes away."""
    given = request.get("Tags")
    tags = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    removed = request.get("TagKeys")
    names = [each.get("Key") for each in tags] + (removed if isinstance(removed, list) else [])
    keys: dict[str, Sequence[str]] = {
        f"aws:requesttag/{each.get('Key')}".lower(): [str(each.get("Value"))] for each in tags
    }
    return {**keys, "aws:tagkeys": [each for each in names if isinstance(each, str)]} if names else keys
