"""The settings of databases, mappings and servers as keyword arguments: their names and types, for type checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from pathlib import Path

    from minidynamo.clock import Clock
    from minidynamo.storage.engine import Engine
    from minidynamo.tables.catalog import StatusDelays
    from minidynamo.values.api_types import JsonObject


class DatabaseSettings(TypedDict, total=False):
    """The keyword arguments of `Database`, but for its engine."""

    clock: Clock | None
    seed: int | str
    region: str | None
    account_id: str
    partition_size: int
    table_delays: float | Mapping[str, float] | StatusDelays | None
    wording: str


class ForkSettings(TypedDict):
    """All of `Database`, as a fork is made with them."""

    engine: Engine
    clock: Clock
    seed: int | str
    region: str
    account_id: str
    partition_size: int
    table_delays: StatusDelays
    wording: str


class ConnectSettings(TypedDict, total=False):
    """The keyword arguments of `minidynamo.connect`, but for its path."""

    durability: Literal["full", "process"] | None
    read_only: bool
    on_damage: Literal["raise", "skip"]
    file_mode: int
    clock: Clock | None
    seed: int | str
    region: str | None
    account_id: str
    partition_size: int
    table_delays: float | Mapping[str, float] | None
    wording: Literal["current", "2025", "next"]
    credentials: tuple[str, ...] | None
    unverified: bool


class MockSettings(ConnectSettings, total=False):
    """The keyword arguments of `minidynamo.mock`: the settings of the database it makes."""

    path: str | Path | None


class ServeSettings(TypedDict, total=False):
    """The fields of `ServerOptions` beside host and port."""

    credentials: Mapping[str, object] | None
    allows_anonymous: bool
    allows_origins: bool
    certificate: Path | None
    private_key: Path | None


class StreamSettings(TypedDict, total=False):
    """The parameters of CreateEventSourceMapping, and the function's timeout."""

    StartingPosition: str
    BatchSize: int
    MaximumBatchingWindowInSeconds: int
    ParallelizationFactor: int
    MaximumRetryAttempts: int
    MaximumRecordAgeInSeconds: int
    BisectBatchOnFunctionError: bool
    TumblingWindowInSeconds: int
    FunctionResponseTypes: Sequence[str]
    FilterCriteria: JsonObject | None
    DestinationConfig: JsonObject | None
    Enabled: bool
    Timeout: float
