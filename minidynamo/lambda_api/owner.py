"""What AWS Lambda's API needs of a database: its functions, and what operations see."""

from __future__ import annotations

from typing import Protocol, TypeGuard

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.lambdas.service import Functions
from minidynamo.operations.context import OperationContext


class FunctionOwner(OperationContext, Protocol):
    """A database with functions."""

    @property
    def functions(self) -> Functions:
        """Its functions and event source mappings."""
        ...


def has_functions(endpoint: Endpoint) -> TypeGuard[FunctionOwner]:
    """Whether an endpoint is a database of this process, which has functions."""
    return hasattr(type(endpoint), "functions") and hasattr(endpoint, "catalog")
