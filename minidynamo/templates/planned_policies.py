"""The policies of roles, users and functions in a Terraform plan or state.

Source: Terraform's JSON output format; the resources of its AWS provider for IAM.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from minidynamo.schema.arns import DEFAULT_ACCOUNT_ID, DEFAULT_REGION, ArnScope
from minidynamo.templates.parts import Members, Part
from minidynamo.templates.plan_documents import PlanDocuments, UnknownUntilAppliedError
from minidynamo.templates.plan_index import PlanIndex
from minidynamo.templates.plan_places import accounts_of, regions_of
from minidynamo.templates.plan_resources import PlanResource
from minidynamo.templates.policy_documents import Collected, Relocation
from minidynamo.templates.table_definition import Omission, TemplateError

_ROLE, _USER, _GROUP = "aws_iam_role", "aws_iam_user", "aws_iam_group"
_POLICY, _FOREIGN_POLICY = "aws_iam_policy", "data.aws_iam_policy"
_HOLDERS = (_ROLE, _USER)
# Resources that run as a role: the member that names it.
_RUNNERS = {
    "aws_lambda_function": "role",
    "aws_ecs_task_definition": "task_role_arn",
    "aws_sfn_state_machine": "role_arn",
}
# Resources that attach policies: the members that name those whom they are attached to, and their types.
_INLINE = {
    "aws_iam_role_policy": {"role": _ROLE},
    "aws_iam_user_policy": {"user": _USER},
    "aws_iam_group_policy": {"group": _GROUP},
}
_BY_ARN = {
    "aws_iam_role_policy_attachment": {"role": _ROLE},
    "aws_iam_user_policy_attachment": {"user": _USER},
    "aws_iam_group_policy_attachment": {"group": _GROUP},
    "aws_iam_policy_attachment": {"roles": _ROLE, "users": _USER, "groups": _GROUP},
}
# Resources that put users into groups: the members that name the users and the groups.
_MEMBERSHIPS = {"aws_iam_user_group_membership": ("user", "groups"), "aws_iam_group_membership": ("users", "group")}
_LATER = "known only once the plan is applied"


class PlannedPrincipals:
    """The functions, roles and users that a plan would leave.

    Parameters:
        document: the plan.
        parameters: `AWS::Region` and `AWS::AccountId` of a database elsewhere.
        strays: takes what belongs to nobody who is known.

    Attributes:
        names: the addresses of all.
        holders: those of roles and users.
    """

    def __init__(self, document: Members, parameters: Mapping[str, str], strays: list[Omission]) -> None:
        given = dict(parameters)
        scope = ArnScope(given.pop("AWS::Region", DEFAULT_REGION), given.pop("AWS::AccountId", DEFAULT_ACCOUNT_ID))
        if given:
            raise TemplateError(f"a plan takes AWS::Region and AWS::AccountId as parameters, not {', '.join(given)}")
        self._index = PlanIndex(Part(document, "the plan"))
        self._documents = PlanDocuments(self._index, scope)
        self._relocation = Relocation(scope, regions_of(self._index), accounts_of(self._index))
        self.holders: Sequence[str] = [each.address for kind in _HOLDERS for each in self._index.of_type(kind)]
        runners = [each.address for kind in _RUNNERS for each in self._index.of_type(kind)]
        self.names: Sequence[str] = [*runners, *self.holders]
        self._named: dict[tuple[str, object], PlanResource] = {}
        for kind in (*_HOLDERS, _GROUP, _POLICY, _FOREIGN_POLICY):
            for each in self._index.of_type(kind):
                for name in (each.values.get("name"), each.values.get("arn")):
                    if isinstance(name, str):
                        self._named.setdefault((kind, name), each)
        self._attached: dict[str, list[PlanResource]] = {}
        self._groups: dict[str, list[PlanResource]] = {}
        self._read_attachments(strays)
        self._read_memberships(strays)

    def collected(self, name: str) -> Collected:
        """The policies of a principal, by its address.

        Raises:
            TemplateError: they are wrong, or not in the plan.
        """
        resource = self._index.at(name)
        found = Collected(name, (), self._relocation)
        holder = resource
        if resource.type in _RUNNERS:
            roles = self._named_by(resource, _RUNNERS[resource.type], _ROLE)
            if not roles:
                raise resource.values.error("runs as no role that is in the plan")
            holder = roles[0]
        assert holder.type in _HOLDERS, f"{holder.type} holds no policies"
        self._collect(holder, found)
        self._add_boundary(holder, found)
        return found

    def _read_attachments(self, strays: list[Omission]) -> None:
        for kind, members in {**_INLINE, **_BY_ARN}.items():
            for resource in self._index.of_type(kind):
                for member, type_of_holder in members.items():
                    for holder in self._named_by(resource, member, type_of_holder, strays):
                        self._attached.setdefault(holder.address, []).append(resource)

    def _read_memberships(self, strays: list[Omission]) -> None:
        for kind, (of_users, of_groups) in _MEMBERSHIPS.items():
            for resource in self._index.of_type(kind):
                groups = self._named_by(resource, of_groups, _GROUP, strays)
                for user in self._named_by(resource, of_users, _USER, strays):
                    self._groups.setdefault(user.address, []).extend(groups)

    def _named_by(
        self, resource: PlanResource, member: str, kind: str, strays: list[Omission] | None = None
    ) -> list[PlanResource]:
        """The resources of a type that a member names: by names, by ARNs, or by what the configuration refers to."""
        value = resource.values.get(member)
        texts = value if isinstance(value, list) else [value]
        known = [each for each in texts if isinstance(each, str) and each]
        found = [self._by_text(kind, each) for each in known]
        expression = self._index.references.expressions(resource.address).get(member)
        if len(known) < len(texts) and expression:
            found += [each for each, _ in self._index.referred(resource, expression) if each.type == kind]
            if not any(found) and strays is not None:
                strays.append(Omission(f"{member} of {resource.address}", _LATER))
        return list({each.address: each for each in found if each is not None}.values())

    def _by_text(self, kind: str, text: str) -> PlanResource | None:
        """The resource of a type with a name or an ARN."""
        return self._named.get((kind, text)) or self._named.get((kind, text.rpartition("/")[2]))

    def _collect(self, holder: PlanResource, found: Collected) -> None:
        """Adds the policies of a role, a user or a group."""
        expressions = self._index.references.expressions(holder.address)
        said = expressions.get("inline_policy")
        blocks = expressions.parts("inline_policy") if isinstance(said, list) else []
        known = holder.values.parts("inline_policy")
        for number in range(max(len(known), len(blocks))):
            block = known[number] if number < len(known) else Part({}, holder.address)
            expression = blocks[number] if number < len(blocks) else Part({}, holder.address)
            if any(block.members.values()) or expression.members:
                self._add_document(holder, block, expression, f"inline_policy[{number}] of {holder.address}", found)
        self._add_managed(holder, "managed_policy_arns", found)
        for each in self._attached.get(holder.address, ()):
            if each.type in _INLINE:
                expressions = self._index.references.expressions(each.address)
                self._add_document(each, each.values, expressions, f"policy of {each.address}", found)
            else:
                self._add_managed(each, "policy_arn", found)
        for group in self._groups.get(holder.address, ()):
            self._collect(group, found)

    def _add_document(
        self, resource: PlanResource, values: Part, expressions: Part, place: str, found: Collected
    ) -> None:
        try:
            given = self._documents.of(resource, values, expressions)
        except UnknownUntilAppliedError:
            found.leave_out(place, _LATER)
            return
        found.add(given.document, place)
        for text in given.taken:
            found.remark(f"the {text}, since the plan does not say more before it is applied")

    def _add_managed(self, resource: PlanResource, member: str, found: Collected) -> None:
        """Adds the policies whose ARNs are a member of a resource."""
        for arn in self._arns(resource, member):
            if self._declared(arn) is None:
                found.add_managed(arn)
        for policy in self._policies(resource, member):
            expressions = self._index.references.expressions(policy.address)
            self._add_document(policy, policy.values, expressions, f"policy of {policy.address}", found)
        if self._is_unknown(resource, member) and not list(self._policies(resource, member)):
            found.leave_out(f"{member} of {resource.address}", _LATER)

    def _policies(self, resource: PlanResource, member: str) -> Iterator[PlanResource]:
        """The policies of the plan that a member of a resource names."""
        for kind in (_POLICY, _FOREIGN_POLICY):
            yield from self._named_by(resource, member, kind)

    def _arns(self, resource: PlanResource, member: str) -> list[str]:
        value = resource.values.get(member)
        listed = value if isinstance(value, list) else [] if value is None else [value]
        wrong = [each for each in listed if not isinstance(each, str | None)]
        if wrong:
            raise resource.values.wrong(member, wrong[0], "text")
        return [each for each in listed if isinstance(each, str) and each]

    def _is_unknown(self, resource: PlanResource, member: str) -> bool:
        """Whether the configuration says more of a member than the plan knows."""
        value = resource.values.get(member)
        is_known = isinstance(value, str) or (isinstance(value, list) and None not in value)
        return not is_known and bool(self._index.references.expressions(resource.address).get(member))

    def _declared(self, arn: str) -> PlanResource | None:
        """The policy of the plan that has an ARN."""
        if ":iam::aws:" in arn and (_FOREIGN_POLICY, arn) not in self._named:
            return None
        return self._by_text(_POLICY, arn) or self._by_text(_FOREIGN_POLICY, arn)

    def _add_boundary(self, holder: PlanResource, found: Collected) -> None:
        member = "permissions_boundary"
        policy = next(self._policies(holder, member), None)
        name = next(iter(self._arns(holder, member)), None if policy is None else policy.address)
        if policy is not None and name is not None:
            expressions = self._index.references.expressions(policy.address)
            try:
                found.set_boundary(name, self._documents.of(policy, policy.values, expressions).document)
            except UnknownUntilAppliedError:
                found.set_boundary(name, None)
        elif name is not None:
            found.set_boundary(name, None)
        elif self._is_unknown(holder, member):
            found.leave_out(f"{member} of {holder.address}", _LATER)
