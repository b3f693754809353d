"""Replays cases of Lambda's API through a client of boto3; `spec/README.md` has the form."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

import minidynamo
from minidynamo import ManualClock
from minidynamo.conformance.replay import Disagreement
from minidynamo.requests.operations import API, snake_case
from tests.faces.lambda_cases import LambdaCase, Like, Step, filled

_TABLE = {
    "TableName": "orders",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
}


# Operations that DynamoDB has as well.
_OF_LAMBDA = frozenset({"TagResource", "UntagResource"})


class Scene:
    """A database with the table "orders" and the functions of a case, which remember what they are called with.

    Attributes:
        called: the events of each, oldest first.
        names: what stands in braces.
    """

    def __init__(self, case: LambdaCase) -> None:
        self.clock = ManualClock()
        self.database = minidynamo.connect(clock=self.clock, table_delays=case.delays)
        self.database.execute("CreateTable", _TABLE)
        self.clock.advance(case.delays)
        self.called: dict[str, list[Any]] = {}
        for name, seconds in case.functions.items():
            self._register(name, seconds)
        scope = self.database.scope
        stream = self.database.execute("DescribeTable", {"TableName": "orders"})["Table"]["LatestStreamArn"]
        prefix = f"arn:aws:lambda:{scope.region}:{scope.account_id}:function"
        self.names = {"stream": stream, "region": scope.region, "account": scope.account_id, "prefix": prefix}

    def _register(self, name: str, seconds: float) -> None:
        events = self.called[name] = []

        def handler(event: Any, context: object) -> Any:
            events.append(event)
            self.clock.advance(seconds)
            return event

        self.database.functions.register(name, handler)


def replay(case: LambdaCase, scene: Scene, client: Any) -> None:
    """Takes the steps of a case; raises Disagreement where one comes to something else."""
    for number, step in enumerate(case.steps, start=1):
        differences = list(_taken(step, scene, client))
        if differences:
            raise Disagreement("\n  ".join([f"step {number}, {step.does} {_shown(step.given)}:", *differences]))


def _taken(step: Step, scene: Scene, client: Any) -> Iterator[str]:
    """Takes a step; yields what is not as it should be."""
    given = filled(step.given, scene.names)
    if step.does == "drain":
        scene.database.drain(errors="report")
    elif step.does == "wait":
        scene.clock.advance(given)
    elif step.does == "called":
        yield from differences_of(given, scene.called, "called")
    elif step.does in API.keys() - _OF_LAMBDA:
        scene.database.execute(step.does, given)
    else:
        yield from _called(step, given, scene, client)


def _called(step: Step, given: Mapping[str, Any], scene: Scene, client: Any) -> Iterator[str]:
    """Calls an operation of Lambda; yields what is not as it should be."""
    expected = filled(step.expected, scene.names)
    try:
        answer = getattr(client, snake_case(step.does))(**_request(given))
    except ClientError as error:
        yield from _differences_of_refusal(expected.get("refused"), error.response)
        return
    shown = _readable(answer)
    if "refused" in expected:
        yield f"expected {expected['refused']}, found {_shown(shown)}"
        return
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    yield from differences_of(expected.get("status", status), status, "status")
    yield from differences_of(expected.get("answer", {}), shown, "answer")
    for path in expected.get("without", ()):
        if _at(shown, path) is not None:
            yield f"answer.{path}: expected none, found {_shown(_at(shown, path))}"
    for name, path in expected.get("keep", {}).items():
        scene.names[name] = str(_at(shown, path))
        if _at(shown, path) is None:
            yield f"answer.{path}: expected something to keep, found none"


def _request(given: Mapping[str, Any]) -> dict[str, Any]:
    """A request as boto3 takes it: files in braces become a zip file."""
    request = dict(given)
    for member in ("Code", "Content"):
        if isinstance(request.get(member), Mapping):
            request[member] = _request(request[member])
    if isinstance(request.get("ZipFile"), Mapping):
        request["ZipFile"] = zipped(request["ZipFile"])
    return request


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip file, which is the same for the same files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return content.getvalue()


def _readable(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without its metadata, whose payload and log are texts."""
    shown = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    if isinstance(shown.get("Payload"), StreamingBody):
        shown["Payload"] = shown["Payload"].read().decode()
    if "LogResult" in shown:
        shown["LogResult"] = base64.b64decode(shown["LogResult"]).decode()
    return shown


def _differences_of_refusal(refused: Sequence[Any] | None, response: Mapping[str, Any]) -> Iterator[str]:
    error = response["Error"]
    found = [error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"], response]
    if refused is None:
        yield f"refused: expected an answer, found {found[:3]}"
        return
    for name, wanted, each in zip(("code", "message", "status", "members"), refused, found, strict=False):
        yield from differences_of(wanted, each, name)


def differences_of(expected: Any, found: Any, where: str) -> Iterator[str]:
    """Where something is not as it should be: members that are not named may be anything."""
    if isinstance(expected, Like):
        if re.fullmatch(expected.pattern, str(found), re.DOTALL) is None:
            yield f"{where}: expected {expected}, found {_shown(found)}"
        return
    if isinstance(expected, Mapping | list) and isinstance(found, str):
        found = _parsed(found)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name, each in expected.items():
            yield from differences_of(each, found.get(name), f"{where}.{name}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, each in enumerate(expected):
            yield from differences_of(each, found[index], f"{where}.{index}")
    elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
        yield f"{where}: expected {_shown(expected)}, found {_shown(found)}"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _at(value: Any, path: str) -> Any:
    """What stands at a path such as `Versions.0.Version`; None for nothing."""

    def inner(outer: Any, name: str) -> Any:
        if isinstance(outer, list):
            return outer[int(name)] if int(name) < len(outer) else None
        return outer.get(name) if isinstance(outer, Mapping) else None

    return reduce(inner, path.split("."), value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 600 else f"{text[:600]}..."
