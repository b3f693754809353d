"""Policies in Terraform plans: what belongs to whom, and what is known only once a plan is applied."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo.templates.table_definition import TemplateError, TemplateWarning

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
ROLE = "aws_iam_role.r"
GET = {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [ARN]}
SCAN = {"Effect": "Allow", "Action": ["dynamodb:Scan"], "Resource": [ARN]}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def text(*statements: dict[str, Any]) -> str:
    return json.dumps(document(*statements))


def resource(address: str, **values: Any) -> dict[str, Any]:
    mode = "data" if address.startswith("data.") else "managed"
    return {"address": address, "mode": mode, "type": address.split(".")[-2], "values": values}


def configured(address: str, **members: Any) -> dict[str, Any]:
    """A resource of a configuration: members with what they refer to, or with blocks."""
    return {"address": address, "expressions": {name: referring(each) for name, each in members.items()}}


def referring(value: Any) -> Any:
    if isinstance(value, list):
        return value
    return {"references": [piece for each in value.split() for piece in (each, each.rpartition(".")[0])]}


TABLE = resource("aws_dynamodb_table.orders", name="orders")
HOLDER = resource(ROLE, name="r")


def plan(*resources: dict[str, Any], config: list[Any] | None = None, **members: Any) -> dict[str, Any]:
    return {
        "planned_values": {"root_module": {"resources": [TABLE, HOLDER, *resources]}},
        "configuration": {"root_module": {"resources": config or [], **members}},
    }


def found(source: dict[str, Any], name: str | None = ROLE) -> list[Any]:
    return [statement for each in minidynamo.policies_from(source, name) for statement in each["Statement"]]


POLICY = resource("aws_iam_policy.get", name="get", policy=text(GET))
READS_LATER = resource("data.aws_iam_policy_document.d", statement=[{"actions": ["dynamodb:GetItem"]}])
# Plans, and the statements of the role in them.
KNOWN: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "inline": (plan(resource("aws_iam_role_policy.p", role="r", policy=text(GET))), [GET]),
    "of another role": (plan(resource("aws_iam_role_policy.p", role="s", policy=text(GET))), []),
    "attached to many": (
        plan(
            POLICY,
            resource("aws_iam_policy_attachment.a", roles=["s", "r"]),
            config=[configured("aws_iam_policy_attachment.a", policy_arn="aws_iam_policy.get.arn")],
        ),
        [GET],
    ),
    "by count": (
        plan(
            resource("aws_iam_policy.p[0]", policy=text(SCAN)),
            resource("aws_iam_policy.p[1]", policy=text(GET)),
            resource("aws_iam_role_policy_attachment.a[1]"),
            config=[
                configured("aws_iam_role_policy_attachment.a", role=f"{ROLE}.name", policy_arn="aws_iam_policy.p.arn")
            ],
        ),
        [GET],
    ),
    "managed policies of a role": (
        plan(POLICY, config=[configured(ROLE, managed_policy_arns="aws_iam_policy.get.arn")]),
        [GET],
    ),
    "a policy of the account": (
        plan(
            resource("data.aws_iam_policy.p", arn="arn:aws:iam::123456789012:policy/p", policy=text(SCAN)),
            resource("aws_iam_role_policy_attachment.a", role="r", policy_arn="arn:aws:iam::123456789012:policy/p"),
        ),
        [SCAN],
    ),
    "blocks": (
        plan(
            resource("data.aws_iam_policy_document.d", json=text(SCAN)),
            config=[configured(ROLE, inline_policy=[{"policy": referring("data.aws_iam_policy_document.d.json")}])],
        ),
        [SCAN],
    ),
    "an output": (
        plan(
            resource("aws_iam_role_policy.p", role="r"),
            resource("module.m.data.aws_iam_policy_document.d", json=text(SCAN)) | {"mode": "data"},
            config=[configured("aws_iam_role_policy.p", policy="module.m.json")],
            module_calls={
                "m": {"module": {"outputs": {"json": {"expression": referring("data.aws_iam_policy_document.d.json")}}}}
            },
        ),
        [SCAN],
    ),
    "documents of documents": (
        plan(
            resource("aws_iam_role_policy.p", role="r"),
            resource(
                "data.aws_iam_policy_document.d",
                statement=[{"sid": "A", "actions": ["dynamodb:PutItem"], "resources": [ARN]}],
                source_policy_documents=[text(GET | {"Sid": "A"}), text(SCAN)],
                override_policy_documents=[text(SCAN | {"Sid": "A"})],
            ),
            config=[configured("aws_iam_role_policy.p", policy="data.aws_iam_policy_document.d.json")],
        ),
        [SCAN | {"Sid": "A"}, SCAN],
    ),
    "a document of the configuration": (
        plan(
            resource("aws_iam_role_policy.p", role="r"),
            resource("data.aws_iam_policy_document.d"),
            config=[
                configured("aws_iam_role_policy.p", policy="data.aws_iam_policy_document.d.json"),
                configured(
                    "data.aws_iam_policy_document.d",
                    statement=[
                        {
                            "actions": {"constant_value": ["dynamodb:GetItem"]},
                            "resources": {"constant_value": ["*"]},
                            "condition": [
                                {
                                    "test": {"constant_value": "StringEquals"},
                                    "variable": {"constant_value": "aws:username"},
                                    "values": {"constant_value": ["ann"]},
                                }
                            ],
                        }
                    ],
                ),
            ],
        ),
        [GET | {"Resource": ["*"], "Condition": {"StringEquals": {"aws:username": ["ann"]}}}],
    ),
}


@pytest.mark.parametrize("case", KNOWN)
def test_what_belongs_to_a_role(case: str) -> None:
    source, statements = KNOWN[case]
    assert found(source) == statements


LATER = "is known only once the plan is applied and is left out"
# Plans of which something is not known, and the warning.
UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "a text": (
        plan(
            resource("aws_iam_role_policy.p", role="r"),
            config=[configured("aws_iam_role_policy.p", policy="aws_dynamodb_table.orders.arn")],
        ),
        f"policies of {ROLE}: policy of aws_iam_role_policy.p {LATER}",
    ),
    "a role": (
        plan(
            resource("aws_iam_role_policy.p", policy=text(GET)),
            config=[configured("aws_iam_role_policy.p", role="local.role")],
        ),
        f"the document: role of aws_iam_role_policy.p {LATER}",
    ),
    "a managed policy": (
        plan(config=[configured(ROLE, managed_policy_arns="local.arns")]),
        f"policies of {ROLE}: managed_policy_arns of {ROLE} {LATER}",
    ),
    "a boundary": (
        plan(config=[configured(ROLE, permissions_boundary="local.arn")]),
        f"policies of {ROLE}: permissions_boundary of {ROLE} {LATER}",
    ),
    "resources": (
        plan(
            resource("aws_iam_role_policy.p", role="r"),
            READS_LATER,
            config=[
                configured("aws_iam_role_policy.p", policy="data.aws_iam_policy_document.d.json"),
                configured("data.aws_iam_policy_document.d", statement=[{"resources": referring("local.arns")}]),
            ],
        ),
        f"policies of {ROLE}: policy of aws_iam_role_policy.p {LATER}",
    ),
    "documents": (
        plan(
            resource("aws_iam_role_policy.p", role="r"),
            resource("data.aws_iam_policy_document.d", statement=[]),
            config=[
                configured("aws_iam_role_policy.p", policy="data.aws_iam_policy_document.d.json"),
                configured("data.aws_iam_policy_document.d", source_policy_documents="local.json"),
            ],
        ),
        f"policies of {ROLE}: policy of aws_iam_role_policy.p {LATER}",
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_is_known_later(case: str) -> None:
    source, warning = UNKNOWN[case]
    with pytest.warns(TemplateWarning) as warned:
        assert found(source) == []
    assert [str(each.message) for each in warned] == [warning]


def test_resources_that_are_known_later() -> None:
    """The plan says which attribute they are of: of a table, its ARN, or that of its stream."""
    for attribute, arn in (("arn", ARN), ("stream_arn", f"{ARN}/stream/*")):
        blocks = [{"resources": referring(f"aws_dynamodb_table.orders.{attribute}")}]
        source = plan(
            resource("aws_iam_role_policy.p", role="r"),
            READS_LATER,
            config=[
                configured("aws_iam_role_policy.p", policy="data.aws_iam_policy_document.d.json"),
                configured("data.aws_iam_policy_document.d", statement=blocks),
            ],
        )
        with pytest.warns(TemplateWarning, match="since the plan does not say more before it is applied"):
            assert found(source) == [GET | {"Resource": [arn]}]


def test_boundaries() -> None:
    source = plan(POLICY, config=[configured(ROLE, permissions_boundary="aws_iam_policy.get.arn")])
    declared = minidynamo.policies_from(source)
    assert (declared, declared.boundary) == ([], document(GET))


# Plans that are refused, and what is said of them.
WRONG: list[tuple[dict[str, Any], str | None, str]] = [
    (plan(), "aws_iam_role.x", f"declares no function, role or user aws_iam_role.x, but {ROLE}"),
    (
        plan(resource("aws_lambda_function.f", role="arn:aws:iam::123456789012:role/other")),
        "aws_lambda_function.f",
        "aws_lambda_function.f runs as no role that is in the plan",
    ),
    (
        plan(resource("aws_iam_role_policy.p", role="r", policy="{}")),
        ROLE,
        "policy of aws_iam_role_policy.p needs a Statement",
    ),
    (
        plan(
            resource("aws_iam_role_policy.p", role="r"),
            resource("data.aws_iam_policy_document.d", statement=[{"principals": [{"type": "AWS"}]}]),
            config=[configured("aws_iam_role_policy.p", policy="data.aws_iam_policy_document.d.json")],
        ),
        ROLE,
        "has principals, which no policy of a role, a user or a group has",
    ),
    (
        plan(
            resource("aws_iam_role_policy.p", role="r"),
            resource("data.aws_iam_policy_document.d"),
            config=[
                configured("aws_iam_role_policy.p", policy="data.aws_iam_policy_document.d.json"),
                configured(
                    "data.aws_iam_policy_document.d",
                    source_policy_documents="data.aws_iam_policy_document.d.json data.aws_iam_policy_document.d.json",
                ),
            ],
        ),
        ROLE,
        "data.aws_iam_policy_document.d is made of itself",
    ),
]


@pytest.mark.parametrize(("source", "name", "fault"), WRONG, ids=[each[2] for each in WRONG])
def test_what_is_wrong_is_told(source: dict[str, Any], name: str | None, fault: str) -> None:
    with pytest.raises(TemplateError) as caught:
        minidynamo.policies_from(source, name)
    assert fault in str(caught.value)


def test_documents_that_double(tmp_path: Path) -> None:
    """Each takes in the next one twice: more than anybody means."""
    names = [f"data.aws_iam_policy_document.d{number}" for number in range(20)]
    pairs = list(pairwise(names))
    source = plan(
        resource("aws_iam_role_policy.p", role="r"),
        *(resource(name) for name in names[:-1]),
        resource(names[-1], json=text(GET)),
        config=[
            configured("aws_iam_role_policy.p", policy=f"{names[0]}.json"),
            *(configured(one, source_policy_documents=f"{other}.json {other}.json") for one, other in pairs),
        ],
    )
    (tmp_path / "plan.json").write_text(json.dumps(source))
    with pytest.raises(TemplateError, match="a policy document has more than 1,000 statements"):
        minidynamo.policies_from(tmp_path / "plan.json")
