"""Threads of which one runs at a time, and a seed says which: what interleaves is what it says, on every run."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable


class Turns:
    """Gives turns to threads.

    Parameters:
        chance: says whose turn is next.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._gates: dict[int, threading.Semaphore] = {}
        self._failures: list[BaseException] = []

    def run(self, programs: list[Callable[[], None]]) -> None:
        """Runs programs to their ends, each in a thread; raises what one of them has raised."""
        ready = threading.Barrier(len(programs) + 1)

        def run_one(number: int) -> None:
            self._gates[number] = threading.Semaphore(0)
            ready.wait()
            self._gates[number].acquire()
            threading.current_thread().name = str(number)
            try:
                programs[number]()
            except BaseException as error:
                self._failures.append(error)
            finally:
                del self._gates[number]
                self._next()

        threads = [threading.Thread(target=run_one, args=(number,), daemon=True) for number in range(len(programs))]
        for each in threads:
            each.start()
        ready.wait()
        self._next()
        for each in threads:
            each.join(60)
            assert not each.is_alive(), "a program does not come to its end"
        if self._failures:
            raise self._failures[0]

    def pass_on(self) -> None:
        """Lets somebody go on, maybe this thread."""
        own = self._own()
        if own is None:
            return
        self._next()
        self._gates[own].acquire()

    def _own(self) -> int | None:
        name = threading.current_thread().name
        return int(name) if name.isdigit() and int(name) in self._gates else None

    def _next(self) -> None:
        if self._gates:
            self._gates[self._chance.choice(sorted(self._gates))].release()
