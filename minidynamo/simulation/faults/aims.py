"""An aim: one fault that a test asks for by name, how often it has happened, and what came near where it has not."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from minidynamo.requests.subjects import items_of, tables_of
from minidynamo.simulation.arguments import require
from minidynamo.simulation.faults.calls import Call
from minidynamo.simulation.faults.kinds import Kind
from minidynamo.values.api_types import Request
from minidynamo.values.attribute_value import Item, checked_item

Predicate = Callable[[str, Request], bool]

_NEAR_SHOWN_MAX = 3


class Aim:
    """One aimed fault, made by `db.faults.on`. As a context manager it fails at its end if it was never used.

    Parameters:
        kind: what happens.
        operation, table, key, where: to what; None for anything.
        times: how often it happens, None for always.
        variant: what its details are drawn from.
    """

    def __init__(
        self,
        kind: Kind,
        operation: str | None = None,
        table: str | None = None,
        key: Item | None = None,
        where: Predicate | None = None,
        times: int | None = 1,
        variant: int = 0,
    ) -> None:
        require(isinstance(kind, Kind), "Aim", "a Kind, as db.faults.on() gives it", kind)
        self.kind, self.variant = kind, variant
        self._operation, self._table, self._key, self._where = operation, table, key, where
        self._times, self._fired, self._is_cancelled = times, 0, False
        self._near = _NearCalls()

    @property
    def fired(self) -> int:
        """How often it has happened."""
        return self._fired

    @property
    def is_open(self) -> bool:
        """Whether it may still happen."""
        return not self._is_cancelled and (self._times is None or self._fired < self._times)

    def cancel(self) -> None:
        """Lets it happen no more."""
        self._is_cancelled = True

    def __enter__(self) -> Aim:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cancel()
        if kind is None and self._fired == 0:
            raise AssertionError(f"{self._described()} never happened: {self._near.text(self.kind)}")

    def __repr__(self) -> str:
        often = "always" if self._times is None else f"{self._times} times"
        ended = ", cancelled" if self._is_cancelled else ""
        return f"<Aim {self._described()}, {often}: fired {self._fired}{ended}>"

    # For the injector.

    def takes(self, kind: str, operation: str, request: Request) -> bool:
        """Whether it happens with a request."""
        if kind != self.kind.name or not self.is_open or self._obstacle(operation, request)[1]:
            return False
        if self._where is None or self._where(operation, request):
            return True
        self._near.is_refused = True
        return False

    def watch(self, call: Call, request: Request, silence: str = "") -> None:
        """Notes how near a call comes, while none has been met.

        Parameters:
            call, request: the call.
            silence: why nothing of the kind happens now; "" where it may.
        """
        if self.is_open and self._fired == 0:
            rank, obstacle = self._obstacle(call.operation, request)
            self._near.add(call, rank, obstacle or silence)

    def count(self) -> None:
        """Notes that it has happened."""
        assert self.is_open, f"{self!r} has happened all the same"
        self._fired += 1

    def take_back(self) -> None:
        """Notes that it has had no effect after all."""
        assert self._fired > 0, f"{self!r} cannot be taken back"
        self._fired -= 1

    def _obstacle(self, operation: str, request: Request) -> tuple[int, str]:
        """How many conditions a request meets before the first that it does not, and what is wrong with that one."""
        if self._operation not in (None, operation) or (self.kind.operations and operation not in self.kind.operations):
            return 0, "another operation"
        if self._table is not None and self._table not in map(_table_name, tables_of(request)):
            return 1, "another table"
        if self._key is not None and not any(_holds(item, self._key) for item in items_of(request)):
            return 2, "another key"
        return 3, ""

    def _described(self) -> str:
        key = ", ".join(f"{name}={next(iter(value.values()))}" for name, value in (self._key or {}).items())
        parts = [self._operation or "", f"table {self._table}" if self._table else "", f"key {key}" if key else ""]
        at = ", ".join(part for part in parts if part) or "any call"
        return f"{self.kind.name} aimed at {at}" + (" where asked" if self._where is not None else "")


class _NearCalls:
    """The calls that came nearest to an aim that has met none yet."""

    def __init__(self) -> None:
        self.is_refused = False
        self._rank, self._count, self._deliveries = 1, 0, 0
        self._calls: list[tuple[Call, str]] = []

    def add(self, call: Call, rank: int, obstacle: str) -> None:
        """Notes a call that meets so many conditions; those that meet fewer than another one are forgotten."""
        self._deliveries += call.operation == "Deliver"
        if rank < self._rank:
            return
        if rank > self._rank:
            self._rank, self._count = rank, 0
            self._calls.clear()
        self._count += 1
        if len(self._calls) < _NEAR_SHOWN_MAX:
            self._calls.append((call, obstacle))

    def text(self, kind: Kind) -> str:
        """What came near, in one line."""
        if not self._calls and self._deliveries and kind.operations == {"GetRecords"}:
            return "handlers of on_stream get their changes without GetRecords, of which there was no call"
        if not self._calls:
            return "no call came near"
        where = "its where refused it" if self.is_refused else f"it could not happen there, see {kind.page}"
        shown = [f"{call.title} ({obstacle or where})" for call, obstacle in self._calls]
        more = f" and {self._count - len(shown)} more" if self._count > len(shown) else ""
        return f"near came {', '.join(shown)}{more}"


def _table_name(name_or_arn: str) -> str:
    return name_or_arn.rpartition(":table/")[2]


def _holds(item: Item, key: Item) -> bool:
    """Whether an item, which may be malformed, has the attributes of a key."""
    try:
        return all(checked_item({name: item[name]})[0] == {name: value} for name, value in key.items())
    except Exception:
        return False
