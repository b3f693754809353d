"""A server that runs: uvicorn around the application, in a thread of its own or until a signal ends it."""

from __future__ import annotations

import errno
import logging
import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minidynamo.arguments import TRUE_OR_FALSE, Rule, between, check_arguments, like, of, refuse_unknown
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.http.exchange import Around, Authenticate, Choose, Exchange
from minidynamo.http.server.access import ServeError, check_binding, host_check
from minidynamo.http.server.application import Application, Door, Entered
from minidynamo.http.server.credentials import Principals, credentials_of, ways_in
from minidynamo.http.server.dispatcher import Dispatcher
from minidynamo.http.server.lambda_door import LambdaDoor, LogsDoor
from minidynamo.http.server.metrics_door import MetricsDoor
from minidynamo.http.server.tls import check_tls
from minidynamo.http.signatures import Signature
from minidynamo.http.verification import Verifier, accept_any
from minidynamo.limits import HTTP_IDLE_SECONDS_MAX
from minidynamo.metrics.metrics import Metrics

if TYPE_CHECKING:
    from uvicorn import Server as UvicornServer

MakeDoor = Callable[[Choose, Authenticate, Callable[[Signature], bool]], Door]
_BACKLOG = 2048
_SHUTDOWN_SECONDS = 10


_FILE = Rule("the path of a file", of(str, os.PathLike), may_be_none=True)
_OPTIONS = {
    "host": Rule("an address to listen on, such as '127.0.0.1'", of(str), like(re.compile(r"\S+"))),
    "port": Rule("a number from 0 to 65535, 0 for a free port", of(int), between(0, 65535)),
    "credentials": Rule("secrets by access key, such as {'AKIA...': '...'}", of(Mapping), may_be_none=True),
    "allows_anonymous": TRUE_OR_FALSE,
    "allows_origins": TRUE_OR_FALSE,
    "certificate": _FILE,
    "private_key": _FILE,
}
_REMEDIES = {
    errno.EADDRINUSE: "another program listens there: give another port, or 0 for a free one",
    errno.EACCES: "this user may not listen there: give a port from 1024 on, or 0 for a free one",
    errno.EADDRNOTAVAIL: "this machine has no such address: give one that it has, such as 127.0.0.1",
}


@dataclass(frozen=True)
class ServerOptions:
    """How a server is run.

    Attributes:
        host, port: where it listens; port 0 for a free one.
        credentials: secret keys by access key, which turn on the verification of signatures; in the place of a secret
            may be an object that says under which policies it is used, as `credentials_of` reads it.
        allows_anonymous: lets it listen to other machines without credentials.
        allows_origins: lets pages of other origins read answers (CORS).
        certificate, private_key: files for TLS.

    Raises:
        ServeError: there is no such port or address, nobody could sign with the credentials, or TLS cannot be spoken
            with these files.
        TypeError: one is of a wrong type.
    """

    host: str = "127.0.0.1"
    port: int = 0
    credentials: Mapping[str, object] | None = field(default=None, repr=False)  # Secrets are not for logs.
    allows_anonymous: bool = False
    allows_origins: bool = False
    certificate: Path | None = None
    private_key: Path | None = None

    def __post_init__(self) -> None:
        check_arguments(_OPTIONS, ServeError, **{name: getattr(self, name) for name in _OPTIONS})
        check_tls(self.certificate, self.private_key)


def check_options(given: Iterable[str]) -> None:
    """Raises TypeError for the name of an option that there is not."""
    refuse_unknown("serve", given, _OPTIONS)


