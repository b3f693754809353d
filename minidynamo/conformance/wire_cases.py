"""Cases of the wire protocol: whole HTTP requests and what their answers must have; `spec/README.md` has the form."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from minidynamo.conformance.cases import documents
from minidynamo.conformance.replay import Disagreement
from minidynamo.formats.short_tables import ShortTable
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.values.api_types import JsonObject, JsonValue
from minidynamo.values.attribute_value import Item

# Sends a request; None stands for a server that hung up without a response.
Exchange = Callable[[HttpRequest], HttpResponse]
Sign = Callable[[HttpRequest], HttpRequest]

_REQUEST_ID_LENGTH = 52


@dataclass(frozen=True)
class WireCase:
    """One case.

    Attributes:
        options: settings that the server needs, such as `{"cors": True}`.
        is_signed: whether the request is to be signed before it is sent.
        response: what the response must have.
    """

    file: str
    name: str
    tables: Mapping[str, ShortTable]
    items: Mapping[str, list[Item]]
    options: JsonObject
    request: HttpRequest
    is_signed: bool
    response: JsonObject

    @property
    def id(self) -> str:
        return f"{self.file}: {self.name}"


def wire_cases() -> Iterator[WireCase]:
    """Every case of every file."""
    for name, document in documents("wire"):
        for entry in document["cases"]:
            request = entry["request"]
            yield WireCase(
                file=name,
                name=entry["name"],
                tables=entry.get("tables", document.get("tables", {})),
                items=entry.get("items", document.get("items", {})),
                options=entry.get("options", {}),
                request=_request({"target": document.get("target"), **request}),
                is_signed=not request.get("unsigned", False),
                response=_expected(document, entry),
            )


def replay_on_wire(case: WireCase, exchange: Exchange, sign: Sign) -> None:
    """Sends the request of a case; raises Disagreement where the response is another."""
    request = sign(case.request) if case.is_signed else case.request
    response = exchange(request)
    wanted = case.response
    _require(response.status == wanted["status"], f"status {response.status} {response.body[:500]!r}", wanted["status"])
    if not wanted.get("bare"):
        _check_envelope(case, response)
    for name, value in wanted.get("headers", {}).items():
        _require(response.headers.get(name) == value, f"{name}: {response.headers.get(name)}", value)
    for name in wanted.get("without", ()):
        _require(name not in response.headers, f"{name}: {response.headers.get(name)}", "no such header")
    body = _decoded(response)
    if "text" in wanted:
        _require(body == wanted["text"], body, wanted["text"])
    if "json" in wanted:
        _require(json.loads(body) == wanted["json"], body, wanted["json"])
    if "contains" in wanted:
        _require(wanted["contains"] in body, body, wanted["contains"])


def _request(given: JsonObject) -> HttpRequest:
    headers: dict[str, str | None] = {"host": "localhost", "content-type": "application/x-amz-json-1.0"}
    if given.get("target"):
        headers["x-amz-target"] = given["target"]
    headers |= given.get("headers", {})
    body = json.dumps(given["json"]) if "json" in given else given.get("body", "")
    encoded = body.encode()
    for step in given.get("encode", ()):
        encoded = _ENCODE[step](encoded)
    sent = {name: value for name, value in headers.items() if value is not None}
    return HttpRequest(given.get("method", "POST"), given.get("path", "/"), given.get("query", ""), sent, encoded)


def _expected(document: Mapping[str, JsonValue], entry: Mapping[str, JsonValue]) -> JsonObject:
    """The response of a case, or the one that its error stands for."""
    if "answer" in entry:
        response: JsonObject = entry["answer"]
        return response
    kind = entry.get("fault", document.get("fault"))
    member = "Message" if kind.endswith("#SerializationException") else "message"
    return {"status": 400, "json": {"__type": kind, member: entry["fault_message"]}}


def _check_envelope(case: WireCase, response: HttpResponse) -> None:
    """What every response has: a request id, a checksum and a length that are right."""
    request_id = response.headers.get("x-amzn-requestid", "")
    is_id = len(request_id) == _REQUEST_ID_LENGTH and request_id.isalnum() and request_id.isupper()
    _require(is_id, f"x-amzn-requestid: {request_id}", "52 upper-case letters and digits")
    if case.request.method != "HEAD":
        _require(
            response.headers.get("x-amz-crc32") == str(zlib.crc32(response.body)), response.headers, "a right checksum"
        )
        _require(response.headers.get("content-length") == str(len(response.body)), response.headers, "a right length")


def _decoded(response: HttpResponse) -> str:
    return _DECODE[response.headers.get("content-encoding")](response.body).decode()


def _require(is_right: bool, found: object, wanted: object) -> None:
    if not is_right:
        raise Disagreement(f"answered {found}\n  instead of {wanted}")


_DECODE: dict[str | None, Callable[..., bytes]] = {None: bytes, "gzip": gzip.decompress, "deflate": zlib.decompress}
_ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip in two": lambda body: gzip.compress(body[:7]) + gzip.compress(body[7:]),
    "deflate": zlib.compress,
    "cut": lambda body: body[:-4],
    "utf-16": lambda body: body.decode().encode("utf-16"),
}
