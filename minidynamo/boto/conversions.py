"""What boto3's Table and resource do with parameters and answers, done faster where all of it is boto3's own.

They work by hooks of the client: one copies the parameters, one writes condition objects out as expressions, one turns
Python values into attribute values, one turns those of answers back. Each walks everything by botocore's shapes and
asks every value what it is. The hooks here do the same to the same places; whatever is not plain goes to boto3's own
serializer and deserializer, and so does every error. A hook that is anybody else's stays what it is.
Source: boto3, `dynamodb/transform.py` and `dynamodb/types.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence
from copy import deepcopy
from decimal import Decimal
from typing import TYPE_CHECKING

from minidynamo.boto.botocore_types import Hook, OperationModel, Shape
from minidynamo.values.api_types import PythonValue, RequestDraft
from minidynamo.values.attribute_value import AttributeValue

if TYPE_CHECKING:
    from boto3.dynamodb.transform import TransformationInjector

_Value = Callable[[PythonValue], PythonValue]
# Changes what is at some places within a structure, list or map, in place.
_Change = Callable[[PythonValue], None]

_VALUE = "AttributeValue"
_CONDITIONS = frozenset({"ConditionExpression", "KeyExpression"})
_PLACEHOLDERS = ("ExpressionAttributeNames", "ExpressionAttributeValues")
# Of so many digits at most, a number is written by boto3 as it is.
_DIGITS_BOUND = 10**38
_IMMUTABLE = frozenset({str, int, bool, float, bytes, Decimal, type(None)})


def quicker(hook: Hook, model: OperationModel) -> Hook:
    """The same as a hook on an operation, in less time, if it is one of boto3's own; else the hook itself.

    Parameters:
        hook: on parameters or answers.
        model: botocore's model of the operation.
    """
    if getattr(hook, "__module__", None) != "boto3.dynamodb.transform":
        return hook
    from boto3.dynamodb import transform

    if hook is transform.copy_dynamodb_params:
        return _copied
    injector = getattr(hook, "__self__", None)
    if not _is_plain(injector):
        return hook
    make = _MAKERS.get(hook.__name__)
    return hook if make is None else make(injector, hook, model)


def _is_plain(injector: object) -> bool:
    """Whether an injector, and all that it uses, is boto3's own."""
    from boto3.dynamodb import transform, types

    if type(injector) is not transform.TransformationInjector:
        return False
    parts = {
        "_transformer": transform.ParameterTransformer,
        "_serializer": types.TypeSerializer,
        "_deserializer": types.TypeDeserializer,
    }
    return all(type(getattr(injector, name, None)) is kind for name, kind in parts.items())


# Parameters.


def _copied(params: RequestDraft, **context: object) -> RequestDraft:
    """As `copy_dynamodb_params`."""
    copied: RequestDraft = _copy(params)
    return copied


def _copy(value: PythonValue) -> PythonValue:
    kind = type(value)
    if kind in _IMMUTABLE:
        return value
    if kind is dict:
        return {name: _copy(member) for name, member in value.items()}
    if kind is list:
        return [_copy(member) for member in value]
    return deepcopy(value, memo=_Forgetful())


class _Forgetful(dict[int, object]):
    """Lets `deepcopy` copy what comes twice twice, as boto3 does."""

    def __setitem__(self, key: int, value: object) -> None:
        pass


def _serializing(injector: TransformationInjector, hook: Hook, model: OperationModel) -> Hook:
    serialize = _serializer(injector._serializer.serialize)
    change = _changes(model.input_shape, frozenset({_VALUE}), serialize)
    return lambda params, **context: None if change is None else change(params)


def _serializer(patient: _Value) -> _Value:
    """As `TypeSerializer.serialize`, which is `patient`."""
    from boto3.dynamodb.types import DYNAMODB_CONTEXT

    create_decimal = DYNAMODB_CONTEXT.create_decimal

    def serialize(value: PythonValue) -> AttributeValue:
        kind = type(value)
        if kind is str:
            return {"S": value}
        if kind is int and -_DIGITS_BOUND < value < _DIGITS_BOUND:
            return {"N": str(value)}
        if kind is Decimal and value.is_finite():
            return {"N": str(create_decimal(value))}
        if kind is bool:
            return {"BOOL": value}
        if kind is dict:
            return {"M": {name: serialize(member) for name, member in value.items()}}
        if kind is list:
            return {"L": [serialize(member) for member in value]}
        found: AttributeValue = patient(value)
        return found

    return serialize


