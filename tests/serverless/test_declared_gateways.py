"""APIs that a template declares resource by resource, as CDK 2 synthesises them.

Source: `cdk synth` of aws-cdk-lib 2 for RestApi, LambdaIntegration, TokenAuthorizer, HttpApi and HttpLambdaIntegration.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo.templates.table_definition import TemplateError, TemplateWarning

_CODE = """
def handler(event, context):
    context_of = event["requestContext"]
    return {"statusCode": 200, "body": event["resource"] + " " + str(event["pathParameters"]) + " "
        + str((event["stageVariables"] or {}).get("color")) + " " + str((context_of.get("authorizer") or {}).get("who"))
        + " " + context.function_version}

def guard(event, context):
    effect = "Allow" if event["authorizationToken"] == "good" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "p", "policyDocument": policy, "context": {"who": "ann"}}

def newer(event, context):
    return {"key": event["routeKey"], "stage": event["requestContext"]["stage"], "version": event["version"]}

def simple(event, context):
    return {"isAuthorized": event["identitySource"] == ["good"]}
"""
_CORS = "method.response.header.Access-Control-Allow-"


def function(handler: str) -> dict[str, Any]:
    code = {"S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "0a1b.zip"}
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Code": code, "Handler": f"app.{handler}", "Runtime": "python3.12", "Role": attribute("Role")},
        "Metadata": {"aws:cdk:path": f"Stack/{handler}/Resource", "aws:asset:path": "asset.0a1b"},
    }


def uri(arn: object) -> dict[str, Any]:
    pieces = [
        "arn:", {"Ref": "AWS::Partition"}, ":apigateway:", {"Ref": "AWS::Region"}, ":lambda:path/2015-03-31/functions/",
        arn, "/invocations",
    ]  # fmt: skip
    return {"Fn::Join": ["", pieces]}


def attribute(resource: str, name: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [resource, name]}


def resource(kind: str, **properties: object) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties, "Metadata": {"aws:cdk:path": "Stack/Api/Resource"}}


def method(verb: str, at: object, arn: object, **more: object) -> dict[str, Any]:
    integration = {"IntegrationHttpMethod": "POST", "Type": "AWS_PROXY", "Uri": uri(arn)}
    given = {"AuthorizationType": "NONE", "HttpMethod": verb, "Integration": integration, "ResourceId": at, **more}
    return resource("ApiGateway::Method", RestApiId={"Ref": "Api0F"}, **given)


def preflight(at: object) -> dict[str, Any]:
    said = {f"{_CORS}Headers": "'Content-Type'", f"{_CORS}Origin": "'*'", f"{_CORS}Methods": "'OPTIONS,GET'"}
    answers = [{"ResponseParameters": said, "StatusCode": "204"}]
    mock = {"IntegrationResponses": answers, "RequestTemplates": {"application/json": "{ }"}, "Type": "MOCK"}
    return method("OPTIONS", at, "", Integration=mock)


def rest_api() -> dict[str, Any]:
    api, root, guarded = {"Ref": "Api0F"}, attribute("Api0F", "RootResourceId"), {"Ref": "Guard1"}
    identity = {"IdentitySource": "method.request.header.X-Token", "AuthorizerResultTtlInSeconds": 60}
    guard = {"Type": "TOKEN", "AuthorizerUri": uri(attribute("Guard")), "IdentityValidationExpression": "good|bad"}
    own = {"gatewayresponse.header.X-Own": "'yes'"}
    missing = {"ResponseType": "UNAUTHORIZED", "StatusCode": "418", "ResponseParameters": own}
    plan = {"ApiStages": [{"ApiId": api, "Stage": {"Ref": "Stage5"}}], "Throttle": {"RateLimit": 1, "BurstLimit": 2}}
    return {
        "Fn": function("handler"),
        "Guard": function("guard"),
        "Version1": resource("Lambda::Version", FunctionName={"Ref": "Fn"}),
        "Live": resource(
            "Lambda::Alias",
            FunctionName={"Ref": "Fn"},
            FunctionVersion=attribute("Version1", "Version"),
            Name="live",
            ProvisionedConcurrencyConfig={"ProvisionedConcurrentExecutions": 2},
        ),
        "Api0F": resource("ApiGateway::RestApi", Name="Orders"),
        "Deployed": resource("ApiGateway::Deployment", RestApiId=api, Description="Automatically created"),
        "Stage5": resource("ApiGateway::Stage", RestApiId=api, StageName="prod", Variables={"color": "red"}),
        "Account": resource("ApiGateway::Account", CloudWatchRoleArn="arn:aws:iam::1:role/x"),
        "Orders1": resource("ApiGateway::Resource", RestApiId=api, ParentId=root, PathPart="orders"),
        "Order2": resource("ApiGateway::Resource", RestApiId=api, ParentId={"Ref": "Orders1"}, PathPart="{id}"),
        "Get3": method("GET", {"Ref": "Order2"}, attribute("Fn")),
        "Post3": method("POST", {"Ref": "Orders1"}, {"Ref": "Live"}, ApiKeyRequired=True),
        "Put3": method("PUT", {"Ref": "Orders1"}, attribute("Fn"), AuthorizationType="CUSTOM", AuthorizerId=guarded),
        "Any3": method("ANY", root, {"Ref": "Version1"}),
        "Options3": preflight({"Ref": "Order2"}),
        "Guard1": resource("ApiGateway::Authorizer", RestApiId=api, Name="guard", **guard, **identity),
        "Missing": resource("ApiGateway::GatewayResponse", RestApiId=api, **missing),
        "Key": resource("ApiGateway::ApiKey", Name="own", Value="secret"),
        "Plan": resource("ApiGateway::UsagePlan", **plan),
        "PlanKey": resource("ApiGateway::UsagePlanKey", KeyId={"Ref": "Key"}, UsagePlanId={"Ref": "Plan"}),
    }  # fmt: skip


def http_api() -> dict[str, Any]:
    api, guarded = {"Ref": "Http0"}, {"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Simple1"}}
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 10}
    target = {"Fn::Join": ["", ["integrations/", {"Ref": "Int1"}]]}
    proxy = {"IntegrationType": "AWS_PROXY", "IntegrationUri": attribute("Newer"), "PayloadFormatVersion": "2.0"}
    guard = {
        "AuthorizerType": "REQUEST", "AuthorizerUri": uri(attribute("Simple")), "EnableSimpleResponses": True,
        "AuthorizerPayloadFormatVersion": "2.0", "IdentitySource": ["$request.header.X-Token"],
    }  # fmt: skip
    return {
        "Newer": function("newer"),
        "Simple": function("simple"),
        "Http0": resource("ApiGatewayV2::Api", Name="Newer", ProtocolType="HTTP", CorsConfiguration=cors),
        "HttpStage": resource("ApiGatewayV2::Stage", ApiId=api, StageName="$default", AutoDeploy=True),
        "Int1": resource("ApiGatewayV2::Integration", ApiId=api, **proxy),
        "R1": resource("ApiGatewayV2::Route", ApiId=api, RouteKey="GET /items/{id}", Target=target),
        "R2": resource("ApiGatewayV2::Route", ApiId=api, RouteKey="PUT /items", Target=target, **guarded),
        "R3": resource("ApiGatewayV2::Route", ApiId=api, RouteKey="$default", Target=target),
        "Simple1": resource("ApiGatewayV2::Authorizer", ApiId=api, Name="simple", **guard),
    }


def app_of(folder: Path, resources: dict[str, Any], **settings: Any) -> Any:
    (folder / "asset.0a1b").mkdir(exist_ok=True)
    (folder / "asset.0a1b" / "app.py").write_text(_CODE)
    role = resource("IAM::Role", AssumeRolePolicyDocument={"Statement": []})
    template = {"Resources": {"Role": role, **resources}, **settings}
    (folder / "Stack.template.json").write_text(json.dumps(template))
    return minidynamo.app_from(folder / "Stack.template.json", clock=minidynamo.ManualClock())


def test_methods_are_routes(tmp_path: Path) -> None:
    resources = rest_api()
    del resources["Plan"], resources["PlanKey"]
    with app_of(tmp_path, resources) as app:
        assert app.http.get("/orders/7").text == "/orders/{id} {'id': '7'} red None $LATEST"
        assert app.http.get("/prod/orders/7").status_code == 200
        assert app.http.patch("/").text == "/ None red None $LATEST"
        assert app.http.delete("/orders").status_code == 403


def test_authorizers_keys_and_plans(tmp_path: Path) -> None:
    with app_of(tmp_path, rest_api()) as app:
        assert app.http.put("/orders", headers={"X-Token": "good"}).text.split()[-2:] == ["ann", "$LATEST"]
        assert app.http.put("/orders", headers={"X-Token": "bad"}).status_code == 403
        refused = app.http.put("/orders")
        assert (refused.status_code, refused.headers["x-own"]) == (418, "yes")
        assert app.http.post("/orders").status_code == 403
        keyed = [app.http.post("/orders", headers={"X-Api-Key": "secret"}) for _ in range(3)]
        assert [each.status_code for each in keyed] == [200, 200, 429]
        assert keyed[0].text.endswith(" 1")
        assert app.functions.find("Fn")[0].provisioned == {"live": 2}


def test_methods_without_functions_are_cors(tmp_path: Path) -> None:
    with app_of(tmp_path, rest_api()) as app:
        answer = app.http.options("/orders/7", headers={"Origin": "https://a.example"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-methods"] == "OPTIONS,GET"
        assert answer.headers["access-control-allow-headers"] == "Content-Type"


def test_what_invokes_no_function_is_left_out(tmp_path: Path) -> None:
    resources = rest_api()
    resources["Get3"]["Properties"]["Integration"] = {"Type": "HTTP_PROXY", "Uri": "https://a.example"}
    resources["Put3"]["Properties"] |= {"AuthorizationType": "AWS_IAM"}
    resources["Stage6"] = resource("ApiGateway::Stage", RestApiId={"Ref": "Api0F"}, StageName="beta")
    resources["Socket"] = resource("ApiGatewayV2::Api", ProtocolType="WEBSOCKET")
    with pytest.warns(TemplateWarning) as told, app_of(tmp_path, resources) as app:
        assert app.http.get("/orders/7").status_code == 403
    text = str(told[0].message)
    for part in ("Get3 (HTTP_PROXY)", "Put3 (AWS_IAM)", "Stage6", "Socket (WEBSOCKET)"):
        assert part in text


def test_a_resource_is_below_the_root(tmp_path: Path) -> None:
    resources = rest_api()
    resources["Orders1"]["Properties"]["ParentId"] = {"Ref": "Order2"}
    with pytest.raises(TemplateError, match="below the root"):
        app_of(tmp_path, resources)


def test_http_apis(tmp_path: Path) -> None:
    outputs = {"Url": {"Value": attribute("Http0", "ApiEndpoint")}}
    with app_of(tmp_path, http_api(), Outputs=outputs) as app:
        assert app.http.get("/items/7").json() == {"key": "GET /items/{id}", "stage": "$default", "version": "2.0"}
        assert app.http.post("/other").json()["key"] == "$default"
        assert app.http.put("/items", headers={"X-Token": "good"}).json()["key"] == "PUT /items"
        assert app.http.put("/items", headers={"X-Token": "bad"}).status_code == 403
        answer = app.http.get("/items/7", headers={"Origin": "https://a.example"})
        assert answer.headers["access-control-allow-origin"] == "https://a.example"
        with app.serve() as server:
            assert app.outputs["Url"] == server.url


def test_a_target_is_a_route(tmp_path: Path) -> None:
    quick = resource("ApiGatewayV2::Api", ProtocolType="HTTP", Target=attribute("Newer"))
    with app_of(tmp_path, {"Newer": function("newer"), "Quick": quick}) as app:
        assert app.http.get("/any").json()["version"] == "2.0"


def test_several_apis_stand_side_by_side(tmp_path: Path) -> None:
    with app_of(tmp_path, {**rest_api(), **http_api()}) as app:
        assert app.http.get("/Api0F/prod/orders/7").status_code == 200
        assert app.http.get("/Http0/items/7").json()["key"] == "GET /items/{id}"
