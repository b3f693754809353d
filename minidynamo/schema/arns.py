"""Amazon resource names of tables, indexes and streams.

Source: AWS documentation, "Amazon resource names"; observed responses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from minidynamo.errors import ValidationError
from minidynamo.wording import DETECTED

# Where a database is unless it is told otherwise: the account of Amazon's own examples.
DEFAULT_REGION, DEFAULT_ACCOUNT_ID = "us-east-1", "123456789012"

# The region of the client whose call is carried out, where it is another than the database's.
CALLER_REGION: ContextVar[str | None] = ContextVar("minidynamo caller region", default=None)

_TABLE_ARN = re.compile(
    r"arn:(?P<partition>[^:]*):dynamodb:(?P<region>[^:]*):(?P<account>[^:]*):(?P<resource>[^/]*)/(?P<name>[^/]+)"
)
# What an SDK takes for the name of a region: new ones come, and programs for tests use names such as "local".
REGION_NAME = re.compile("(?!-)(?![0-9]+$)[A-Za-z0-9-]{1,63}(?<!-)")
ACCOUNT_ID = re.compile("[0-9]{12}")
_FORMAT = "arn:aws:dynamodb:region:account:table/tablename"


def bare_name(table: str) -> str:
    """The name of a table that was asked for by its name or its ARN."""
    return table.rpartition(":table/")[2]


@contextmanager
def calling_from(region: str | None) -> Iterator[None]:
    """While this is on, ARNs are named as a client of this region sees them."""
    token = CALLER_REGION.set(region)
    try:
        yield
    finally:
        CALLER_REGION.reset(token)


@dataclass(frozen=True)
class ArnScope:
    """Where a database claims to be: it names the ARNs.

    Attributes:
        own_region: such as "us-east-1".
        account_id: twelve digits.
    """

    own_region: str
    account_id: str

    @property
    def region(self) -> str:
        """The region of the client that calls, where one is known; its own otherwise."""
        return CALLER_REGION.get() or self.own_region

    def table_arn(self, table_name: str) -> str:
        """The ARN of a table."""
        return f"arn:aws:dynamodb:{self.region}:{self.account_id}:table/{table_name}"

    def stream_arn(self, table_name: str, label: str) -> str:
        """The ARN of a stream."""
        return f"{self.table_arn(table_name)}/stream/{label}"

    def table_name(self, name_or_arn: str) -> str | None:
        """The table name of a TableName parameter, which may be an ARN; None for an ARN of another place.

        Raises:
            ValidationError: a malformed ARN.
        """
        if not name_or_arn.startswith("arn:"):
            return name_or_arn
        match = _TABLE_ARN.fullmatch(name_or_arn)
        if match is None:
            raise ValidationError(f"{DETECTED}Invalid table ARN '{name_or_arn}'. Valid ARN format is {_FORMAT}")
        if not re.fullmatch("aws(-[a-z]+)*", match["partition"]):
            raise ValidationError(f"{DETECTED}Invalid AWS partition in '{name_or_arn}'")
        if not re.fullmatch("[a-z]{2}(-[a-z]+)+-[0-9]+", match["region"]):
            raise ValidationError(f"{DETECTED}Invalid AWS region in '{name_or_arn}'")
        if match["resource"] != "table":
            raise ValidationError(f"{DETECTED}Invalid resource type in '{name_or_arn}'")
        is_here = name_or_arn == self.table_arn(match["name"])
        return match["name"] if is_here else None
