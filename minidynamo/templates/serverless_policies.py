"""The policies of the functions, roles and users of a `serverless.yml`: as the template that it stands for has them.

Source: Serverless Framework documentation, "IAM Permissions for functions"; serverless-iam-roles-per-function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minidynamo.templates.declared_policies import DeclaredPrincipals
from minidynamo.templates.parts import Members, Part, shown
from minidynamo.templates.reading import NOT_KNOWN
from minidynamo.templates.serverless import meant, object_in, parameters_of, service_template
from minidynamo.templates.serverless_variables import Variables
from minidynamo.templates.table_definition import Omission

_ROLE, _FUNCTION = "AWS::IAM::Role", "AWS::Lambda::Function"
_DEFAULT_ROLE = "IamRoleLambdaExecution"
_PLUGIN = "serverless-iam-roles-per-function"
_CONSUMED = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
# Members of a role that the framework makes: in `provider.iam.role`, or of the provider in older services.
_ROLE_MEMBERS = {
    "statements": "iamRoleStatements",
    "managedPolicies": "iamManagedPolicies",
    "permissionsBoundary": "rolePermissionsBoundary",
    "permissionBoundary": "rolePermissionsBoundary",
    "name": "",
}
_ROLE_SILENT = {"path", "tags", "deploymentRole"}


def serverless_principals(
    document: Members, parameters: Mapping[str, str], strays: list[Omission]
) -> DeclaredPrincipals:
    """The functions, roles and users of a service.

    Parameters:
        document: the whole `serverless.yml`.
        parameters: values of variables, such as `stage` for `${opt:stage}`, and of parameters of the resources.
        strays: takes what concerns no principal.

    Raises:
        TemplateError: the service is wrong.
    """
    variables = Variables(document, parameters)
    template = service_template(document, variables)
    service = _Service(document, variables, strays)
    aliases: dict[str, str] = {}
    for name, function in service.functions():
        logical_name = f"{_logical(name)}LambdaFunction"
        aliases[name] = logical_name
        for made, members in service.resources_of(name, function):
            template["Resources"].setdefault(made, members)
    region = variables.value("${self:provider.region}")
    whole: dict[object, object] = dict(template.items())
    given = parameters_of(template, parameters)
    return DeclaredPrincipals(whole, given, strays, variables.value, aliases, [str(region)])


class _Service:
    """What a service says of its functions and their roles.

    Parameters:
        document: the whole `serverless.yml`.
        variables: of it.
        strays: takes what is not known.
    """

    def __init__(self, document: Members, variables: Variables, strays: list[Omission]) -> None:
        self._document = document
        self._variables = variables
        self._strays = strays
        self._provider = self._object(document.get("provider"), "provider")
        custom = self._object(document.get("custom"), "custom")
        self._inherits = bool(self._object(custom.get(_PLUGIN), _PLUGIN).get("defaultInherit"))
        self._role = self._default_role()

    def functions(self) -> Iterator[tuple[str, Members]]:
        """The functions by name."""
        listed = meant(self._document.get("functions"), self._variables)
        for each in listed if isinstance(listed, list) else [listed]:
            for name, function in self._object(each, "functions").items():
                yield str(name), self._object(function, f"functions.{name}")

    def resources_of(self, name: str, function: Members) -> Iterator[tuple[str, Members]]:
        """The resources that a function stands for, by their logical names: it, and the role that it runs as."""
        if function.get("iam") is not None:
            self._strays.append(Omission(f"functions.{name}.iam", NOT_KNOWN))
        role = meant(function.get("role"), self._variables)
        if role is None and function.get("iamRoleStatements") is not None:
            made = f"{_logical(name)}{_DEFAULT_ROLE}"
            yield made, _resource(_ROLE, self._own_role(function))
            role = made
        elif role is None:
            role = self._role
        if role is None:
            yield _DEFAULT_ROLE, _resource(_ROLE, self._shared_role())
            role = _DEFAULT_ROLE
        is_name = isinstance(role, str) and not role.startswith("arn:")
        yield (
            f"{_logical(name)}LambdaFunction",
            _resource(_FUNCTION, {"Role": {"Fn::GetAtt": [role, "Arn"]} if is_name else role}),
        )

    def _default_role(self) -> object:
        """The role of all functions, where it is another than the framework makes."""
        role = meant(self._of_iam(), self._variables)
        if role is None:
            return meant(self._provider.get("role"), self._variables)
        if not isinstance(role, Mapping) or role.keys() <= _ROLE_MEMBERS.keys() | _ROLE_SILENT:
            return None if isinstance(role, Mapping) else role
        if all(str(each).startswith(("Fn::", "Ref")) for each in role):
            return role
        unknown = [each for each in role if each not in _ROLE_MEMBERS and each not in _ROLE_SILENT]
        raise Part(role, "provider.iam.role").error(f"has {shown(unknown[0])}, which is not known")

    def _of_iam(self) -> object:
        iam = self._object(self._provider.get("iam"), "provider.iam")
        return iam.get("role")

    def _member(self, name: str) -> object:
        """A member of the role that the framework makes for all functions."""
        role = meant(self._of_iam(), self._variables)
        own = role.get(name) if isinstance(role, Mapping) else None
        return self._provider.get(_ROLE_MEMBERS[name]) if own is None else own

    def _shared_role(self) -> dict[object, object]:
        functions = [
            function
            for _, function in self.functions()
            if function.get("role") is None and function.get("iamRoleStatements") is None
        ]
        streams = [[each] for function in functions for each in self._stream_statements(function)]
        return {
            "RoleName": self._member("name"),
            "Policies": _policies(self._member("statements"), *streams),
            "ManagedPolicyArns": self._member("managedPolicies"),
            "PermissionsBoundary": self._boundary(),
        }

    def _own_role(self, function: Members) -> dict[object, object]:
        """The role that the plugin makes for a function."""
        streams = [[each] for each in self._stream_statements(function)]
        inherits = function.get("iamRoleStatementsInherit")
        shared = self._member("statements") if (self._inherits if inherits is None else inherits is True) else None
        policies = _policies(*streams, shared, function.get("iamRoleStatements"))
        boundary = function.get("iamPermissionsBoundary")
        return {"Policies": policies, "PermissionsBoundary": self._boundary() if boundary is None else boundary}

    def _boundary(self) -> object:
        boundary = self._member("permissionsBoundary")
        return self._member("permissionBoundary") if boundary is None else boundary

    def _stream_statements(self, function: Members) -> Iterator[Members]:
        """What the framework allows a function for the streams of DynamoDB that it follows."""
        events = meant(function.get("events"), self._variables)
        for each in events if isinstance(events, list) else []:
            event = meant(each, self._variables)
            stream = meant(event.get("stream"), self._variables) if isinstance(event, Mapping) else None
            arn = stream.get("arn") if isinstance(stream, Mapping) else stream
            arn = meant(arn, self._variables)
            kind = stream.get("type") if isinstance(stream, Mapping) else None
            if arn is not None and (kind == "dynamodb" or (kind is None and _may_be_of_dynamodb(arn))):
                actions = [f"dynamodb:{each}" for each in _CONSUMED]
                yield {"Effect": "Allow", "Action": actions, "Resource": arn}

    def _object(self, value: object, place: str) -> Members:
        value = meant(value, self._variables)
        return {} if value is None else object_in(value, self._variables, place)


def _policies(*statements: object) -> list[object]:
    """The inline policies of a role, one of each list of statements that has any."""
    present = [each for each in statements if each is not None and each != []]
    return [{"PolicyDocument": {"Version": "2012-10-17", "Statement": each}} for each in present]


def _resource(kind: str, properties: Members) -> Members:
    present = {name: each for name, each in properties.items() if each is not None}
    return {"Type": kind, "Properties": present}


def _may_be_of_dynamodb(arn: object) -> bool:
    return not isinstance(arn, str) or ":dynamodb:" in arn


def _logical(name: str) -> str:
    """The name of a function as its resources have it."""
    name = name.replace("-", "Dash").replace("_", "Underscore")
    return name[:1].upper() + name[1:]
