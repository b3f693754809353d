"""What the definitions of keys and indexes must satisfy, in CreateTable and UpdateTable alike.

Source: DynamoDB API reference, CreateTable; observed responses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minidynamo.errors import ValidationError
from minidynamo.limits import (
    GLOBAL_INDEXES_MAX,
    INDEX_PARTITION_KEY_ATTRIBUTES_MAX,
    INDEX_SORT_KEY_ATTRIBUTES_MAX,
    LOCAL_INDEXES_MAX,
    NON_KEY_ATTRIBUTES_PER_TABLE_MAX,
)
from minidynamo.messages import PARAMETERS_INVALID
from minidynamo.values.api_types import Structure

Element = Mapping[str, str]
_FIRST_NOT_HASH = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"


def invalid(text: str) -> ValidationError:
    """The error for an invalid parameter: "One or more parameter values were invalid: ..."."""
    return ValidationError(PARAMETERS_INVALID + text)


def names_of(elements: Sequence[Element]) -> list[str]:
    """The attribute names of a KeySchema or of AttributeDefinitions."""
    return [element["AttributeName"] for element in elements]


def check_table_key(elements: Sequence[Element], defined: Sequence[str]) -> None:
    """Refuses a table's (or an LSI's) KeySchema that is not a partition key and perhaps a sort key, both defined."""
    names = names_of(elements)
    if elements[0]["KeyType"] != "HASH":
        raise ValidationError(_FIRST_NOT_HASH)
    if len(names) == 2:
        if names[0] == names[1]:
            text = "Both the Hash Key and the Range Key element in the KeySchema have the same name"
            raise ValidationError(text)
        if elements[1]["KeyType"] != "RANGE":
            raise ValidationError("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    check_defined(names, defined)


def check_defined(names: Sequence[str], defined: Sequence[str]) -> None:
    """Refuses key attributes without an AttributeDefinition."""
    if any(name not in defined for name in names):
        raise invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(names)}], AttributeDefinitions: [{', '.join(defined)}]"
        )


def check_global_key(elements: Sequence[Element], defined: Sequence[str]) -> None:
    """Refuses a GSI's KeySchema that is not one to four HASH, then up to four RANGE elements, all defined."""
    names, roles = names_of(elements), [element["KeyType"] for element in elements]
    if roles[0] != "HASH":
        raise ValidationError(_FIRST_NOT_HASH)
    if roles.count("HASH") > INDEX_PARTITION_KEY_ATTRIBUTES_MAX:
        raise invalid("The KeySchema exceeds the maximum allowed number of HASH key attributes")
    if roles.count("RANGE") > INDEX_SORT_KEY_ATTRIBUTES_MAX:
        raise invalid("The KeySchema exceeds the maximum allowed number of RANGE key attributes")
    if roles != sorted(roles):  # HASH sorts before RANGE.
        raise invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    if len(set(names)) != len(names):
        raise ValidationError("The KeySchema contains multiple key attributes with the same name")
    check_defined(names, defined)


def check_local_index(index: Structure, table_key: Sequence[Element], defined: Sequence[str]) -> None:
    """Refuses an LSI that does not share the table's partition key or has no sort key."""
    name, elements = index["IndexName"], index["KeySchema"]
    check_table_key(elements, defined)
    if len(table_key) < 2:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    if len(elements) < 2:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")
    own, table = elements[0]["AttributeName"], table_key[0]["AttributeName"]
    if own != table:
        raise invalid(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
            f"index hash key: {own}, table hash key: {table}"
        )


def check_projection(projection: Structure) -> None:
    """Refuses a Projection whose type and NonKeyAttributes do not fit."""
    kind, names = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    listed: Sequence[str] = names or ()
    if kind is None:
        raise invalid("Unknown ProjectionType: null")
    if kind == "INCLUDE" and names is None:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if kind != "INCLUDE" and names is not None:
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    for position, name in enumerate(listed):
        if name in listed[:position]:
            raise invalid(f"Duplicate element in NonKeyAttributes: {name}")


def check_index_counts(local: Sequence[Structure], global_: Sequence[Structure]) -> None:
    """Refuses too many indexes, one name for two of them, and too many NonKeyAttributes in all."""
    seen: set[str] = set()
    for index in (*local, *global_):
        if index["IndexName"] in seen:
            raise invalid(f"Duplicate index name: {index['IndexName']}")
        seen.add(index["IndexName"])
    if len(local) > LOCAL_INDEXES_MAX:
        raise invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {LOCAL_INDEXES_MAX}")
    if len(global_) > GLOBAL_INDEXES_MAX:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {GLOBAL_INDEXES_MAX}")
    check_non_key_count(sum(len(index["Projection"].get("NonKeyAttributes", ())) for index in (*local, *global_)))


def check_non_key_count(count: int) -> None:
    """Refuses more than 100 NonKeyAttributes over all indexes of a table."""
    if count > NON_KEY_ATTRIBUTES_PER_TABLE_MAX:
        raise invalid(
            f"Number of NonKeyAttributes over all indexes, {count}, exceeds the per-table limit of "
            f"{NON_KEY_ATTRIBUTES_PER_TABLE_MAX}"
        )
