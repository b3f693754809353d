"""What functions log, as CloudWatch Logs would hold it: groups of a function's events, told apart by request.

Source: AWS Lambda Developer Guide, "Working with Lambda function logs in Python".
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from minidynamo.limits import LOG_EVENT_CHARACTERS_MAX, LOG_EVENTS_MAX, LOG_TAIL_BYTES_MAX


class LogEvent(NamedTuple):
    """One event of a log.

    Attributes:
        number: counts the events of a function, from 1.
        time: epoch seconds, by the database's clock.
        stream: the environment that it comes from.
        request_id: of the invocation; "" for none.
        message: the text, without the line break at its end.
    """

    number: int
    time: float
    stream: str
    request_id: str
    message: str

    def __str__(self) -> str:
        return self.message


Listener = Callable[[LogEvent], object]
# A text, or what makes it when somebody reads it: of most events nobody does.
Message = str | Callable[[], str]


class _Kept(NamedTuple):
    """An event whose text may not have been made yet."""

    number: int
    time: float
    stream: str
    request_id: str
    message: Message

    def event(self) -> LogEvent:
        """The event, a very long text cut."""
        text = self.message if isinstance(self.message, str) else self.message()
        return LogEvent(self.number, self.time, self.stream, self.request_id, text[:LOG_EVENT_CHARACTERS_MAX])


class LogGroup:
    """The latest events of one function.

    Parameters:
        now: tells the time.
        logs: the log that it is part of, whose listener is told of each event.
    """

    def __init__(self, now: Callable[[], float], logs: Logs) -> None:
        self._now = now
        self._logs = logs
        self._lock = threading.Lock()
        self._events: deque[_Kept] = deque(maxlen=LOG_EVENTS_MAX)
        self._count = 0

    def add(self, stream: str, request_id: str, message: Message) -> None:
        """Adds an event."""
        assert stream, "an event belongs to a stream"
        with self._lock:
            self._count += 1
            kept = _Kept(self._count, self._now(), stream, request_id, message)
            self._events.append(kept)
        if self._logs.listener is not None:
            self._logs.listener(kept.event())

    def events(self, request_id: str | None = None, after: int = 0) -> list[LogEvent]:
        """The events, of one invocation if that is named, behind a number."""
        with self._lock:
            kept = list(self._events)
        return [each.event() for each in kept if each.number > after and request_id in (None, each.request_id)]

    def tail(self, request_id: str) -> bytes:
        """The last 4 KB of what an invocation has logged."""
        text = "".join(f"{each.message}\n" for each in self.events(request_id))
        return text.encode(errors="replace")[-LOG_TAIL_BYTES_MAX:]

    def begin_as_child(self) -> None:
        """Begins anew in a child process, where no other thread holds the lock."""
        self._lock = threading.Lock()


class LogStream:
    """Takes what one invocation writes, and adds an event for each whole line.

    Parameters:
        group: of its function.
        name: of the stream.
        request_id: of the invocation.
    """

    def __init__(self, group: LogGroup, name: str, request_id: str) -> None:
        self._group = group
        self.name = name
        self._request_id = request_id
        self._rest: list[str] = []  # Pieces of a line that has not ended.

    def write(self, text: str) -> None:
        """Takes a piece of text, as a file does."""
        self._rest.append(text)
        if "\n" not in text:
            return
        *lines, rest = "".join(self._rest).split("\n")
        self._rest = [rest]
        for line in lines:
            self.event(line)

    def event(self, message: Message) -> None:
        """Adds an event, which may have several lines."""
        self._group.add(self.name, self._request_id, message)

    def flush(self) -> None:
        """Adds what has not ended with a line break."""
        rest, self._rest = "".join(self._rest), []
        if rest:
            self.event(rest)


class Logs:
    """The log groups of functions, by their names.

    Parameters:
        now: tells the time.

    Attributes:
        listener: is told of each event; None for nobody.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._groups: dict[str, LogGroup] = {}
        self.listener: Listener | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._groups))

    def of(self, function_name: str) -> LogGroup:
        """The group of a function, made when first asked for; it outlives the function."""
        return self._groups.setdefault(function_name, LogGroup(self._now, self))

    def begin_as_child(self) -> None:
        """Begins anew in a child process."""
        for group in self._groups.values():
            group.begin_as_child()
