"""Every case of Lambda's API, by boto3's client: through the double, and through the HTTP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config

import minidynamo
from minidynamo import Database
from minidynamo.conformance.replay import Disagreement
from minidynamo.http.server.server import Server
from tests.faces.lambda_cases import LambdaCase, cases_in, lambda_cases
from tests.faces.lambda_replay import Scene, replay

ALL_CASES = list(lambda_cases())
Face = Callable[[Database], AbstractContextManager[Any]]
# Nothing is checked before it is sent, and nothing is sent again: every case reaches the service, once.
_CONFIG = Config(parameter_validation=False, retries={"total_max_attempts": 1})
_KEYS = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret", "region_name": "us-east-1"}


class Faces:
    """Clients that a database answers, which changes from case to case."""

    def __init__(self) -> None:
        self.database = minidynamo.connect()
        self.server = Server(lambda signature: self.database).start()
        self.doubled = boto3.client("lambda", config=_CONFIG, **_KEYS)
        self.remote = boto3.client("lambda", endpoint_url=self.server.url, config=_CONFIG, **_KEYS)

    @contextmanager
    def double(self, database: Database) -> Iterator[Any]:
        with minidynamo.mock(database):
            yield self.doubled

    @contextmanager
    def over_http(self, database: Database) -> Iterator[Any]:
        self.database = database
        yield self.remote


@pytest.fixture(scope="module")
def faces() -> Iterator[Faces]:
    faces = Faces()
    yield faces
    faces.server.stop()


def _parameter(case: LambdaCase) -> Any:
    """A case that minidynamo answers otherwise has to fail, in its answer and nowhere else."""
    marks = []
    if case.differs is not None:
        marks.append(pytest.mark.xfail(reason=case.differs, raises=Disagreement, strict=True))
    return pytest.param(case, id=case.id, marks=marks)


@pytest.mark.parametrize("face", ["double", "over_http"])
@pytest.mark.parametrize("case", [_parameter(case) for case in ALL_CASES])
def test_case(case: LambdaCase, face: str, faces: Faces) -> None:
    """The service answers as the case says."""
    run(case, getattr(faces, face))


def run(case: LambdaCase, face: Face) -> None:
    scene = Scene(case)
    try:
        with face(scene.database) as client:
            replay(case, scene, client)
    finally:
        scene.database.check()
        scene.database.close()


_PLANTED = """
title: planted
source: nobody
functions: {echo: 0}
cases:
  - name: a case
    steps:
      - wait: 1
      - %s
"""


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ('{Invoke: {FunctionName: echo}, answer: {Payload: "[]"}}', "answer.Payload: expected '[]', found '{}'"),
        ("{Invoke: {FunctionName: echo}, answer: {Payload: {a: 1}}}", "answer.Payload.a: expected 1, found None"),
        ("{Invoke: {FunctionName: echo}, status: 202}", "status: expected 202, found 200"),
        ("{Invoke: {FunctionName: echo}, without: [Payload]}", "answer.Payload: expected none, found '{}'"),
        ("{Invoke: {FunctionName: echo}, refused: [Wrong, text, 400]}", "expected ['Wrong', 'text', 400], found "),
        ("{Invoke: {FunctionName: none}, refused: [Wrong]}", "code: expected 'Wrong', found 'ResourceNotFoundExc"),
        ("{Invoke: {FunctionName: none}}", "refused: expected an answer, found ['ResourceNotFoundException', "),
        ("{Invoke: {FunctionName: echo}, answer: {Payload: !like x}}", "answer.Payload: expected like 'x', found '{}'"),
        ("{Invoke: {FunctionName: echo}, keep: {x: None}}", "answer.None: expected something to keep, found none"),
        ("{called: {echo: [{}]}}", "called.echo: expected [{}], found []"),
    ],
)  # fmt: skip
def test_a_wrong_case_is_told_of(step: str, told: str, faces: Faces) -> None:
    """With the step, what was expected and what was found."""
    (case,) = cases_in("planted", _PLANTED % step)
    with pytest.raises(Disagreement) as caught:
        run(case, faces.double)
    assert "step 2, " in str(caught.value) and told in str(caught.value)


@pytest.mark.parametrize("step", ["{drain: true, answer: {}}", "{Invoke: {}, anwser: {}}", "{answer: {}}"])
def test_a_step_says_nothing_that_means_nothing(step: str) -> None:
    with pytest.raises(ValueError):
        list(cases_in("planted", _PLANTED % step))


def test_there_are_at_least_130_cases() -> None:
    assert len({case.id for case in ALL_CASES}) == len(ALL_CASES) >= 130
