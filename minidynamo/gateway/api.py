"""One API: what becomes of a request, step by step.

Source: Amazon API Gateway Developer Guide, "How API Gateway handles requests" and the pages on each step.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import NamedTuple

from minidynamo.gateway.answers import answer_of, http_response, is_header
from minidynamo.gateway.authorizers import Authorizers
from minidynamo.gateway.call import Call
from minidynamo.gateway.cors import cors_headers, preflight_answer
from minidynamo.gateway.definition import ApiDefinition, Route
from minidynamo.gateway.definition_rules import URL
from minidynamo.gateway.events import proxy_event
from minidynamo.gateway.faults import Fault, Refused
from minidynamo.gateway.invoking import InvokingEndpoint, invoked
from minidynamo.gateway.openapi import document_response
from minidynamo.gateway.refusals import refusal
from minidynamo.gateway.routing import Routes
from minidynamo.gateway.throttling import Throttling
from minidynamo.http.messages import HttpResponse
from minidynamo.limits import GATEWAY_PAYLOAD_BYTES_MAX, INVOCATION_PAYLOAD_BYTES_MAX

logger = logging.getLogger("minidynamo.gateway")

DOCUMENT_PATH = "/openapi.json"
_TRACE = "x-amzn-trace-id"
_CORS_PREFIX = "access-control-"


class Served(NamedTuple):
    """What a request has come to.

    Attributes:
        response: to be sent.
        function_seconds: how long the function has taken, None where none has answered.
    """

    response: HttpResponse
    function_seconds: float | None


class Api:
    """Answers requests for one API.

    Parameters:
        definition: what it is.
        database: whose functions it invokes.
    """

    def __init__(self, definition: ApiDefinition, database: InvokingEndpoint) -> None:
        self.definition = definition
        self._database = database
        self._routes = Routes(definition)
        self._authorizers = Authorizers(database)
        self._throttling = None if definition.throttle is None else Throttling(definition.throttle)

    def __repr__(self) -> str:
        return (
            f"<Api {self.definition.name}: {', '.join(route.key for route in self.definition.routes) or 'no routes'}>"
        )

    def without_stage(self, path: str) -> str:
        """A path without the segment that names the stage, if it has one."""
        stage = f"/{self.definition.stage}"
        if path == stage or path.startswith(f"{stage}/"):
            return path.removeprefix(stage) or "/"
        return path

    def served(self, call: Call) -> Served:
        """The response to a request; nothing is raised but what ends the process."""
        assert call.api is self.definition, f"a request for {call.api.name} has come to {self.definition.name}"
        try:
            served = self._served(call)
        except Refused as refused:
            served = Served(refusal(call, refused.fault), None)
        except Exception:
            logger.exception("a request failed: this is a bug in minidynamo")
            served = Served(refusal(call, Fault.FUNCTION_FAILED), None)
        return served._replace(response=_finished(call, served.response))

    def refused(self, call: Call, fault: Fault) -> HttpResponse:
        """The response to a request that goes no further."""
        return _finished(call, refusal(call, fault))

    def _served(self, call: Call) -> Served:
        preflight = preflight_answer(call, self._routes)
        if preflight is not None:
            return Served(preflight, None)
        match = self._routes.find(call.method, call.encoded_path)
        if match is None:
            if call.method == "GET" and call.path == DOCUMENT_PATH:
                return Served(document_response(call), None)
            raise Refused(Fault.NO_ROUTE)
        routed = replace(call, route=match.route, parameters=match.parameters)
        try:
            return self._answered(routed, match.route)
        except Refused as refused:
            return Served(refusal(routed, refused.fault), None)

    def _answered(self, call: Call, route: Route) -> Served:
        """What the function of a route answers; raises Refused where it is not asked, or not waited for."""
        if len(call.body) > GATEWAY_PAYLOAD_BYTES_MAX:
            raise Refused(Fault.TOO_LARGE)
        call = self._let_in(call, route)
        event = proxy_event(call)
        if len(event.get("body") or "") > INVOCATION_PAYLOAD_BYTES_MAX:
            raise Refused(Fault.TOO_LARGE)
        outcome = invoked(self._database, route.function, event, route.timeout_seconds)
        if outcome.has_failed:
            return Served(refusal(call, Fault.FUNCTION_FAILED), outcome.seconds)
        try:
            response = answer_of(call, outcome.value)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            response = refusal(call, Fault.FUNCTION_FAILED)
        return Served(response, outcome.seconds)

    def _let_in(self, call: Call, route: Route) -> Call:
        """The request with what is known of its caller; raises Refused where that is not let in."""
        assert call.route is route, "callers are let in to the route that they take"
        if route.authorizer is not None:
            authorizer = self.definition.authorizers[route.authorizer]
            call = replace(call, authorizer=self._authorizers.authorized(call, authorizer))
        if route.needs_api_key:
            key = call.headers.get("x-api-key")
            if key is None or key not in self.definition.api_keys:
                raise Refused(Fault.NO_API_KEY)
            call = replace(call, api_key=key)
        if self._throttling is not None:
            self._throttling.take(call.api_key or "", call.now)
        return call


def _finished(call: Call, response: HttpResponse) -> HttpResponse:
    """A response with what the gateway says in each: which request it answers, and who may read it."""
    headers = dict(response.headers)
    if call.api.is_rest:
        own = {"x-amzn-requestid": call.request_id, "x-amz-apigw-id": call.extended_id}
        trace = call.headers.get(_TRACE)
        own |= {_TRACE: trace} if trace and is_header(_TRACE, trace) else {}
    else:
        is_url = call.api.kind == URL
        name, request_id = ("x-amzn-requestid", call.request_id) if is_url else ("apigw-requestid", call.extended_id)
        own = {name: request_id, **cors_headers(call)}
    if not call.api.is_rest and call.api.cors is not None:  # What the function says of it does not count.
        headers = {name: each for name, each in headers.items() if not name.startswith(_CORS_PREFIX)}
    assert response.status >= 200, f"{response.status} is no answer"
    return response._replace(headers={**headers, **own})


def not_found() -> HttpResponse:
    """The response to a request for an API that there is not."""
    return http_response(404, {"content-type": ["application/json"]}, b'{"message":"Not Found"}')
