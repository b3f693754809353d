"""Functions that say who may call: what they are asked, what their answers mean, and how long these are kept.

Source: Amazon API Gateway Developer Guide, "Use API Gateway Lambda authorizers", "Control access to HTTP APIs with AWS
Lambda authorizers".
"""

from __future__ import annotations

import json
import re
import threading
from typing import NamedTuple

from minidynamo.gateway.call import Call
from minidynamo.gateway.definition import Authorizer
from minidynamo.gateway.definition_rules import TOKEN
from minidynamo.gateway.events import request_members_1, request_members_2
from minidynamo.gateway.faults import Fault, Refused
from minidynamo.gateway.invoking import InvokingEndpoint, invoked
from minidynamo.gateway.variables import variable_of
from minidynamo.limits import AUTHORIZER_ANSWERS_MAX, AUTHORIZER_SECONDS_MAX
from minidynamo.policies.document import Policy, PolicyError, read_policy
from minidynamo.policies.evaluation import Access, Principal, is_denied_by, refusal
from minidynamo.values.api_types import JsonObject, JsonValue

_ACTION = "execute-api:Invoke"
# The one error by which a function says that it does not know the caller; any other is its failure.
_UNKNOWN_CALLER = "Unauthorized"


class Verdict(NamedTuple):
    """What an authorizer has said.

    Attributes:
        policy: what its caller may call; None where it has said yes or no.
        is_authorized: what it has said, if it did.
        principal_id: who calls, "" where it does not say.
        context: what it passes on to the function.
        seconds: how long it has taken, 0 for one that was kept.
    """

    policy: Policy | None
    is_authorized: bool
    principal_id: str
    context: JsonObject
    seconds: float = 0.0


class Authorizers:
    """Asks the authorizers of an API.

    Parameters:
        database: whose functions they are.
    """

    def __init__(self, database: InvokingEndpoint) -> None:
        self._database = database
        self._kept: dict[tuple[str, ...], tuple[float, Verdict]] = {}
        self._lock = threading.Lock()

    def authorized(self, call: Call, authorizer: Authorizer) -> JsonObject:
        """What an authorizer passes on to the function, for a request that it lets through.

        Raises:
            Refused: it does not, or it has failed.
        """
        identity = [variable_of(call, source) for source in authorizer.sources]
        known = tuple(each for each in identity if each)
        if len(known) < len(identity):
            raise Refused(Fault.UNAUTHORIZED)
        pattern = authorizer.token_validation
        if pattern is not None and known and re.fullmatch(pattern, known[0]) is None:
            raise Refused(Fault.UNAUTHORIZED)
        verdict = self._verdict(call, authorizer, known)
        _require_allowed(call, verdict)
        return _passed_on(call, verdict)

    def _verdict(self, call: Call, authorizer: Authorizer, identity: tuple[str, ...]) -> Verdict:
        """What it says, or has said of late; only those that are told by something are known again."""
        key = (authorizer.name, *identity)
        is_kept = authorizer.ttl_seconds > 0 and bool(identity)
        if is_kept:
            with self._lock:
                until, verdict = self._kept.get(key, (call.now, None))
            if verdict is not None and until > call.now:
                return verdict._replace(seconds=0.0)
        verdict = self._asked(call, authorizer, identity)
        if is_kept:
            with self._lock:
                self._kept[key] = call.now + authorizer.ttl_seconds, verdict
                if len(self._kept) > AUTHORIZER_ANSWERS_MAX:
                    del self._kept[next(iter(self._kept))]
                assert len(self._kept) <= AUTHORIZER_ANSWERS_MAX, "more answers are kept than may be"
        return verdict

    def _asked(self, call: Call, authorizer: Authorizer, identity: tuple[str, ...]) -> Verdict:
        event = _event(call, authorizer, identity)
        try:
            outcome = invoked(self._database, authorizer.function, event, AUTHORIZER_SECONDS_MAX)
        except Refused:
            raise Refused(Fault.AUTHORIZER_FAILED) from None
        if outcome.has_failed:
            is_unknown = isinstance(outcome.value, dict) and outcome.value.get("errorMessage") == _UNKNOWN_CALLER
            raise Refused(Fault.UNAUTHORIZED if is_unknown else Fault.AUTHORIZER_FAILED)
        try:
            return _read(call, authorizer, outcome.value)._replace(seconds=outcome.seconds)
        except (AttributeError, LookupError, PolicyError, TypeError):
            raise Refused(Fault.AUTHORIZER_MALFORMED) from None


