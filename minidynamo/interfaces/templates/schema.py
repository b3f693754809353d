"""The tables of a file: a `describe-table` answer, a CloudFormation, SAM or CDK template, or a Terraform plan."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minidynamo.database import Database
from minidynamo.interfaces.templates.cloudformation import template_tables
from minidynamo.interfaces.templates.descriptions import described_tables
from minidynamo.interfaces.templates.table_definition import TableDefinition, TemplateError
from minidynamo.interfaces.templates.terraform import planned_tables
from minidynamo.interfaces.templates.yaml_templates import read_yaml

JsonObject = Mapping[str, Any]


@dataclass(frozen=True)
class Schema:
    """Tables as a file declares them, in its order.

    Attributes:
        tables: what they are created with.
    """

    tables: tuple[TableDefinition, ...]

    def create(self, target: Any, **overrides: Any) -> list[str]:
        """Creates all tables and waits until they are there.

        Parameters:
            target: a `Database`, or a client of boto3 or of this package.
            overrides: parameters of CreateTable that replace those of the file.

        Returns:
            The names of the tables.
        """
        client = target.client() if isinstance(target, Database) else target
        for table in self.tables:
            client.create_table(**{**table.request, **overrides})
        for table in self.tables:
            client.get_waiter("table_exists").wait(TableName=table.name)
            if table.time_to_live is not None:
                specification = {"Enabled": True, "AttributeName": table.time_to_live}
                client.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
        return [table.name for table in self.tables]

    def without(self, names: Iterable[str]) -> Schema:
        """The tables but for those of some names."""
        left_out = set(names)
        return Schema(tuple(table for table in self.tables if table.name not in left_out))

    def __iter__(self) -> Iterator[TableDefinition]:
        return iter(self.tables)


def schema_from(path: str | Path, parameters: Mapping[str, str] | None = None) -> Schema:
    """The tables that a file declares.

    Parameters:
        path: a JSON file with a `describe-table` answer (or several in a list), a CloudFormation or SAM template in
            JSON or YAML (CDK synthesises one), or a Terraform plan in JSON (`terraform show -json`).
        parameters: values of the template's parameters, over their defaults.

    Raises:
        TemplateError: the file cannot be read, is none of these, or declares no table.
    """
    document = _document(Path(path))
    tables = tuple(_tables(document, dict(parameters or {}), Path(path)))
    if not tables:
        raise TemplateError(f"{path} declares no DynamoDB table")
    return Schema(tables)


def _document(path: Path) -> Any:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"cannot read {path}: {error}") from None
    try:
        return json.loads(text)
    except ValueError as error:
        if text.lstrip().startswith(("{", "[")):
            raise TemplateError(f"{path} is no valid JSON: {error}") from None
    return read_yaml(text, path)


def _tables(document: Any, parameters: dict[str, str], path: Path) -> Iterator[TableDefinition]:
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
