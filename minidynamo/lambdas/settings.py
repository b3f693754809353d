"""The settings of an event source mapping: names, defaults and ranges of CreateEventSourceMapping.

Source: AWS Lambda API reference, CreateEventSourceMapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from minidynamo.arguments import check_arguments
from minidynamo.lambdas.failures import Destination
from minidynamo.lambdas.filter_patterns import compiled_filters
from minidynamo.lambdas.setting_rules import MAPPING
from minidynamo.values.api_types import Request, Structure

_POSITIONS = ("TRIM_HORIZON", "LATEST")
_REPORTING = "ReportBatchItemFailures"
_UNBOUNDED = -1
# Inclusive ranges; -1 stands for no bound where it is named.
_RANGES: dict[str, tuple[int, int, bool]] = {
    "BatchSize": (1, 10_000, False),
    "MaximumBatchingWindowInSeconds": (0, 300, False),
    "ParallelizationFactor": (1, 10, False),
    "MaximumRetryAttempts": (0, 10_000, True),
    "MaximumRecordAgeInSeconds": (60, 604_800, True),
    "TumblingWindowInSeconds": (0, 900, False),
}


@dataclass(frozen=True)
class MappingSettings:
    """What a mapping was created with; the names are the API's.

    Raises:
        ValueError: a value out of its range, or a filter pattern that is none.
        TypeError: a value of a wrong type.
    """

    StartingPosition: str = "TRIM_HORIZON"
    BatchSize: int = 100
    MaximumBatchingWindowInSeconds: int = 0
    ParallelizationFactor: int = 1
    MaximumRetryAttempts: int = _UNBOUNDED
    MaximumRecordAgeInSeconds: int = _UNBOUNDED
    BisectBatchOnFunctionError: bool = False
    TumblingWindowInSeconds: int = 0
    FunctionResponseTypes: Sequence[str] = ()
    FilterCriteria: Structure | None = None
    DestinationConfig: Structure | None = None
    Enabled: bool = True

    def __post_init__(self) -> None:
        check_arguments(MAPPING, **{name: getattr(self, name) for name in MAPPING})
        for name, (low, high, may_be_unbounded) in _RANGES.items():
            value = getattr(self, name)
            is_right = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
            if not (is_right or (may_be_unbounded and value == _UNBOUNDED)):
                hint = ", or -1 for no bound" if may_be_unbounded else ""
                raise ValueError(f"{name} must be a number from {low} to {high}{hint}, not {value!r}")
        if self.StartingPosition not in _POSITIONS:
            raise ValueError(f"StartingPosition must be one of {', '.join(_POSITIONS)}, not {self.StartingPosition!r}")
        unknown = set(self.FunctionResponseTypes) - {_REPORTING}
        if unknown:
            raise ValueError(f"FunctionResponseTypes knows {_REPORTING}, not {', '.join(sorted(unknown))}")
        if self.TumblingWindowInSeconds and self.ParallelizationFactor > 1:
            raise ValueError("a tumbling window needs a ParallelizationFactor of 1")
        if self.MaximumBatchingWindowInSeconds and self.TumblingWindowInSeconds:
            raise ValueError("a mapping has a batching window or a tumbling window, not both")
        compiled_filters(self.FilterCriteria)

    def __repr__(self) -> str:
        """What differs from the defaults; a callable by its name."""
        given = {
            each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default
        }
        texts = {name: repr(value) for name, value in given.items()}
        if callable(self.failure_destination):
            name = getattr(self.failure_destination, "__name__", type(self.failure_destination).__name__)
            texts["DestinationConfig"] = f"{{'OnFailure': {{'Destination': {name}}}}}"
        return f"MappingSettings({', '.join(f'{name}={text}' for name, text in texts.items())})"

    @classmethod
    def of(cls, parameters: Request) -> MappingSettings:
        """The settings of keyword parameters; raises TypeError for an unknown one."""
        known = [each.name for each in fields(cls)]
        unknown = sorted(parameters.keys() - set(known))
        if unknown:
            raise TypeError(f"on_stream() has no parameter {', '.join(unknown)}; it has {', '.join(known)}")
        return cls(**parameters)

    @property
    def reports_failures(self) -> bool:
        """Whether the function says which records of a batch have failed."""
        return _REPORTING in self.FunctionResponseTypes

    @property
    def failure_destination(self) -> Destination | None:
        """Where failed batches are reported, None for nowhere."""
        return ((self.DestinationConfig or {}).get("OnFailure") or {}).get("Destination")
