"""AWS Lambda's API: finds the operation of a request, checks its shape, carries it out, and words what goes wrong.

Source: AWS Lambda API reference; recorded answers.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from weakref import WeakKeyDictionary

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import SerializationError
from minidynamo.lambda_api.event_source_mappings import EventSourceMappings, MappingNotes
from minidynamo.lambda_api.faults import Fault
from minidynamo.lambda_api.function_names import FunctionName
from minidynamo.lambda_api.functions import FunctionOperations
from minidynamo.lambda_api.invoking import invoke
from minidynamo.lambda_api.owner import FunctionOwner, has_functions
from minidynamo.lambda_api.replies import Reply
from minidynamo.lambda_api.routes import ApiRequest, routed
from minidynamo.lambda_api.shapes import SHAPES
from minidynamo.requests.json_types import check_types, without_nulls
from minidynamo.requests.violations import listed_violations
from minidynamo.values.api_types import JsonObject

logger = logging.getLogger("minidynamo.lambdas")

Operation = Callable[[JsonObject, bytes], Reply]


class LambdaApi:
    """Replies for the functions and mappings of a database.

    Parameters:
        owner: the database.
        notes: what earlier requests have said of its mappings.
    """

    def __init__(self, owner: FunctionOwner, notes: MappingNotes) -> None:
        self._owner = owner
        self._mappings = mappings = EventSourceMappings(owner, notes)
        self._operations: dict[str, Operation] = {
            "CreateEventSourceMapping": lambda members, _: Reply.of(202, mappings.create(members)),
            "GetEventSourceMapping": lambda members, _: Reply.of(200, mappings.get(members)),
            "ListEventSourceMappings": lambda members, _: Reply.of(200, mappings.list(members)),
            "UpdateEventSourceMapping": lambda members, _: Reply.of(202, mappings.update(members)),
            "DeleteEventSourceMapping": lambda members, _: Reply.of(202, mappings.delete(members)),
            "ListTags": lambda members, _: Reply.of(200, {"Tags": mappings.tags_of(members["Resource"])}),
            "TagResource": lambda members, _: self._tag(members),
            "UntagResource": lambda members, _: self._untag(members),
            "Invoke": lambda members, body: invoke(owner, members, body),
            **_function_operations(FunctionOperations(owner)),
        }

    def knows(self, request: ApiRequest) -> bool:
        """Whether a request is about a function or a mapping that lives here, or lists those."""
        try:
            operation, members = routed(request)
            if operation == "ListFunctions":
                return bool(self._owner.functions.names)
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
            reply = self._operations[operation](_checked(operation, members), request.body)
        except Fault as fault:
            reply = reply_of(fault)
        except Exception:
            logger.exception("a request of Lambda's API failed: this is a bug in minidynamo")
            reply = reply_of(Fault("ServiceException", "Internal failure"))
        return reply._replace(headers={**_headers(reply), **reply.headers})

    def _tag(self, members: JsonObject) -> Reply:
        self._mappings.tags_of(members["Resource"]).update(members["Tags"])
        return Reply(204, b"")

    def _untag(self, members: JsonObject) -> Reply:
        tags = self._mappings.tags_of(members["Resource"])
        for key in members["TagKeys"]:
            tags.pop(key, None)
        return Reply(204, b"")


def _function_operations(functions: FunctionOperations) -> dict[str, Operation]:
    """What is carried out on functions, by operation: with the status of its reply, and without a body for 204."""
    rows: dict[str, tuple[int, Callable[[JsonObject], JsonObject | None]]] = {
        "ListFunctions": (200, functions.list),
        "GetFunction": (200, functions.get),
        "GetFunctionConfiguration": (200, functions.configuration),
        "DeleteFunction": (204, functions.delete),
        "PublishVersion": (201, functions.publish),
        "ListVersionsByFunction": (200, functions.versions),
        "CreateAlias": (201, functions.create_alias),
        "UpdateAlias": (200, functions.update_alias),
        "GetAlias": (200, functions.get_alias),
        "DeleteAlias": (204, functions.delete_alias),
        "ListAliases": (200, functions.aliases),
        "PutFunctionConcurrency": (200, functions.reserve),
        "GetFunctionConcurrency": (200, functions.reserved),
        "DeleteFunctionConcurrency": (204, functions.reserve),
        "PutFunctionEventInvokeConfig": (200, functions.put_event_config),
        "UpdateFunctionEventInvokeConfig": (200, functions.update_event_config),
        "GetFunctionEventInvokeConfig": (200, functions.event_config),
        "DeleteFunctionEventInvokeConfig": (204, functions.delete_event_config),
    }
    return {name: _replying(*row) for name, row in rows.items()}


def _replying(status: int, carry_out: Callable[[JsonObject], JsonObject | None]) -> Operation:
    def reply(members: JsonObject, body: bytes) -> Reply:
        answer = carry_out(members)
        return Reply(status, b"") if status == 204 or answer is None else Reply.of(status, answer)

    return reply


def _headers(reply: Reply) -> dict[str, str]:
    """What every reply carries."""
    return {
        "content-type": "application/json",
        "content-length": str(len(reply.body)),
        "x-amzn-requestid": str(uuid.uuid4()),
    }


# What requests have said of the mappings of databases, for as long as there are these.
_NOTES: WeakKeyDictionary[object, MappingNotes] = WeakKeyDictionary()


def api_of(endpoint: Endpoint) -> LambdaApi | None:
    """The API of an endpoint's functions; None where it is no database of this process."""
    return LambdaApi(endpoint, _NOTES.setdefault(endpoint, MappingNotes())) if has_functions(endpoint) else None


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
