"""`minidynamo.mock()` and `minidynamo.attach()`: boto3 and aiobotocore answered by a database in this process.

botocore is imported when a mock is switched on, never before.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack, cast, overload

from minidynamo.arguments import TRUE_OR_FALSE, check_arguments, refuse_unknown, require
from minidynamo.boto.botocore_types import Client, Options, Session
from minidynamo.boto.decorators import Decorated, decorated
from minidynamo.boto.new_clients import PROVIDED_KEY, begin_guarding, end_guarding, provide
from minidynamo.boto.routes import SERVICES, state_of, switch_off, switch_on
from minidynamo.database.connect import check_connection, connect, is_in_memory
from minidynamo.database.database import Database
from minidynamo.database.faces import Faces
from minidynamo.database.setting_rules import ROWS
from minidynamo.database.settings import MockSettings
from minidynamo.endpoints.isolation import Databases, account_of

if TYPE_CHECKING:
    from minidynamo.database.principal import PrincipalEndpoint

_SWITCHES = dict.fromkeys(("allow_network_after", "isolate_by_region", "isolate_by_account"), TRUE_OR_FALSE)

# What a mock may be given: a database, or a database as a principal sees it.
Answering = TypeVar("Answering", bound=Faces)


class Mock(Generic[Answering]):
    """Answers every client of DynamoDB in the process while it is on; made by `mock()`.

    A context manager that gives what answers, a decorator of functions, coroutines, generators and test classes, or a
    pair of `start()` and `stop()`. It may be entered again while it is on, and again after.

    Attributes:
        database: what answers while it is on; None while it is off.
        databases: those of all callers, where they are isolated; `database` is one of them then.
    """

    def __init__(
        self,
        database: Answering | None,
        allows_network_after: bool,
        settings: MockSettings,
        isolation: tuple[bool, bool] = (False, False),
    ) -> None:
        if database is not None and settings:
            raise TypeError("give mock() either a database or the settings of a new one")
        refuse_unknown("mock", settings, ROWS)
        check_connection(**settings)
        if any(isolation) and not (database is None and is_in_memory(settings.get("path"))):
            raise TypeError(
                "mock() makes the databases of isolated callers, in memory: give neither a database nor a path"
            )
        self.database: Answering | None = None
        self.databases: Databases | None = None
        self._given = database
        self._isolation = isolation
        self._allows_network_after = allows_network_after
        self._settings = settings
        self._depth = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Mock: {'off' if self.database is None else f'on, {self.database!r}'}>"

    def start(self) -> Answering:
        """Switches it on; the database answers from now on."""
        patches = _patches()
        with self._lock:
            if self._depth == 0:
                self.database = self._opened() if self._given is None else self._given
                patches.hold(self)
                begin_guarding(not self._allows_network_after)
                switch_on(self)
            self._depth += 1
            assert self.database is not None, "switched on without a database"
            return self.database

    def stop(self) -> None:
        """Switches it off, as many times as it was switched on; raises RuntimeError where it is off already."""
        with self._lock:
            if self._depth == 0:
                raise RuntimeError("this mock is not on: stop() was called more often than start()")
            self._depth -= 1
            if self._depth == 0:
                database, self.database, self.databases = self.database, None, None
                if (
                    self._given is None
                    and isinstance(database, Database)
                    and not is_in_memory(self._settings.get("path"))
                ):
                    database.close()  # No other can open the file before.
                switch_off(self)
                end_guarding(not self._allows_network_after)
                _patches().release(self)

    def __enter__(self) -> Answering:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def __call__(self, target: Decorated) -> Decorated:
        """The target, run with a mock like this one each time it is called."""
        return decorated(target, lambda: Mock(self._given, self._allows_network_after, self._settings, self._isolation))

    def _opened(self) -> Answering:
        """A database of its own, and those of other callers where they are isolated."""
        database = connect(**self._settings)
        self.databases = self._isolated(database) if any(self._isolation) else None
        return cast(Answering, database)  # Of the type that `mock()` promises where nothing is given.

    def _isolated(self, default: Database) -> Databases:
        """A database for each caller; the default is that of callers with its region and the environment's key."""

        def open_database(region: str, access_key: str) -> Database:
            settings: MockSettings = {**self._settings, "region": region or default.scope.region}
            if access_key:
                settings["account_id"] = account_of(access_key)
            return connect(**settings)

        own = default.scope.region, os.environ.get("AWS_ACCESS_KEY_ID", PROVIDED_KEY)
        return Databases(default, open_database, *self._isolation, own=own)


