"""AWS Lambda's API: finds the operation of a request, checks its shape, carries it out, and words what goes wrong.

Source: AWS Lambda API reference; recorded answers.
"""

from __future__ import annotations

import logging
import uuid
from weakref import WeakKeyDictionary

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import SerializationError
from minidynamo.lambda_api.faults import Fault
from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambda_api.function_names import FunctionName
from minidynamo.lambda_api.function_urls import FunctionUrlOperations
from minidynamo.lambda_api.invoking import invoke
from minidynamo.lambda_api.log_events import LogApi
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.lambda_api.operations import operations_of
from minidynamo.lambda_api.owner import FunctionOwner, has_functions
from minidynamo.lambda_api.replies import Reply
from minidynamo.lambda_api.routes import ApiRequest, routed
from minidynamo.lambda_api.shapes import SHAPES
from minidynamo.requests.json_types import check_types, without_nulls
from minidynamo.requests.violations import listed_violations
from minidynamo.values.api_types import JsonObject

logger = logging.getLogger("minidynamo.lambdas")


class LambdaApi:
    """Replies for the functions and mappings of a database.

    Parameters:
        owner: the database.
        notes: what earlier requests have said of its functions and mappings.
    """

    def __init__(self, owner: FunctionOwner, notes: ApiNotes) -> None:
        self._owner = owner
        self._notes = notes
        self._operations = operations_of(owner, notes)

    def knows(self, request: ApiRequest) -> bool:
        """Whether a request is about a function or a mapping that lives here, or lists those."""
        try:
            operation, members = routed(request)
            if operation in ("ListFunctions", "ListLayers"):
                return bool(self._owner.functions.names or self._notes.layers)
            if operation == "GetLayerVersionByArn":
                return str(members.get("Arn", "")).rpartition(":")[0] in self._notes.layer_numbers
            if "LayerName" in members:
                return any(arn.endswith(f":layer:{members['LayerName']}") for arn in self._notes.layer_numbers)
            if "FunctionName" in members:
                return FunctionName.of(members["FunctionName"], self._owner.scope).name in self._owner.functions.names
        except Fault:
            return False
        known = self._owner.functions.live_mappings()
        if "UUID" in members or "Resource" in members:
            uuid = members.get("UUID") or members["Resource"].rpartition(":")[2]
            return any(each.uuid == uuid for each in known)
        return bool(known)

    def respond(self, request: ApiRequest) -> Reply:
        """The reply to a request; nothing is raised."""
        try:
            operation, members = routed(request)
            checked = _checked(operation, members)
            if operation == "Invoke":
                reply = invoke(self._owner, checked, request.body)
            else:
                reply = self._operations[operation](checked)
        except Fault as fault:
            reply = reply_of(fault)
        except Exception:
            logger.exception("a request of Lambda's API failed: this is a bug in minidynamo")
            reply = reply_of(Fault("ServiceException", "Internal failure"))
        return reply._replace(headers={**_headers(reply), **reply.headers})


def _headers(reply: Reply) -> dict[str, str]:
    """What every reply carries."""
    return {
        "content-type": "application/json",
        "content-length": str(len(reply.body)),
        "x-amzn-requestid": str(uuid.uuid4()),
    }


# What requests have said of the functions of databases, for as long as there are these.
_NOTES: WeakKeyDictionary[object, ApiNotes] = WeakKeyDictionary()


def api_of(endpoint: Endpoint) -> LambdaApi | None:
    """The API of an endpoint's functions; None where it is no database of this process."""
    return LambdaApi(endpoint, _NOTES.setdefault(endpoint, ApiNotes())) if has_functions(endpoint) else None


def urls_of(endpoint: FunctionOwner) -> FunctionUrlOperations:
    """The URLs of a database's functions."""
    return FunctionUrlOperations(FunctionFinder(endpoint), _NOTES.setdefault(endpoint, ApiNotes()))


def url_called(endpoint: Endpoint, url_id: str) -> tuple[str, JsonObject] | None:
    """The function, with its alias, and the settings of the URL of an id; None where there is none."""
    return urls_of(endpoint).called(url_id) if has_functions(endpoint) else None


def logs_of(endpoint: Endpoint) -> LogApi | None:
    """CloudWatch Logs' API of an endpoint's functions; None where it is no database of this process."""
    return LogApi(endpoint) if has_functions(endpoint) else None


def _checked(operation: str, members: JsonObject) -> JsonObject:
    """The members of a request that fits its shape, without those that are null or unknown."""
    shape = SHAPES[operation]
    try:
        check_types(shape, members)
    except SerializationError as error:
        raise Fault(
            "InvalidRequestContentException", f"Could not parse request body into json: {error.message}"
        ) from None
    cleaned = without_nulls(shape, members)
    violated = listed_violations(shape, cleaned)
    if violated is not None:
        raise Fault("ValidationException", violated)
    return dict(cleaned)


def reply_of(fault: Fault) -> Reply:
    """The reply that tells of a fault."""
    reply = Reply.of(fault.status, fault.body)
    headers = {**_headers(reply), "x-amzn-errortype": fault.code}
    if fault.status == 429:
        headers["retry-after"] = "1"
    return reply._replace(headers=headers)
