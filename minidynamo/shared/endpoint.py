"""Carrying out requests over a shared store: in a session that is free, again as long as others are in the way."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

from minidynamo.errors import InternalServerError, NoResponse, Throttling, TransactionCanceled
from minidynamo.operations.perform import perform
from minidynamo.requests.operations import API, ITEM, READ, TRANSACTION
from minidynamo.shared.session import Session
from minidynamo.shared.settings import StoreSettings
from minidynamo.storage.shared.link import CatalogChanged, Conflict, Kind, Link, Lost, Unresolved, WrongKind
from minidynamo.storage.shared.statistics import Statistics
from minidynamo.values.api_types import Request, Response

Result = TypeVar("Result")

# How long an operation is begun again that others are in the way of, and one whose link is cut.
_CONFLICT_SECONDS, _LOST_SECONDS = 5.0, 10.0
_FIRST_PAUSE_SECONDS, _PAUSE_SECONDS_MAX, _LOST_PAUSE_SECONDS = 0.0005, 0.01, 0.1
# What takes the lock for each of its parts: in one transaction, so that none is carried out twice.
_OF_SEVERAL = frozenset({"BatchExecuteStatement"})


class SharedEndpoint:
    """Carries out requests. Safe to use from many threads, each of which has a session meanwhile.

    Parameters:
        new_link: gives another link to the store.
        settings: of the database.
        sleep: how to wait.
    """

    def __init__(
        self, new_link: Callable[[], Link], settings: StoreSettings, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._new_link, self._settings, self._sleep = new_link, settings, sleep
        self.statistics = Statistics()
        self._idle: list[Session] = []
        self._guard = threading.Lock()
        self._is_closed = False
        self._chance = random.Random()
        self.begun_again_count = 0
        self._give(self._new_session())

    def execute(self, operation: str, request: Request) -> Response:
        """Carries out one request; see `Endpoint.execute`.

        Raises:
            DynamoError: the service's own error; of a store that cannot be reached, InternalServerError, and NoResponse
                where nobody knows whether a write was carried out.
        """

        def work(session: Session) -> Response:
            if operation not in _OF_SEVERAL:
                return perform(session, operation, request)
            with session.lock:
                return perform(session, operation, request)

        try:
            return self.run(work, _kind_of(operation))
        except Conflict:
            raise _in_the_way(operation, request) from None

    def run(self, work: Callable[[Session], Result], kind: Kind) -> Result:
        """Does something in a session: again from its beginning, as often as others are in its way.

        Raises:
            Conflict: others were for too long.
            InternalServerError: the store cannot be reached; nothing has happened.
            NoResponse: nobody knows whether it has.
        """
        begun, pause = time.monotonic(), _FIRST_PAUSE_SECONDS
        while True:
            try:
                return self._once(work, kind)
            except WrongKind as error:
                kind = error.kind
            except CatalogChanged as error:
                self._note_again(error, begun)
            except Conflict as error:
                self._note_again(error, begun)
                self._sleep(self._chance.uniform(0, pause))
                pause = min(2 * pause, _PAUSE_SECONDS_MAX)
            except Lost as error:
                if time.monotonic() - begun >= _LOST_SECONDS:
                    raise InternalServerError(f"The store cannot be reached: {error}") from None
                self._sleep(_LOST_PAUSE_SECONDS)
            except Unresolved as error:
                raise NoResponse(f"the store gave no answer: {error}", is_timeout=True) from None

    def _note_again(self, error: Conflict, begun: float) -> None:
        """Counts that something is begun again; raises the error where that has gone on for too long."""
        if time.monotonic() - begun >= _CONFLICT_SECONDS:
            raise error
        self.begun_again_count += 1

    def _once(self, work: Callable[[Session], Result], kind: Kind) -> Result:
        session = self._take()
        session.kind = kind
        try:
            result = work(session)
        except Lost:
            session.engine.close()
            raise
        except BaseException:
            self._give(session)
            raise
        self._give(session)
        return result

    @property
    def next_status_change(self) -> float | None:
        """When the status of a table will change by itself, as far as is known; None for never."""
        with self._guard:
            dues = [each.catalog.next_due for each in self._idle if each.has_tables]
        return min((each for each in dues if each is not None), default=None)

    def new_request_id(self) -> str:
        """An identifier for one request: 52 upper-case letters and digits."""
        return (uuid.uuid4().hex + uuid.uuid4().hex)[:52].upper()

    def close(self) -> None:
        """Closes all links that are idle, and others as they come back."""
        with self._guard:
            self._is_closed, idle, self._idle = True, self._idle, []
        for each in idle:
            each.engine.close()

    def leave(self) -> None:
        """Leaves all links to the parent of this process."""
        self._idle, self._guard = [], threading.Lock()

    def _new_session(self) -> Session:
        return Session(self._new_link(), self.statistics, self._settings)

    def _take(self) -> Session:
        with self._guard:
            if self._idle:
                return self._idle.pop()
        return self._new_session()

    def _give(self, session: Session) -> None:
        with self._guard:
            assert session not in self._idle, "a session is given back twice"
            if not self._is_closed:
                self._idle.append(session)
                return
        session.engine.close()


def _kind_of(operation: str) -> Kind:
    """What an operation's transactions are for, unless they turn out to be for more."""
    row = API.get(operation)
    if row is None or row.access != READ:
        return "item" if row is not None and row.subject == ITEM else "write"
    return "snapshot" if row.subject == TRANSACTION else "read"


def _in_the_way(operation: str, request: Request) -> Exception:
    """What is told where others were in the way of an operation for too long."""
    if operation in ("TransactWriteItems", "ExecuteTransaction"):
        count = len(request.get("TransactItems") or request.get("TransactStatements") or ())
        reason = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
        return TransactionCanceled([reason] * count)
    return Throttling("The request was denied because others were writing to the same items for too long.")
