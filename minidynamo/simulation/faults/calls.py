"""A call of a simulated database, as its history keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field

from minidynamo.simulation.faults.chance import Detail


@dataclass
class Call:
    """One call and what was chosen in it.

    Attributes:
        number: counted from 1; a delivery to a handler and a sweep for expired items count as calls.
        operation: its API name, or "Deliver" or "Expire".
        on: the names of its tables, separated by commas.
        key: a short text of what it is about, for people.
        choices: the details of what was chosen, by kind.
        outcome: "ok" or the error code.
    """

    number: int
    operation: str
    on: str = ""
    key: str = ""
    choices: dict[str, Detail] = field(default_factory=dict)
    outcome: str = ""

    @property
    def title(self) -> str:
        """Which call it was, in a few words."""
        return f"call {self.number} {self.operation} {self.on} {self.key}".rstrip()
