"""Which pages of other origins may read answers, in the many ways in which templates say it.

Source: AWS SAM Developer Guide, CorsConfiguration, HttpApiCorsConfiguration; AWS CloudFormation,
AWS::ApiGatewayV2::Api Cors; Amazon API Gateway Developer Guide, "CORS for REST APIs".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from minidynamo.gateway.definition import Cors
from minidynamo.templates.parts import Members, Part, text_of

_QUOTED = re.compile(r"'(.*)'", re.DOTALL)
_HTTP_CORS = ("AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders")
_HEADER = "method.response.header.access-control-"
_SAID = ("allow-origin", "allow-methods", "allow-headers", "expose-headers")


def listed(value: object) -> list[object]:
    """A list, or one entry of it; nothing for none."""
    return value if isinstance(value, list) else [] if value is None else [value]


def plain(value: object) -> str:
    """A text that is written in quotes of its own for REST APIs."""
    text = text_of(value) or ""
    quoted = _QUOTED.fullmatch(text)
    return text if quoted is None else quoted[1]


def rest_cors(properties: Part) -> Cors | None:
    """What the `Cors` of a REST API of SAM says."""
    given = properties.get("Cors")
    if given is None or given is False:
        return None
    if not isinstance(given, Mapping):
        return _for_all(given)
    part = properties.part("Cors")
    age = Part({"MaxAge": plain(part.get("MaxAge"))}, part.name).number("MaxAge") if part.has("MaxAge") else None
    origins, methods, headers = (_split(part.get(f"Allow{each}")) for each in ("Origin", "Methods", "Headers"))
    return Cors(origins or ("*",), methods, headers, (), age, part.flag("AllowCredentials"))


def http_cors_of(properties: Part) -> Cors | None:
    """What the `CorsConfiguration` of an HTTP API says."""
    given = properties.get("CorsConfiguration")
    if given is None or given is False:
        return None
    return http_cors(properties.part("CorsConfiguration")) if isinstance(given, Mapping) else _for_all(given)


def http_cors(part: Part) -> Cors:
    """What an HTTP API says of pages of other origins."""
    origins, methods, headers, exposed = (tuple(map(str, listed(part.get(each)))) for each in _HTTP_CORS)
    max_age = part.number("MaxAge") if part.has("MaxAge") else None
    return Cors(origins, methods, headers, exposed, max_age, part.flag("AllowCredentials"))


def preflight_cors(parameters: Members, status: int | None) -> Cors | None:
    """What a method that answers preflights without a function says; None where it says nothing.

    Parameters:
        parameters: the headers of its answers, such as `method.response.header.Access-Control-Allow-Origin`.
        status: of its answers.
    """
    said = {str(name).lower().removeprefix(_HEADER): plain(value) for name, value in parameters.items()}
    if "allow-origin" not in said:
        return None
    origins, methods, headers, exposed = (_split(said.get(name)) for name in _SAID)
    age = said.get("max-age", "")
    allows = said.get("allow-credentials") == "true"
    return Cors(
        origins, methods, headers, exposed, int(age) if age.isdecimal() else None, allows, preflight_status=status
    )


def _for_all(given: object) -> Cors:
    """Everything for one origin, or for all."""
    return Cors(("*",) if given is True else (plain(given),), ("*",), ("*",))


def _split(value: object) -> tuple[str, ...]:
    """The entries of a text such as "'GET,POST'"."""
    return tuple(each.strip() for each in plain(value).split(",") if each.strip())
