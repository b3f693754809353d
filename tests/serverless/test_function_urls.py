"""Function URLs: a server answers for the host of each.

Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs".
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import minidynamo
from minidynamo.templates.table_definition import TemplateError

_KEYS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}


def echo(event: Any, context: Any) -> Any:
    if event["rawPath"] == "/broken":
        raise ValueError
    told = {name: event["requestContext"][name] for name in ("accountId", "domainName", "domainPrefix", "routeKey")}
    return {**told, "path": event["rawPath"], "version": event["version"], "body": event.get("body")}


@pytest.fixture
def served() -> Iterator[tuple[Any, Any]]:
    with minidynamo.connect() as database:
        database.functions.register("echo", echo)
        with database.serve() as server:
            yield server, boto3.client("lambda", endpoint_url=server.url, **_KEYS)


def asked(
    server: Any, host: str, method: str = "GET", path: str = "/a/b", headers: Mapping[str, str] | None = None
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path, headers={"Host": host, **(headers or {})})
    return connection.getresponse()


def test_a_host_names_a_function(served: Any) -> None:
    server, client = served
    host = urlsplit(client.create_function_url_config(FunctionName="echo", AuthType="NONE")["FunctionUrl"]).netloc
    url_id = host.partition(".")[0]
    for name in (host, f"{url_id}.lambda-url.us-east-1.localhost:{server.port}"):
        response = asked(server, name, "POST", "/2015-03-31/functions/")
        assert (response.status, json.loads(response.read())) == (
            200,
            {
                "accountId": "anonymous",
                "domainName": name,
                "domainPrefix": url_id,
                "routeKey": "$default",
                "path": "/2015-03-31/functions/",
                "version": "2.0",
                "body": None,
            },
        )
        assert response.headers["x-amzn-requestid"]
    broken = asked(server, host, path="/broken")
    assert (broken.status, json.loads(broken.read())) == (502, {"Message": "Internal Server Error"})


def test_there_is_no_other(served: Any) -> None:
    server, client = served
    host = urlsplit(client.create_function_url_config(FunctionName="echo", AuthType="NONE")["FunctionUrl"]).netloc
    assert asked(server, f"x{host}").status == 404
    assert asked(server, host.replace("on.aws", "example.com")).status == 400
    client.delete_function_url_config(FunctionName="echo")
    assert asked(server, host).status == 404


def test_callers_have_signed(served: Any) -> None:
    server, client = served
    url = client.create_function_url_config(FunctionName="echo", AuthType="AWS_IAM")["FunctionUrl"]
    refused = asked(server, urlsplit(url).netloc)
    assert (refused.status, json.loads(refused.read())) == (403, {"Message": "Forbidden"})
    signed = AWSRequest("GET", f"{url}a/b")
    SigV4Auth(Credentials("key", "secret"), "lambda", "us-east-1").add_auth(signed)
    assert asked(server, urlsplit(url).netloc, headers=dict(signed.headers)).status == 200


def test_pages_of_other_origins(served: Any) -> None:
    server, client = served
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 5}
    made = client.create_function_url_config(FunctionName="echo", AuthType="NONE", Cors=cors)
    host, origin = urlsplit(made["FunctionUrl"]).netloc, {"Origin": "https://a.example"}
    assert asked(server, host, headers=origin).headers["access-control-allow-origin"] == "https://a.example"
    preflight = asked(server, host, "OPTIONS", headers={**origin, "Access-Control-Request-Method": "GET"})
    assert (preflight.status, preflight.headers["access-control-max-age"]) == (204, "5")


def test_templates_declare_them(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return context.function_version\n")
    (tmp_path / "template.yaml").write_text("""
Resources:
  Plain:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., Handler: app.handler, Runtime: python3.12, FunctionUrlConfig: {AuthType: NONE}}
  Aliased:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., Handler: app.handler, Runtime: python3.12, AutoPublishAlias: live}
  Link:
    Type: AWS::Lambda::Url
    Properties: {TargetFunctionArn: !GetAtt Aliased.Arn, Qualifier: live, AuthType: NONE}
Outputs:
  Plain: {Value: !GetAtt PlainUrl.FunctionUrl}
  Link: {Value: !GetAtt Link.FunctionUrl}
""")
    template = tmp_path / "template.yaml"
    with minidynamo.app_from(template) as app:
        assert app.outputs["Plain"] == app.url_of("Plain") and app.outputs["Plain"].endswith(".on.aws/")
        with app.serve() as server:
            for name, version in (("Plain", "$LATEST"), ("Link", "1")):
                host = urlsplit(app.outputs[name]).netloc
                assert host.endswith(f".lambda-url.us-east-1.localhost:{server.port}")
                assert asked(server, host).read().decode() == version
            template.write_text(template.read_text().replace(", FunctionUrlConfig: {AuthType: NONE}", ""))
            host = urlsplit(app.outputs["Plain"]).netloc
            app.reload()
            assert asked(server, host).status == 404
    template.write_text(template.read_text().replace("live, AuthType: NONE", "live, AuthType: ALL"))
    with pytest.raises(TemplateError, match="NONE or AWS_IAM"):
        minidynamo.app_from(template)
