"""Every spec case, through every face."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import minidynamo
from minidynamo import Database, ManualClock, Profile
from minidynamo.conformance.cases import Case, all_cases
from minidynamo.conformance.replay import Call, Disagreement, Face, replay
from minidynamo.embedded.client import Client
from minidynamo.errors import error_of
from minidynamo.http.server.server import Server
from minidynamo.requests.operations import API, STREAM, snake_case
from minidynamo.simulation import KINDS

ALL_CASES = list(all_cases())
# Each case once, under the wording that it names first.
FIRST_WORDINGS = {case.id for case in {(case.file, case.name): case for case in reversed(ALL_CASES)}.values()}
_ENVELOPE = {"Error", "ResponseMetadata", "message", "Message"}


class Stage:
    """What faces open: databases, which are checked at the end, and what else has to be closed."""

    def __init__(self, server: SwitchableServer) -> None:
        self.server = server
        self.closing = ExitStack()
        self._databases: list[Database] = []

    def database(self, wording: str, path: Path | None = None) -> Database:
        durability = None if path is None else "process"
        database = minidynamo.connect(path, durability=durability, wording=wording, clock=ManualClock())
        return self.keep(database)

    def keep(self, database: Database) -> Database:
        """Sees to it that a database is checked at the end."""
        self._databases.append(database)
        return database

    def close(self) -> None:
        for database in self._databases:
            database.check()
            database.close()
        self.closing.close()


class SwitchableServer:
    """One server for all cases, whose database changes from case to case."""

    def __init__(self) -> None:
        self.database = minidynamo.connect()
        self.server = Server(lambda signature: self.database)
        self.server.start()
        self.remote = minidynamo.connect(self.server.url)

    def close(self) -> None:
        self.remote.close()
        self.server.stop()


@pytest.fixture(scope="module")
def server() -> Iterator[SwitchableServer]:
    server = SwitchableServer()
    yield server
    server.close()


def embedded_client(stage: Stage) -> Face:
    """The embedded client."""

    def face(wording: str) -> Call:
        client = stage.database(wording).client()
        return _calling(lambda operation, request: Client.call(client, operation, request))

    return face


def durable_database(stage: Stage) -> Face:
    """The embedded client of a database in a file."""

    def face(wording: str) -> Call:
        folder = stage.closing.enter_context(tempfile.TemporaryDirectory())
        client = stage.database(wording, Path(folder) / "store.db").client()
        return _calling(lambda operation, request: Client.call(client, operation, request))

    return face


# Everything may happen, and hardly ever does: what a quiet response takes goes the whole way of a simulated one.
_POSSIBLE = Profile(capacity=True, **{kind: 2.0**-64 for kind in KINDS if kind != "capacity"})


def simulated_database(stage: Stage) -> Face:
    """The embedded client of a simulated database that happens to be quiet."""

    def face(wording: str) -> Call:
        client = stage.keep(minidynamo.simulate(profile=_POSSIBLE, wording=wording)).client()
        return _calling(lambda operation, request: Client.call(client, operation, request))

    return face


# Nothing is validated before it is sent, so that every case reaches the service.
with minidynamo.mock():
    _BOTO3_CLIENTS: dict[bool, Any] = {
        is_streams: boto3.client(service, config=Config(parameter_validation=False))
        for is_streams, service in ((False, "dynamodb"), (True, "dynamodbstreams"))
    }


def boto3_double(stage: Stage) -> Face:
    """boto3's client, answered in process."""

    def face(wording: str) -> Call:
        stage.closing.enter_context(minidynamo.mock(stage.database(wording)))

        def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            client = _BOTO3_CLIENTS[API[operation].subject == STREAM]
            response: dict[str, Any] = getattr(client, snake_case(operation))(**request)
            return response

        return _calling(call)

    return face


def remote_database(stage: Stage) -> Face:
    """The embedded client of a database that the HTTP server serves on a socket."""

    def face(wording: str) -> Call:
        stage.server.database = stage.database(wording)
        client = stage.server.remote.client()
        return _calling(lambda operation, request: Client.call(client, operation, request))

    return face


def _calling(call: Callable[[str, dict[str, Any]], dict[str, Any]]) -> Call:
    def calling(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            response = call(operation, dict(request))
        except ClientError as error:
            shown: Any = error.response
            members = {name: value for name, value in shown.items() if name not in _ENVELOPE}
            status = shown["ResponseMetadata"]["HTTPStatusCode"]
            raise error_of(shown["Error"]["Code"], shown["Error"]["Message"], members, status) from None
        return {name: value for name, value in response.items() if name != "ResponseMetadata"}

    return calling


FACES: dict[str, Callable[[Stage], Face]] = {
    "embedded client": embedded_client,
    "database in a file": durable_database,
    "simulated database": simulated_database,
    "boto3 double": boto3_double,
    "remote database": remote_database,
}


FACES_OF_OTHER_WORDINGS = {name: FACES[name] for name in ("embedded client", "boto3 double")}


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.id)
def test_case(case: Case, server: SwitchableServer) -> None:
    """Every face answers as the case says.

    What a wording changes is the same in memory and in a file, here and behind a server: one of each will do.
    """
    differences = {}
    for name, face in FACES.items() if case.id in FIRST_WORDINGS else FACES_OF_OTHER_WORDINGS.items():
        stage = Stage(server)
        try:
            replay(case, face(stage))
        except Disagreement as difference:
            differences[name] = str(difference)
        finally:
            stage.close()
    assert not differences


def test_there_are_at_least_400_cases() -> None:
    """Counted without their second wording."""
    assert len({(case.file, case.name) for case in ALL_CASES}) >= 400


def test_names_of_cases_are_unique_within_their_file() -> None:
    """So that a failure names one case."""
    seen = [(case.file, case.name, case.wording) for case in ALL_CASES]
    assert len(set(seen)) == len(seen)
