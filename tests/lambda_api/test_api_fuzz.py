"""Requests of Lambda's API with members of any shape: each is answered, and none by an error of ours."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo.lambda_api.api import api_of
from minidynamo.lambda_api.routes import ROUTES, ApiRequest
from tests.lambda_api.test_layers_kept import zipped

CODE = {"ZipFile": base64.b64encode(zipped(app="def handler(event, context): return 1")).decode()}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
GOOD: dict[str, Any] = {
    "FunctionName": "f", "Runtime": "python3.11", "Role": "arn:aws:iam::123456789012:role/r", "Handler": "app.handler",
    "Code": CODE, **CODE, "Timeout": 3, "MemorySize": 128, "Environment": {"Variables": {"AB": "c"}}, "Layers": [],
    "Publish": True, "Tags": {"a": "b"}, "Description": "d", "Name": "live", "FunctionVersion": "1",
    "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}, "ReservedConcurrentExecutions": 5,
    "ProvisionedConcurrentExecutions": 1, "MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60,
    "DestinationConfig": {"OnFailure": {"Destination": "echo"}}, "StatementId": "s", "Action": "lambda:InvokeFunction",
    "Principal": "sns.amazonaws.com", "AuthType": "NONE", "Cors": {"AllowOrigins": ["*"]}, "Content": CODE,
    "DeadLetterConfig": {"TargetArn": ""}, "EventSourceArn": "x", "StartingPosition": "LATEST", "PackageType": "Zip",
    "EphemeralStorage": {"Size": 512}, "LoggingConfig": {"LogFormat": "JSON"}, "RevisionId": "x",
}  # fmt: skip
MEMBERS = ("ZipFile", "S3Bucket", "S3Key", "ImageUri", "Variables", "OnFailure", "Destination", "TargetArn", "1")
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["x" * 300, FUNCTION]),
)
WRONG = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=2),
    max_leaves=4,
)
IN_PATHS = st.sampled_from(
    ["f", "f:1", "f:live", "echo", FUNCTION, "live", "1", "-1", "99999999999999999999"]
) | st.text(min_size=1, max_size=4)
QUERIES = st.sampled_from(["", "Qualifier=1", "Qualifier=%00", "Marker=x", "MaxItems=x", "MaxItems=0", "tagKeys=a"])
IN_BRACES = re.compile(r"\{\w+\}")
Asked = tuple[Any, dict[str, Any], str, str, str]
REQUESTS: st.SearchStrategy[Asked] = st.tuples(
    st.sampled_from(ROUTES),
    st.dictionaries(st.sampled_from(sorted(GOOD)), WRONG, max_size=2),
    IN_PATHS,
    IN_PATHS,
    QUERIES,
)


@given(st.lists(REQUESTS, min_size=1, max_size=10))
def test_every_request_is_answered(requests: list[Asked]) -> None:
    with minidynamo.connect(region="us-east-1") as database:
        database.functions.register("echo", lambda event, context: event)
        api = api_of(database)
        assert api is not None
        create = json.dumps({name: GOOD[name] for name in ("FunctionName", "Runtime", "Role", "Handler", "Code")})
        assert api.respond(ApiRequest("POST", "/2015-03-31/functions", "", {}, create.encode())).status == 201
        for route, wrong, first, second, query in requests:
            path = route.path
            for name in (first, second):
                path = IN_BRACES.sub(quote(name, safe=""), path, count=1)
            body = json.dumps({**GOOD, **wrong}).encode()
            reply = api.respond(ApiRequest(route.method, path, query, {}, body))
            assert 200 <= reply.status < 500, (route, reply.body)
            assert not reply.body or isinstance(json.loads(reply.body), dict | list | int | None)
