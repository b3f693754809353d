"""What policies say: against a second evaluation, and case by case in the service's words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.errors import AccessDenied
from minidynamo.policies.document import PolicyError, read_policy
from minidynamo.policies.evaluation import Access, Principal, principal_arn, refusal, require_access
from minidynamo.policies.patterns import matches
from tests.policies import slow_evaluation

USER = "arn:aws:iam::123456789012:user/ann"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/Shop"

actions = st.sampled_from(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"])
action_patterns = st.sampled_from(["dynamodb:GetItem", "dynamodb:*", "dynamodb:get*", "dynamodb:???Item", "s3:*", "*"])
resources = st.sampled_from([TABLE, f"{TABLE}/index/i", f"{TABLE[:-4]}Other"])
resource_patterns = st.sampled_from(
    [TABLE, "*", f"{TABLE}*", f"{TABLE}/index/*", "arn:aws:dynamodb:*:*:table/${aws:username}"]
)
words = st.sampled_from(["a", "b", "ab", "ann", "1", "2"])
condition_words = st.sampled_from(["a", "b", "a*", "?", "ann", "${aws:username}", "${no:such}"])
operators = st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"])
names = st.builds(
    lambda quantifier, name, suffix: quantifier + name + suffix,
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    operators,
    st.sampled_from(["", "IfExists"]),
)
keys = st.sampled_from(["dynamodb:LeadingKeys", "dynamodb:Select", "aws:username"])
one_or_more = {"min_size": 1, "max_size": 2}
conditions = st.dictionaries(
    names, st.dictionaries(keys, st.lists(condition_words, **one_or_more), **one_or_more), max_size=2
) | st.builds(lambda key, value: {"Null": {key: value}}, keys, st.sampled_from(["true", "false"]))


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
    statement[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(st.lists(action_patterns, **one_or_more))
    resource = draw(st.sampled_from(["Resource", "Resource", "NotResource"]))
    statement[resource] = draw(st.lists(resource_patterns, **one_or_more))
    condition = draw(conditions)
    return {**statement, "Condition": condition} if condition else statement


documents = st.builds(
    lambda version, listed: {"Version": version, "Statement": listed},
    st.sampled_from(["2012-10-17", "2008-10-17"]),
    st.lists(statements(), min_size=1, max_size=3),
)
contexts = st.dictionaries(st.sampled_from(["dynamodb:leadingkeys", "dynamodb:select"]), st.lists(words, max_size=2))


@given(
    identity=st.lists(documents, max_size=3),
    boundary=st.none() | documents,
    session=st.none() | documents,
    action=actions,
    resource=resources,
    context=contexts,
)
def test_two_evaluations_agree(
    identity: list[Any], boundary: Any, session: Any, action: str, resource: str, context: dict[str, list[str]]
) -> None:
    """Deny wins, and nothing is allowed without an Allow, whatever the policies."""
    read = [read_policy(each) for each in identity]
    bounds = [None if each is None else read_policy(each) for each in (boundary, session)]
    principal = Principal(USER, tuple(read), *bounds)
    reason = refusal(principal, Access(action, resource, context))
    known = {**context, "aws:username": ["ann"]}
    assert (reason is None) == slow_evaluation.is_allowed(identity, boundary, session, action, resource, known)


def policy(effect: str = "Allow", action: str = "dynamodb:*", resource: str = "*", **members: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": action, "Resource": resource, **members}],
    }


ALLOW, DENY = read_policy(policy()), read_policy(policy("Deny"))
OTHER = read_policy(policy(action="s3:*"))
PUT = Access("dynamodb:PutItem", TABLE)
HEAD = f"User: {USER} is not authorized to perform: dynamodb:PutItem on resource: {TABLE}"


@pytest.mark.parametrize(
    ("principal", "tail"),
    [
        (Principal(USER), " because no identity-based policy allows the dynamodb:PutItem action"),
        (Principal(USER, (OTHER,)), " because no identity-based policy allows the dynamodb:PutItem action"),
        (Principal(USER, (ALLOW, DENY)), " with an explicit deny in an identity-based policy"),
        (Principal(USER, (ALLOW,), DENY), " with an explicit deny in a permissions boundary"),
        (Principal(USER, (ALLOW,), None, DENY), " with an explicit deny in a session policy"),
        (Principal(USER, (ALLOW,), OTHER), " because no permissions boundary allows the dynamodb:PutItem action"),
        (Principal(USER, (ALLOW,), None, OTHER), " because no session policy allows the dynamodb:PutItem action"),
    ],
)
def test_refusals_say_why(principal: Principal, tail: str) -> None:
    """Source: DynamoDB Developer Guide, "Troubleshooting"; observed responses."""
    with pytest.raises(AccessDenied) as caught:
        require_access(principal, PUT)
    assert caught.value.message == HEAD + tail


def of_resource(effect: str, principal: Any) -> Any:
    given = {"Effect": effect, "Principal": principal, "Action": "dynamodb:*", "Resource": "*"}
    return read_policy({"Statement": given}, of_resource=True)


SESSION = "arn:aws:sts::123456789012:assumed-role/app/session"
FOREIGN = "arn:aws:iam::999999999999:user/eve"


@pytest.mark.parametrize(
    ("principal", "resource_policy", "is_allowed"),
    [
        (Principal(USER), of_resource("Allow", {"AWS": USER}), True),
        (Principal(USER), of_resource("Allow", "*"), True),
        (Principal(USER), of_resource("Allow", {"AWS": "123456789012"}), False),
        (Principal(USER, (ALLOW,)), of_resource("Allow", {"AWS": "arn:aws:iam::123456789012:root"}), True),
        (Principal(USER, (ALLOW,)), of_resource("Deny", {"AWS": USER}), False),
        (Principal(USER, (ALLOW,)), of_resource("Deny", {"AWS": FOREIGN}), True),
        (Principal(FOREIGN, (ALLOW,)), None, False),
        (Principal(FOREIGN, (ALLOW,)), of_resource("Allow", {"AWS": "999999999999"}), True),
        (Principal(FOREIGN), of_resource("Allow", {"AWS": FOREIGN}), False),
        (Principal(SESSION), of_resource("Allow", {"AWS": "arn:aws:iam::123456789012:role/app"}), True),
    ],
)
def test_policies_of_resources(principal: Principal, resource_policy: Any, is_allowed: bool) -> None:
    """In the account either suffices, but for one that names the account alone; from another account it takes both.

    Source: IAM User Guide, "Policy evaluation logic".
    """
    access = Access("dynamodb:PutItem", TABLE, account="123456789012")
    assert (refusal(principal, access, resource_policy) is None) == is_allowed


@pytest.mark.parametrize(
    ("operator", "value", "given", "holds"),
    [
        ("StringEqualsIgnoreCase", "A", ["a"], True),
        ("StringNotEqualsIgnoreCase", "A", ["a"], False),
        ("NumericEquals", "1.0", ["1"], True),
        ("NumericLessThan", "10", ["9"], True),
        ("NumericGreaterThanEquals", 10, ["9"], False),
        ("NumericLessThan", "10", ["x"], False),
        ("DateLessThan", "2026-01-01T00:00:00Z", ["1700000000"], True),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", ["2026-06-01T00:00:00Z"], True),
        ("Bool", True, ["true"], True),
        ("Bool", "false", ["true"], False),
        ("IpAddress", "10.0.0.0/8", ["10.1.2.3"], True),
        ("NotIpAddress", "10.0.0.0/8", ["10.1.2.3"], False),
        ("IpAddress", "10.0.0.0/8", ["no address"], False),
        ("ArnLike", "arn:aws:iam::*:user/a*", ["arn:aws:iam::1:user/ann"], True),
        ("ArnLike", "arn:*:user/a*", ["arn:aws:iam::1:user/ann"], False),
        ("ArnNotEquals", "arn:aws:iam::*:user/a*", ["arn:aws:iam::1:user/ann"], False),
        ("BinaryEquals", "AAE=", ["AAE="], True),
        ("StringLike", "${*}", ["*"], True),
        ("StringLike", "${*}", ["a"], False),
        ("StringLike", "${aws:username}-?", ["ann-1"], True),
        ("StringLike", "${no:such, 'x'}", ["x"], True),
        ("ForAllValues:StringEquals", "a", None, True),
        ("ForAnyValue:StringEquals", "a", None, False),
        ("StringNotEquals", "a", None, True),
        ("StringEquals", "a", None, False),
    ],
)
def test_operators(operator: str, value: Any, given: list[str] | None, holds: bool) -> None:
    """Source: IAM User Guide, "Condition operators" and "Policy variables"."""
    document = policy(Condition={operator: {"dynamodb:Key": value}})
    context = {} if given is None else {"dynamodb:key": given}
    reason = refusal(Principal(USER, (read_policy(document),)), Access("dynamodb:PutItem", TABLE, context))
    assert (reason is None) == holds


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{", "the policy is not JSON: "),
        ("[]", "the policy is no policy document"),
        ({"Statement": []}, "the policy needs a Statement"),
        ({"Version": "2020", "Statement": []}, "there is no Version '2020'"),
        ({"Statment": []}, "the policy has no member 'Statment'"),
        (policy("Maybe"), "the policy, statement 1: Effect is Allow or Deny, not 'Maybe'"),
        (policy(NotAction="x"), "has both Action and NotAction"),
        (policy(action=1), "Action is a text or a list of texts"),  # type: ignore[arg-type]
        (policy(Principal="*"), "is of no resource and has a Principal"),
        (policy(Condition={"StringLik": {"a": "b"}}), "there is no condition operator 'StringLik'"),
        (policy(Condition={"Some:StringLike": {"a": "b"}}), "there is no condition operator 'Some:StringLike'"),
        (policy(Condition={"StringLike": "a"}), "StringLike is an object of condition keys"),
        (policy(Sid="a-b"), "a Sid has letters and digits alone"),
        ({"Statement": [{**policy()["Statement"][0], "Sid": "a"}] * 2}, "two statements of one Sid"),
        ({"Statement": {"Effect": "Allow", "Action": "*"}}, "has no Resource"),
        ({"Statement": {"Effect": "Allow", "Resource": "*"}}, "has no Action"),
    ],
)
def test_what_is_no_policy(document: Any, told: str) -> None:
    """It is said in one line what is wrong, and where."""
    with pytest.raises(PolicyError) as caught:
        read_policy(document)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["a" * 2000, "a" * 2000 + "b"])
def test_patterns_with_many_stars_take_no_time(text: str) -> None:
    """Each run between stars is looked for once; a search over all ways to place them would not end."""
    assert matches("*a" * 60 + "*b", text) is text.endswith("b")


@given(pattern=st.text("ab*?", max_size=8), text=st.text("ab", max_size=8))
def test_patterns_are_those_of_the_second_evaluation(pattern: str, text: str) -> None:
    assert matches(pattern, text) is slow_evaluation.like(text, pattern)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ('{"a":' * 100_000, "is nested too deeply for a policy"),
        (policy(Condition={5: {"a": "b"}}), "Condition is an object of operators"),
        (policy(Condition={"Bool": {5: "true"}}), "Condition is an object of operators"),
        (policy(Condition={"Bool": {"aws:SecureTransport": "maybe"}}), "is true or false, not maybe"),
        (policy(Condition={"Null": {"aws:username": "x"}}), "is true or false, not x"),
        (policy(Condition={"NullIfExists": {"aws:username": "true"}}), "Null stands alone, not as 'NullIfExists'"),
        (policy(Condition={"ForAllValues:Null": {"aws:username": "true"}}), "Null stands alone"),
    ],
)
def test_what_is_no_policy_says_so_in_a_line(document: Any, text: str) -> None:
    with pytest.raises(PolicyError, match=text) as caught:
        read_policy(document)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "arn",
    [
        *("arn:aws:iam:::root", "arn:aws:iam::12:user/x", f"{USER[:-9]}:user", f"{USER}\n", f"{USER[:-8]}group/x"),
        *("arn:aws:iam::١٢٣٤٥٦٧٨٩٠١٢:root", "arn:aws:sts::123456789012:assumed-role/app", f"{USER}é"),
    ],
)
def test_what_is_no_principal(arn: str) -> None:
    with pytest.raises(PolicyError, match="a principal is a root, a user or the session of a role"):
        principal_arn(arn)


def test_a_variable_without_a_value_is_nobody() -> None:
    """Not even the one whose name is the odd character that stands for it."""
    document = policy(Condition={"StringLike": {"dynamodb:LeadingKeys": "${aws:PrincipalTag/none}"}})
    for value in ("\ufffe", "", "*", "${aws:PrincipalTag/none}"):
        access = Access("dynamodb:GetItem", TABLE, {"dynamodb:leadingkeys": [value]})
        assert refusal(Principal(USER, (read_policy(document),)), access) is not None