def _event(call: Call, authorizer: Authorizer, identity: tuple[str, ...]) -> JsonObject:
    """What an authorizer is invoked with."""
    if authorizer.type == TOKEN:
        return {"type": TOKEN, "methodArn": call.arn, "authorizationToken": identity[0]}
    if call.api.is_rest:
        return {"type": "REQUEST", "methodArn": call.arn, **request_members_1(call)}
    if authorizer.payload_format == "2.0":
        told: JsonObject = {"version": "2.0", "type": "REQUEST", "routeArn": call.arn, "identitySource": list(identity)}
        return {**told, **request_members_2(call)}
    token = ",".join(identity)
    told = {"version": "1.0", "type": "REQUEST", "methodArn": call.arn, "identitySource": token}
    return {**told, "authorizationToken": token, **request_members_1(call)}


def _read(call: Call, authorizer: Authorizer, value: JsonValue) -> Verdict:
    """What an answer means; raises TypeError, PolicyError and the like for what is none."""
    context = value.get("context") or {}
    if not isinstance(context, dict):
        raise TypeError("a context is an object")
    if call.api.is_rest:
        context = {name: _plain(each) for name, each in context.items() if each is not None}
    if authorizer.simple_responses:
        if not isinstance(value["isAuthorized"], bool):
            raise TypeError("isAuthorized is true or false")
        return Verdict(None, value["isAuthorized"], "", context)
    principal_id = value["principalId"] if call.api.is_rest else value.get("principalId") or ""
    if not isinstance(principal_id, str | int) or not isinstance(value["policyDocument"], dict):
        raise TypeError("an answer has a principalId and a policyDocument")
    return Verdict(read_policy(value["policyDocument"], "the policy"), False, str(principal_id), context)


def _plain(value: JsonValue) -> str:
    """A value of a context as a REST API passes it on: as text; raises TypeError for objects and lists."""
    if isinstance(value, str):
        return value
    if not isinstance(value, bool | int | float):
        raise TypeError("a context has texts, numbers and booleans alone")
    return json.dumps(value)


def _require_allowed(call: Call, verdict: Verdict) -> None:
    """Raises Refused where a verdict does not let a request through."""
    if verdict.policy is None:
        if not verdict.is_authorized:
            raise Refused(Fault.NOT_ALLOWED)
        return
    caller = Principal(f"arn:aws:iam::{call.scope.account_id}:user/{verdict.principal_id}", (verdict.policy,))
    access = Access(_ACTION, call.arn, {"aws:sourceip": [call.source_ip]})
    if is_denied_by(verdict.policy, caller, access):
        raise Refused(Fault.DENIED)
    if refusal(caller, access) is not None:
        raise Refused(Fault.NOT_ALLOWED)


def _passed_on(call: Call, verdict: Verdict) -> JsonObject:
    """`requestContext.authorizer`, or what stands in it."""
    assert call.route is not None, "whoever is authorized takes a route"
    if call.api.format_of(call.route) == "2.0":
        return verdict.context
    principal: JsonObject = {"principalId": verdict.principal_id} if verdict.principal_id else {}
    took: JsonObject = {"integrationLatency": int(verdict.seconds * 1000)} if call.api.is_rest else {}
    return {**verdict.context, **principal, **took}
