"""The tables of a file: a `describe-table` answer, a CloudFormation, SAM or CDK template, or a Terraform plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minidynamo.embedded.client import Client
from minidynamo.embedded.client_errors import unknown_parameters
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.requests.operations import API
from minidynamo.templates.cloudformation import template_tables
from minidynamo.templates.descriptions import described_tables
from minidynamo.templates.document import read_document
from minidynamo.templates.table_definition import TableDefinition, TemplateError
from minidynamo.templates.terraform import planned_tables
from minidynamo.values.api_types import Request, Response, TableClient


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
            DynamoError: the database refuses a table; a client raises its own errors.
        """
        client: TableClient = _OwnErrors(target) if isinstance(target, Endpoint) else target
        for table in self.tables:
            client.create_table(**{**table.request, **overrides})
        for table in self.tables:
            client.get_waiter("table_exists").wait(TableName=table.name)
            if table.time_to_live is not None:
                specification = {"Enabled": True, "AttributeName": table.time_to_live}
                client.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
        return [table.name for table in self.tables]

    def without(self, names: Iterable[str]) -> TableTemplates:
        """The tables but for those of some names."""
        left_out = set(names)
        return TableTemplates(tuple(table for table in self.tables if table.name not in left_out))

    def __iter__(self) -> Iterator[TableDefinition]:
        return iter(self.tables)


class _OwnErrors(Client):
    """The client of a database whose errors reach the caller as the database raises them."""

    def call(self, operation: str, parameters: Request) -> Response:
        known = list(API[operation].request.members)
        if not parameters.keys() <= set(known):
            raise unknown_parameters(operation, parameters, known)
        return self._endpoint.execute(operation, parameters)


def schema_from(path: str | Path, parameters: Mapping[str, str] | None = None) -> TableTemplates:
    """The tables that a file declares.

    Parameters:
        path: a JSON file with a `describe-table` answer (or several in a list), a CloudFormation or SAM template in
            JSON or YAML (CDK synthesises one), or a Terraform plan in JSON (`terraform show -json`).
        parameters: values of the template's parameters, over their defaults.

    Raises:
        TemplateError: the file cannot be read, is none of these, is wrong or too large, or declares no table.
    """
    path = Path(path)
    try:
        document = read_document(path)
        try:
            tables = tuple(_tables(document.value, dict(parameters or {}), path))
        except TemplateError as error:
            line = document.line_of(error.at)
            if line is None:
                raise
            raise TemplateError(f"{path}, line {line}: {error}") from None
    except RecursionError:  # What is allowed is not deep, but the caller may be.
        raise TemplateError(f"{path} is nested too deeply to be read from so deep in a program") from None
    if not tables:
        raise TemplateError(f"{path} declares no DynamoDB table")
    return TableTemplates(tables)


def _tables(document: object, parameters: dict[str, str], path: Path) -> Iterator[TableDefinition]:
    if isinstance(document, list) or (
        isinstance(document, Mapping) and document.keys() & {"Table", "TableDescription"}
    ):
        return described_tables(document if isinstance(document, list) else [document])
    if isinstance(document, Mapping) and "Resources" in document:
        return template_tables(document, parameters)
    if isinstance(document, Mapping) and document.keys() & {"planned_values", "values"}:
        return planned_tables(document)
    if isinstance(document, Mapping) and {"TableName", "KeySchema"} <= document.keys():
        return described_tables([document])
    raise TemplateError(
        f"{path} is neither an answer of describe-table, nor a CloudFormation template, nor a Terraform plan in JSON"
    )
