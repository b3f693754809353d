"""CloudWatch Logs' API for what functions have logged here: their groups, streams and events, read only.

Source: Amazon CloudWatch Logs API reference, FilterLogEvents, GetLogEvents, DescribeLogGroups, DescribeLogStreams;
CloudWatch Logs User Guide, "Filter pattern syntax", terms of unstructured events.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType

from minidynamo.execution.logs import LogEvent
from minidynamo.lambda_api.owner import FunctionOwner
from minidynamo.lambda_api.replies import Reply
from minidynamo.lambda_api.routes import ApiRequest
from minidynamo.limits import LOG_EVENTS_PAGE_MAX
from minidynamo.values.api_types import JsonObject

_TARGET = "Logs_20140328."
_PREFIX = "/aws/lambda/"
_TERM = re.compile(r'([-?]?)("(?:[^"\\]|\\.)*"|\S+)')
_NO_PATTERN = 'minidynamo filters by terms, such as ERROR, "two words", ?one ?other and -without'


class LogError(Exception):
    """An error response; its arguments are code and message."""


def is_for_logs(headers: Mapping[str, str]) -> bool:
    """Whether a request is one of CloudWatch Logs."""
    return headers.get("x-amz-target", "").startswith(_TARGET)


class LogApi:
    """Replies with what the functions of a database have logged.

    Parameters:
        owner: the database.
    """

    def __init__(self, owner: FunctionOwner) -> None:
        self._owner = owner
        self._operations: dict[str, Callable[[JsonObject], JsonObject]] = {
            "FilterLogEvents": self._filter,
            "GetLogEvents": self._get,
            "DescribeLogGroups": self._groups,
            "DescribeLogStreams": self._streams,
        }

    def knows(self, request: ApiRequest) -> bool:
        """Whether a request is about the log of a function that has logged here."""
        try:
            members = json.loads(request.body or b"{}")
            name = self._function_of(members) if "logGroupName" in members else None
        except (ValueError, TypeError, LogError):
            return False
        return bool(self._owner.functions.logged) if name is None else name in self._owner.functions.logged

    def respond(self, request: ApiRequest) -> Reply:
        """The reply to a request."""
        operation = request.headers.get("x-amz-target", "").removeprefix(_TARGET)
        try:
            members = json.loads(request.body or b"{}")
            if operation not in self._operations or not isinstance(members, dict):
                raise LogError("UnknownOperationException", f"minidynamo does not carry out {operation or 'this'}.")
            reply = Reply.of(200, self._operations[operation](members))
        except LogError as error:
            code, message = error.args
            reply = Reply.of(400, {"__type": code, "message": message})
        except (ValueError, TypeError) as error:
            reply = Reply.of(400, {"__type": "InvalidParameterException", "message": str(error)})
        headers = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": str(uuid.uuid4())}
        return reply._replace(headers=MappingProxyType({**headers, "content-length": str(len(reply.body))}))

    def _filter(self, members: JsonObject) -> JsonObject:
        matches = _pattern(members.get("filterPattern", ""))
        streams = members.get("logStreamNames")
        prefix = members.get("logStreamNamePrefix", "")
        found = [
            each
            for each in self._between(members)
            if (streams is None or each.stream in streams) and each.stream.startswith(prefix) and matches(each.message)
        ]
        page = found[: min(members.get("limit", LOG_EVENTS_PAGE_MAX), LOG_EVENTS_PAGE_MAX)]
        answer: JsonObject = {"events": [_shown(each) for each in page], "searchedLogStreams": []}
        if len(page) < len(found):
            answer["nextToken"] = str(page[-1].number)
        return answer

    def _get(self, members: JsonObject) -> JsonObject:
        found = [each for each in self._between(members) if each.stream == members.get("logStreamName")]
        most = min(members.get("limit", LOG_EVENTS_PAGE_MAX), LOG_EVENTS_PAGE_MAX)
        goes_on = members.get("startFromHead") or members.get("nextToken")
        page = found[:most] if goes_on else found[-most:]
        last = page[-1].number if page else _token(members)
        shown = [{name: value for name, value in _shown(each).items() if name not in _OF_FILTERED} for each in page]
        return {"events": shown, "nextForwardToken": str(last), "nextBackwardToken": str(_token(members))}

    def _groups(self, members: JsonObject) -> JsonObject:
        prefix = members.get("logGroupNamePrefix", "")
        names = [f"{_PREFIX}{each}" for each in sorted(self._owner.functions.logged)]
        scope = self._owner.scope
        arn = f"arn:aws:logs:{scope.region}:{scope.account_id}:log-group:"
        return {
            "logGroups": [
                {"logGroupName": name, "arn": f"{arn}{name}:*", "creationTime": 0, "storedBytes": 0}
                for name in names
                if name.startswith(prefix)
            ]
        }

    def _streams(self, members: JsonObject) -> JsonObject:
        streams: dict[str, list[LogEvent]] = {}
        for each in self._events(members):
            streams.setdefault(each.stream, []).append(each)
        prefix = members.get("logStreamNamePrefix", "")
        shown = [
            {
                "logStreamName": name,
                "firstEventTimestamp": _milliseconds(events[0]),
                "lastEventTimestamp": _milliseconds(events[-1]),
                "lastIngestionTime": _milliseconds(events[-1]),
                "creationTime": _milliseconds(events[0]),
            }
            for name, events in sorted(streams.items())
            if name.startswith(prefix)
        ]
        return {"logStreams": shown}

    def _between(self, members: JsonObject) -> list[LogEvent]:
        """The events of a group between two times, behind those that a token stands for."""
        start, end = members.get("startTime", 0), members.get("endTime")
        return [
            each
            for each in self._events(members, _token(members))
            if start <= _milliseconds(each) and (end is None or _milliseconds(each) < end)
        ]

    def _events(self, members: JsonObject, after: int = 0) -> list[LogEvent]:
        name = self._function_of(members)
        if name not in self._owner.functions.logged:
            raise LogError("ResourceNotFoundException", "The specified log group does not exist.")
        return self._owner.functions.logs(name, after=after)

    @staticmethod
    def _function_of(members: JsonObject) -> str:
        text = members.get("logGroupName") or members.get("logGroupIdentifier")
        if not isinstance(text, str):
            raise LogError("InvalidParameterException", "A log group is named by its name.")
        return text.removesuffix(":*").rpartition(_PREFIX)[2]


_OF_FILTERED = ("eventId", "logStreamName")


def _shown(event: LogEvent) -> JsonObject:
    moment = _milliseconds(event)
    return {
        "logStreamName": event.stream,
        "timestamp": moment,
        "message": f"{event.message}\n",
        "ingestionTime": moment,
        "eventId": f"{event.number:056d}",
    }


def _milliseconds(event: LogEvent) -> int:
    return int(event.time * 1000)


def _token(members: JsonObject) -> int:
    text = members.get("nextToken") or "0"
    if not text.isdecimal():
        raise LogError("InvalidParameterException", "The specified nextToken is invalid.")
    return int(text)


def _pattern(text: str) -> Callable[[str], bool]:
    """What tells whether a message has all terms, one of those behind a question mark, and none behind a minus."""
    if text.lstrip().startswith(("{", "[", "%")):
        raise LogError("InvalidParameterException", f"Invalid filter pattern: {_NO_PATTERN}")
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    for mark, term in _TERM.findall(text):
        terms[mark].append(json.loads(term) if term.startswith('"') and len(term) > 1 else term)
    return lambda message: (
        all(each in message for each in terms[""])
        and not any(each in message for each in terms["-"])
        and (not terms["?"] or any(each in message for each in terms["?"]))
    )
