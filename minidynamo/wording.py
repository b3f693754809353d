"""Which generation of wording an operation answers in. The only place that knows the service's two validation layers.

The service answers through an older and a newer validation layer and moves operations from one to the other over time.
A fault is raised with both of its texts (`errors.ValidationError`); `Wording.render` chooses once it is known.

Two settings: "current" is what most regions answer in autumn 2026, "2025" is the older layer everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from minidynamo.errors import ValidationError

DETECTED = "1 validation error detected: "

# Classes of faults that a prefixing operation opens with DETECTED.
VALUE = "value"  # Faults of values, expressions and parameter combinations.
SELECT = "select"  # Combinations of Select with projections.


@dataclass(frozen=True)
class Layer:
    """How one operation words its faults.

    Attributes:
        newer: whether the newer validation layer answers.
        prefixed: the classes of faults that open with "1 validation error detected: ".
    """

    newer: bool = False
    prefixed: frozenset[str] = frozenset()


OLDER = Layer()
_BARE = Layer(newer=True)
_PREFIXED = Layer(newer=True, prefixed=frozenset({VALUE}))

_LAYERS: dict[str, dict[str, Layer]] = {
    "current": {
        "PutItem": _PREFIXED,
        "UpdateItem": _PREFIXED,
        "DeleteItem": _PREFIXED,
        "GetItem": _BARE,
        "Query": Layer(newer=True, prefixed=frozenset({SELECT})),
        "BatchGetItem": _BARE,
    },
    "2025": {},
}

WORDINGS = tuple(_LAYERS)


class Wording:
    """One setting of the wording switch.

    Parameters:
        name: "current" or "2025".
    """

    def __init__(self, name: str = "current") -> None:
        if name not in _LAYERS:
            raise ValueError(f"wording must be one of {', '.join(WORDINGS)}, not {name!r}")
        self.name = name
        self._layers = _LAYERS[name]

    def layer(self, operation: str) -> Layer:
        """The layer that answers `operation`, an API name such as "PutItem"."""
        return self._layers.get(operation, OLDER)

    def render(self, error: ValidationError, operation: str) -> str:
        """The text of `error` as `operation` answers it."""
        layer = self.layer(operation)
        if not layer.newer:
            return error.message
        opening = DETECTED if error.prefix in layer.prefixed else ""
        return opening + error.newer
