"""boto3's own types, for type checkers: what they say of the embedded client holds for boto3's as well.

Where `mypy-boto3-dynamodb` is installed, a function that takes a `DynamoDBClient`, a `DynamoDBServiceResource` or a
`Table` takes the embedded ones too. Elsewhere, and at run time, these classes say nothing.

A class with a base that a checker cannot see has every attribute, for that checker. `NamesOnly` takes them away again:
what is neither a name of ours nor of boto3's cannot be called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource as DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table as Table
    from mypy_boto3_dynamodbstreams.client import DynamoDBStreamsClient as DynamoDBStreamsClient
else:

    class DynamoDBClient:
        """The type of `boto3.client("dynamodb")`."""

    class DynamoDBStreamsClient:
        """The type of `boto3.client("dynamodbstreams")`."""

    class DynamoDBServiceResource:
        """The type of `boto3.resource("dynamodb")`."""

    class Table:
        """The type of `boto3.resource("dynamodb").Table(name)`."""


class NoSuchName:
    """What an unknown name is for type checkers: nothing that can be called."""


class NamesOnly:
    """A class with the names that it and its bases have, and no others."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoSuchName: ...
