"""JSON bodies: requests with base64 where the API has binary values, and answers.

Source: wire protocol of Amazon DynamoDB, "Value encodings" and SerializationException texts.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from json import encoder as json_encoder
from typing import Any

from minidynamo.errors import SerializationError
from minidynamo.limits import HTTP_INLINE_BODY_BYTES_MAX, JSON_OBJECT_BYTES_MIN
from minidynamo.requests.checker import REQUESTS
from minidynamo.requests.shapes import Shape
from minidynamo.values.wire_types import UndecodableBinary

# A JSON text, up to its end or that of everything, so that a body is gone through once.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
# Values deeper than this are left as they are: the nesting rule refuses them in any case.
_LEVELS_MAX = 64


def parsed_body(body: bytes) -> dict[str, Any] | None:
    """The members of a request; None for an empty body.

    Raises:
        SerializationError: without a message, where the body is no JSON object, or one of so many small objects that
            it is none of the API's.
    """
    if not body:
        return None
    decoder = _DECODER
    if len(body) > HTTP_INLINE_BODY_BYTES_MAX:
        decoder = _PATIENT_DECODER
        if _has_too_many_objects(body):
            raise SerializationError()
    try:
        members = _decoded(decoder, body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise SerializationError() from None
    if not isinstance(members, dict):
        raise SerializationError()
    return members


def _has_too_many_objects(body: bytes) -> bool:
    """Whether there are more objects in a body than a request can have; braces within texts do not count."""
    room, braces = len(body) // JSON_OBJECT_BYTES_MIN, body.count(b"{")
    return braces > room and braces - sum(text.group().count(b"{") for text in _TEXT.finditer(body)) > room


def _decoded(decoder: json.JSONDecoder, text: str) -> Any:
    if text[0] == "{":
        members, end = decoder.raw_decode(text)
        if end == len(text):
            return members
    return decoder.decode(text)  # Blanks around it, or something else.


def decode_binaries(operation: str, request: dict[str, Any], body: bytes) -> None:
    """Replaces base64 by bytes in the attribute values of a parsed request, in place.

    Text that is no base64 becomes an `UndecodableBinary`, which fails when types are checked.
    """
    # Most requests hold no binary value; one cannot be there without its tag or an escape that spells it.
    if b'"B"' not in body and b'"BS"' not in body and b"\\u" not in body:
        return
    shape = REQUESTS.get(operation)
    if shape is not None:
        _decode(shape, request)


def body_of(members: Mapping[str, Any]) -> bytes:
    """A request, an answer or an error as compact JSON; binary values become base64."""
    return "".join(_encoded(members, 0)).encode()


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _same(members: dict[str, Any]) -> dict[str, Any]:
    return members


def _base64_text(binary: bytes) -> str:
    return base64.b64encode(binary).decode()


def _new_encoder() -> Callable[[Any, int], Iterable[str]]:
    """What makes pieces of JSON: the encoder that `json` itself makes for each text, made once."""
    encoder = json.JSONEncoder(separators=(",", ":"), default=_base64_text, check_circular=False)
    make: Any = getattr(json_encoder, "c_make_encoder", None)
    if make is None:  # A Python whose json is not compiled.
        return lambda members, level: encoder.iterencode(members)
    made: Callable[[Any, int], Iterable[str]] = make(
        None, _base64_text, json_encoder.encode_basestring_ascii, None, ":", ",", False, False, True
    )
    return made


_encoded = _new_encoder()
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
# For long bodies: the parser is one call in C, which lets no other thread work, but for calls of Python within it.
_PATIENT_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_hook=_same)


def _decode(shape: Shape, value: Any) -> None:
    if shape.kind == "Structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            if name in value:
                _decode(member, value[name])
    elif shape.kind == "List" and isinstance(value, list):
        assert shape.element is not None
        for member in value:
            _decode(shape.element, member)
    elif shape.kind == "Map" and isinstance(value, dict):
        assert shape.element is not None
        for member in value.values():
            _decode(shape.element, member)
    elif shape.kind == "Value":
        _decode_value(value, 1)


def _decode_value(value: Any, level: int) -> None:
    if not isinstance(value, dict) or level > _LEVELS_MAX:
        return
    for tag, payload in value.items():
        decode = _BY_TAG.get(tag)
        if decode is not None:
            value[tag] = decode(payload, level)


def _binary(payload: Any, level: int) -> Any:
    if not isinstance(payload, str):
        return payload
    if len(payload) % 4:
        fault = f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(payload)}"
        return UndecodableBinary(fault)
    try:
        binary = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        return UndecodableBinary(_BAD_CHARACTER)
    # Bits left over in the last character must be zero.
    return binary if _base64_text(binary) == payload else UndecodableBinary(_BAD_CHARACTER)


def _binaries(payload: Any, level: int) -> Any:
    return [_binary(each, level) for each in payload] if isinstance(payload, list) else payload


def _list(payload: Any, level: int) -> Any:
    if isinstance(payload, list):
        for member in payload:
            _decode_value(member, level + 1)
    return payload


def _map(payload: Any, level: int) -> Any:
    if isinstance(payload, dict):
        for member in payload.values():
            _decode_value(member, level + 1)
    return payload


_BAD_CHARACTER = "Invalid last non-pad Base64 character dectected"
_BY_TAG: dict[str, Callable[[Any, int], Any]] = {"B": _binary, "BS": _binaries, "L": _list, "M": _map}
