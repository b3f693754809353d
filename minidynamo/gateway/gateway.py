"""The door to APIs: finds the API of a request, has it answered, and tells whoever measures.

Source: Amazon API Gateway Developer Guide, "Invoke REST APIs in API Gateway"; LocalStack's paths of REST APIs.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import unquote, urlencode

from minidynamo.gateway.api import DOCUMENT_PATH, Api, Served, not_found
from minidynamo.gateway.call import Call, Headers
from minidynamo.gateway.definition import ApiDefinition
from minidynamo.gateway.faults import Fault
from minidynamo.gateway.invoking import InvokingEndpoint
from minidynamo.gateway.openapi import document_of, json_response
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.lambdas.handler_calls import IN_BACKGROUND
from minidynamo.limits import FUNCTION_ANSWER_SECONDS_MAX
from minidynamo.values.api_types import JsonObject

logger = logging.getLogger("minidynamo.gateway")

# Told of each request: the API, the status, and the milliseconds in all and of the function, None without one.
OnRequest = Callable[[ApiDefinition, int, float, float | None], object]
Query = str | Mapping[str, str | Sequence[str]]

_LOCALSTACK = re.compile(
    r"/(?:restapis/(?P<id>[^/]+)/(?P<stage>[^/]+)/_user_request_|_aws/execute-api/(?P<id2>[^/]+)/(?P<stage2>[^/]+))"
    r"(?P<rest>/.*)?"
)
_LOOPBACK = "127.0.0.1"


class ApiGateway:
    """Answers requests for APIs with the functions of a database.

    Parameters:
        database: whose functions they are.
        definitions: the APIs. Where there are several, the first segment of a path names one.
        on_request: called after each request with the API, the status, and the milliseconds that the request and its
            function have taken, by the database's clock; the last is None where no function has answered.

    Raises:
        ValueError: two APIs have one name.
    """

    def __init__(
        self,
        database: InvokingEndpoint,
        definitions: Sequence[ApiDefinition],
        on_request: OnRequest | None = None,
    ) -> None:
        self.definitions = tuple(definitions)
        self._database = database
        self._on_request = on_request
        self._apis = {each.name: Api(each, database) for each in definitions}
        if len(self._apis) < len(self.definitions):
            raise ValueError(f"names of APIs differ: {', '.join(each.name for each in definitions)}")
        self._numbers = itertools.count(1)

    def __repr__(self) -> str:
        return f"<ApiGateway: {', '.join(self._apis) or 'no APIs'}>"

    @property
    def seconds_max(self) -> float:
        """How long an answer is waited for at most."""
        routes = [route.timeout_seconds for each in self.definitions for route in each.routes]
        return max(routes, default=float(FUNCTION_ANSWER_SECONDS_MAX))

    def takes(self, request: HttpRequest) -> bool:
        """Whether a request is for an API: those of DynamoDB say so in a header."""
        return bool(self._apis) and "x-amz-target" not in request.headers

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The response to a request, whatever its function does."""
        token = IN_BACKGROUND.set(True)  # Whoever has called is a client, who is told by a response.
        try:
            return self._respond(request)
        finally:
            IN_BACKGROUND.reset(token)

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        query: Query = "",
        body: bytes | str = b"",
    ) -> HttpResponse:
        """The response to a request that comes from this process, without a server.

        What ends the process or the test passes to whoever calls.

        Parameters:
            method: such as "GET".
            path: such as "/items/1", encoded; what follows a question mark is the query.
            headers: by name.
            query: encoded, or values by name.
            body: bytes, or text.
        """
        path, _, own_query = path.partition("?")
        asked = query if isinstance(query, str) else urlencode(query, doseq=True)
        pairs = tuple((headers or {}).items())
        lower = {name.lower(): value for name, value in pairs}
        content = body.encode() if isinstance(body, str) else body
        joined = "&".join(each for each in (own_query, asked) if each)
        return self._respond(HttpRequest(method.upper(), path, joined, lower, content, _LOOPBACK, False, pairs))

    def too_late(self, request: HttpRequest) -> HttpResponse:
        """The response where the function has not answered in time; it may run on."""
        return self._refused(request, Fault.TIMED_OUT)

    def too_many(self, request: HttpRequest) -> HttpResponse:
        """The response where as many functions run as may."""
        return self._refused(request, Fault.THROTTLED)

    def openapi(self, url: str = "/") -> JsonObject:
        """The APIs as a document of OpenAPI 3.0, for where they are reached at a URL."""
        return document_of(self.definitions, url)

    def _respond(self, request: HttpRequest) -> HttpResponse:
        api, path = self._located(_rooted(request.path))
        if api is None:
            is_document = request.method == "GET" and path == DOCUMENT_PATH and bool(self.definitions)
            return json_response(self.openapi()) if is_document else not_found()
        call = self._call(api, path, request)
        served = api.served(call)
        self._tell(call, served)
        return served.response

    def _refused(self, request: HttpRequest, fault: Fault) -> HttpResponse:
        api, path = self._located(_rooted(request.path))
        if api is None:
            return not_found()
        call = self._call(api, path, request)
        response = api.refused(call, fault)
        if fault is not Fault.TIMED_OUT:  # Of such a request is told when its function ends.
            self._tell(call, Served(response, None))
        return response

    def _located(self, path: str) -> tuple[Api | None, str]:
        """The API of a path, and the path within it, which names neither the API nor its stage."""
        given = _LOCALSTACK.fullmatch(path)
        if given is not None:
            name, stage = given["id"] or given["id2"], given["stage"] or given["stage2"]
            named = [each for each in self._apis.values() if name in (each.definition.api_id, each.definition.name)]
            named.sort(key=lambda each: (each.definition.name != name, each.definition.stage != stage))
            if named:
                return named[0], given["rest"] or "/"
        if len(self._apis) == 1:
            (api,) = self._apis.values()
            return api, api.without_stage(path)
        first, _, rest = path[1:].partition("/")
        found = self._apis.get(unquote(first))
        return (None, path) if found is None else (found, found.without_stage(f"/{rest}"))

    def _call(self, api: Api, path: str, request: HttpRequest) -> Call:
        now = self._database.clock.now()
        seed = f"{self._database.new_request_id()}/{next(self._numbers)}"
        digest = hashlib.sha256(seed.encode()).digest()
        pairs = request.pairs or tuple(request.headers.items())
        return Call(
            api.definition,
            self._database.scope,
            request.method,
            path,
            unquote(path),
            request.query,
            Headers([*pairs, *_added(request, now, digest)]),
            request.body,
            request.peer or _LOOPBACK,
            str(uuid.UUID(bytes=digest[:16], version=4)),
            base64.b64encode(digest[16:27]).decode(),
            now,
        )

    def _tell(self, call: Call, served: Served) -> None:
        """Tells whoever measures, whose failure is no concern of the client's."""
        if self._on_request is None:
            return
        took = (self._database.clock.now() - call.now) * 1e3
        of_function = None if served.function_seconds is None else served.function_seconds * 1e3
        try:
            self._on_request(call.api, served.response.status, took, of_function)
        except Exception:
            logger.exception("what is told of requests has failed")


def _rooted(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _added(request: HttpRequest, now: float, digest: bytes) -> Iterable[tuple[str, str]]:
    """The headers that a gateway adds for the function, unless the client has sent them."""
    port = request.headers.get("host", "").rpartition(":")[2]
    own_port = "443" if request.is_secure else "80"
    added = {
        "X-Amzn-Trace-Id": f"Root=1-{int(now):08x}-{digest[20:32].hex()}",
        "X-Forwarded-For": request.peer or _LOOPBACK,
        "X-Forwarded-Port": port if port.isdecimal() else own_port,
        "X-Forwarded-Proto": "https" if request.is_secure else "http",
    }
    return [(name, value) for name, value in added.items() if name.lower() not in request.headers]
