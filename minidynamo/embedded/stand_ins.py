"""Classes that stand in for botocore's exceptions where botocore is not installed: the same names and attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minidynamo.values.api_types import Response


class ServiceError(Exception):
    """What botocore's ClientError and its stand-in have in common, for type checkers.

    Attributes:
        response: what was answered: `Error` with `Code` and `Message`, `ResponseMetadata`, members of the error's own.
        operation_name: the operation that has failed.
    """

    response: Response
    operation_name: str

    if TYPE_CHECKING:

        def __init__(self, error_response: Response, operation_name: str) -> None: ...


class ClientError(ServiceError):
    """Stands in for botocore's ClientError."""

    def __init__(self, error_response: Response, operation_name: str) -> None:
        error = error_response.get("Error", {})
        Exception.__init__(
            self,
            f"An error occurred ({error.get('Code', 'Unknown')}) when calling the {operation_name} operation: "
            f"{error.get('Message', 'Unknown')}",
        )
        self.response = error_response
        self.operation_name = operation_name


class ParamValidationError(Exception):
    """Stands in for botocore's ParamValidationError."""

    def __init__(self, report: str) -> None:
        super().__init__(f"Parameter validation failed:\n{report}")
        self.kwargs = {"report": report}


class WaiterError(Exception):
    """Stands in for botocore's WaiterError."""

    def __init__(self, name: str, reason: str, last_response: Response) -> None:
        super().__init__(f"Waiter {name} failed: {reason}")
        self.last_response = last_response
