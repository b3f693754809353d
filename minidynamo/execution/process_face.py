"""What a function sees of the process while it runs in a thread of it: variables, output, logging, all its own.

As long as any invocation is under way that has some of its own, `os.environ`, `sys.stdout` and `sys.stderr` ask in
whose invocation they are used. All other threads see what they saw before.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from io import TextIOBase
from typing import TextIO, cast

from minidynamo.execution.running import RUNNING, Running


class _Variables(MutableMapping[str, str]):
    """Stands for `os.environ`."""

    def __init__(self, outside: MutableMapping[str, str]) -> None:
        self.outside = outside

    def _here(self) -> MutableMapping[str, str]:
        running = RUNNING.get()
        return self.outside if running is None or running.variables is None else running.variables

    def __getitem__(self, name: str) -> str:
        return self._here()[name]

    def __setitem__(self, name: str, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"str expected, not {type(value).__name__}")
        self._here()[name] = value

    def __delitem__(self, name: str) -> None:
        del self._here()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._here()))

    def __len__(self) -> int:
        return len(self._here())

    def __repr__(self) -> str:
        return repr(self._here())

    def __or__(self, other: object) -> dict[str, str]:
        return {**self._here(), **cast(dict[str, str], other)}

    def __ror__(self, other: object) -> dict[str, str]:
        return {**cast(dict[str, str], other), **self._here()}

    def copy(self) -> dict[str, str]:
        """The variables, as a dict."""
        return dict(self._here())


class _Output(TextIOBase):
    """Stands for a stream of the process."""

    def __init__(self, outside: TextIO) -> None:
        self.outside = outside

    def write(self, text: str) -> int:
        running = RUNNING.get()
        if running is None or running.variables is None:
            return self.outside.write(text)
        running.log.write(text)
        return len(text)

    def flush(self) -> None:
        self.outside.flush()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.outside.encoding

    def isatty(self) -> bool:
        return self.outside.isatty()

    def fileno(self) -> int:
        return self.outside.fileno()


class _LogHandler(logging.Handler):
    """Writes log records into the log of the invocation in which they are made, as the service's runtime does."""

    def emit(self, record: logging.LogRecord) -> None:
        running = RUNNING.get()
        if running is not None and running.variables is not None:
            running.log.event(log_text(self, record, running.request_id))


def log_text(handler: logging.Handler, record: logging.LogRecord, request_id: str) -> str:
    """A log record as a function's log shows it."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    shown = handler.format(record)
    return f"[{record.levelname}]\t{moment}.{int(record.msecs):03}Z\t{request_id}\t{shown}"


class _Installed:
    """What stands in the process while functions run, and how many do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._handler = _LogHandler()
        self._variables: _Variables | None = None
        self._outputs: tuple[_Output, _Output] | None = None
        self._level = logging.WARNING

    def enter(self) -> None:
        with self._lock:
            self._count += 1
            if self._count > 1:
                return
            self._variables = _Variables(os.environ)
            os.environ = self._variables  # type: ignore[assignment]  # noqa: B003 - Nothing is cleared.
            self._outputs = _Output(sys.stdout), _Output(sys.stderr)
            sys.stdout, sys.stderr = cast("tuple[TextIO, TextIO]", self._outputs)
            root = logging.getLogger()
            self._level = root.level
            root.addHandler(self._handler)

    def leave(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count:
                return
            assert self._variables is not None and self._outputs is not None, "what stands there was put there"
            if os.environ is self._variables:
                os.environ = self._variables.outside  # type: ignore[assignment]  # noqa: B003
            out, err = self._outputs
            if sys.stdout is cast(TextIO, out):
                sys.stdout = out.outside
            if sys.stderr is cast(TextIO, err):
                sys.stderr = err.outside
            root = logging.getLogger()
            root.removeHandler(self._handler)
            root.setLevel(self._level)


_installed = _Installed()


@contextmanager
def seen_by(running: Running) -> Iterator[None]:
    """While this is on, this thread is in an invocation that has variables and a log of its own."""
    assert running.variables is not None, "an invocation in a thread has variables of its own"
    _installed.enter()
    token = RUNNING.set(running)
    root = logging.getLogger()
    if running.root_level is not None:
        root.setLevel(running.root_level)
    before = root.level
    try:
        yield
    finally:
        if root.level != before:
            running.root_level = root.level
        RUNNING.reset(token)
        running.log.flush()
        _installed.leave()
