"""What a function sees of the process while it runs in a thread of it: variables, output, logging, all its own.

As long as any invocation is under way that has some of its own, `os.environ`, `sys.stdout` and `sys.stderr` ask in
whose invocation they are used. All other threads see what they saw before.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from io import BufferedIOBase, TextIOBase
from types import ModuleType
from typing import BinaryIO, Self, TextIO, cast

from minidynamo.execution.running import RUNNING, Own, Running


class _Variables(MutableMapping[str, str]):
    """Stands for `os.environ`."""

    def __init__(self, outside: MutableMapping[str, str]) -> None:
        self.outside = outside

    def _here(self) -> MutableMapping[str, str]:
        running = RUNNING.get()
        return self.outside if running is None or running.own is None else running.own.variables

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

    def __ior__(self, other: object) -> Self:
        self.update(cast(dict[str, str], other))
        return self

    def copy(self) -> dict[str, str]:
        """The variables, as a dict."""
        return dict(self._here())


class _Bytes(BufferedIOBase):
    """Stands for the bytes below a stream of the process."""

    def __init__(self, outside: TextIO) -> None:
        self._outside = outside

    def write(self, content: bytes) -> int:  # type: ignore[override]
        running = RUNNING.get()
        if running is None or running.own is None:
            return self._outside.buffer.write(content)
        running.log.write(bytes(content).decode(errors="replace"))
        return len(content)

    def flush(self) -> None:
        self._outside.flush()

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Closes nothing: the stream is the process's."""


class _Output(TextIOBase):
    """Stands for a stream of the process."""

    def __init__(self, outside: TextIO) -> None:
        self.outside = outside
        self._bytes = _Bytes(outside)

    @property
    def buffer(self) -> BinaryIO:
        return cast(BinaryIO, self._bytes)

    def reconfigure(self, **options: object) -> None:
        """Changes nothing: the stream is the process's, and logs have no buffers."""

    def close(self) -> None:
        """Closes nothing either."""

    def write(self, text: str) -> int:
        running = RUNNING.get()
        if running is None or running.own is None:
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
        if running is not None and running.own is not None:
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
        self.handler: logging.Handler = _LogHandler()
        self.of_functions: set[logging.Handler] = {self.handler}  # Those of the root logger.
        self._variables: _Variables | None = None
        self._outputs: tuple[_Output, _Output] | None = None
        self._level = logging.WARNING
        self._knew_boto3 = False
        self._sessions: tuple[ModuleType, Callable[[], object], Callable[[], object]] | None = None
        self._import_module = importlib.import_module

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
            root.addHandler(self.handler)
            self._import_module, importlib.import_module = importlib.import_module, self._imported
            self._give_sessions()

    def _imported(self, name: str, package: str | None = None) -> ModuleType:
        """What `importlib.import_module` does."""
        running = RUNNING.get()
        importing = None if running is None or running.own is None else running.own.import_module
        return (importing or self._import_module)(name, package)

    def _give_sessions(self) -> None:
        """Gives each environment a default session of boto3 of its own, where boto3 has been imported.

        A session keeps the credentials and the region that it has found.
        """
        boto3 = sys.modules.get("boto3")
        self._knew_boto3 = boto3 is not None
        outside = getattr(boto3, "_get_default_session", None)
        if boto3 is None or outside is None:
            return

        def session() -> object:
            running = RUNNING.get()
            if running is None or running.own is None:
                return outside()
            if running.own.session is None:
                running.own.session = boto3.Session()
            return running.own.session

        vars(boto3)["_get_default_session"] = session
        self._sessions = boto3, session, outside

    def _take_sessions(self) -> None:
        if self._sessions is None:
            boto3 = sys.modules.get("boto3")
            if boto3 is not None and not self._knew_boto3:
                vars(boto3)["DEFAULT_SESSION"] = None  # Which a function has made, the first to import it.
            return
        boto3, session, outside = self._sessions
        if vars(boto3).get("_get_default_session") is session:
            vars(boto3)["_get_default_session"] = outside
        self._sessions = None

    def leave(self) -> None:
        with self._lock:
            self._count -= 1
            assert self._count >= 0, "more invocations have ended than begun"
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
            for each in self.of_functions:
                root.removeHandler(each)
            self.of_functions = {self.handler}
            if importlib.import_module == self._imported:
                importlib.import_module = self._import_module
            self._take_sessions()
            root.setLevel(self._level)


_installed = _Installed()


@contextmanager
def _root_lent(own: Own) -> Iterator[None]:
    """While this is on, the root logger is as the environment has left it; the handlers of others stay."""
    root = logging.getLogger()
    before = root.handlers[:]
    outside = [each for each in before if each not in _installed.of_functions]
    if own.root_handlers is not None:
        root.handlers[:] = [*outside, *own.root_handlers]
        _installed.of_functions.update(own.root_handlers)
    if own.root_level is not None:
        root.setLevel(own.root_level)
    level = root.level
    try:
        yield
    finally:
        if root.level != level:
            own.root_level = root.level
        own.root_handlers = [each for each in root.handlers if each not in outside]
        _installed.of_functions.update(own.root_handlers)
        root.handlers[:] = before


@contextmanager
def seen_by(running: Running) -> Iterator[None]:
    """While this is on, this thread is in an invocation that has variables and a log of its own."""
    own = running.own
    assert own is not None, "an invocation in a thread sees what is its environment's own"
    _installed.enter()
    token = RUNNING.set(running)
    try:
        with _root_lent(own):
            yield
    finally:
        RUNNING.reset(token)
        running.log.flush()
        _installed.leave()
