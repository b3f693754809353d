"""The responses that a gateway gives by itself, as usual or as the API has them.

Source: Amazon API Gateway Developer Guide, "Gateway responses for REST APIs in API Gateway".
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from minidynamo.gateway.answers import http_response, is_header
from minidynamo.gateway.call import Call, media_type
from minidynamo.gateway.definition import GatewayResponse
from minidynamo.gateway.faults import WORDINGS, Fault, Wording
from minidynamo.gateway.variables import filled_in, variable_of
from minidynamo.http.messages import HttpResponse

_JSON = "application/json"
_HEADER_PREFIX = "gatewayresponse.header."
_AS_USUAL = GatewayResponse()


def refusal(call: Call, fault: Fault) -> HttpResponse:
    """The response that tells of a fault."""
    wording = WORDINGS[call.api.kind][fault]
    own = _own_response(call, wording)
    status = own.status or wording.status
    kind, template = _template_of(call, own, wording)
    errors = {
        "message": wording.message or "",
        "messageString": json.dumps(wording.message),
        "responseType": wording.response_type,
        "validationErrorString": "",
    }
    headers = {"content-type": [kind]}
    if wording.error_type:
        headers["x-amzn-errortype"] = [wording.error_type]
    for name, value in _mapped(call, own.headers).items():
        headers[name] = [value]
    return http_response(status, headers, filled_in(call, template, errors).encode())


def _own_response(call: Call, wording: Wording) -> GatewayResponse:
    """What the API has said of this response, or of all of its kind."""
    responses = call.api.gateway_responses if call.api.is_rest else {}
    of_kind = "DEFAULT_4XX" if wording.status < 500 else "DEFAULT_5XX"
    return responses.get(wording.response_type) or responses.get(of_kind) or _AS_USUAL


def _template_of(call: Call, own: GatewayResponse, wording: Wording) -> tuple[str, str]:
    """The type of the body and its template: what the client accepts of those that there are, or the first."""
    if not own.templates:
        return _JSON, wording.template
    accepted = (media_type(each) for each in (call.headers.get("accept") or "").split(","))
    kind = next((each for each in accepted if each in own.templates), None)
    if kind is None:
        kind = _JSON if _JSON in own.templates else next(iter(own.templates))
    return kind, own.templates[kind]


def _mapped(call: Call, headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with what they stand for; those that stand for nothing are left out."""
    found: dict[str, str] = {}
    for given, mapping in headers.items():
        name = given.removeprefix(_HEADER_PREFIX).lower()
        is_text = mapping[:1] == "'" == mapping[-1:] and len(mapping) > 1
        value = mapping[1:-1] if is_text else variable_of(call, mapping)
        if value is not None and is_header(name, value):
            found[name] = value
    return found
