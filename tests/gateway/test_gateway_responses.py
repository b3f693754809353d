"""What a REST API answers by itself, in words of its own.

Source: Amazon API Gateway Developer Guide, "Gateway responses for REST APIs in API Gateway".
"""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo.gateway.definition import GatewayResponse
from minidynamo.gateway.faults import WORDINGS, Fault
from tests.gateway.apis import Asked, said

TEMPLATE = '{"type": "$context.error.responseType", "said": $context.error.messageString, "id": "$context.requestId"}'


def ask(asked: Asked, responses: dict[str, GatewayResponse], **headers: str) -> Any:
    gateway = asked.rest("GET /x", gateway_responses=responses, stage_variables={"color": "red"})
    return gateway.request("GET", "/nowhere/x?q=1", headers)


def test_status_headers_and_body(asked: Asked) -> None:
    headers = {
        "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
        "X-Origin": "method.request.header.Origin",
        "X-Query": "method.request.querystring.q",
        "X-Stage": "context.stage",
        "X-Color": "stageVariables.color",
        "X-Nothing": "context.nothing",
        "X-Broken": "'a\nb'",
    }
    own = GatewayResponse(404, headers, {"application/json": TEMPLATE})
    response = ask(asked, {"MISSING_AUTHENTICATION_TOKEN": own}, Origin="https://a.b")
    status, body = said(response)
    assert (status, body["type"], body["said"]) == (
        404,
        "MISSING_AUTHENTICATION_TOKEN",
        "Missing Authentication Token",
    )
    assert body["id"] == response.headers["x-amzn-requestid"]
    found = response.headers
    assert (found["access-control-allow-origin"], found["x-origin"]) == ("*", "https://a.b")
    assert (found["x-query"], found["x-stage"], found["x-color"]) == ("1", "Prod", "red")
    assert "x-nothing" not in found and "x-broken" not in found


@pytest.mark.parametrize(
    ("names", "status"),
    [
        ((), 403),
        (("DEFAULT_4XX",), 418),
        (("DEFAULT_5XX",), 403),
        (("DEFAULT_4XX", "MISSING_AUTHENTICATION_TOKEN"), 419),
    ],
)
def test_which_one_is_taken(asked: Asked, names: tuple[str, ...], status: int) -> None:
    responses = {
        "DEFAULT_4XX": GatewayResponse(418),
        "DEFAULT_5XX": GatewayResponse(518),
        "MISSING_AUTHENTICATION_TOKEN": GatewayResponse(419),
    }
    assert ask(asked, {name: responses[name] for name in names}).status == status


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("text/plain", "text/plain"), ("*/*", "application/json"), ("a/b, text/plain;q=1", "text/plain")],
)
def test_the_template_that_a_client_accepts(asked: Asked, accept: str, kind: str) -> None:
    own = GatewayResponse(templates={"application/json": "{}", "text/plain": "${context.error.message}!"})
    response = ask(asked, {"DEFAULT_4XX": own}, Accept=accept)
    assert response.headers["content-type"] == kind
    assert response.body == (b"{}" if kind == "application/json" else b"Missing Authentication Token!")


def test_errors_of_functions_have_a_response_too(asked: Asked) -> None:
    asked.answer = "no answer"
    responses = {"DEFAULT_5XX": GatewayResponse(503, {"Retry-After": "'5'"})}
    response = asked.rest("GET /x", gateway_responses=responses).request("GET", "/x")
    assert said(response) == (503, {"message": "Internal server error"})
    assert response.headers["retry-after"] == "5"


def test_an_http_api_has_no_words_of_its_own(asked: Asked) -> None:
    gateway = asked.http("GET /x", gateway_responses={"DEFAULT_4XX": GatewayResponse(418)})
    assert gateway.request("GET", "/y").status == 404


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_its_words(fault: Fault) -> None:
    """In a REST API also a type by which they can be changed, and one for clients."""
    rest, http = WORDINGS["REST"][fault], WORDINGS["HTTP"][fault]
    assert rest.response_type and rest.error_type.endswith("Exception")
    assert not http.response_type and not http.error_type
    assert 400 <= http.status < 600 and 400 <= rest.status < 600
