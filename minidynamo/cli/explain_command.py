"""`minidynamo explain FILE|URL REQUEST`: what a request would read, change and cost."""

from __future__ import annotations

import argparse
import json
import re
import sys

from minidynamo.cli.places import one_line, open_named
from minidynamo.errors import DynamoError, StoreError
from minidynamo.http.bodies import with_binaries
from minidynamo.insight.explaining.rehearsal import EXPLAINED
from minidynamo.requests.operations import API
from minidynamo.values.api_types import JsonObject
from minidynamo.values.printable import printable

_REQUEST = re.compile(r"\s*(?P<operation>[A-Za-z]+)\s*(?P<members>\{.*)", re.DOTALL)


class RequestError(ValueError):
    """An argument that is no request; the text says what one looks like."""


def run_explain(options: argparse.Namespace) -> int:
    """Prints an explanation; returns 0, or 2 where there is none."""
    try:
        operation, request = parsed_request(options.request)
        with open_named(options.place, options.region) as database:
            explanation = database.explain(operation, **request)
    except (DynamoError, StoreError, OSError, RequestError) as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(explanation.as_json(), ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(printable, str(explanation).splitlines())))
    return 0


def parsed_request(text: str) -> tuple[str, JsonObject]:
    """The operation and the members of a request as it is typed: its name and JSON, or a statement of PartiQL.

    Raises:
        RequestError: it is neither.
    """
    found = _REQUEST.fullmatch(text)
    if found is None:
        if not text.strip() or text.lstrip().startswith("{"):
            raise RequestError("""a request is its operation and its members, such as 'GetItem {"TableName": ...}'""")
        statement = re.sub(r"(?i)^\s*explain\b\s*", "", text)
        if not statement or statement.strip() in API:
            raise RequestError(
                f"{statement.strip() or 'EXPLAIN'} alone is no request: write what it is about behind it"
            )
        return "ExecuteStatement", {"Statement": statement}
    operation = found["operation"]
    if operation not in EXPLAINED:
        raise RequestError(f"{operation} cannot be explained: there are {', '.join(sorted(EXPLAINED))}")
    try:
        members = json.loads(found["members"])
    except (ValueError, RecursionError) as error:
        raise RequestError(f"the members of {operation} are no JSON: {error}") from None
    assert isinstance(members, dict), f"what is in braces is {members!r}"
    return operation, with_binaries(operation, members, found["members"].encode())
