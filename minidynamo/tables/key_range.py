"""Key ranges: what a query demands of key attributes, as a range of key bytes; and scan segments.

Source: DynamoDB Developer Guide, "Key condition expressions" and "Parallel scan"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from minidynamo.errors import ValidationError
from minidynamo.expressions.key_condition import KeyClause, too_many_key_conditions
from minidynamo.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from minidynamo.messages import EMPTY_KEY, PARAMETERS_INVALID, PARTITION_KEY_TOO_LONG, SORT_KEY_TOO_LONG
from minidynamo.schema.key_schema import EMPTY_KINDS, KeyAttribute, KeySchema, is_empty, is_too_long
from minidynamo.values.attribute_value import AttributeValue
from minidynamo.values.key_bytes import ENCODERS, PREFIXES, TOKEN_BYTES, TOKENS, after, has_valid_length, token

_NOT_SUPPORTED = "Query key condition not supported"


class KeyRange:
    """The key bytes that a query can find.

    Attributes:
        prefix: what the key bytes of the whole item collection begin with.
        start, stop: the range, start <= key < stop.
    """

    def __init__(self, prefix: bytes, start: bytes, stop: bytes) -> None:
        assert prefix <= start, f"a query of the collection {prefix!r} begins before it at {start!r}"
        self.prefix = prefix
        self.start = start
        self.stop = stop


def key_range(schema: KeySchema, clauses: Sequence[KeyClause]) -> KeyRange:
    """The range of key bytes that satisfies the clauses of a key condition; raises ValidationError for unfit ones."""
    by_attribute = {clause.attribute: clause for clause in clauses}
    _check_count(schema, len(by_attribute))
    for attribute in schema.partition_key:
        if attribute.name not in by_attribute:
            raise _missed(attribute.name)
        if by_attribute[attribute.name].operator != "=":
            raise ValidationError(_NOT_SUPPORTED)
    used = _used_sort_attributes(schema, by_attribute)
    partition = [
        _encoded_operands(each, by_attribute[each.name], PARTITION_KEY_TOO_LONG) for each in schema.partition_key
    ]
    sort = [_encoded_operands(each, by_attribute[each.name], SORT_KEY_TOO_LONG) for each in used]
    parts = b"".join(operands[0] for operands in partition)
    prefix = token(parts) + parts
    if not used:
        return KeyRange(prefix, prefix, after(prefix))
    head = prefix + b"".join(operands[0] for operands in sort[:-1])
    start, stop = _bounds(head, used[-1], by_attribute[used[-1].name], sort[-1])
    return KeyRange(prefix, start, stop)


def segment_range(segment: int, total_segments: int) -> tuple[bytes, bytes | None]:
    """The key bytes of one segment of a parallel scan: an equal share of the tokens. No end for the last one."""
    assert 0 <= segment < total_segments, f"segment {segment} of {total_segments}"
    start, stop = (-(-TOKENS * each // total_segments) for each in (segment, segment + 1))
    return start.to_bytes(TOKEN_BYTES, "big"), None if stop >= TOKENS else stop.to_bytes(TOKEN_BYTES, "big")


def _check_count(schema: KeySchema, count: int) -> None:
    allowed = len(schema.attributes)
    if count <= max(allowed, 2):
        if count > allowed:
            raise ValidationError(_NOT_SUPPORTED)
        return
    raise too_many_key_conditions(count, allowed)


def _used_sort_attributes(schema: KeySchema, by_attribute: dict[str, KeyClause]) -> list[KeyAttribute]:
    """The sort key attributes that are used, which must come first, all but the last one with equality."""
    used = [attribute for attribute in schema.sort_key if attribute.name in by_attribute]
    if len(used) + len(schema.partition_key) < len(by_attribute):
        unused = next(attribute for attribute in schema.sort_key if attribute not in used)
        raise _missed(unused.name)
    for index, attribute in enumerate(used):
        for earlier in schema.sort_key[: schema.sort_key.index(attribute)]:
            clause = by_attribute.get(earlier.name)
            if clause is None or clause.operator != "=":
                raise ValidationError(
                    f"RANGE key attributes {earlier.name} must have equality conditions specified in the query "
                    f"because a condition is present on key attribute {used[-1 if index else 0].name}"
                )
    return used


def _encoded_operands(attribute: KeyAttribute, clause: KeyClause, too_long: str) -> list[bytes]:
    """The key bytes of a clause's operands; raises ValidationError for those that no key can equal."""
    encoded = []
    for literal in clause.operands:
        if literal.type != attribute.type:
            raise ValidationError(PARAMETERS_INVALID + "Condition parameter type does not match schema type")
        part = ENCODERS[attribute.type](literal.value[attribute.type])
        if not has_valid_length(part):
            _check_value(attribute, literal.value, too_long)
        encoded.append(part)
    return encoded


def _check_value(attribute: KeyAttribute, value: AttributeValue, too_long: str) -> None:
    if is_empty(value):
        kind = EMPTY_KINDS[attribute.type]
        raise ValidationError(EMPTY_KEY.format(kind=kind, name=attribute.name))
    size_bytes_max = PARTITION_KEY_BYTES_MAX if too_long == PARTITION_KEY_TOO_LONG else SORT_KEY_BYTES_MAX
    if is_too_long(value, size_bytes_max):
        raise ValidationError(too_long)


def _bounds(head: bytes, attribute: KeyAttribute, clause: KeyClause, operands: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The range of key bytes that begin with `head` and satisfy the clause on the next attribute."""
    if clause.operator == "begins_with":
        prefix = head + PREFIXES[attribute.type](clause.operands[0].value[attribute.type])
        return prefix, after(prefix)
    return _RANGES[clause.operator](head, head + operands[0], head + operands[-1])


# Operators to the range of key bytes, given the head, the head with the first operand, the head with the last one.
_RANGES: dict[str, Callable[[bytes, bytes, bytes], tuple[bytes, bytes]]] = {
    "=": lambda head, first, last: (first, after(first)),
    "<": lambda head, first, last: (head, first),
    "<=": lambda head, first, last: (head, after(first)),
    ">": lambda head, first, last: (after(first), after(head)),
    ">=": lambda head, first, last: (first, after(head)),
    "BETWEEN": lambda head, first, last: (first, after(last)),
}


def _missed(name: str) -> ValidationError:
    return ValidationError(f"Query condition missed key schema element: {name}")