def _writing_conditions(injector: TransformationInjector, hook: Hook, model: OperationModel) -> Hook:
    """Calls the hook where there is a condition object; where there is none, it changes nothing."""
    from boto3.dynamodb.conditions import ConditionBase

    class Found(Exception):
        pass

    def look(value: object) -> object:
        if isinstance(value, ConditionBase):
            raise Found
        return value

    look_at = _changes(model.input_shape, _CONDITIONS, look)

    def write(params: RequestDraft, **context: object) -> object:
        try:
            if look_at is not None:
                look_at(params)
        except Found:
            return hook(params=params, **context)
        for name in _PLACEHOLDERS:  # To which it adds nothing then, whatever they are.
            if name in params:
                params[name].update({})
        return None

    return write


# Answers.


def _deserializing(injector: TransformationInjector, hook: Hook, model: OperationModel) -> Hook:
    deserialize = _deserializer(injector._deserializer.deserialize)
    change = _changes(model.output_shape, frozenset({_VALUE}), deserialize)
    return lambda parsed, **context: None if change is None else change(parsed)


def _deserializer(patient: _Value) -> _Value:
    """As `TypeDeserializer.deserialize`, which is `patient`."""
    from boto3.dynamodb.types import DYNAMODB_CONTEXT

    create_decimal = DYNAMODB_CONTEXT.create_decimal

    def deserialize(value: AttributeValue) -> PythonValue:
        if type(value) is not dict or len(value) != 1:
            return patient(value)
        ((tag, payload),) = value.items()
        if tag == "S" or tag == "BOOL":
            return payload
        if tag == "N":
            return create_decimal(payload)
        if tag == "M":
            return {name: deserialize(member) for name, member in payload.items()}
        if tag == "L":
            return [deserialize(member) for member in payload]
        return patient(value)

    return deserialize


_MAKERS: dict[str, Callable[[TransformationInjector, Hook, OperationModel], Hook]] = {
    "inject_attribute_value_input": _serializing,
    "inject_condition_expressions": _writing_conditions,
    "inject_attribute_value_output": _deserializing,
}


# Places.


def _changes(
    shape: Shape | None, targets: frozenset[str], convert: _Value, above: frozenset[str] = frozenset()
) -> _Change | None:
    """What converts everything of some shapes below a shape, as boto3's ParameterTransformer does; None for nothing.

    Parameters:
        shape: botocore's; None for one that has nothing in it.
        targets: the names of the shapes.
        convert: gives what stands in their place.
        above: the names of shapes in which this one lies: one that lies in itself has no targets but those found there.
    """
    if shape is None or shape.type_name not in _PLACES or shape.name in above:
        return None
    return _PLACES[shape.type_name](shape, targets, convert, above | {shape.name})


def _in_structure(shape: Shape, targets: frozenset[str], convert: _Value, above: frozenset[str]) -> _Change | None:
    direct = frozenset(name for name, member in shape.members.items() if member.name in targets)
    deeper = {
        name: found
        for name, member in shape.members.items()
        if name not in direct and (found := _changes(member, targets, convert, above)) is not None
    }
    if not (direct or deeper):
        return None

    def change(members: MutableMapping[str, PythonValue]) -> None:
        if not isinstance(members, Mapping):
            return
        for name in members:
            if name in direct:
                members[name] = convert(members[name])
            elif name in deeper:
                deeper[name](members[name])

    return change


def _in_map(shape: Shape, targets: frozenset[str], convert: _Value, above: frozenset[str]) -> _Change | None:
    is_direct = shape.value.name in targets
    below = None if is_direct else _changes(shape.value, targets, convert, above)
    if not is_direct and below is None:
        return None

    def change(members: MutableMapping[str, PythonValue]) -> None:
        if not isinstance(members, Mapping):
            return
        for name, value in members.items():
            if below is None:
                members[name] = convert(value)
            else:
                below(value)

    return change


def _in_list(shape: Shape, targets: frozenset[str], convert: _Value, above: frozenset[str]) -> _Change | None:
    is_direct = shape.member.name in targets
    below = None if is_direct else _changes(shape.member, targets, convert, above)
    if not is_direct and below is None:
        return None

    def change(members: PythonValue) -> None:
        if not isinstance(members, MutableSequence):
            return
        for index, value in enumerate(members):
            if below is None:
                members[index] = convert(value)
            else:
                below(value)

    return change


_PLACES: dict[str, Callable[[Shape, frozenset[str], _Value, frozenset[str]], _Change | None]] = {
    "structure": _in_structure,
    "map": _in_map,
    "list": _in_list,
}
