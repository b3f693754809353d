"""Environments that are processes: what takes too long or too much memory is ended, and nothing else suffers.

A process is sent a line of JSON for each invocation and answers with one; whatever it prints is its log. See
`runner.py` for the other end.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from minidynamo.execution.context import Context
from minidynamo.execution.environment import Code, variables_of
from minidynamo.execution.error_payloads import ReportedFailure, TimedOut, exited, timed_out
from minidynamo.execution.logs import LogStream
from minidynamo.execution.runner import LOG_END
from minidynamo.execution.running import TRACE_HEADER, Running
from minidynamo.limits import INIT_SECONDS_MAX, MIB
from minidynamo.values.api_types import JsonObject, JsonValue

_LOOK_SECONDS = 0.02  # How often the memory of a process is looked at.
_END_SECONDS = 2.0
_PAGE_BYTES = 4096
_HERE = str(Path(__file__).parents[2])


# Those whose processes run: they end with this one, however that ends.
_RUNNING: set[ProcessEnvironment] = set()


@atexit.register
def _end_all() -> None:
    for each in list(_RUNNING):
        with suppress(Exception):
            each.end()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_RUNNING.clear)  # They are the parent's.


class ProcessEnvironment:
    """An environment that is a process.

    Parameters:
        code: what runs in it.
        log_stream: where it logs to.
    """

    def __init__(self, code: Code, log_stream: str) -> None:
        self._code = code
        self.log_stream = log_stream
        self._folder = tempfile.mkdtemp(prefix="minidynamo-environment-")
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._log: LogStream | None = None
        self._log_ended = threading.Event()
        self._readers: list[threading.Thread] = []  # Which close what they read from.

    @property
    def is_usable(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def begin(self, running: Running) -> None:
        assert self._process is None, "an environment begins twice"
        self._log = running.log
        variables = variables_of(self._code, self.log_stream, self._folder)
        path = [*self._code.package.path, *(each for each in sys.path if each), _HERE]
        command = [sys.executable, "-m", "minidynamo.execution.runner", self._code.configuration.handler, *path]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._code.package.folder,
            env={**variables, "PYTHONPATH": _HERE, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # What it starts itself ends with it.
        )
        _RUNNING.add(self)
        assert self._process.stdout is not None and self._process.stderr is not None, "they were asked for"
        for target, stream in ((self._read_answers, self._process.stdout), (self._read_log, self._process.stderr)):
            reader = threading.Thread(target=target, args=(stream,), daemon=True, name="minidynamo environment")
            reader.start()
            self._readers.append(reader)
        self._answered(running, "", INIT_SECONDS_MAX)

    def invoke(self, event: JsonValue, context: Context, running: Running, seconds_left: float) -> JsonValue:
        assert self._process is not None and self._process.stdin is not None, "it has begun"
        self._log = running.log
        sent: JsonObject = {
            "event": event,
            "context": context.described(),
            "seconds_left": seconds_left,
            "trace": TRACE_HEADER.get(),
        }
        try:
            self._process.stdin.write(json.dumps(sent).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:  # It has ended; what it answers says so.
            self._process.wait()
        return self._answered(running, context.aws_request_id, seconds_left)

    def end(self) -> None:
        _RUNNING.discard(self)
        if self._process is not None:
            self._kill()
            _close(self._process.stdin)
            for each in self._readers:
                each.join(_END_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answered(self, running: Running, request_id: str, seconds: float) -> JsonValue:
        """What the process answers; ends it where that takes too long, or too much memory."""
        began = time.monotonic()
        while True:
            running.memory_mib = max(running.memory_mib or 0, self._memory_mib())
            if running.memory_mib > self._code.configuration.memory_mib:
                self._kill()
                raise ReportedFailure(exited(-9, request_id))
            left = began + seconds - time.monotonic()
            if left <= 0:
                text = f"Task timed out after {seconds:.2f} seconds"
                self._kill()
                raise TimedOut(timed_out(text, request_id))
            try:
                line = self._answers.get(timeout=min(_LOOK_SECONDS, left))
            except queue.Empty:
                continue
            self._finish_log(running)
            if not line:
                assert self._process is not None, "it has begun"
                raise ReportedFailure(exited(self._process.wait(), request_id))
            answer: JsonObject = json.loads(line)
            if "failure" in answer:
                raise ReportedFailure(answer["failure"])
            return answer["value"]

    def _kill(self) -> None:
        """Ends the process, and those that it has started."""
        assert self._process is not None, "it has begun"
        if self._process.poll() is None and hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def _finish_log(self, running: Running) -> None:
        """Waits until all that was printed has arrived."""
        self._log_ended.wait(_END_SECONDS)
        self._log_ended.clear()
        running.log.flush()

    def _read_answers(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._answers.put(line)
        self._answers.put(b"")

    def _read_log(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                head, mark, _ = line.partition(LOG_END)
                if head and self._log is not None:
                    self._log.write(head.decode(errors="replace"))
                if mark:
                    self._log_ended.set()
        self._log_ended.set()

    def _memory_mib(self) -> int:
        """The memory that the process holds; 0 where the system does not tell."""
        assert self._process is not None, "it has begun"
        try:
            pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            return 0
        return pages * _PAGE_BYTES // MIB


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        with suppress(OSError):  # What was not yet written cannot be any more.
            stream.close()
