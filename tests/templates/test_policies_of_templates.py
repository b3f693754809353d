"""What templates may say of policies, member by member, and what they say wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.templates.table_definition import TemplateError, TemplateWarning
from tests.templates.test_policies import allowed_calls, policies

POLICIES = Path(__file__).parent / "policies"


def statement(*actions: str, resource: Any = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **members}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def role(*documents: Any, **properties: Any) -> dict[str, Any]:
    inline = [{"PolicyName": f"p{number}", "PolicyDocument": each} for number, each in enumerate(documents)]
    return resource("IAM::Role", Policies=inline, **properties)


def stack(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def sam(*listed: Any, **properties: Any) -> dict[str, Any]:
    return stack(
        F=resource("Serverless::Function", Policies=list(listed), **properties), Orders=resource("DynamoDB::Table")
    )


ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/"
TABLE, INDEXES = f"{ARN}Orders", f"{ARN}Orders/index/*"
# As AWS SAM documents them: actions and resources of each statement.
SAM_TEMPLATES: dict[str, list[tuple[str, list[str]]]] = {
    "DynamoDBCrudPolicy": [
        (
            "GetItem DeleteItem PutItem Scan Query UpdateItem BatchWriteItem BatchGetItem DescribeTable "
            "ConditionCheckItem",
            [TABLE, INDEXES],
        )
    ],
    "DynamoDBReadPolicy": [("GetItem Scan Query BatchGetItem DescribeTable", [TABLE, INDEXES])],
    "DynamoDBWritePolicy": [("PutItem UpdateItem BatchWriteItem", [TABLE, INDEXES])],
    "DynamoDBReconfigurePolicy": [("UpdateTable", [TABLE])],
    "DynamoDBStreamReadPolicy": [
        ("DescribeStream GetRecords GetShardIterator", [f"{TABLE}/stream/2026"]),
        ("ListStreams", [f"{TABLE}/stream/*"]),
    ],
    "DynamoDBBackupFullAccessPolicy": [
        ("CreateBackup DescribeContinuousBackups", [TABLE]),
        ("DeleteBackup DescribeBackup ListBackups", [f"{TABLE}/backup/*"]),
    ],
    "DynamoDBRestoreFromBackupPolicy": [
        ("RestoreTableFromBackup", [f"{TABLE}/backup/*"]),
        ("PutItem UpdateItem DeleteItem GetItem Query Scan BatchWriteItem", [TABLE]),
    ],
}


@pytest.mark.parametrize("name", SAM_TEMPLATES)
def test_policy_templates_of_sam(name: str) -> None:
    given = {"TableName": {"Ref": "Orders"}, "StreamName": "2026"}
    (found,) = policies(sam({name: given}))
    assert found == document(
        *(
            {"Effect": "Allow", "Action": [f"dynamodb:{each}" for each in actions.split()], "Resource": resources}
            for actions, resources in SAM_TEMPLATES[name]
        )
    )


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("AdministratorAccess", "GetItem PutItem DeleteItem Scan DescribeTable ListTables"),
        ("arn:aws:iam::aws:policy/PowerUserAccess", "GetItem PutItem DeleteItem Scan DescribeTable ListTables"),
        ("AmazonDynamoDBFullAccess", "GetItem PutItem DeleteItem Scan DescribeTable ListTables"),
        ("AmazonDynamoDBFullAccess_v2", "GetItem PutItem DeleteItem Scan DescribeTable ListTables"),
        ("arn:aws-cn:iam::aws:policy/AmazonDynamoDBReadOnlyAccess", "GetItem Scan DescribeTable ListTables"),
        ("ReadOnlyAccess", "GetItem Scan DescribeTable ListTables"),
        ("arn:aws:iam::aws:policy/AWSLambdaInvocation-DynamoDB", ""),
        ("AmazonSQSFullAccess", ""),
        ("CloudWatchLambdaInsightsExecutionRolePolicy", ""),
    ],
)
def test_managed_policies_of_aws(name: str, allowed: str, database: Database) -> None:
    database.client().create_table(
        TableName="Orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    target = database.as_principal(policies(sam(name)))
    assert allowed_calls(target, "Orders") == allowed


CONNECTED = {"Source": {"Id": "F"}, "Destination": {"Id": "Orders"}, "Permissions": ["All"]}
# What is refused, and what is said of it; by the name that is asked for, where there is one.
WRONG: list[tuple[Any, str | None, str]] = [
    ({"Resources": {}}, None, "the document declares no function, role or user"),
    (stack(R=role(), S=role(document(statement("a:b")))), "X", "declares no function, role or user X, but R, S"),
    (
        stack(R=role(document(statement("a:c"))), S=role(document(statement("a:b")))),
        None,
        "declares 2 principals with policies: give a name of R, S",
    ),
    ({"Orders": {}}, None, "is neither a CloudFormation template, nor a serverless.yml, nor a Terraform plan in JSON"),
    ([], None, "is neither a CloudFormation template"),
    (stack(R=role({"Statement": []})), None, "Policies[0] of the resource R needs a Statement"),
    (stack(R=role("{]")), None, "Policies[0] of the resource R is no valid JSON"),
    (stack(R=role('"{}"')), None, "Policies[0] of the resource R needs a Statement"),
    (stack(R=role(document({"Effect": "Allow", "Action": "a:b"}))), None, "R, statement 1 has no Resource"),
    (stack(R=role(document(statement("a:b", Principal="*")))), None, "statement 1 is of no resource and has"),
    (stack(R=role(document(statement("a:b", resource={"Ref": "X"})))), None, "R: the template has no parameter and no"),
    (stack(R=role(ManagedPolicyArns=[5])), None, "the resource R has 5 as 'ManagedPolicyArns', not text"),
    (stack(R=role(PermissionsBoundary={"a": "b"})), None, "R has {'a': 'b'} as 'PermissionsBoundary', not text"),
    (stack(R=resource("IAM::Role", Policies=["x"])), None, "R has 'x' as 'Policies[0]', not an object"),
    (stack(F=resource("Lambda::Function")), "F", "the resource F runs as no role, which the template does not declare"),
    (
        stack(F=resource("Lambda::Function", Role="arn:aws:iam::123456789012:role/x")),
        "F",
        "F runs as 'arn:aws:iam::123456789012:role/x', which the template does not declare",
    ),
    (sam({"DynamoDBCrud": {"TableName": "T"}}), "F", "the resource F has 'DynamoDBCrud': neither a Statement"),
    (sam(statement("a:b")), "F", "has 'Effect', 'Action', 'Resource': neither a Statement nor a policy"),
    (sam({"DynamoDBCrudPolicy": {}}), "F", "DynamoDBCrudPolicy of Policies[0] of the resource F lacks 'TableName'"),
    ({**sam(), "Globals": {"Function": {"Policies": []}}}, None, "has 'Policies', which SAM does not take there"),
    (
        stack(F=resource("Serverless::Function"), FRole=role()),
        None,
        "the resource F has no Role, and FRole, which SAM makes for it, is there already",
    ),
    (
        {"Resources": {**sam()["Resources"], "C": resource("Serverless::Connector", **CONNECTED)}},
        None,
        "the resource C has ['All'] as 'Permissions', not what SAM grants there",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "name", "fault"), WRONG, ids=[each[2] for each in WRONG])
def test_what_is_wrong_is_told(source: Any, name: str | None, fault: str) -> None:
    with pytest.raises(TemplateError) as caught:
        minidynamo.policies_from(source, name)
    assert fault in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_errors_name_their_line() -> None:
    text = (POLICIES / "sam.yaml").read_text("utf-8").replace("Effect: Deny", "Effect: Refuse")
    with pytest.raises(
        TemplateError, match=r"the text, line 40: Policies\[4\] of the resource CheckoutFunction, statement 1"
    ):
        minidynamo.policies_from(text, "CheckoutFunction")


def test_wrong_arguments() -> None:
    for arguments, fault in (
        ((5,), "policies_from takes a path, a text or a document, not 5"),
        (({}, 5), "a principal's name is text, not 5"),
        (({}, None, {"a": []}), "parameters are names with texts"),
    ):
        with pytest.raises(TypeError, match=fault):
            minidynamo.policies_from(*arguments)
    with pytest.raises(TemplateError, match="a plan takes AWS::Region and AWS::AccountId as parameters, not Stage"):
        minidynamo.policies_from(POLICIES / "plan.json", None, {"Stage": "live"})


def test_a_dynamic_reference() -> None:
    """It is resolved as a stack is made."""
    arn = f"{ARN}{{{{resolve:ssm:/shop/orders}}}}"
    with pytest.warns(TemplateWarning, match="resource 'arn:aws:dynamodb:.*' of Policies"):
        minidynamo.policies_from(stack(R=role(document({"Effect": "Deny", "Action": "*", "NotResource": arn}))))


def test_a_nested_stack() -> None:
    """What it gives is not known."""
    nested = role(document(statement("dynamodb:GetItem", resource={"Fn::GetAtt": ["Nested", "Outputs.Table"]})))
    with pytest.warns(TemplateWarning, match="'Nested.Outputs.Table' of Policies"):
        minidynamo.policies_from(stack(R=nested))


def test_policies_beside_a_role_of_sam() -> None:
    with pytest.warns(
        TemplateWarning, match="Policies of ReportFunction is ignored by SAM beside a Role and is left out"
    ):
        minidynamo.policies_from(POLICIES / "sam.yaml", "ReportFunction")


def test_boundaries_of_globals() -> None:
    boundary = document(statement("dynamodb:GetItem"))
    template = {**sam(), "Globals": {"Function": {"PermissionsBoundary": {"Ref": "B"}}}}
    template["Resources"]["B"] = resource("IAM::ManagedPolicy", PolicyDocument=boundary)
    assert policies(template).boundary == boundary
    template["Resources"]["F"]["Properties"]["PermissionsBoundary"] = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert policies(template).boundary["Statement"][0]["Action"] == "*"
