"""Bodies that are text and bodies that are not: which are base64 in events and in answers.

Source: Amazon API Gateway Developer Guide, "Working with binary media types for REST APIs", "Create AWS Lambda proxy
integrations for HTTP APIs".
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from minidynamo.gateway.call import Call, media_type
from minidynamo.values.api_types import JsonObject

# What an HTTP API takes for text.
_TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript", "application/graphql"})
_TEXT_ENDINGS = ("+json", "+xml")


def body_members(call: Call) -> JsonObject:
    """The body of an event, and whether it is base64; payload 2.0 says nothing of one that is empty."""
    if not call.body:
        is_newer = call.route is not None and call.api.format_of(call.route) == "2.0"
        return {"isBase64Encoded": False} if is_newer else {"body": None, "isBase64Encoded": False}
    is_binary = _is_one_of(call.content_type, call.api.binary_media_types) if call.api.is_rest else _is_binary(call)
    if is_binary:
        return {"body": base64.b64encode(call.body).decode(), "isBase64Encoded": True}
    return {"body": call.body.decode("utf-8", "replace"), "isBase64Encoded": False}


def _is_binary(call: Call) -> bool:
    """Whether a body is none that an HTTP API takes for text."""
    kind = call.content_type
    if kind and not (kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(_TEXT_ENDINGS)):
        return True
    try:
        call.body.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def decodes_answer(call: Call, content_type: str) -> bool:
    """Whether an answer that says to be base64 is decoded: in a REST API if its client accepts what is binary."""
    if not call.api.is_rest or call.api.decodes_every_answer:
        return True
    accepted = media_type((call.headers.get("accept") or "").partition(",")[0])  # The first of them alone counts.
    return _is_one_of(accepted or media_type(content_type), call.api.binary_media_types)


def _is_one_of(kind: str, listed: Iterable[str]) -> bool:
    return any(each == "*/*" or each.lower() == kind for each in listed)
