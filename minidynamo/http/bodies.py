"""JSON bodies: requests with base64 where the API has binary values, and answers.

Source: wire protocol of Amazon DynamoDB, "Value encodings" and SerializationException texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from json import encoder as json_encoder
from typing import NoReturn

from minidynamo.compiled import compiled
from minidynamo.errors import SerializationError
from minidynamo.limits import HTTP_INLINE_BODY_BYTES_MAX, JSON_OBJECT_BYTES_MIN
from minidynamo.requests.operations import API
from minidynamo.requests.shapes import Shape
from minidynamo.requests.walk import rebuilt
from minidynamo.values.api_types import JsonObject, JsonValue
from minidynamo.values.json_form import base64_text, binary_of, from_json
from minidynamo.values.wire_types import UndecodableBinary

# A JSON text, up to its end or that of everything, so that a body is gone through once.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def parsed_body(body: bytes) -> JsonObject | None:
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


def _decoded(decoder: json.JSONDecoder, text: str) -> JsonValue:
    if text[0] == "{":
        members, end = decoder.raw_decode(text)
        if end == len(text):
            return members
    return decoder.decode(text)  # Blanks around it, or something else.


def with_binaries(operation: str, request: JsonObject, body: bytes) -> JsonObject:
    """A parsed request with bytes for the base64 in its attribute values.

    Text that is no base64 becomes an `UndecodableBinary`, which fails when types are checked.
    """
    # Most requests hold no binary value; one cannot be there without its tag or an escape that spells it.
    if b'"B"' not in body and b'"BS"' not in body and b"\\u" not in body:
        return request
    return decoded_binaries(operation, request)


def decoded_binaries(operation: str, request: JsonObject) -> JsonObject:
    """The same of a request whose text nobody has; one of an operation that there is not stays as it is."""
    row = API.get(operation)
    return request if row is None else rebuilt(row.request, request, _decoded_leaf)


def _decoded_leaf(shape: Shape, value: JsonValue) -> JsonValue:
    return from_json(value, _binary) if shape.kind == "Value" else value


def _binary(text: str) -> bytes | UndecodableBinary:
    try:
        return binary_of(text)
    except ValueError as error:
        return UndecodableBinary(str(error))


@compiled
def body_of(members: Mapping[str, JsonValue], /) -> bytes:
    """A request, a response or an error as compact JSON; binary values become base64."""
    return "".join(_encoded(members, 0)).encode()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _same(members: JsonObject) -> JsonObject:
    return members


def _new_encoder() -> Callable[[object, int], Iterable[str]]:
    """What makes pieces of JSON: the encoder that `json` itself makes for each text, made once."""
    encoder = json.JSONEncoder(separators=(",", ":"), default=base64_text, check_circular=False)
    make: Callable[..., Callable[[object, int], Iterable[str]]] | None = getattr(json_encoder, "c_make_encoder", None)
    if make is None:  # A Python whose json is not compiled.
        return lambda members, level: encoder.iterencode(members)
    return make(None, base64_text, json_encoder.encode_basestring_ascii, None, ":", ",", False, False, True)


_encoded = _new_encoder()
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
# For long bodies: the parser is one call in C, which lets no other thread work, but for calls of Python within it.
_PATIENT_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_hook=_same)
