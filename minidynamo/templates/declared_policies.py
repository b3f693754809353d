"""The policies of functions, roles and users in CloudFormation and SAM templates.

Source: AWS CloudFormation resource reference, AWS::IAM; AWS SAM Developer Guide, AWS::Serverless::Function.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from minidynamo.templates.declared_resources import DeclaredResources
from minidynamo.templates.parts import Members, Part, shown
from minidynamo.templates.policy_documents import Collected, Relocation
from minidynamo.templates.resource_names import Resource
from minidynamo.templates.sam_functions import (
    FUNCTION,
    MADE_FOR_ALL,
    Connection,
    add_function_policies,
    boundary_of,
    connections,
    ignored_policies,
)
from minidynamo.templates.table_definition import Omission

_ROLE, _USER, _GROUP = "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"
_HOLDERS = (_ROLE, _USER)
# Resources that run as a role: the property that names it.
RUNNERS = {
    "AWS::ECS::TaskDefinition": "TaskRoleArn",
    "AWS::Lambda::Function": "Role",
    FUNCTION: "Role",
    "AWS::StepFunctions::StateMachine": "RoleArn",
}
_MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
_OF_SEVERAL = {_ROLE: "Roles", _USER: "Users", _GROUP: "Groups"}
# Policies that are resources: the properties that name those whom they are attached to.
_ATTACHED = {
    "AWS::IAM::Policy": _OF_SEVERAL,
    _MANAGED_POLICY: _OF_SEVERAL,
    "AWS::IAM::RolePolicy": {_ROLE: "RoleName"},
    "AWS::IAM::UserPolicy": {_USER: "UserName"},
    "AWS::IAM::GroupPolicy": {_GROUP: "GroupName"},
}
_MEMBERSHIP = "AWS::IAM::UserToGroupAddition"


@dataclass(frozen=True)
class _Attachment:
    """A policy that is attached to somebody from elsewhere.

    Attributes:
        resource: where it stands.
        document: gives it.
    """

    resource: Resource
    document: Callable[[], object]


class DeclaredPrincipals:
    """The functions, roles and users of a template.

    Parameters:
        template: the whole template.
        parameters: values of its parameters, over their defaults, and names of resources that it does not give.
        strays: takes what concerns no principal.
        variables: what else a text in it may stand for.
        aliases: other names of resources.
        regions: those that the template is for, where it says so.

    Attributes:
        names: those by which a principal may be asked for.
        holders: of these, one of each principal.
    """

    def __init__(
        self,
        template: Members,
        parameters: Mapping[str, str],
        strays: list[Omission],
        variables: Callable[[str], object] = str,
        aliases: Mapping[str, str] | None = None,
        regions: Collection[str] = (),
    ) -> None:
        self._resources = DeclaredResources(template, parameters, strays, variables)
        self._relocation = Relocation(self._resources.scope, regions)
        self._aliases = aliases or {}
        self._made = dict(self._made_roles())
        logical_names = [each.logical_name for each in self._resources.of_types({*RUNNERS, *_HOLDERS})]
        aliased = {logical_name: name for name, logical_name in self._aliases.items()}
        self.names: Sequence[str] = [aliased.get(each, each) for each in logical_names if each not in self._made]
        roles = [each.logical_name for each in self._resources.of_types(_HOLDERS)]
        holders = [self._made[each].logical_name if each in self._made else each for each in roles]
        self.holders: Sequence[str] = [aliased.get(each, each) for each in holders]
        self._named = {
            kind: {self._resources.name_of(each): each for each in self._resources.of_types((kind,))}
            for kind in (_ROLE, _GROUP, _MANAGED_POLICY)
        }
        self._attached: dict[tuple[str, str], list[_Attachment]] = {}
        for kind, name, attachment in self._attachments():
            self._attached.setdefault((kind, name), []).append(attachment)

    def collected(self, name: str) -> Collected:
        """The policies of a principal, by one of the names.

        Raises:
            TemplateError: they are wrong, or not in the template.
        """
        resource = self._resources.named(self._aliases.get(name, name))
        assert resource is not None, f"{name} is none of the names"
        holder = self._role_of(resource) if str(resource.type) in RUNNERS else resource
        found = Collected(name, self._resources.unknown, self._relocation)
        if (
            holder is not resource
            and holder.logical_name not in self._made
            and ignored_policies(self._resources, resource)
        ):
            found.leave_out(f"Policies of {name}", "ignored by SAM beside a Role")
        self._collect(holder, found)
        function = self._made.get(holder.logical_name)
        boundary = self._resources.property(holder, "PermissionsBoundary")
        if function is not None:
            with self._resources.reading(function):
                add_function_policies(self._resources, function, found, lambda policy: self._add_managed(policy, found))
            boundary = boundary_of(self._resources, function)
        if boundary is not None:
            self._set_boundary(holder, boundary, found)
        return found

    def _made_roles(self) -> Iterator[tuple[str, Resource]]:
        """The roles that SAM makes for functions without any."""
        functions = self._resources.of_types((FUNCTION,))
        for name in MADE_FOR_ALL if functions else ():
            if not self._resources.has(name):
                self._resources.add(name, {}, {})
        for function in functions:
            if self._resources.property(function, "Role") is None:
                name = f"{function.logical_name}Role"
                if self._resources.has(name):
                    raise function.part.error(f"has no Role, and {name}, which SAM makes for it, is there already")
                self._resources.add(name, {"Type": _ROLE}, function.bindings)
                yield name, function

    def _role_of(self, runner: Resource) -> Resource:
        """The role that a function or the like runs as."""
        made = self._resources.named(f"{runner.logical_name}Role")
        if made is not None and self._made.get(made.logical_name) is runner:
            return made
        arn = self._resources.property(runner, RUNNERS[str(runner.type)])
        role = self._named[_ROLE].get(_last_of(arn)) if isinstance(arn, str) else None
        if role is None:
            given = "no role" if arn is None else shown(arn)
            raise runner.part.error(f"runs as {given}, which the template does not declare")
        return role

    def _collect(self, holder: Resource, found: Collected) -> None:
        """Adds the policies of a role, a user or a group."""
        kind, name = str(holder.type), self._resources.name_of(holder)
        with self._resources.reading(holder):
            for number, each in enumerate(self._resources.listed(holder, "Policies")):
                part = Part({"": each}, holder.part.name).inner(f"Policies[{number}]", each)
                found.add(part.required("PolicyDocument"), part.name)
            for arn in self._resources.texts(holder, "ManagedPolicyArns"):
                self._add_managed(arn, found)
        for attachment in self._attached.get((kind, name), ()):
            with self._resources.reading(attachment.resource):
                found.add(attachment.document(), attachment.resource.part.name)
        if kind == _USER:
            for group in dict.fromkeys(self._groups_of(holder, name)):
                self._add_group(group, found)

    def _groups_of(self, user: Resource, name: str) -> Iterator[str]:
        yield from self._resources.texts(user, "Groups")
        for each in self._resources.of_types((_MEMBERSHIP,)):
            if name in self._resources.texts(each, "Users"):
                yield from self._resources.texts(each, "GroupName")

    def _add_group(self, name: str, found: Collected) -> None:
        group = self._named[_GROUP].get(name)
        if group is None:
            found.leave_out(f"group {name}", "not in the template")
        else:
            self._collect(group, found)

    def _add_managed(self, arn: str, found: Collected) -> None:
        policy = self._declared(arn)
        if policy is None:
            found.add_managed(arn)
            return
        with self._resources.reading(policy):
            found.add(self._resources.property(policy, "PolicyDocument"), policy.part.name)

    def _declared(self, arn: str) -> Resource | None:
        """The managed policy of the template that has an ARN."""
        policy = self._named[_MANAGED_POLICY].get(_last_of(arn))
        return None if policy is None or ":iam::aws:" in arn else policy

    def _set_boundary(self, holder: Resource, boundary: object, found: Collected) -> None:
        if not isinstance(boundary, str):
            raise holder.part.wrong("PermissionsBoundary", boundary, "text")
        policy = self._declared(boundary)
        document = None if policy is None else self._resources.property(policy, "PolicyDocument")
        with self._resources.reading(policy or holder):
            found.set_boundary(boundary, document)

    def _attachments(self) -> Iterator[tuple[str, str, _Attachment]]:
        """Whom policies are attached to from elsewhere: what they are, their names, and the policy."""
        for resource in self._resources.of_types(_ATTACHED):
            for kind, member in _ATTACHED[str(resource.type)].items():
                for name in dict.fromkeys(self._resources.texts(resource, member)):
                    yield kind, _last_of(name), _Attachment(resource, self._document_of(resource))
        for connection in connections(self._resources, {*RUNNERS}):
            role = self._role_of(connection.function)
            yield _ROLE, self._resources.name_of(role), _connected(connection)

    def _document_of(self, resource: Resource) -> Callable[[], object]:
        return lambda: self._resources.property(resource, "PolicyDocument")


def _connected(connection: Connection) -> _Attachment:
    return _Attachment(connection.resource, lambda: connection.document)


def _last_of(arn: str) -> str:
    """The name at the end of an ARN, or a name itself."""
    return arn.rpartition("/")[2]
