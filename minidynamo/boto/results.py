"""What botocore makes of answers and errors, made directly: metadata, timestamps, modelled error members.

Source: botocore's response parsers, compared by tests.
"""

from __future__ import annotations

from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator
from dateutil.tz import tzlocal

from minidynamo.boto.botocore_types import Client, OperationModel
from minidynamo.embedded.client import show_timestamps
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.http.messages import http_date
from minidynamo.values.api_types import Request, Response

_LOCAL_ZONE = tzlocal()
_VALIDATOR = ParamValidator()


class Answered:
    """Stands for the HTTP response in hooks on answers."""

    __slots__ = ("headers", "status_code")

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
        self.headers: dict[str, str] = {}


def validate(model: OperationModel, parameters: Request) -> None:
    """Raises botocore's ParamValidationError where its validation does not pass."""
    if model.input_shape is not None:
        report = _VALIDATOR.validate(parameters, model.input_shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())


def results(endpoint: Endpoint, operation: str, parameters: Request) -> Response:
    """Carries out an operation; its response as botocore gives it. Raises DynamoError."""
    response = endpoint.execute(operation, parameters)
    show_timestamps(operation, response, _LOCAL_ZONE)
    response["ResponseMetadata"] = metadata(endpoint, 200)
    return response


def error_results(client: Client, endpoint: Endpoint, error: DynamoError) -> Response:
    """An error as botocore gives it: code and message, and the members that the error's model has."""
    parsed: Response = {"Error": {"Message": error.message, "Code": error.code}}
    parsed["ResponseMetadata"] = metadata(endpoint, error.status)
    shape = client.meta.service_model.shape_for_error_code(error.code)
    if shape is not None:
        body = error.body
        parsed.update({name: body[name] for name in shape.members if name in body})
    return parsed


def metadata(endpoint: Endpoint, status: int) -> Response:
    """The ResponseMetadata of a response."""
    request_id = endpoint.new_request_id()
    return {
        "RequestId": request_id,
        "HTTPStatusCode": status,
        "HTTPHeaders": {
            "server": "Server",
            "date": http_date(int(endpoint.clock.now())),
            "content-type": "application/x-amz-json-1.0",
            "connection": "keep-alive",
            "x-amzn-requestid": request_id,
        },
        "RetryAttempts": 0,
    }
