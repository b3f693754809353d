"""What the members of an API's definition may be: a rule for each, and the names that there are."""

from __future__ import annotations

import re
from collections.abc import Mapping

from minidynamo.arguments import Rule, between, like, of, one_of

# The last is that of a function URL, which is an HTTP API of one route with words of its own.
KINDS = REST, HTTP, URL = "REST", "HTTP", "URL"
FORMATS = ("1.0", "2.0")
AUTHORIZER_TYPES = REQUEST, TOKEN = "REQUEST", "TOKEN"
QUOTA_PERIODS = ("DAY", "WEEK", "MONTH")
ANY = "ANY"
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
DEFAULT_ROUTE = "$default"

_SEGMENT, _GREEDY = r"/[^/{}]+|/\{[^/{}+]+\}", r"/\{[^/{}+]+\+\}"
_MEDIA_TYPE = re.compile(r"[!-~]+/[ -~]*[!-~]")
_SECONDS = Rule("a number of seconds, 0 or more", of(int, float), between(0))
ROUTE = {
    "method": Rule("a method in capitals, or ANY", of(str), like(re.compile(r"[A-Z]+|\$default"))),
    "path": Rule(
        "a path such as /items/{id} or /files/{proxy+}, or $default",
        of(str),
        like(re.compile(rf"\$default|/|(({_SEGMENT})+({_GREEDY})?|{_GREEDY})/?")),
    ),
    "function": Rule("the name of a function", of(str), like(re.compile(".+"))),
    "payload_format": one_of(FORMATS),
    "timeout_seconds": _SECONDS,
}
AUTHORIZER = {
    "function": ROUTE["function"],
    "type": one_of(AUTHORIZER_TYPES),
    "payload_format": one_of(FORMATS),
    "ttl_seconds": _SECONDS,
}
THROTTLE = {
    "rate": Rule("requests per second, 0 or more", of(int, float), between(0)),
    "burst": Rule("a number of requests, 0 or more", of(int), between(0)),
    "quota": Rule("a number of requests, 0 or more", of(int), between(0), may_be_none=True),
    "quota_period": one_of(QUOTA_PERIODS),
}


def _are_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(each, str) for pair in value.items() for each in pair)


def _are_by_media_type(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_MEDIA_TYPE.fullmatch, value))


_TEXTS = Rule("texts by name", _are_texts)
RESPONSE = {
    "status": Rule("a status from 200 to 599", of(int), between(200, 599), may_be_none=True),
    "headers": _TEXTS,
    "templates": Rule("templates by content type", _are_texts, _are_by_media_type),
}
API = {
    "name": Rule("the name of an API", of(str), like(re.compile("[^/]+"))),
    "kind": one_of(KINDS),
    "stage": Rule("the name of a stage", of(str), like(re.compile("[^/]+"))),
    "stage_variables": _TEXTS,
    "api_keys": _TEXTS,
}
