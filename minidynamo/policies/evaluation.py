"""What policies say of an access, and why. Deny wins; without an Allow, nothing is allowed.

Source: IAM User Guide, "Policy evaluation logic"; DynamoDB Developer Guide, "Resource-based policies".
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from minidynamo.errors import AccessDenied
from minidynamo.policies.document import ALLOW, DENY, PRINCIPAL_ARN, Policy, PolicyError, Statement
from minidynamo.policies.patterns import Variables

logger = logging.getLogger("minidynamo.policies")
_VARIABLES_SINCE = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and the policies that go with it.

    Attributes:
        arn: of the user, the role session or the account.
        identity: its own policies, and those of its groups.
        boundary: its permissions boundary, None for none.
        session: the policy of its session, None for none.
        context: condition keys that go with it, such as its tags.
    """

    arn: str
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: Policy | None = None
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_root(self) -> bool:
        """Whether it may do everything in its account that no policy of a resource denies it."""
        return self == root_of(self.account)

    @property
    def account(self) -> str:
        """The account that it belongs to."""
        return self.arn.split(":")[4]

    @property
    def keys(self) -> dict[str, Sequence[str]]:
        """The condition keys that tell who it is."""
        assert self.arn.count(":") >= 5, f"a principal is called {self.arn}"
        kind, _, name = self.arn.split(":", 5)[5].partition("/")
        kinds = {"user": "User", "assumed-role": "AssumedRole", "root": "Account"}
        keys: dict[str, Sequence[str]] = {
            "aws:principalarn": [self.arn],
            "aws:principalaccount": [self.account],
            "aws:principaltype": [kinds.get(kind, "User")],
            "aws:userid": [name.rpartition("/")[2] or self.account],
        }
        if kind == "user":
            keys["aws:username"] = [name.rpartition("/")[2]]
        return {**keys, **{key.lower(): values for key, values in self.context.items()}}


def principal_arn(arn: object) -> str:
    """The ARN of a principal; raises PolicyError for what is none."""
    if not isinstance(arn, str) or PRINCIPAL_ARN.fullmatch(arn) is None:
        raise PolicyError(
            "a principal is a root, a user or the session of a role, such as arn:aws:iam::123456789012:user/ann or "
            f"arn:aws:sts::123456789012:assumed-role/app/session, not {arn!r}"
        )
    return arn


def root_of(account_id: str) -> Principal:
    """The root of an account, which may do everything in it that no policy of a resource denies it."""
    everything = Statement(ALLOW, ("*",), ("*",))
    return Principal(f"arn:aws:iam::{account_id}:root", (Policy(_VARIABLES_SINCE, (everything,)),))


def tag_keys(tags: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """The condition keys of a principal's tags."""
    return {f"aws:PrincipalTag/{name}": [value] for name, value in tags.items()}


@dataclass(frozen=True, slots=True)
class Access:
    """One action on one resource.

    Attributes:
        action: such as "dynamodb:PutItem".
        resource: its ARN, "*" where there is none in particular.
        context: condition keys, in lower case, that are known of it.
        account: the owner of the resource, "" for the caller's own.
    """

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    account: str = ""


# Policies by what they are called in messages, in the order in which a Deny of theirs is looked for.
_Named = list[tuple[str, Sequence[Policy]]]


def require_access(principal: Principal, access: Access, resource_policy: Policy | None = None) -> None:
    """Raises AccessDenied, in the service's words, where policies do not allow an access.

    Parameters:
        principal: who asks.
        access: for what.
        resource_policy: of the resource, None for none.
    """
    reason = refusal(principal, access, resource_policy)
    if reason is not None:
        logger.info("%s: %s on %s%s; known: %s", principal.arn, access.action, access.resource, reason, access.context)
        asked = f"perform: {access.action} on resource: {access.resource}"
        raise AccessDenied(f"User: {principal.arn} is not authorized to {asked}{reason}")


def refusal(principal: Principal, access: Access, resource_policy: Policy | None = None) -> str | None:
    """Why policies do not allow an access, as the service ends its message; None where they allow it."""
    assert ":" in access.action, f"the action {access.action} is of no service"
    context = {**access.context, **principal.keys}
    bounds: _Named = [
        ("permissions boundary", [principal.boundary] if principal.boundary is not None else []),
        ("session policy", [principal.session] if principal.session is not None else []),
    ]
    resource = [resource_policy] if resource_policy is not None else []
    every: _Named = [("identity-based policy", principal.identity), ("resource-based policy", resource), *bounds]
    for name, policies in every:
        if _says(policies, DENY, principal, access, context):
            article = "an" if name[0] in "aeiou" else "a"
            return f" with an explicit deny in {article} {name}"
    by_identity = _says(principal.identity, ALLOW, principal, access, context)
    by_resource = _says(resource, ALLOW, principal, access, context)
    is_foreign = access.account not in ("", principal.account)
    for name, policies in bounds:
        if policies and not _says(policies, ALLOW, principal, access, context):
            return f" because no {name} allows the {access.action} action"
    if is_foreign and not by_resource:
        return f" because no resource-based policy allows the {access.action} action"
    if by_identity or (by_resource and not is_foreign and _names_itself(resource, principal, access, context)):
        return None
    return f" because no identity-based policy allows the {access.action} action"


def is_denied_by(policy: Policy, principal: Principal, access: Access) -> bool:
    """Whether a policy denies an access, whatever others say."""
    return _says([policy], DENY, principal, access, {**access.context, **principal.keys})


def _says(
    policies: Iterable[Policy], effect: str, principal: Principal, access: Access, context: Mapping[str, Sequence[str]]
) -> bool:
    """Whether a statement of an effect applies."""
    return any(_applying(policies, effect, principal, access, context))


def _applying(
    policies: Iterable[Policy], effect: str, principal: Principal, access: Access, context: Mapping[str, Sequence[str]]
) -> Iterable[Statement]:
    for policy in policies:
        variables = Variables(context, policy.version >= _VARIABLES_SINCE)
        for statement in policy.statements:
            if (
                statement.effect == effect
                and statement.is_about_action(access.action)
                and statement.is_about_resource(access.resource, variables)
                and _is_about(statement, principal)
                and all(each.holds(context, variables) for each in statement.conditions)
            ):
                yield statement


def _is_about(statement: Statement, principal: Principal) -> bool:
    """Whether a statement of a resource's policy is about a principal; others are about whoever they belong to."""
    if statement.principals is None:
        return True
    names = {*_own_names(principal), *_account_names(principal)}
    return (not names.isdisjoint(statement.principals)) is not statement.excludes_principals


def _names_itself(
    policies: Iterable[Policy], principal: Principal, access: Access, context: Mapping[str, Sequence[str]]
) -> bool:
    """Whether a statement allows the principal itself: one that names its account leaves it to its own policies."""
    own = set(_own_names(principal))
    return any(
        statement.excludes_principals or not own.isdisjoint(statement.principals or ())
        for statement in _applying(policies, ALLOW, principal, access, context)
    )


def _own_names(principal: Principal) -> list[str]:
    """What a resource's policy may call a principal: itself, or the role that its session is of."""
    names = [principal.arn, "*"]
    kind, _, rest = principal.arn.split(":", 5)[5].partition("/")
    if kind == "assumed-role":
        names.append(f"arn:aws:iam::{principal.account}:role/{rest.partition('/')[0]}")
    return names


def _account_names(principal: Principal) -> list[str]:
    return [principal.account, f"arn:aws:iam::{principal.account}:root"]
