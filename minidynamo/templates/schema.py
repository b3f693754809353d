"""The tables of a file: a `describe-table` answer, a CloudFormation, SAM or CDK template, a Terraform plan, or a
`serverless.yml`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minidynamo.arguments import require
from minidynamo.embedded.client import Client
from minidynamo.embedded.client_errors import unknown_parameters
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.requests.operations import API
from minidynamo.templates.cloudformation import template_tables
from minidynamo.templates.descriptions import described_tables
from minidynamo.templates.document import Document, Source, read_document
from minidynamo.templates.serverless import is_serverless, serverless_tables
from minidynamo.templates.table_definition import Omission, TableDefinition, TemplateError, TemplateWarning, told
from minidynamo.templates.template_parameters import given_values
from minidynamo.templates.terraform import planned_tables
from minidynamo.values.api_types import Request, Response, TableClient

_ARN_IN_POLICY = re.compile(
    r'(?<=")arn:[^:"]*:dynamodb:[^:"]*:[^:"]*:table/(?P<table>[^/"]+)(/stream/[^"]*)?(?P<index>/index/[^"]*)?(?=")'
)


@dataclass(frozen=True)
class TableTemplates:
    """Tables as a file declares them, in its order.

    Attributes:
        tables: what they are created with.
    """

    tables: tuple[TableDefinition, ...]

    def create(self, target: Endpoint | TableClient, **overrides: Any) -> list[str]:
        """Creates all tables and waits until they are there.

        Parameters:
            target: an `Endpoint`, or a client of boto3 or of this package.
            overrides: parameters of CreateTable that replace those of the file.

        Returns:
            The names of the tables.

        Raises:
            DynamoError: the database refuses a table; a client raises its own errors. The text names the table, and
                those that have been created before it.
        """
        is_right = isinstance(target, Endpoint) or hasattr(target, "create_table")
        require(is_right, "create", "a Database, or a client of boto3 or of this package", target)
        client: TableClient = _OwnErrors(target) if isinstance(target, Endpoint) else target
        created: list[str] = []
        for table in self.tables:
            with _told_of(table, created):
                client.create_table(**{**table.request, **overrides})
            created.append(table.name)
        for table in self.tables:
            with _told_of(table, created):
                client.get_waiter("table_exists").wait(TableName=table.name)
                _complete(client, table)
        return created

    def without(self, names: Iterable[str]) -> TableTemplates:
        """The tables but for those of some names."""
        is_right = isinstance(names, Iterable) and not isinstance(names, str)
        require(is_right, "without", "names of tables, such as ['orders']", names)
        left_out = set(names)
        return TableTemplates(tuple(table for table in self.tables if table.name not in left_out))

    def __iter__(self) -> Iterator[TableDefinition]:
        return iter(self.tables)


def _complete(client: TableClient, table: TableDefinition) -> None:
    """Sets what CreateTable does not."""
    if table.time_to_live is not None:
        specification = {"Enabled": True, "AttributeName": table.time_to_live}
        client.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
    if table.policy is None and table.stream_policy is None:
        return
    described = client.describe_table(TableName=table.name)["Table"]
    for document, arn in (
        (table.policy, described["TableArn"]),
        (table.stream_policy, described.get("LatestStreamArn")),
    ):
        if document is not None and arn is not None:
            policy = _ARN_IN_POLICY.sub(_of_this_table(table.name, arn), document)
            client.put_resource_policy(ResourceArn=arn, Policy=policy, ConfirmRemoveSelfResourceAccess=True)


def _of_this_table(name: str, arn: str) -> Callable[[re.Match[str]], str]:
    """Moves the ARN of a table, as its file knows it, and of its stream to the database that it has been created in."""
    return lambda match: arn + (match["index"] or "") if match["table"] == name else match[0]


@contextmanager
def _told_of(table: TableDefinition, created: list[str]) -> Iterator[None]:
    """Lets an error of whatever class say which table it is about, and which have been created."""
    try:
        yield
    except Exception as error:
        named = f"table {table.name}" if table.name else "a table without a name"
        place = f"{named}{f' ({table.place})' if table.place else ''}"
        known = [name for name in created if name != table.name]
        done = f"; created before it: {', '.join(known)}" if known else ""
        if isinstance(error, DynamoError):
            error.message = f"{place}: {error.message}{done}"
        error.args = (f"{place}: {error}{done}", *error.args[1:])
        raise


class _OwnErrors(Client):
    """The client of a database whose errors reach the caller as the database raises them."""

    def call(self, operation: str, parameters: Request) -> Response:
        known = list(API[operation].request.members)
        if not parameters.keys() <= set(known):
            raise unknown_parameters(operation, parameters, known)
        return self._endpoint.execute(operation, parameters)


def schema_from(source: Source, parameters: Mapping[str, str] | None = None) -> TableTemplates:
    """The tables that a file or a text declares.

    What it says about a table and minidynamo does not have is left out with one `TemplateWarning` for the table, which
    names it.

    Parameters:
        source: the path of a JSON file with a `describe-table` answer (or several in a list), of a CloudFormation or
            SAM template in JSON or YAML (CDK synthesises one), of a `serverless.yml`, or of a Terraform plan in JSON
            (`terraform show -json`); or the text of one, which is a str with several lines or one that begins as JSON
            does; or the document that such a text stands for.
        parameters: values of the template's parameters, over their defaults; also names of resources that the
            template does not give, and values of variables of a `serverless.yml`, such as `stage`.

    Raises:
        TemplateError: the file cannot be read, is none of these, is wrong or too large, or declares no table.
        TypeError: the source is neither a path nor a text nor a document, or a parameter's value is no text.
    """
    given = given_values(parameters)
    name = str(source) if isinstance(source, Path) else "the template"
    try:
        document = read_document(source)
        name = document.name
        tables, warned = _located(document, given)
    except RecursionError:  # What is allowed is not deep, but the caller may be.
        raise TemplateError(f"{name} is nested too deeply to be read from so deep in a program") from None
    if not tables:
        raise TemplateError(f"{name} declares no DynamoDB table")
    for warning in warned:
        warnings.warn(warning, stacklevel=2)
    return TableTemplates(tables)


def _located(
    document: Document, parameters: dict[str, str]
) -> tuple[tuple[TableDefinition, ...], list[TemplateWarning]]:
    """The tables of a document and what to warn of, with the lines on which they stand."""
    strays: list[Omission] = []
    try:
        tables = tuple(_tables(document, parameters, strays))
    except TemplateError as error:
        line = document.line_of(error.at)
        if line is None:
            raise
        raise TemplateError(f"{document.name}, line {line}: {error}") from None
    found = [each.warning(document.line_of(each.at)) for each in tables if each.left_out]
    if strays:
        found.append(TemplateWarning(f"{document.name}: {told(strays)}"))
    return tables, found


def _tables(document: Document, parameters: dict[str, str], strays: list[Omission]) -> Iterator[TableDefinition]:
    value = document.value
    if isinstance(value, list):
        return described_tables(value)
    if isinstance(value, Mapping):
        if value.keys() & {"Table", "TableDescription"} or {"TableName", "KeySchema"} <= value.keys():
            return described_tables([value])
        if "Resources" in value:
            return template_tables(value, parameters, strays)
        if is_serverless(value):
            return serverless_tables(value, parameters, strays)
        if value.keys() & {"planned_values", "values"}:
            return planned_tables(value, strays)
    raise TemplateError(
        f"{document.name} is neither an answer of describe-table, nor a CloudFormation template, nor a serverless.yml, "
        "nor a Terraform plan in JSON"
    )
