"""Finding the handler of a package, and what a function answers whose handler cannot be had.

Source: AWS Lambda Developer Guide, "Define Lambda function handler in Python"; answers of the service's runtime.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable
from pathlib import Path

from minidynamo.execution.error_payloads import ReportedFailure, text_of
from minidynamo.values.api_types import JsonValue

Handler = Callable[..., JsonValue]


def loaded_handler(name: str, folder: Path) -> Handler:
    """The handler of a name, whose module is imported.

    Parameters:
        name: such as "app.handler" or "orders/app.handler".
        folder: of the package, for what is said of a syntax error.

    Raises:
        ReportedFailure: with what the function answers, where there is none.
    """
    module_name, dot, attribute = name.rpartition(".")
    if not dot:
        raise _failure("MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise _failure("ImportModuleError", f"Unable to import module '{module_name}': {text_of(error)}") from error
    except SyntaxError as error:
        place = f"{Path(error.filename or '').name}, line {error.lineno}"
        text = f"Syntax error in module '{module_name}': {error.msg} ({place})"
        raise _failure("UserCodeSyntaxError", text, [f'  File "{error.filename}" Line {error.lineno}\n']) from error
    except Exception as error:
        stack = [
            line
            for frame, line in zip(
                traceback.extract_tb(error.__traceback__), traceback.format_tb(error.__traceback__), strict=True
            )
            if frame.filename.startswith(str(folder))
        ]
        raise ReportedFailure(_payload(type(error).__name__, text_of(error), stack)) from error
    handler = getattr(module, attribute, None)
    if not callable(handler):
        raise _failure("HandlerNotFound", f"Handler '{attribute}' missing on module '{module_name}'")
    return handler  # type: ignore[no-any-return]


def _failure(kind: str, text: str, stack: list[str] | None = None) -> ReportedFailure:
    return ReportedFailure(_payload(f"Runtime.{kind}", text, stack or []))


def _payload(kind: str, text: str, stack: list[str]) -> dict[str, JsonValue]:
    return {"errorMessage": text, "errorType": kind, "requestId": "", "stackTrace": stack}
