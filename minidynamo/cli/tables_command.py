"""`minidynamo tables create FILE`: the tables of a template, at an endpoint."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_tables_options(tables: argparse.ArgumentParser) -> None:
    """The options of `minidynamo tables`."""
    commands = tables.add_subparsers(title="commands", required=True, metavar="COMMAND")
    create = commands.add_parser(
        "create",
        help="create them",
        description="Creates the tables that a describe-table answer, a CloudFormation, SAM or CDK template, a "
        "Terraform plan in JSON or a serverless.yml declares, at an endpoint.",
    )
    create.add_argument("file", type=Path, help="the file that declares them")
    create.add_argument("--endpoint", metavar="URL", help="where to create them (http://127.0.0.1:8000)")
    create.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the template")
    create.add_argument("--region", default="us-east-1", help="region to sign for (us-east-1)")
    create.set_defaults(run=run_create)


def parsed_parameters(texts: list[str]) -> dict[str, str]:
    """Parameters by name from texts such as "Stage=test"; raises TemplateError for others."""
    from minidynamo.templates.table_definition import TemplateError

    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise TemplateError(f"--parameter takes NAME=VALUE, not {wrong[0]!r}")
    return dict(text.split("=", 1) for text in texts)


def run_create(options: argparse.Namespace) -> int:
    """Creates the tables; returns 0, or 2 where it could not."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    from minidynamo.cli.places import one_line
    from minidynamo.cli.template_file import tables_in
    from minidynamo.templates.table_definition import TemplateError

    endpoint = options.endpoint or "http://127.0.0.1:8000"
    try:
        schema = tables_in(options.file, parsed_parameters(options.parameter))
        client = boto3.Session("minidynamo", "minidynamo").client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name=options.region,
            config=Config(retries={"total_max_attempts": 2}),
        )
        for name in schema.create(client):
            print(name)
    except (TemplateError, BotoCoreError, ClientError, ValueError) as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)  # A client's errors may have several lines.
        return 2
    return 0
