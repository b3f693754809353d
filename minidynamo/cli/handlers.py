"""Handlers that are named on the command line."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from minidynamo.http.server.access import ServeError
from minidynamo.lambdas.function import Handler


def load_handler(name: str) -> Handler:
    """The handler of a name such as "package.module:handler", looked for from the present folder on.

    Raises:
        ServeError: there is none.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise ServeError(f"{name!r} names no handler: write module:handler")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        handler = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise ServeError(f"cannot import {name}: {error}") from None
    if not callable(handler):
        raise ServeError(f"{name} cannot be called")
    return handler  # type: ignore[no-any-return]
