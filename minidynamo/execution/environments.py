"""The execution environments of one version of a function: begun when they are needed, kept warm, ended when idle.

Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle", "Configuring
provisioned concurrency".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from minidynamo.clock import Clock, advanced
from minidynamo.execution.environment import Code, Environment, ThreadEnvironment
from minidynamo.execution.process_environment import ProcessEnvironment
from minidynamo.execution.running import Running
from minidynamo.limits import ENVIRONMENT_IDLE_SECONDS

_KINDS: dict[str, Callable[[Code, str], Environment]] = {
    "thread": ThreadEnvironment,
    "process": ProcessEnvironment,
}


class Environments:
    """Environments that run the same code.

    Parameters:
        code: it.
        clock: tells for how long they are idle.
        new_id: gives an identifier for each.

    Attributes:
        cold_starts: how many have begun since invocations needed them.
        provisioned: how many are there before any invocation needs them.
    """

    def __init__(self, code: Code, clock: Clock, new_id: Callable[[], str]) -> None:
        self._code = code
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.Lock()
        self._idle: list[tuple[Environment, float]] = []  # With the time since when, the latest used last.
        self._in_use: set[int] = set()  # By identity.
        self._has_ended = False
        self.cold_starts = 0
        self.provisioned = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._idle) + len(self._in_use)

    def take(self, running: Running) -> Environment:
        """An environment for one invocation: the one that was used last, or a new one.

        Raises:
            ReportedFailure: its code fails before the handler is there.
        """
        self.end_idle()
        with self._lock:
            if self._idle:
                environment, _ = self._idle.pop()
                self._in_use.add(id(environment))
                return environment
            self.cold_starts += 1
        began = time.perf_counter()
        environment = self._begun(running)
        self._delay()
        running.init_seconds = time.perf_counter() - began
        with self._lock:
            assert id(environment) not in self._in_use, "a new environment is in use"
            self._in_use.add(id(environment))
        return environment

    def give_back(self, environment: Environment) -> None:
        """Keeps an environment for later invocations, if there can be any."""
        with self._lock:
            assert all(environment is not each for each, _ in self._idle), "an environment is given back twice"
            self._in_use.discard(id(environment))
            keeps = environment.is_usable and not self._has_ended
            if keeps:
                self._idle.append((environment, self._clock.now()))
        if not keeps:
            environment.end()

    def provision(self, number: int, running: Running) -> None:
        """Begins environments until there are as many as a number, which are kept from now on; 0 for none."""
        assert number >= 0, f"{number} environments cannot be"
        self.provisioned = number
        while self.count < number and not self._has_ended:
            self.give_back(self._begun(running))

    def end_idle(self) -> None:
        """Ends those that nobody has used for long."""
        latest = self._clock.now() - ENVIRONMENT_IDLE_SECONDS
        with self._lock:
            idle = [each for each, since in self._idle if since < latest]
            idle = idle[: max(0, self.count - self.provisioned)]
            self._idle = [pair for pair in self._idle if pair[0] not in idle]
        for each in idle:
            each.end()

    def end(self) -> None:
        """Ends all of them; those in use, and any that are asked for later, when they are given back."""
        with self._lock:
            self._has_ended = True
            idle, self._idle = self._idle, []
        for each, _ in idle:
            each.end()

    def resume(self) -> None:
        """Keeps those that are given back from now on, after all were ended."""
        with self._lock:
            self._has_ended = False

    def begin_as_child(self) -> None:
        """Begins anew in a child process: the environments are the parent's, and stay."""
        self._lock = threading.Lock()
        self._idle, self._in_use = [], set()

    def _begun(self, running: Running) -> Environment:
        moment = datetime.fromtimestamp(self._clock.now(), UTC)
        stream = f"{moment:%Y/%m/%d}/[{self._code.version}]{self._new_id().replace('-', '')}"
        running.log.name = stream
        environment = _KINDS[self._code.configuration.isolation](self._code, stream)
        try:
            environment.begin(running)
        except BaseException:
            environment.end()
            raise
        return environment

    def _delay(self) -> None:
        """Lets a cold start take as long as it should, by the database's clock."""
        seconds = self._code.configuration.cold_start_seconds
        if seconds and not advanced(self._clock, seconds):
            time.sleep(seconds)
