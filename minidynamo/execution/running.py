"""The invocation that a thread or task is at, and what is learned of it on the way."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType

from minidynamo.execution.context import ClientContext
from minidynamo.execution.logs import LogStream
from minidynamo.limits import KIB, MIB

try:
    import resource
except ImportError:  # Windows has none.
    resource = None  # type: ignore[assignment]


@dataclass
class Own:
    """What an environment has of its own of what there is once in a process.

    Attributes:
        variables: what `os.environ` holds.
        root_level: what the function has set the level of the root logger to.
        root_handlers: what the handlers of the root logger are but for the process's.
        import_module: what `importlib.import_module` does.
        session: boto3's default session.
    """

    variables: dict[str, str]
    root_level: int | None = None
    root_handlers: list[logging.Handler] | None = field(default=None, repr=False)
    import_module: Callable[[str, str | None], ModuleType] | None = field(default=None, repr=False)
    session: object = field(default=None, repr=False)


@dataclass
class Running:
    """One invocation under way.

    Attributes:
        request_id: its own.
        log: takes what it prints and logs.
        deadline: when it is late, by the database's clock; what comes before the handler does not count.
        own: what its environment has of its own; None where it sees what the process does.
        init_seconds: how long its environment took to begin, None where that was there already.
        memory_mib: the most memory that was seen in use, None where nobody has looked.
    """

    request_id: str
    log: LogStream
    deadline: float = math.inf
    own: Own | None = None
    init_seconds: float | None = None
    memory_mib: int | None = None
    has_begun: bool = False

    def begin(self, version: str) -> None:
        """Logs that the handler is called."""
        if not self.has_begun:
            self.has_begun = True
            self.log.event(partial("START RequestId: {} Version: {}".format, self.request_id, version))

    def end(self, seconds: float, memory_size_mib: int, status: str = "") -> None:
        """Logs what the invocation has come to.

        Parameters:
            seconds: how long the handler took.
            memory_size_mib: how much memory it may use.
            status: what ended it, where it did not end by itself, such as "timeout".
        """
        if self.memory_mib is None:
            self.memory_mib = peak_mib()
        self.log.event(partial("END RequestId: {}".format, self.request_id))
        self.log.event(partial(self._report, seconds, memory_size_mib, status))

    def _report(self, seconds: float, memory_size_mib: int, status: str) -> str:
        milliseconds = seconds * 1000
        pieces = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {math.ceil(milliseconds)} ms",
            f"Memory Size: {memory_size_mib} MB",
        ]
        if self.memory_mib:  # Which not every system tells.
            pieces.append(f"Max Memory Used: {self.memory_mib} MB")
        if self.init_seconds is not None:
            pieces.append(f"Init Duration: {self.init_seconds * 1000:.2f} ms")
        if status:
            pieces.append(f"Status: {status}")
        return "\t".join(pieces)


def peak_mib() -> int:
    """The most memory that this process has held so far; 0 where the system does not tell."""
    if resource is None:
        return 0
    unit = 1 if sys.platform == "darwin" else KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // MIB


RUNNING: ContextVar[Running | None] = ContextVar("minidynamo running", default=None)
# What the caller of an invocation says of itself.
CLIENT_CONTEXT: ContextVar[ClientContext | None] = ContextVar("minidynamo client context", default=None)
# What AWS X-Ray is told of the request that has led here: the header X-Amzn-Trace-Id.
TRACE_HEADER: ContextVar[str] = ContextVar("minidynamo trace header", default="")