class Server:
    """Serves endpoints over HTTP; a context manager that starts and stops it.

    Parameters:
        endpoint: answers everybody, or a callable that gives the endpoint for a signature.
        options: how it is run.
        gateway: answers requests that are not DynamoDB's; see `minidynamo/gateway/`.
        metrics: are shown to everybody under /metrics; None for no such page.
        urls: makes what answers for the URLs of functions; see `FunctionUrlDoor`.
        doors: further ones, which come before the gateway.

    Raises:
        ServeError: it would listen to other machines without any credentials, or the credentials are none.
    """

    def __init__(
        self,
        endpoint: Endpoint | Choose,
        options: ServerOptions | None = None,
        gateway: Door | None = None,
        metrics: Metrics | None = None,
        urls: MakeDoor | None = None,
        doors: Sequence[Door] = (),
    ) -> None:
        self.options = options = options or ServerOptions()
        unsigned = "the function of --api" if gateway is not None else None if metrics is None else "--metrics"
        check_binding(options.host, options.credentials is not None, options.allows_anonymous, unsigned)
        choose: Choose = (lambda signature: endpoint) if isinstance(endpoint, Endpoint) else endpoint
        makers: list[tuple[MakeDoor, str]] = [(urls, "lambda")] if urls is not None else []
        makers += [(LambdaDoor, "lambda"), (LogsDoor, "logs")]
        made_doors = [made(choose, accept_any, lambda signature: True) for made, _ in makers]
        clock = choose(None).clock
        authenticate: Authenticate = accept_any
        around: Around | None = None
        if options.credentials is not None:
            credentials = credentials_of(options.credentials, choose(None).scope.account_id)
            secrets = {key: each.secret for key, each in credentials.items()}
            authenticate = Verifier(secrets, clock)
            roots = {key for key, each in credentials.items() if each.principal.is_root}
            is_root = lambda signed: signed.access_key in roots  # noqa: E731
            made_doors = [made(choose, Verifier(secrets, clock, service), is_root) for made, service in makers]
            choose, around = Principals(choose, credentials), ways_in
        exchange = Exchange(choose, authenticate, options.allows_origins, lambda: self.address, around)
        self._given = tuple(doors)
        after: list[Door] = [MetricsDoor(metrics)] if metrics is not None else []
        after += [gateway] if gateway is not None else []
        self.application = Application(exchange, host_check(options.host), [*made_doors, *self._given, *after])
        self.dispatcher = Dispatcher(self.application, choose(None))
        self._server: UvicornServer | None = None
        self._thread: threading.Thread | None = None
        self._port = options.port

    def __repr__(self) -> str:
        return f"<Server {self.url if self._server is not None else 'that is not running'}>"

    @property
    def url(self) -> str:
        """Where clients find it, such as "http://127.0.0.1:8000"."""
        return f"{'https' if self.options.certificate else 'http'}://{self.address}"

    @property
    def pages(self) -> list[str]:
        """The addresses of pages for people, such as the console's, as long as they can be entered by them."""
        return [self.url + each.entry for each in self._given if isinstance(each, Entered)]

    @property
    def address(self) -> str:
        """Its host and port, such as "127.0.0.1:8000"."""
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        return f"{host}:{self._port}"

    @property
    def port(self) -> int:
        """The port it listens on, known once it has started."""
        return self._port

    def start(self) -> Server:
        """Starts it in a thread and returns when it answers; raises OSError where it cannot listen."""
        self._server = self._new_server()
        listener = self._listen()
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True, name="minidynamo")
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.002)
            if not self._thread.is_alive():
                listener.close()
                raise RuntimeError("the server ended before it answered; its log says why")
        return self

    def stop(self) -> None:
        """Stops it, after the requests in flight."""
        if self._thread is not None:
            assert self._server is not None, "a thread serves without a server"
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
            self.dispatcher.close()

    def run(self, announce: Callable[[Server], None], finish: Callable[[], None]) -> None:
        """Runs it in this thread until SIGINT or SIGTERM, which let the requests in flight end.

        Parameters:
            announce: called when it listens.
            finish: called when the last request has been answered; the signal may end the process after that.

        Raises:
            OSError: it cannot listen.
        """
        server = self._new_server()
        listener = self._listen()
        start_up, shut_down = server.startup, server.shutdown

        async def start_up_and_announce(sockets: list[socket.socket] | None = None) -> None:
            await start_up(sockets)
            assert server.started, f"{self.url} is announced before it listens"
            announce(self)

        async def shut_down_and_finish(*parameters: Any, **options: Any) -> None:
            await shut_down(*parameters, **options)
            finish()

        server.startup = start_up_and_announce  # type: ignore[method-assign]
        server.shutdown = shut_down_and_finish  # type: ignore[method-assign]
        server.run([listener])

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.options.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.options.host, self.options.port))
        except OSError as error:
            listener.close()
            remedy = _REMEDIES.get(error.errno or 0)
            reason = f"{error.strerror or error}; {remedy}" if remedy else error.strerror or error
            raise OSError(error.errno, f"cannot serve at {self.address}: {reason}") from None
        listener.listen(_BACKLOG)
        self._port = listener.getsockname()[1]
        return listener

    def _new_server(self) -> UvicornServer:
        try:
            import uvicorn

            from minidynamo.http.server.connection import protocol_for
        except ModuleNotFoundError as error:
            text = "the server needs its extra: pip install 'minidynamo[server]'"
            raise ModuleNotFoundError(text, name=error.name) from None
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # Not what it thinks of a slow end.
        config = uvicorn.Config(
            _no_application,
            http=protocol_for(self.application, self.dispatcher),
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=HTTP_IDLE_SECONDS_MAX,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
            ssl_certfile=self.options.certificate,
            ssl_keyfile=self.options.private_key,
        )
        return uvicorn.Server(config)


async def _no_application(scope: object, receive: object, send: object) -> None:
    """What uvicorn wants to be given, and never calls: the protocol answers by itself."""
