"""`minidynamo spec --endpoint URL`: holds the spec cases against any endpoint and prints how far it agrees."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from http.client import HTTPException
from itertools import groupby
from typing import TYPE_CHECKING

from minidynamo.cli.places import one_line
from minidynamo.conformance.cases import Case, all_cases
from minidynamo.conformance.replay import Disagreement, perform, put_items
from minidynamo.conformance.wire_cases import WireCase, replay_on_wire, wire_cases
from minidynamo.errors import DynamoError, NoResponse
from minidynamo.formats.short_tables import create_table_request
from minidynamo.remote.connection import Connections
from minidynamo.remote.endpoint import RemoteEndpoint
from minidynamo.remote.signing import SIGNATURE_ERRORS, Sign, found_credentials, sign_formally, signer
from minidynamo.values.api_types import Request

if TYPE_CHECKING:
    from rich.console import Console

_POLL_SECONDS = (0.005, 5.0)
_READY_SECONDS_MAX = 600
_SHOWN_MAX = 20


class EndpointError(Exception):
    """The endpoint cannot be used for the cases; the text says why."""


def run_spec(options: argparse.Namespace) -> int:
    """Replays the cases; returns 0 where all agree, 1 where some do not, 2 where they could not be replayed."""
    from rich.progress import track

    from minidynamo.cli.display import wide_console

    console = wide_console()
    cases = [case for case in all_cases(options.wording) if options.only in case.id and not case.needs_manual_clock]
    on_wire = [case for case in wire_cases() if options.only in case.id and not case.options]
    try:
        if not cases and not on_wire:
            raise EndpointError(f"no case has {options.only!r} in its file or name")
        with closing(RemoteEndpoint(Connections(options.endpoint), _sign(options), options.region)) as endpoint:
            replayed = _replayed(endpoint, cases, on_wire)
            found = list(track(replayed, "Replaying", len(cases) + len(on_wire), console=console))
    except DynamoError as error:
        is_unsigned = not options.sign and error.code in SIGNATURE_ERRORS
        told = f"{options.endpoint} verifies signatures: give --sign" if is_unsigned else one_line(error)
        print(f"minidynamo: {told}", file=sys.stderr)
        return 2
    except (EndpointError, OSError, HTTPException, ValueError) as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 2
    _print_report(console, found, None if options.all else _SHOWN_MAX)
    return 1 if any(fault for _, _, fault in found) else 0


def _sign(options: argparse.Namespace) -> Sign:
    if not options.sign:
        return sign_formally
    credentials = found_credentials()
    if credentials is None:
        raise EndpointError("boto3 finds no credentials to sign with")
    return signer(options.endpoint, credentials, options.region)


Outcome = tuple[str, str, str | None]


def _replayed(endpoint: RemoteEndpoint, cases: Iterable[Case], on_wire: Iterable[WireCase]) -> Iterator[Outcome]:
    """File, name and disagreement (None for none) of each case."""
    tables = _Tables(endpoint)
    try:
        for case in cases:
            yield case.file, case.name, _error_of(partial(tables.replay, case))
        for each in on_wire:
            yield f"wire/{each.file}", each.name, _error_of(partial(tables.replay_on_wire, each))
    finally:
        tables.remove_all()


def _error_of(replay: Callable[[], object]) -> str | None:
    try:
        replay()
    except NoResponse:
        raise
    except DynamoError as error:
        return f"{error.code}: {error.message}"
    except Disagreement as disagreement:
        return str(disagreement)
    return None


class _Tables:
    """The tables of cases at an endpoint: made before a case that needs them, removed after."""

    def __init__(self, endpoint: RemoteEndpoint) -> None:
        self._endpoint = endpoint
        names = self._names()
        if names:
            raise EndpointError(
                f"{endpoint.url} has tables already ({', '.join(sorted(names)[:3])}); cases create and delete tables, "
                "so give an endpoint without any"
            )

    def replay(self, case: Case) -> None:
        """Replays a case on tables of its own."""
        self._prepare(case)
        perform(case, self._endpoint.execute)

    def replay_on_wire(self, case: WireCase) -> None:
        """Replays a case of the wire protocol."""
        self._prepare(case)
        replay_on_wire(case, self._endpoint.connections.exchange, self._endpoint.sign)

    def remove_all(self) -> None:
        """Deletes every table there is, which are those of the last case."""
        for name in self._names():
            self._require_gone(name)

    def _prepare(self, case: Case | WireCase) -> None:
        self.remove_all()
        for name, table in case.tables.items():
            self._endpoint.execute("CreateTable", create_table_request(name, table))
        for name in case.tables:
            _wait(partial(self._has_status, name, "ACTIVE"))
        put_items(case, self._endpoint.execute)

    def _require_gone(self, name: str) -> None:
        if self._status(name) not in (None, "DELETING"):
            unprotected = {"TableName": name, "DeletionProtectionEnabled": False}
            try:
                self._endpoint.execute("DeleteTable", {"TableName": name})
            except DynamoError:
                self._endpoint.execute("UpdateTable", unprotected)
                self._endpoint.execute("DeleteTable", {"TableName": name})
        _wait(partial(self._has_status, name, None))

    def _has_status(self, name: str, status: str | None) -> bool:
        return self._status(name) == status

    def _status(self, name: str) -> str | None:
        try:
            status: str = self._endpoint.execute("DescribeTable", {"TableName": name})["Table"]["TableStatus"]
        except DynamoError:
            return None
        return status

    def _names(self) -> list[str]:
        names: list[str] = []
        page: Request = {"LastEvaluatedTableName": None}
        while "LastEvaluatedTableName" in page:
            start = page["LastEvaluatedTableName"]
            page = self._endpoint.execute("ListTables", {"ExclusiveStartTableName": start} if start else {})
            names += page["TableNames"]
        return names


def _wait(is_ready: Callable[[], bool]) -> None:
    """Asks until something is so, ever more seldom; raises Disagreement where it takes too long."""
    delay, longest = _POLL_SECONDS
    ends = time.monotonic() + _READY_SECONDS_MAX
    while not is_ready():
        if time.monotonic() > ends:
            raise Disagreement(f"a table has not changed its status within {_READY_SECONDS_MAX} seconds")
        time.sleep(delay)
        delay = min(delay * 2, longest)


def _print_report(console: Console, found: list[Outcome], shown: int | None) -> None:
    from rich.table import Table

    from minidynamo.cli.display import plain_text

    table = Table(title="Agreement by file", title_justify="left")
    table.add_column("file", overflow="fold")
    for name in ("cases", "agree", "%"):
        table.add_column(name, justify="right")
    counted = Counter((file, error is None) for file, _, error in found)
    for file, _ in groupby(sorted(file for file, _, _ in found)):
        agreeing, total = counted[file, True], counted[file, True] + counted[file, False]
        table.add_row(file, f"{total:,}", f"{agreeing:,}", f"{agreeing / total:.0%}")
    console.print(table)
    errors = [each for each in found if each[2] is not None]
    for file, name, error in errors[:shown]:
        console.print(plain_text(f"{file}: {name}"), soft_wrap=True)
        console.print(*map(plain_text, f"  {error}".split("\n")), sep="\n", soft_wrap=True)
    if shown is not None and len(errors) > shown:
        console.print(f"and {len(errors) - shown:,} more; --all prints them")
    agreeing = len(found) - len(errors)
    console.print(f"[bold]{agreeing:,} of {len(found):,} cases agree ({agreeing / max(len(found), 1):.1%})[/]")
