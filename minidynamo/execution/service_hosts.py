"""What a function asks hosts of AWS in its own process reaches the database: also where it names the host itself.

A client that is given an endpoint does not look at AWS_ENDPOINT_URL, and would write to whatever account its keys are
of. So botocore's way to the network is changed as soon as it is imported; whoever does without it does not wait for it.
"""

from __future__ import annotations

import importlib.abc
import re
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

_MODULE = "botocore.httpsession"
_OF_AWS = re.compile(r"(.+\.)?(amazonaws\.com(\.cn)?|api\.aws)")


def reach_database(url: str) -> None:
    """Has all requests to hosts of AWS go to a server from now on.

    Parameters:
        url: of the server.
    """
    assert _MODULE not in sys.modules, "botocore has been imported before its hosts were changed"
    sys.meta_path.insert(0, _Finder(url))


class _Finder(importlib.abc.MetaPathFinder):
    """Changes the one module of botocore that sends, as it is imported."""

    def __init__(self, url: str) -> None:
        self._url = url

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == _MODULE else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_change(module: ModuleType) -> None:
            execute(module)
            _change(module, self._url)

        spec.loader.exec_module = execute_and_change  # type: ignore[method-assign]
        return spec


def _change(module: ModuleType, url: str) -> None:
    """Has the sessions of a module send what is for AWS to a server, which believes what it was signed with."""
    send = module.URLLib3Session.send

    def send_to_database(session: object, request: AWSPreparedRequest) -> object:
        parts = urlsplit(request.url)
        if _OF_AWS.fullmatch(parts.hostname or "") is not None:
            request.url = f"{url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return send(session, request)

    module.URLLib3Session.send = send_to_database
