"""The API's operations, one module each. `OPERATIONS` maps their names to what carries them out.

A module is imported when its operation is first called, which keeps `import minidynamo` fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from minidynamo.operations.context import OperationContext
from minidynamo.requests.operations import API
from minidynamo.values.api_types import Request, Response

Operation = Callable[[OperationContext, Request], Response]


class OperationTable(Mapping[str, Operation]):
    """Operations by name; each is imported on first use."""

    def __init__(self) -> None:
        self._loaded: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        operation = self._loaded.get(name)
        if operation is None:
            row = API[name]
            operation = self._loaded[name] = getattr(import_module(f"{__name__}.{row.module}"), row.method)
        return operation

    def load(self) -> None:
        """Imports all of them, for processes in which that must not happen later."""
        for name in API:
            self[name]
        import_module("minidynamo.expressions.compilation")  # As `bind` does for the first expression.

    def __iter__(self) -> Iterator[str]:
        return iter(API)

    def __len__(self) -> int:
        return len(API)


OPERATIONS = OperationTable()
