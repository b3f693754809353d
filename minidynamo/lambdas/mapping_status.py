"""How the state of a mapping shows: what is done to it passes through a status of its own, by the database's clock.

Source: AWS Lambda API reference, EventSourceMappingConfiguration, State.
"""

from __future__ import annotations

from minidynamo.clock import Clock


class MappingStatus:
    """The status of one mapping.

    Parameters:
        clock: tells when a status ends.

    Attributes:
        changed_at: when the mapping was changed last, epoch seconds.
        reason: why it is as it is, as Lambda says it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._passing: str | None = None
        self._ends_at = 0.0
        self.changed_at = clock.now()
        self.reason = "User action"

    def begin(self, passing: str, seconds: float) -> None:
        """Lets it pass through a status, such as "Creating", for some seconds."""
        assert seconds >= 0, f"a mapping is {passing} for {seconds} seconds"
        self.changed_at = self._clock.now()
        self._passing, self._ends_at = passing, self.changed_at + seconds

    def shown(self, settled: str) -> str:
        """The state that shows, given the one that it has or passes into."""
        return self._passing if self.is_passing and self._passing is not None else settled

    @property
    def is_passing(self) -> bool:
        """Whether it is between two states, so that nothing can be done to it."""
        if self._passing is not None and self._clock.now() >= self._ends_at:
            self._passing, self.changed_at = None, self._ends_at
        return self._passing is not None
