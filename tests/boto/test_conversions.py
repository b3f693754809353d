"""boto3's own hooks done faster: the same parameters, the same answers, the same errors."""

from __future__ import annotations

import copy
import re
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb import transform
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.boto.conversions import quicker

CLIENT = boto3.client("dynamodb", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
OPERATIONS = (
    *("PutItem", "GetItem", "Query", "UpdateItem", "BatchWriteItem", "TransactWriteItems", "BatchGetItem"),
    "ListTables",
)
ADDRESS = re.compile(" at 0x[0-9a-f]+")


def model_of(operation: str) -> Any:
    return CLIENT.meta.service_model.operation_model(operation)


def hooks_of(injector: Any) -> dict[str, Callable[..., Any]]:
    names = ("inject_condition_expressions", "inject_attribute_value_input", "inject_attribute_value_output")
    return {name: getattr(injector, name) for name in names}


def outcome(hook: Callable[..., Any], name: str, data: Any, operation: str) -> tuple[str, ...]:
    """What a hook returns or raises, and what it has made of the data, printed, which tells the types of everything."""
    data = copy.deepcopy(data)
    try:
        returned: Any = hook(**{name: data}, model=model_of(operation), context={}, event_name="event")
    except Exception as error:
        returned = (type(error), str(error))
    return tuple(ADDRESS.sub("", repr(each)) for each in (returned, data))


def assert_same(hook: Callable[..., Any], name: str, data: Any, operation: str) -> None:
    fast = quicker(hook, model_of(operation))
    assert fast is not hook
    assert outcome(fast, name, data, operation) == outcome(hook, name, data, operation)


class Text(str):
    """A text that is no exact `str`."""

    def __repr__(self) -> str:
        return f"Text({str(self)!r})"


numbers = st.one_of(
    st.integers(-(10**40), 10**40),
    st.decimals(),
    st.sampled_from([Decimal("1E+40"), Decimal("1E-140"), Decimal("0.10"), 10**38, True]),
)
leaves = st.one_of(
    st.text(max_size=5),
    numbers,
    st.none(),
    st.binary(max_size=5),
    st.sampled_from(
        [1.5, b"", bytearray(b"x"), Binary(b"y"), Text("t"), object, set(), {1, 2}, {"a", 1}, {b"z"}, ("t", 1)]
    ),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=2).map(OrderedDict),
    ),
    max_leaves=6,
)
conditions = st.one_of(
    st.sampled_from(["a = :v", 5, None, Key("pk").eq("a") & Key("sk").gte(5), Attr("x").contains("y")]),
    leaves,
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "TableName": st.just("tbl"),
        "Item": values,
        "Key": st.dictionaries(st.text(max_size=3), values, max_size=2),
        "KeyConditionExpression": conditions,
        "FilterExpression": conditions,
        "ConditionExpression": conditions,
        "ExpressionAttributeNames": st.sampled_from([{}, {"#a": "a"}, None, "text"]),
        "ExpressionAttributeValues": st.one_of(st.dictionaries(st.just(":v"), values), st.none()),
        "RequestItems": st.dictionaries(
            st.just("tbl"),
            st.one_of(
                st.lists(st.fixed_dictionaries({"PutRequest": st.fixed_dictionaries({"Item": values})}), max_size=2),
                st.fixed_dictionaries({"Keys": st.lists(st.dictionaries(st.just("pk"), values), max_size=2)}),
                leaves,
            ),
        ),
        "TransactItems": st.lists(
            st.fixed_dictionaries({"Put": st.fixed_dictionaries({"Item": values, "ConditionExpression": conditions})})
        ),
        "Unknown": values,
    },
)
attribute_values = st.recursive(
    st.one_of(
        st.text(max_size=5).map(lambda text: {"S": text}),
        st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: {"N": str(number)}),
        st.sampled_from(
            [
                *({"NULL": True}, {"BOOL": False}, {"B": b"x"}, {"NS": ["1", "2"]}, {"SS": ["a"]}, {"BS": [b"a"]}),
                *({}, {"X": 1}, {"S": "a", "N": "1"}, None, {"N": "1E-200"}, {"N": "x"}, "text"),
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda members: {"L": members}),
        st.dictionaries(st.text(max_size=3), inner, max_size=3).map(lambda members: {"M": members}),
    ),
    max_leaves=6,
)
items = st.dictionaries(st.text(max_size=3), attribute_values, max_size=3)
answers = st.fixed_dictionaries(
    {"ResponseMetadata": st.just({"RequestId": "x"})},
    optional={
        "Item": items,
        "Attributes": items,
        "Items": st.lists(items, max_size=2),
        "LastEvaluatedKey": items,
        "Responses": st.one_of(
            st.dictionaries(st.just("tbl"), st.lists(items, max_size=2)),
            st.lists(st.fixed_dictionaries({"Item": items}), max_size=2),
        ),
        "UnprocessedItems": st.dictionaries(
            st.just("tbl"), st.lists(st.fixed_dictionaries({"DeleteRequest": st.fixed_dictionaries({"Key": items})}))
        ),
        "Error": st.just({"Code": "x"}),
        "Count": st.just(1),
    },
)


@given(parameters, st.sampled_from(OPERATIONS))
def test_parameters(drawn: dict[str, Any], operation: str) -> None:
    """Copied, conditions written out, values written as attribute values: each step, and what it raises."""
    assert_same(transform.copy_dynamodb_params, "params", drawn, operation)
    hooks = hooks_of(transform.TransformationInjector())
    assert_same(hooks["inject_attribute_value_input"], "params", drawn, operation)


@given(parameters, st.sampled_from(OPERATIONS))
def test_conditions(drawn: dict[str, Any], operation: str) -> None:
    hook = hooks_of(transform.TransformationInjector())["inject_condition_expressions"]
    fast, patient = (outcome(each, "params", drawn, operation) for each in (quicker(hook, model_of(operation)), hook))
    assert fast == patient


@given(answers, st.sampled_from(OPERATIONS))
def test_answers(drawn: dict[str, Any], operation: str) -> None:
    hook = hooks_of(transform.TransformationInjector())["inject_attribute_value_output"]
    assert_same(hook, "parsed", drawn, operation)


def test_a_copy_is_the_callers_no_more() -> None:
    """Not even where the same object comes twice."""
    member = {"a": [1, {"b": bytearray(b"x")}]}
    given_ = {"Item": {"one": member, "two": member}}
    copied = quicker(transform.copy_dynamodb_params, model_of("PutItem"))(params=given_)
    assert copied == given_
    copied["Item"]["one"]["a"][1]["b"] += b"y"
    assert given_["Item"]["two"] == {"a": [1, {"b": bytearray(b"x")}]} == copied["Item"]["two"]


class Own(TypeSerializer):
    """A serializer of somebody else's."""


class OwnInjector(transform.TransformationInjector):
    """An injector of somebody else's."""


@pytest.mark.parametrize("injector", [transform.TransformationInjector(serializer=Own()), OwnInjector()])
def test_what_is_not_boto3s_own_stays(injector: Any) -> None:
    for hook in hooks_of(injector).values():
        assert quicker(hook, model_of("PutItem")) is hook
    assert quicker(copy.deepcopy, model_of("PutItem")) is copy.deepcopy
