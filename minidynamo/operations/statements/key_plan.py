"""What a WHERE clause demands of keys: the ranges that a SELECT reads, the key that a write names.

Source: DynamoDB Developer Guide, "PartiQL select statements"; observed responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from minidynamo.errors import ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.attributes import attributes_of
from minidynamo.expressions.conjunctions import conjuncts, equality, pinned
from minidynamo.expressions.key_condition import MIRRORED, KeyClause
from minidynamo.expressions.syntax import Condition, DocumentPath, Literal, Operand
from minidynamo.operations.items.transactions import CallFault
from minidynamo.schema.key_schema import KeySchema
from minidynamo.tables.key_range import KeyRange, key_range
from minidynamo.values.attribute_value import Item

_OVERLAPPING = "Overlapping conditions with range keys are not supported in where clause"
_NO_FULL_KEY = "Where clause does not contain a mandatory equality on all key attributes"
_RANGE_OPERATORS = frozenset({"=", "<", "<=", ">", ">="})
# A batch of statements is refused for one item named twice; those in IN and OR are looked at as far as this.
_NAMED_KEYS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """The ranges of key bytes that hold all that a condition can find.

    Attributes:
        ranges: in the order in which they are to be read.
        is_exact: whether everything in them satisfies the condition.
        has_branches: whether the ranges come from an OR.
    """

    ranges: tuple[KeyRange, ...]
    is_exact: bool
    has_branches: bool = False


@dataclass(frozen=True, slots=True)
class _Branch:
    """A conjunction that pins the partition key.

    Attributes:
        partition: the value of the partition key.
        sort: the clauses on the sort key.
        is_exact: whether it demands nothing else.
        is_of_or: whether it is a branch of an OR.
        negates_sort: whether it says what the sort key is not.
    """

    partition: Literal
    sort: tuple[KeyClause, ...]
    is_exact: bool
    is_of_or: bool = False
    negates_sort: bool = False


def key_plan(where: Condition | None, schema: KeySchema) -> KeyPlan | None:
    """The ranges to read for a condition; None where it does not pin the partition key, so that all must be read.

    Raises:
        ValidationError: branches of an OR overlap, or a value does not fit the key.
    """
    branches = None if where is None else _branches(where, schema)
    if branches is None:
        return None
    partition = schema.partition_key[0].name
    ranges: list[tuple[_Branch, KeyRange]] = []
    is_exact = True
    for branch in branches:
        found = _range_of(schema, KeyClause(partition, "=", (branch.partition,)), branch.sort)
        beside = [each for each in ranges if _overlap(each[1], found)]
        if any(_collide(branch, each) for each, _ in beside):
            raise ValidationError(_OVERLAPPING)
        is_exact = is_exact and branch.is_exact and not beside
        for each in beside:  # They run together, as one range.
            ranges.remove(each)
            found = KeyRange(found.prefix, min(found.start, each[1].start), max(found.stop, each[1].stop))
        ranges.append((branch, found))
    return KeyPlan(tuple(found for _, found in ranges), is_exact, any(each.is_of_or for each in branches))


def full_key(where: Condition | None, schema: KeySchema) -> tuple[Item, tuple[Condition, ...]]:
    """The key that a conjunction names by equality, and its other parts.

    Raises:
        CallFault: it does not name one item.
    """
    key: Item = {}
    rest: list[Condition] = []
    for part in conjuncts(where):
        name, literal = equality(part) or ("", None)
        if literal is not None and name in schema.names and name not in key:
            key[name] = literal.value
        else:
            rest.append(part)
    if len(key) < len(schema.names):
        raise CallFault(_NO_FULL_KEY)
    return key, tuple(rest)


def named_keys(where: Condition | None, schema: KeySchema) -> list[Item]:
    """The keys that a condition names by equalities, INs and ORs of them; none where it asks for something else too.

    Nor where it names far more than any statement may: they are looked through for one that comes twice.
    """
    if isinstance(where, syntax.Or):
        found = [named_keys(part, schema) for part in where.parts]
        return [key for keys in found for key in keys] if all(found) else []
    parts = conjuncts(where)
    keys: list[Item] = [{}]
    for name in schema.names:
        allowed = [values for part in parts if (values := _allowed(part, name)) is not None]
        if len(keys) * sum(map(len, allowed)) > _NAMED_KEYS_MAX:
            return []
        keys = [{**key, name: literal.value} for key in keys for values in allowed for literal in values]
    return keys if len(parts) == len(schema.names) else []


def _allowed(part: Condition, attribute: str) -> list[Literal] | None:
    """The values that a part allows an attribute, by an OR too."""
    if not isinstance(part, syntax.Or):
        return pinned(part, attribute)
    found = [_allowed(each, attribute) for each in part.parts]
    return None if None in found else [literal for values in found for literal in values or ()]


def _branches(condition: Condition, schema: KeySchema) -> list[_Branch] | None:
    """The branches of a condition, each with one value of the partition key; None where one has none."""
    if isinstance(condition, syntax.Or):
        found = [_branches(part, schema) for part in condition.parts]
        if any(each is None for each in found):
            return None
        return [replace(branch, is_of_or=True) for each in found for branch in each or ()]
    parts = conjuncts(condition)
    partition = schema.partition_key[0].name
    for index, part in enumerate(parts):
        rest = parts[:index] + parts[index + 1 :]
        values = pinned(part, partition)
        if values is not None:
            return [branch for value in values for branch in _sorted_branches(value, rest, schema)]
    for index, part in enumerate(parts):
        inner = _branches(part, schema) if isinstance(part, syntax.Or) else None
        if inner is not None:
            sort, is_exact = _sort_clauses(parts[:index] + parts[index + 1 :], schema)
            return [replace(each, sort=each.sort + sort, is_exact=each.is_exact and is_exact) for each in inner]
    return None


def _sorted_branches(value: Literal, parts: tuple[Condition, ...], schema: KeySchema) -> list[_Branch]:
    """The branches of one partition key value: those of an OR among the parts that bounds the sort key somewhere."""
    for index, part in enumerate(parts):
        inner = [conjuncts(each) for each in part.parts] if isinstance(part, syntax.Or) else []
        if any(_sort_clauses(each, schema)[0] for each in inner):
            outer = parts[:index] + parts[index + 1 :]
            return [_branch(value, each, outer, schema, is_of_or=True) for each in inner]
    return [_branch(value, parts, (), schema)]


def _branch(
    value: Literal,
    parts: tuple[Condition, ...],
    outer: tuple[Condition, ...],
    schema: KeySchema,
    is_of_or: bool = False,
) -> _Branch:
    """A branch of its own parts and of those that stand outside of the OR."""
    sort, is_exact = _sort_clauses(parts + outer, schema)
    return _Branch(value, sort, is_exact, is_of_or, _negates_sort(parts, schema))


def _negates_sort(parts: Iterable[Condition], schema: KeySchema) -> bool:
    """Whether a part says what the sort key is not."""
    names = {attribute.name for attribute in schema.sort_key}
    return any(_negates(part) and not names.isdisjoint(attributes_of(part)) for part in parts)


def _negates(part: Condition) -> bool:
    return isinstance(part, syntax.Not) or (isinstance(part, syntax.Comparison) and part.operator == "<>")


def _collide(one: _Branch, two: _Branch) -> bool:
    """Whether two branches that overlap are refused: one bounds the sort key, and neither says what it is not."""
    return one.is_of_or and bool(one.sort or two.sort) and not (one.negates_sort or two.negates_sort)


def _sort_clauses(parts: Iterable[Condition], schema: KeySchema) -> tuple[tuple[KeyClause, ...], bool]:
    """The parts that bound the sort key, and whether there are no others."""
    names = {attribute.name for attribute in schema.sort_key}
    clauses = [_clause(part) for part in parts]
    sort = tuple(each for each in clauses if each is not None and each.attribute in names)
    return sort, len(sort) == len(clauses)


def _clause(part: Condition) -> KeyClause | None:
    """A condition on one attribute that can bound a range of keys; None for any other."""
    if isinstance(part, syntax.Comparison) and part.operator in _RANGE_OPERATORS:
        clause = _named_clause(part.operator, part.left, (part.right,))
        return clause or _named_clause(MIRRORED[part.operator], part.right, (part.left,))
    if isinstance(part, syntax.Between):
        return _named_clause("BETWEEN", part.operand, (part.low, part.high))
    if isinstance(part, syntax.Function) and part.name == "begins_with":
        return _named_clause("begins_with", part.arguments[0], part.arguments[1:])
    return None


def _named_clause(operator: str, path: Operand, operands: Sequence[Operand]) -> KeyClause | None:
    literals = tuple(each for each in operands if isinstance(each, Literal))
    if not isinstance(path, DocumentPath) or len(path.elements) > 1 or len(literals) < len(operands):
        return None
    return KeyClause(path.attribute, operator, literals)


def _range_of(schema: KeySchema, partition: KeyClause, sort: Sequence[KeyClause]) -> KeyRange:
    """What all clauses allow, which may be nothing."""
    first, *others = [key_range(schema, (partition, clause)) for clause in sort] or [key_range(schema, (partition,))]
    start, stop = first.start, first.stop
    for bounds in others:
        start, stop = max(start, bounds.start), min(stop, bounds.stop)
    return KeyRange(first.prefix, start, max(start, stop))


def _overlap(one: KeyRange, two: KeyRange) -> bool:
    return one.start < two.stop and two.start < one.stop
