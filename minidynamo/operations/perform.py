"""Carrying out one request: its shape is checked, its operation performed, and what goes wrong is worded."""

from __future__ import annotations

from minidynamo.clock import clock_error
from minidynamo.errors import DynamoError, InternalServerError, SerializationError, ValidationError
from minidynamo.operations import OPERATIONS
from minidynamo.operations.context import OperationContext
from minidynamo.requests.checker import check_request_types, checked_request
from minidynamo.requests.operations import API
from minidynamo.tables.damage import read_failure
from minidynamo.values.api_types import Request, Response
from minidynamo.values.wire_types import NOT_UTF8
from minidynamo.wording import Wording


def well_formed(wording: Wording, operation: str, request: Request) -> Request:
    """A request as it is carried out, without what is unknown or null in it.

    Raises:
        DynamoError: it has not the right form, in the service's words.
    """
    try:
        return checked_request(operation, request, wording)
    except ValidationError as error:
        raise _worded(wording, operation, request, error) from None
    except (AttributeError, TypeError):
        check_request_types(operation, request)
        raise


def _worded(wording: Wording, operation: str, request: Request, error: ValidationError) -> ValidationError:
    """An error as the service words it; raises SerializationError for a wrong type, which is told before all else."""
    check_request_types(operation, request)
    return ValidationError(wording.render(error, API[operation].layers))


def perform(context: OperationContext, operation: str, request: Request) -> Response:
    """Carries out one request.

    Parameters:
        context: what the operation sees.
        operation: the API name, such as "PutItem".
        request: its members. It is not changed.

    Raises:
        DynamoError: the service's own error.
    """
    try:
        checked = checked_request(operation, request, context.wording)
        return OPERATIONS[operation](context, checked)
    except ValidationError as error:
        raise _worded(context.wording, operation, request, error) from None
    except (DynamoError, AttributeError, TypeError):
        # Python types that JSON does not have, such as an attribute name that is a number, fail anywhere.
        if operation in API:
            check_request_types(operation, request)
        raise
    except UnicodeEncodeError:  # In a text that would have been stored; nothing has been.
        raise SerializationError(NOT_UTF8) from None
    except context.engine.io_errors as error:
        raise read_failure(context.catalog, error) from error
    except (ValueError, OverflowError):
        wrong = clock_error(context.clock)
        if wrong is None:
            raise
        raise InternalServerError(f"{wrong}.") from None