@overload
def mock(
    target: Database | None = None,
    *,
    allow_network_after: bool = False,
    isolate_by_region: bool = False,
    isolate_by_account: bool = False,
    **settings: Unpack[MockSettings],
) -> Mock[Database]: ...
@overload
def mock(target: PrincipalEndpoint, *, allow_network_after: bool = False) -> Mock[PrincipalEndpoint]: ...
@overload
def mock(
    target: Decorated,
    *,
    allow_network_after: bool = False,
    isolate_by_region: bool = False,
    isolate_by_account: bool = False,
    **settings: Unpack[MockSettings],
) -> Decorated: ...
def mock(
    target: Faces | Callable[..., object] | None = None,
    *,
    allow_network_after: bool = False,
    isolate_by_region: bool = False,
    isolate_by_account: bool = False,
    **settings: Unpack[MockSettings],
) -> object:
    """Answers boto3 and aiobotocore in this process: every client and resource for DynamoDB, made before or after.

    Use it as `with mock() as database:`, as a decorator with or without parentheses, or by `start()` and `stop()`.
    Credentials and a region are not needed. Other services are left alone.

    Parameters:
        target: the database to answer, or what its `as_principal` gives; by default a fresh one each time. Or what a
            bare decorator decorates.
        allow_network_after: lets a client made inside be used after the end, against AWS. By default it raises.
        isolate_by_region: gives clients of each region a database of their own, as AWS does. By default all regions
            share one, whose ARNs are named by the client's region.
        isolate_by_account: gives clients of each access key a database and an account of their own. The database that
            the mock gives is that of the environment's key.
        settings: those of `minidynamo.connect`, for the fresh database.

    Returns:
        A `Mock`, or what was decorated.
    """
    switches = {"isolate_by_region": isolate_by_region, "isolate_by_account": isolate_by_account}
    check_arguments(_SWITCHES, allow_network_after=allow_network_after, **switches)
    isolation = isolate_by_region, isolate_by_account
    if target is None or isinstance(target, Faces):
        return Mock(target, allow_network_after, settings, isolation)
    if not callable(target):
        raise TypeError(f"mock() takes a Database or something to decorate, not {type(target).__name__}")
    return Mock[Database](None, allow_network_after, settings, isolation)(target)


class Attachment:
    """A database attached to one client, resource or session; ended by `detach()` or as a context manager."""

    def __init__(self, target: object, database: Database) -> None:
        self._clients: list[Client] = []
        self._database = database
        self._session: Session | None = None
        _patches().hold(self)
        self._is_attached = True
        session: Any = getattr(target, "_session", target)
        behind = getattr(getattr(target, "meta", None), "client", None)
        client: Any = target if hasattr(target, "_make_api_call") else behind
        if client is not None:
            self._attach_client(client)
        elif hasattr(session, "create_client"):
            self._attach_session(session)
        else:
            self.detach()
            raise TypeError(f"attach() takes a client, resource or session of boto3, not {type(target).__name__}")

    def __repr__(self) -> str:
        return f"<Attachment: {f'on, {self._database!r}' if self._is_attached else 'off'}>"

    def detach(self) -> None:
        """Ends the attachment: what was attached goes its own way again."""
        if not self._is_attached:
            return
        self._is_attached = False
        for client in self._clients:
            state_of(client).attached = None
        if self._session is not None:
            for name in ("create_client", "_create_client"):
                vars(self._session).pop(name, None)
        _patches().release(self)

    def __enter__(self) -> Database:
        return self._database

    def __exit__(self, *exception: object) -> None:
        self.detach()

    def _attach_client(self, client: Client) -> Client:
        state = state_of(client)
        if not state.is_dynamodb:
            name = client.meta.service_model.service_name
            if self._session is None:
                self.detach()
                raise TypeError(f"attach() takes a client of dynamodb or dynamodbstreams, not of {name}")
            return client
        state.attached = self._database
        self._clients.append(client)
        return client

    def _attach_session(self, session: Session) -> None:
        """Attaches the clients that a session will make; aiobotocore's makes them in a coroutine."""
        self._session = session
        region = self._database.scope.region

        def prepare(service_name: str, rest: tuple[object, ...], options: Options) -> None:
            if service_name in SERVICES and not rest:
                provide(session, options, region)

        if hasattr(session, "_create_client"):
            create_asynchronously = session._create_client

            async def create_attached(service_name: str, *rest: object, **options: object) -> Client:
                prepare(service_name, rest, options)
                return self._attach_client(await create_asynchronously(service_name, *rest, **options))

            session._create_client = create_attached
            return
        create_client = session.create_client

        def create_attached_client(service_name: str, *rest: object, **options: object) -> Client:
            prepare(service_name, rest, options)
            return self._attach_client(create_client(service_name, *rest, **options))

        session.create_client = create_attached_client


def attach(target: object, database: Database) -> Attachment:
    """Lets a database answer one client, resource or session of boto3, and nothing else.

    Parameters:
        target: the client, resource or session; a session passes the database on to the clients it makes.
        database: what answers.

    Returns:
        The attachment, whose `detach()` ends it; a context manager, too.
    """
    require(isinstance(database, Faces), "attach", "a Database to answer, such as minidynamo.connect()", database)
    return Attachment(target, database)


def _patches() -> ModuleType:
    try:
        from minidynamo.boto import patches
    except ImportError as error:
        raise ImportError(f"{error}; the double needs boto3: pip install 'minidynamo[boto3]'") from None
    return patches
