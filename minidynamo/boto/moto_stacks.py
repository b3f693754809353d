"""Tables that moto's CloudFormation makes while a mock is on: they are made in the mock's database as well.

moto is never imported here. What it has made is read from its own model, where it has been imported.
"""

from __future__ import annotations

import sys
from weakref import WeakKeyDictionary

from minidynamo.boto.botocore_types import Client
from minidynamo.boto.new_clients import DoubleError
from minidynamo.boto.routes import endpoint_of_caller
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError
from minidynamo.values.api_types import Response

STACK_OPERATIONS = frozenset({"CreateStack", "UpdateStack", "DeleteStack", "ExecuteChangeSet", "CreateStackInstances"})
_MODELS = "moto.dynamodb.models"
# By database, the tables that were made for stacks.
_made: WeakKeyDictionary[Database, set[str]] = WeakKeyDictionary()


def follow_stacks(client: Client) -> None:
    """Makes in our database what a stack has made in moto, and deletes what it has deleted. moto changes no table.

    Raises:
        DoubleError: a table is one that DynamoDB refuses.
    """
    models = sys.modules.get(_MODELS)
    database = endpoint_of_caller(client.meta.region_name, "")
    if models is None or not isinstance(database, Database):
        return
    backend = vars(models)["dynamodb_backends"][database.scope.account_id][client.meta.region_name]
    found = {
        name: {**table.describe(base_key="Table")["Table"], "Tags": list(table.tags)}
        for name, table in backend.tables.items()
    }
    made = _made.setdefault(database, set())
    for name in made - found.keys():
        made.discard(name)
        _delete(database, name)
    for name, described in found.items():
        if name not in made and name not in database.tables:
            made.add(name)
            _create(database, described)


def _create(database: Database, described: Response) -> None:
    from minidynamo.templates.schema import schema_from

    name = described["TableName"]
    label = described.get("LatestStreamLabel")  # Its ARN is what the template's resources and outputs have been given.
    try:
        with database.catalog.streams.reserved(name, label):
            schema_from({"Table": described}).create(database)
    except (DynamoError, ValueError) as error:
        said = error.message if isinstance(error, DynamoError) else str(error)
        text = said.removeprefix(f"table {name}: ")
        raise DoubleError(f"the stack's table {name} is none that DynamoDB takes: {text}") from None


def _delete(database: Database, name: str) -> None:
    if name in database.tables:
        database.execute("DeleteTable", {"TableName": name})
