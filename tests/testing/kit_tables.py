"""A table with indexes, its schema, a database of it as a template, and settings for properties."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings

import minidynamo
from minidynamo import Database, DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.testing import TableSchema

TABLE = create_table_request(
    "tbl",
    {
        "key": ["pk S", "sk N"],
        "gsi": {"by_g": {"key": ["g S", "h B"]}, "by_h": {"key": ["h B"], "projection": ["n"]}},
        "lsi": {"by_l": {"key": ["pk S", "l S"], "projection": "KEYS_ONLY"}},
    },
)
STREAMING = {**TABLE, "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
SCHEMA = TableSchema.of(TABLE)
KEYS = [{"pk": {"S": "a"}, "sk": {"N": str(number)}} for number in range(3)]
TEMPLATE = minidynamo.connect()
SCHEMA.create(TEMPLATE)
# What depends on the items there are, not on the request.
LEGAL_CODES = {"ConditionalCheckFailedException"}
quick = settings(max_examples=30, suppress_health_check=list(HealthCheck))
minimal = settings(database=None, phases=[Phase.generate, Phase.shrink], max_examples=2_000)


def is_refused(database: Database, operation: str, request: dict[str, Any]) -> bool:
    """Whether a request is refused for what it is, not for what there is."""
    try:
        database.execute(operation, request)
    except DynamoError as error:
        assert error.status == 400, error
        codes = {each["Code"] for each in error.members.get("CancellationReasons", ())}
        return error.code not in LEGAL_CODES and not (codes and codes <= {"None", "ConditionalCheckFailed"})
    return False


COUNTER = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
