"""The server whose functions a command is about: where it is, requests to it, what is said where it is not reached."""

from __future__ import annotations

import argparse
import http.client
import sys
from collections.abc import Callable

from minidynamo.cli.places import one_line
from minidynamo.errors import StoreError
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.remote.connection import Connections
from minidynamo.remote.signing import region_found, signer_for

_ENDPOINT, _REGION = "http://127.0.0.1:8000", "us-east-1"


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """The options that say where it is."""
    parser.add_argument("--endpoint", default=_ENDPOINT, metavar="URL", help=f"where it is ({_ENDPOINT})")
    parser.add_argument("--region", help=f"region to sign for (as boto3 finds it, else {_REGION})")


class FunctionServer:
    """Sends signed requests.

    Parameters:
        options: say where it is.
        service: what requests are signed for.
        seconds_max: how long a response is waited for.

    Raises:
        StoreError: it cannot be there.
    """

    def __init__(self, options: argparse.Namespace, service: str, seconds_max: float) -> None:
        self._connections = Connections(options.endpoint, seconds_max)
        self._region = options.region or region_found() or _REGION
        self._service = service

    def exchange(self, request: HttpRequest) -> HttpResponse:
        """The response to a request."""
        sign = signer_for(self._connections.url, self._region, None, self._service)
        return self._connections.exchange(sign(request))

    def close(self) -> None:
        """Closes its connections."""
        self._connections.close()


def reporting(options: argparse.Namespace, run: Callable[[argparse.Namespace], int]) -> int:
    """What a command returns; 2, and a line that says why, where its request could not be made or sent."""
    try:
        return run(options)
    except (StoreError, ValueError) as error:
        text = one_line(error)
    except (OSError, http.client.HTTPException) as error:
        text = f"no response from {options.endpoint}: {one_line(error)}"
    print(f"minidynamo: {text}", file=sys.stderr)
    return 2
