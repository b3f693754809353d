"""Every spec case, through every face."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

import minidynamo
from minidynamo import Database, ManualClock
from tests.spec_runner import Call, Case, Face, Fault, all_cases, replay

ALL_CASES = list(all_cases())
_ENVELOPE = {"Error", "ResponseMetadata", "message"}


@pytest.fixture
def opened() -> Iterator[list[Database]]:
    """The databases that faces open, checked at the end."""
    databases: list[Database] = []
    yield databases
    for database in databases:
        database.check()


def embedded_client(opened: list[Database]) -> Face:
    """The embedded client."""

    def face(wording: str) -> Call:
        database = minidynamo.connect(wording=wording, clock=ManualClock())
        opened.append(database)
        client = database.client()

        def call(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
            try:
                answer = client.call(operation, dict(request))
            except ClientError as error:
                response: Any = error.response
                members = {name: value for name, value in response.items() if name not in _ENVELOPE}
                raise Fault(response["Error"]["Code"], response["Error"]["Message"], members) from None
            return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

        return call

    return face


FACES: dict[str, Callable[[list[Database]], Face]] = {"embedded client": embedded_client}


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.id)
def test_case(case: Case, face: str, opened: list[Database]) -> None:
    """The face answers as the case says."""
    replay(case, FACES[face](opened))


def test_there_are_at_least_400_cases() -> None:
    """Counted without their second wording."""
    assert len({(case.file, case.name) for case in ALL_CASES}) >= 400


def test_names_of_cases_are_unique_within_their_file() -> None:
    """So that a failure names one case."""
    seen = [(case.file, case.name, case.wording) for case in ALL_CASES]
    assert len(set(seen)) == len(seen)
