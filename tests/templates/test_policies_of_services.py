"""Policies in `serverless.yml`: the role of all functions, and those of single ones."""

from __future__ import annotations

from typing import Any

import pytest

import minidynamo
from minidynamo.templates.table_definition import TemplateError, TemplateWarning

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/"
GET = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": f"{ARN}orders"}
SCAN = {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": f"{ARN}orders"}
STREAM = {
    "Effect": "Allow",
    "Action": ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"],
    "Resource": f"{ARN}orders/stream/*",
}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [SCAN]}}]},
}
STREAM_EVENT: Any = {"stream": f"{ARN}orders/stream/*"}
KINESIS_EVENT: Any = {"stream": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}


def service(provider: Any, function: Any = None, **sections: Any) -> dict[str, Any]:
    return {
        "service": "shop",
        "provider": {"name": "aws", **provider},
        "functions": {"f": {"handler": "f.handler", **(function or {})}},
        "resources": {"Resources": {"Own": ROLE}},
        **sections,
    }


def with_role(role: Any) -> dict[str, Any]:
    return {"iam": {"role": role}}


# Services, and the statements of their function.
KNOWN: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "statements": (service(with_role({"statements": [GET]})), [GET]),
    "statements of an older service": (service({"iamRoleStatements": [GET]}), [GET]),
    "nothing": (service({}), []),
    "no statements": (service(with_role({"statements": []})), []),
    "a role": (service({"role": "Own"}), [SCAN]),
    "a role of iam": (service(with_role({"Fn::GetAtt": ["Own", "Arn"]})), [SCAN]),
    "a role of the function": (service(with_role({"statements": [GET]}), {"role": "Own"}), [SCAN]),
    "a role by ARN": (service({}, {"role": "arn:aws:iam::${aws:accountId}:role/Own"}), [SCAN]),
    "statements of the function": (service({"iamRoleStatements": [GET]}, {"iamRoleStatements": [SCAN]}), [SCAN]),
    "inherited by default": (
        service(
            with_role({"statements": [GET]}),
            {"iamRoleStatements": [SCAN]},
            custom={"serverless-iam-roles-per-function": {"defaultInherit": True}},
        ),
        [GET, SCAN],
    ),
    "managed policies": (
        service(with_role({"managedPolicies": ["arn:aws:iam::aws:policy/AdministratorAccess"]})),
        [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    ),
    "a stream": (service(with_role({"statements": [GET]}), {"events": [STREAM_EVENT, KINESIS_EVENT]}), [GET, STREAM]),
    "a stream of a function with a role of its own": (
        service({}, {"events": [STREAM_EVENT], "iamRoleStatements": [GET]}),
        [STREAM, GET],
    ),
    "functions in a list": (service({"iamRoleStatements": [GET]}, functions=[{"f": {"handler": "x"}}]), [GET]),
}


@pytest.mark.parametrize("case", KNOWN)
def test_what_a_function_may_do(case: str) -> None:
    source, statements = KNOWN[case]
    found = minidynamo.policies_from(source, "f")
    assert [each for policy in found for each in policy["Statement"]] == statements


@pytest.mark.parametrize(
    "provider",
    [with_role({"permissionsBoundary": "X"}), with_role({"permissionBoundary": "X"}), {"rolePermissionsBoundary": "X"}],
)
def test_boundaries(provider: Any) -> None:
    with pytest.warns(TemplateWarning, match="permissions boundary X is not known from the file: give it as boundary="):
        minidynamo.policies_from(service(provider), "f")
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    own = service(provider, {"iamRoleStatements": [GET], "iamPermissionsBoundary": administrator})
    boundary = minidynamo.policies_from(own, "f").boundary
    assert boundary is not None
    assert boundary["Statement"][0]["Action"] == "*"


def test_what_is_not_known() -> None:
    with pytest.warns(TemplateWarning, match=r"functions.f.iam is not known and is left out"):
        minidynamo.policies_from(service({}, {"iam": {"x": "y"}}), "f")
    for source, fault in (
        (service(with_role({"statement": [GET]})), "provider.iam.role has 'statement', which is not known"),
        (service({}, functions=5), "the service has 5 in 'functions', not an object"),
        (service({"iam": "${file(iam.yml)}"}), "is in another file"),
        (service({}), "no function, role or user g, but"),
    ):
        with pytest.raises(TemplateError, match=fault):
            minidynamo.policies_from(source, "g")
