"""How what is done to a mapping or a function shows: it passes through a status of its own, by the database's clock.

Source: AWS Lambda API reference, EventSourceMappingConfiguration, State; AWS Lambda Developer Guide, "Lambda function
states".
"""

from __future__ import annotations

from minidynamo.clock import Clock


class PassingStatus:
    """The status of one thing.

    Parameters:
        clock: tells when a status ends.

    Attributes:
        reason: why it is as it is, as Lambda says it of mappings.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._passing: str | None = None
        self._ends_at = 0.0
        self._changed_at = clock.now()
        self.reason = "User action"

    def begin(self, passing: str, seconds: float) -> None:
        """Lets it pass through a status, such as "Creating", for some seconds."""
        assert seconds >= 0, f"something is {passing} for {seconds} seconds"
        self._changed_at = self._clock.now()
        self._passing, self._ends_at = passing, self._changed_at + seconds

    def shown(self, settled: str) -> str:
        """The state that shows, given the one that it has or passes into."""
        return self._passing if self.is_passing and self._passing is not None else settled

    @property
    def changed_at(self) -> float:
        """When it was changed last, epoch seconds: the end of a status is a change."""
        self._settle()
        return self._changed_at

    @property
    def is_passing(self) -> bool:
        """Whether it is between two states, so that nothing can be done to it."""
        self._settle()
        return self._passing is not None

    def _settle(self) -> None:
        if self._passing is not None and self._clock.now() >= self._ends_at:
            self._passing, self._changed_at = None, self._ends_at
