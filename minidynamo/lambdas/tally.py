"""What one step of a mapping or of the queue has come to, for reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """What one step has come to.

    Attributes:
        invocations: how many functions were invoked.
        retries: how many of these had been tried before.
        discarded: how many changes, or queued invocations, were given up.
        failures: how often the batch that it was about has failed by now.
        error: what the handler has raised, or what else it has ended with; None where it answered.
        is_excused: whether a simulated fault in the handler may be the cause of that.
    """

    invocations: int = 0
    retries: int = 0
    discarded: int = 0
    failures: int = 0
    error: BaseException | None = None
    is_excused: bool = False
