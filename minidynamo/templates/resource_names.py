"""The resources of a template, and the names by which Ref and Fn::Sub know them.

Source: AWS CloudFormation resource reference, "Return values" of each type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from minidynamo.schema.arns import ArnScope
from minidynamo.templates.loops import Bindings, Loops
from minidynamo.templates.parts import Part
from minidynamo.templates.resolution import text_in
from minidynamo.templates.table_definition import TemplateError

TABLE_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable")
FUNCTION_TYPES = ("AWS::Lambda::Function", "AWS::Serverless::Function")
# Of types whose resources Ref calls by a name that a property may give: the property.
_NAME_PROPERTIES = {
    **dict.fromkeys(TABLE_TYPES, "TableName"),
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::ApiGatewayV2::Stage": "StageName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SSM::Parameter": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Serverless::Function": "FunctionName",
}
# Called by their logical names where nothing else is given: tables by this package, and keys, whose ids say nothing.
_BY_LOGICAL_NAME = (*TABLE_TYPES, "AWS::KMS::Key")
_MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
_ALIAS, _VERSION = "AWS::Lambda::Alias", "AWS::Lambda::Version"
# What attributes give, behind "arn:aws:". Which stream a table will have, only the service says: any of its own.
_ARNS = {
    **{(kind, "Arn"): "dynamodb:{region}:{account}:table/{name}" for kind in TABLE_TYPES},
    **{(kind, "StreamArn"): "dynamodb:{region}:{account}:table/{name}/stream/*" for kind in TABLE_TYPES},
    **{(kind, "Arn"): "lambda:{region}:{account}:function:{name}" for kind in FUNCTION_TYPES},
    ("AWS::SQS::Queue", "Arn"): "sqs:{region}:{account}:{name}",
    ("AWS::SNS::Topic", "TopicArn"): "sns:{region}:{account}:{name}",
    ("AWS::S3::Bucket", "Arn"): "s3:::{name}",
    ("AWS::IAM::Group", "Arn"): "iam::{account}:group/{name}",
    ("AWS::IAM::Role", "Arn"): "iam::{account}:role/{name}",
    ("AWS::IAM::User", "Arn"): "iam::{account}:user/{name}",
    (_MANAGED_POLICY, "PolicyArn"): "iam::{account}:policy/{name}",
}
# Types that Ref calls by an ARN or an address, and the attribute that gives it here.
_REFERRED_BY = {
    _MANAGED_POLICY: "PolicyArn",
    _ALIAS: "AliasArn",
    _VERSION: "FunctionArn",
    "AWS::SNS::Topic": "TopicArn",
    "AWS::SQS::Queue": "QueueUrl",
}
_TEXTS = {
    ("AWS::SQS::Queue", "QueueUrl"): "https://sqs.{region}.amazonaws.com/{account}/{name}",
    ("AWS::SQS::Queue", "QueueName"): "{name}",
    ("AWS::SNS::Topic", "TopicName"): "{name}",
    ("AWS::ApiGatewayV2::Api", "ApiEndpoint"): "https://{name}.execute-api.{region}.amazonaws.com",
}


# The attributes of types of which all are known; what SAM makes of a function has those of that.
_SNAP_START = ("SnapStartResponse", "SnapStartResponse.ApplyOn", "SnapStartResponse.OptimizationStatus")
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(TABLE_TYPES, ("Arn", "StreamArn", "TableId")),
    **dict.fromkeys(FUNCTION_TYPES, ("Arn", *_SNAP_START)),
    "AWS::SQS::Queue": ("Arn", "QueueName", "QueueUrl"),
    "AWS::SNS::Topic": ("TopicArn", "TopicName"),
}
# What SAM lets refer to what it makes for a resource.
_OF_SAM = ("Alias", "Version", "DestinationTopic", "DestinationQueue", "Stage", "Deployment")
# Queues and topics of which one is true have names with an ending, also where nobody gives them any.
_FIFO = ("FifoQueue", "FifoTopic")
# What SAM makes besides, for all of a template.
_MADE = "Serverless"


@dataclass(frozen=True)
class Resource:
    """A resource of a template.

    Attributes:
        logical_name: its name in the template.
        part: what declares it.
        bindings: the loops that it stands in.
    """

    logical_name: str
    part: Part
    bindings: Bindings

    @property
    def type(self) -> object:
        return self.part.get("Type")


class ResourceNames:
    """The resources of a template by their logical names.

    Parameters:
        loops: in which they may be repeated.
        resolved: resolves a value.
        given: names that the template does not give.
        scope: where they are.
        needs_names: whether a name must be known; otherwise a resource without one is called by its logical name.

    Attributes:
        scope: where they are.
        all: them, in the order of the template; none before they are read.
    """

    def __init__(
        self,
        loops: Loops,
        resolved: Callable[[object], object],
        given: Mapping[str, str],
        scope: ArnScope,
        needs_names: bool,
    ) -> None:
        self._loops = loops
        self._resolved = resolved
        self._given = given
        self.scope = scope
        self._needs_names = needs_names
        self._by_logical_name: dict[str, Resource] = {}
        self.all: list[Resource] = []

    def read(self, section: Part) -> None:
        """Takes the resources of a template's section of them; what their loops go through may name none."""
        self.all = [
            Resource(str(name), section.inner(name, member).called(f"the resource {name}"), self._loops.values)
            for name, member in self._loops.members(section.members)
        ]
        self._by_logical_name = {each.logical_name: each for each in self.all}

    def add(self, logical_name: str, part: Part, bindings: Bindings) -> Resource:
        """Adds a resource that another one stands for, such as the role of a function."""
        assert logical_name not in self, f"there is a resource {logical_name}"
        made = Resource(logical_name, part, bindings)
        self.all.append(made)
        self._by_logical_name[logical_name] = made
        return made

    def __contains__(self, logical_name: object) -> bool:
        return logical_name in self._by_logical_name

    def __getitem__(self, logical_name: str) -> Resource:
        return self._by_logical_name[logical_name]

    def name(self, logical_name: str) -> str:
        """What Ref gives for a resource.

        Raises:
            TemplateError: it is in the template, but its name is not.
        """
        attribute = None if logical_name in self._given else _REFERRED_BY.get(str(self[logical_name].type))
        name = self.own_name(logical_name)
        if attribute is not None and (name is not None or not self._needs_names):
            return self.attribute(logical_name, attribute) or logical_name
        if name is not None:
            return name
        if self._needs_names and self[logical_name].type not in _BY_LOGICAL_NAME:
            raise TemplateError(
                f"the name of the resource {logical_name} is not in the template: give it as a parameter"
            )
        return logical_name

    def own_name(self, logical_name: str) -> str | None:
        """The name that the template or a parameter gives a resource."""
        if logical_name in self._given:
            return self._given[logical_name]
        resource = self[logical_name]
        member = _NAME_PROPERTIES.get(str(resource.type))
        properties = resource.part.section("Properties")
        if member is None:
            return None
        if not properties.has(member):
            is_fifo = any(properties.get(each) in (True, "true") for each in _FIFO)
            return f"{logical_name}.fifo" if is_fifo and not self._needs_names else None
        with self._loops.within(resource.bindings):
            return text_in("Ref", self._resolved(properties.get(member)))

    def require_attribute(self, logical_name: str, attribute: str) -> None:
        """Raises TemplateError where there is certainly no such resource, or none with such an attribute."""
        if logical_name in self:
            known = _ATTRIBUTES.get(str(self[logical_name].type))
            is_of_sam = attribute.partition(".")[0] in _OF_SAM
            if known is not None and attribute not in known and not is_of_sam:
                raise TemplateError(f"{logical_name} has no attribute {attribute}: there are {', '.join(known)}")
        elif not self.may_be_made(logical_name):
            raise TemplateError(f"the template has no resource {logical_name}")

    def may_be_made(self, logical_name: str) -> bool:
        """Whether SAM may make a resource of a name: it names its own after others."""
        return logical_name.startswith((_MADE, *self._by_logical_name))

    def attribute(self, logical_name: object, attribute: str) -> str | None:
        """What Fn::GetAtt gives for a resource; None where nothing is known of the attribute."""
        if logical_name not in self:
            return None
        resource = self[str(logical_name)]
        if resource.type in (_ALIAS, _VERSION) and attribute == _REFERRED_BY[str(resource.type)]:
            return self._qualified(resource)
        form = _ARNS.get((str(resource.type), attribute))
        plain = _TEXTS.get((str(resource.type), attribute))
        if form is None and plain is None:
            return None
        name = self.own_name(resource.logical_name) or resource.logical_name
        text = plain if form is None else f"arn:aws:{form}"
        assert text is not None, f"{attribute} of {logical_name} has no form"
        return text.format(region=self.scope.region, account=self.scope.account_id, name=name)

    def _qualified(self, resource: Resource) -> str | None:
        """The ARN of an alias; of a version, whose number only the service says, that of its function."""
        properties = resource.part.section("Properties")
        with self._loops.within(resource.bindings):
            function = text_in("Ref", self._resolved(properties.required("FunctionName"))).rpartition(":function:")[2]
            alias = f":{text_in('Ref', self._resolved(properties.required('Name')))}" if resource.type == _ALIAS else ""
        assert function, f"{resource.logical_name} is of no function"
        return f"arn:aws:lambda:{self.scope.region}:{self.scope.account_id}:function:{function}{alias}"
