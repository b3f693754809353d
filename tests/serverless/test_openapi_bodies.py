"""APIs whose routes stand in OpenAPI documents: in the template, in files that it includes, or beside it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import minidynamo
from minidynamo import ManualClock
from minidynamo.templates.table_definition import TemplateError, TemplateWarning

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: dev, PROPERTIES}
  Items: &function
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: |
        def handler(event, context):
            caller = event["requestContext"].get("authorizer")
            return {"statusCode": 200, "body": f"{event['httpMethod']} {caller}"}
  Guard:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: |
        def handler(event, context):
            effect = "Allow" if event["authorizationToken"] == "let me in" else "Deny"
            statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*"}
            policy = {"Version": "2012-10-17", "Statement": [statement]}
            return {"principalId": "ann", "policyDocument": policy, "context": {"tier": "gold"}}
"""
BODY = """
swagger: "2.0"
securityDefinitions:
  guard:
    type: apiKey
    name: X-Token
    in: header
    x-amazon-apigateway-authtype: custom
    x-amazon-apigateway-authorizer:
      type: token
      authorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Guard.Arn}/invocations
  key: {type: apiKey, name: x-api-key, in: header}
paths:
  /items:
    options:
      x-amazon-apigateway-integration:
        type: mock
        responses:
          default:
            statusCode: 204
            responseParameters:
              method.response.header.Access-Control-Allow-Origin: "'https://example.com'"
              method.response.header.Access-Control-Allow-Methods: "'GET,PUT'"
    get: &item
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Items.Arn}/invocations
    put: {<<: *item, security: [{guard: []}]}
    delete: {<<: *item, security: [{key: []}]}
    post: {<<: *item, security: [{pool: []}]}
  /rest/{proxy+}:
    x-amazon-apigateway-any-method: *item
  /elsewhere:
    get: {x-amazon-apigateway-integration: {type: http_proxy, uri: "https://example.com"}}
"""
INCLUDED = "DefinitionBody: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: api.yaml}}}"


def indented(text: str) -> str:
    return text.replace("\n", "\n        ")


@pytest.mark.parametrize("properties", [INCLUDED, "DefinitionUri: api.yaml", ""])
def test_routes_stand_in_a_document(tmp_path: Path, properties: str) -> None:
    """In a file that is included, in a file that is named, or in the template itself."""
    (tmp_path / "api.yaml").write_text(BODY)
    inline = f"Properties:\n      StageName: dev\n      DefinitionBody:\n        {indented(BODY)}"
    template = tmp_path / "template.yaml"
    whole = "Properties: {StageName: dev, PROPERTIES}"
    template.write_text(TEMPLATE.replace(whole, whole.replace("PROPERTIES", properties) if properties else inline))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        app = minidynamo.app_from(template, clock=ManualClock(), api_keys={"secret": "mine"})
    (told,) = (str(each.message) for each in caught if each.category is TemplateWarning)
    assert "GET /elsewhere (http_proxy) is without a function" in told and "security pool of POST /items" in told
    with app:
        assert app.http.get("/items").text == "GET None"
        assert app.http.put("/items").status_code == 401
        assert app.http.put("/items", headers={"X-Token": "no"}).status_code == 403
        known = app.http.put("/items", headers={"X-Token": "let me in"})
        assert known.status_code == 200 and "'tier': 'gold'" in known.text
        assert app.http.delete("/items").status_code == 403
        assert app.http.delete("/items", headers={"x-api-key": "secret"}).text == "DELETE None"
        assert app.http.patch("/rest/a/b").text == "PATCH None"
        asked = {"Origin": "https://example.com", "Access-Control-Request-Method": "PUT"}
        preflight = app.http.options("/items", headers=asked)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-methods"] == "GET,PUT"


def test_an_http_api_has_a_document(tmp_path: Path) -> None:
    body = """
      openapi: "3.0.1"
      x-amazon-apigateway-cors: {allowOrigins: ["https://example.com"], allowMethods: ["GET"], maxAge: 60}
      paths:
        /$default:
          x-amazon-apigateway-any-method:
            x-amazon-apigateway-integration:
              type: aws_proxy
              payloadFormatVersion: "1.0"
              uri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Items.Arn}/invocations
    """
    template = tmp_path / "template.yaml"
    whole = "Type: AWS::Serverless::Api\n    Properties: {StageName: dev, PROPERTIES}"
    of_http = f"Type: AWS::Serverless::HttpApi\n    Properties:\n      DefinitionBody:\n  {indented(body)}"
    template.write_text(TEMPLATE.replace(whole, of_http))
    with minidynamo.app_from(template) as app:
        answer = app.http.post("/any/where", headers={"Origin": "https://example.com"})
        assert answer.text == "POST None"
        assert answer.headers["access-control-allow-origin"] == "https://example.com"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("paths: {x: {get: {x-amazon-apigateway-integration: {type: aws_proxy, uri: URI}}}}", "GET x is no route"),
        ("paths: [1]", "[1] as 'paths', not an object"),
        ("paths: {/x: {get: 1}}", "1 as 'get', not an object"),
    ],
)
def test_what_is_wrong_in_a_document_is_told(tmp_path: Path, body: str, text: str) -> None:
    template = tmp_path / "template.yaml"
    given = body.replace("URI", "!GetAtt Items.Arn")
    template.write_text(TEMPLATE.replace("PROPERTIES", f"DefinitionBody: {{{given}}}"))
    with pytest.raises(TemplateError) as caught:
        minidynamo.app_from(template)
    assert text in str(caught.value) and ", line " in str(caught.value)


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("s3://bucket/api.yaml", "includes s3://bucket/api.yaml: give a file of this machine"),
        ("none.yaml", "includes a file that is wrong: cannot read"),
        ("list.yaml", "includes list.yaml, which holds no object"),
    ],
)
def test_includes_that_cannot_be(tmp_path: Path, location: str, text: str) -> None:
    (tmp_path / "list.yaml").write_text("- 1\n")
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE.replace("PROPERTIES", INCLUDED.replace("api.yaml", location)))
    with pytest.raises(TemplateError) as caught:
        minidynamo.app_from(template)
    assert text in str(caught.value) and ", line 6: " in str(caught.value)


def test_events_add_nothing_to_a_document(tmp_path: Path) -> None:
    """A route that the document protects stays protected; with MergeDefinitions those of events count as well."""
    event = "      Events: {E: {Type: Api, Properties: {RestApiId: !Ref Api, Path: PATH, Method: put}}}\n  Guard:"
    (tmp_path / "api.yaml").write_text(BODY)
    template = tmp_path / "template.yaml"
    for path, more, statuses in (("/items", "", (401, 403)), ("/other", ", MergeDefinitions: true", (401, 200))):
        text = TEMPLATE.replace("PROPERTIES", INCLUDED + more).replace("  Guard:", event.replace("PATH", path), 1)
        template.write_text(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with minidynamo.app_from(template) as app:
                assert (app.http.put("/items").status_code, app.http.put("/other").status_code) == statuses
