"""Which generation of wording an operation answers in. The only place that knows the service's two validation layers.

The service answers through an older and a newer validation layer and moves operations from one to the other over time.
An error is raised with both of its texts (`errors.ValidationError`); `Wording.render` chooses once it is known.

Three settings: "current" is what most regions answer in autumn 2026, "2025" is the older layer everywhere, "next" is
the newer one in every operation that has moved anywhere. Which layer answers an operation stands in its row
(`requests/operations.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from minidynamo.arguments import did_you_mean
from minidynamo.errors import ValidationError

DETECTED = "1 validation error detected: "

# Classes of errors that a prefixing operation opens with DETECTED.
VALUE = "value"  # Faults of values, expressions and parameter combinations.
SELECT = "select"  # Combinations of Select with projections.


@dataclass(frozen=True)
class ValidationLayer:
    """How one operation words its errors.

    Attributes:
        newer: whether the newer validation layer answers.
        prefixed: the classes of errors that open with "1 validation error detected: ".
    """

    newer: bool = False
    prefixed: frozenset[str] = frozenset()


OLDER = ValidationLayer()
BARE = ValidationLayer(newer=True)
PREFIXED = ValidationLayer(newer=True, prefixed=frozenset({VALUE}))


@dataclass(frozen=True, slots=True)
class Layers:
    """Which layer answers an operation under each setting; under "2025" it is the older one."""

    current: ValidationLayer = OLDER
    next: ValidationLayer = OLDER

    def under(self, setting: str) -> ValidationLayer:
        """The layer under a setting, one of `WORDINGS`."""
        if setting == "current":
            return self.current
        return self.next if setting == "next" else OLDER


WORDINGS = ("current", "2025", "next")


OLDER_ALWAYS = Layers()


class Wording:
    """One setting of the wording switch.

    Parameters:
        name: one of `WORDINGS`.
    """

    def __init__(self, name: str = "current") -> None:
        if name not in WORDINGS:
            raise ValueError(f"there is no wording {name!r}: {did_you_mean(name, WORDINGS)}")
        self.name = name

    def layer(self, layers: Layers) -> ValidationLayer:
        """The layer that answers an operation, of those that its row names."""
        return layers.under(self.name)

    def render(self, error: ValidationError, layers: Layers) -> str:
        """The text of `error` as an operation with these layers answers it."""
        layer = self.layer(layers)
        if not layer.newer:
            return error.text_2025
        opening = DETECTED if error.prefix in layer.prefixed else ""
        return opening + error.message
