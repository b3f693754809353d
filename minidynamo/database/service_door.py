"""Other services of AWS for functions in processes of their own: what they ask is asked of the clients that were given.

Requests in JSON are taken whatever they are of, such as SQS's and EventBridge's, and SNS's Publish. All else is told
to be nowhere, in the form that its SDK reads.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from minidynamo.errors import DynamoError
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.http.signatures import signature_of
from minidynamo.lambdas.aws_services import SERVICES, AwsClient
from minidynamo.limits import FUNCTION_ANSWER_SECONDS_MAX
from minidynamo.requests.operations import snake_case
from minidynamo.values.api_types import JsonObject, JsonValue

# What a database answers itself, as signatures name it.
_OWN = ("dynamodb", "lambda", "logs", "")
# What boto3 calls services that sign by other names.
_CLIENTS = {"states": "stepfunctions", "monitoring": "cloudwatch"}
_JSON, _XML, _FORM = "application/x-amz-json-1.0", "text/xml", "application/x-www-form-urlencoded"
_PUBLISHED = (
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>%s</MessageId>'
    "</PublishResult></PublishResponse>"
)
_FAULT = "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>"


class Shape(Protocol):
    """What botocore knows of a value."""

    type_name: str
    members: Mapping[str, Shape]
    value: Shape
    member: Shape


class _NotCarriedOut(Exception):
    """A request that no client is asked."""


class ServiceDoor:
    """Answers requests for other services.

    Parameters:
        client_of: the client of a service by its name, such as "sqs"; None without one.
    """

    seconds_max = float(FUNCTION_ANSWER_SECONDS_MAX)

    def __init__(self, client_of: Callable[[str], AwsClient | None]) -> None:
        self._client_of = client_of

    def takes(self, request: HttpRequest) -> bool:
        """Whether a request is for another service."""
        return _service_of(request) not in _OWN

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The response to a request."""
        try:
            return self._respond(request)
        except _NotCarriedOut as error:
            return _fault(request, "UnknownOperationException", str(error))
        except Exception as error:  # What a client raises, botocore's or another's.
            response: JsonObject = getattr(error, "response", {})
            told = response.get("Error", {})
            code, older = told.get("Code", type(error).__name__), told.get("QueryErrorCode")
            found = _fault(request, older or code, told.get("Message", str(error)))
            both = {} if older is None else {"x-amzn-query-error": f"{code};Sender"}
            return found._replace(headers={**found.headers, **both})

    def _respond(self, request: HttpRequest) -> HttpResponse:
        service = _service_of(request)
        client = self._client(_CLIENTS.get(service, service))
        if client is None:
            remedy = f": give clients={{{service!r}: ...}}" if service in SERVICES else ""
            raise _NotCarriedOut(f"minidynamo does not answer for {service}{remedy}")
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        if operation:
            answer = _asked(client, operation, json.loads(request.body or b"{}"))
            answer.pop("ResponseMetadata", None)
            return _response(200, _JSON, json.dumps(answer, default=_plain))
        members = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        if members.get("Action") != "Publish":
            raise _NotCarriedOut(f"minidynamo does not pass this request on to {service}: call it from a thread")
        found = client.publish(**_published(members))
        return _response(200, _XML, _PUBLISHED % found["MessageId"])

    def _client(self, service: str) -> AwsClient | None:
        try:
            return self._client_of(service)
        except Exception:  # boto3 knows no such service.
            return None

    def too_late(self, request: HttpRequest) -> HttpResponse:
        """The response where a client has not answered in time."""
        return _fault(request, "RequestTimeout", "A client has not answered in time.")

    def too_many(self, request: HttpRequest) -> HttpResponse:
        """The response where as many requests are under way as may."""
        return _fault(request, "ThrottlingException", "Rate exceeded")


def _service_of(request: HttpRequest) -> str:
    """The service that a request is signed for; "" where it is not signed."""
    with suppress(DynamoError, ValueError):
        scope = signature_of(request).scope
        return scope[-2] if len(scope) > 1 else ""
    return ""


def _asked(client: AwsClient, operation: str, members: JsonObject) -> JsonObject:
    """What a client answers; bytes, which JSON has as base64, are given to it as it takes them."""
    meta = getattr(client, "meta", None)
    methods = {name: method for method, name in meta.method_to_api_mapping.items()} if meta is not None else {}
    if meta is not None and operation in methods:
        members = _with_bytes(members, meta.service_model.operation_model(operation).input_shape)
    return dict(getattr(client, methods.get(operation, snake_case(operation)))(**members))


def _with_bytes(value: JsonValue, shape: Shape | None) -> JsonValue:
    """A value in which what is bytes by its shape is bytes."""
    if shape is None:
        return value
    if shape.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value)
    if shape.type_name == "structure" and isinstance(value, dict):
        return {name: _with_bytes(each, shape.members.get(name)) for name, each in value.items()}
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _with_bytes(each, shape.value) for name, each in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_with_bytes(each, shape.member) for each in value]
    return value


def _published(members: dict[str, str]) -> JsonObject:
    """The parameters of Publish in a form: attributes stand there entry by entry."""
    plain = ("TopicArn", "TargetArn", "PhoneNumber", "Message", "Subject", "MessageStructure")
    of_fifo = ("MessageGroupId", "MessageDeduplicationId")
    found: JsonObject = {name: members[name] for name in (*plain, *of_fifo) if name in members}
    attributes: JsonObject = {}
    while (place := f"MessageAttributes.entry.{len(attributes) + 1}.") + "Name" in members:
        named = ("DataType", "StringValue", "BinaryValue")
        value: JsonObject = {
            name: members[f"{place}Value.{name}"] for name in named if f"{place}Value.{name}" in members
        }
        if "BinaryValue" in value:
            value["BinaryValue"] = base64.b64decode(value["BinaryValue"])
        attributes[members[f"{place}Name"]] = value
    return {**found, "MessageAttributes": attributes} if attributes else found


def _fault(request: HttpRequest, code: str, message: str) -> HttpResponse:
    """An error in the form that the SDK of a service reads."""
    if "x-amz-target" in request.headers:
        return _response(400, _JSON, json.dumps({"__type": code, "message": message}))
    text = _FAULT % (escape(code), escape(message))
    if not request.headers.get("content-type", "").startswith(_FORM):  # S3 and the like.
        text = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    return _response(400, _XML, text)


def _response(status: int, kind: str, text: str) -> HttpResponse:
    body = text.encode()
    assert 200 <= status < 600, f"{status} is no status of a response"
    return HttpResponse(status, {"content-type": kind, "content-length": str(len(body))}, body)


def _plain(value: object) -> JsonValue:
    """A value of a response as JSON has it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.timestamp() if isinstance(value, datetime) else str(value)
