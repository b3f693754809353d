"""`minidynamo logs FUNCTION`: prints what a function of a server has logged, and what it logs from now on."""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
from contextlib import closing

from minidynamo.cli.places import one_line
from minidynamo.cli.printable import printable
from minidynamo.errors import StoreError
from minidynamo.http.messages import HttpRequest
from minidynamo.remote.connection import Connections
from minidynamo.remote.signing import region_found, signer_for
from minidynamo.values.api_types import JsonObject

_ENDPOINT, _REGION = "http://127.0.0.1:8000", "us-east-1"
_LOOK_SECONDS, _TIMEOUT_SECONDS = 0.5, 30.0
_HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.FilterLogEvents"}


class _Refused(Exception):
    """The server has answered with an error."""


def add_logs_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("function", help="its name")
    parser.add_argument("--follow", "-f", action="store_true", help="go on with what is logged later, until Ctrl-C")
    parser.add_argument("--filter", metavar="PATTERN", default="", help="terms that events must have, such as ERROR")
    parser.add_argument("--endpoint", default=_ENDPOINT, metavar="URL", help=f"where it is ({_ENDPOINT})")
    parser.add_argument("--region", help=f"region to sign for (as boto3 finds it, else {_REGION})")
    parser.set_defaults(run=run_logs)


def run_logs(options: argparse.Namespace) -> int:
    """Prints it; returns 0, 1 where the server refuses, 2 where it cannot be reached."""
    try:
        with closing(Connections(options.endpoint, _TIMEOUT_SECONDS)) as connections:
            _print_events(options, connections)
    except _Refused as error:
        print(f"minidynamo: {printable(str(error))}", file=sys.stderr)
        return 1
    except (StoreError, ValueError) as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)
        return 2
    except (OSError, http.client.HTTPException) as error:
        print(f"minidynamo: no response from {options.endpoint}: {one_line(error)}", file=sys.stderr)
        return 2
    return 0


def _print_events(options: argparse.Namespace, connections: Connections) -> None:
    """Prints what there is, and goes on as long as it is to."""
    seen = ""
    while True:
        page = _page(options, connections, seen)
        for event in page["events"]:
            for line in event["message"].rstrip("\n").split("\n"):
                print(printable(line.expandtabs()), flush=True)
            seen = str(int(event["eventId"]))
        if "nextToken" in page:
            continue
        if not options.follow:
            return
        time.sleep(_LOOK_SECONDS)


def _page(options: argparse.Namespace, connections: Connections, seen: str) -> JsonObject:
    region = options.region or region_found() or _REGION
    members: JsonObject = {"logGroupName": f"/aws/lambda/{options.function}", "filterPattern": options.filter}
    if seen:
        members["nextToken"] = seen
    request = HttpRequest("POST", "/", "", dict(_HEADERS), json.dumps(members).encode())
    response = connections.exchange(signer_for(connections.url, region, None, "logs")(request))
    try:
        answer: JsonObject = json.loads(response.body)
    except ValueError:
        answer = {}
    if response.status >= 300 or "events" not in answer:
        is_missing = str(answer.get("__type", "")).endswith("ResourceNotFoundException")
        text = f"{options.function} has logged nothing there" if is_missing else answer.get("message")
        raise _Refused(text or f"the server answered with status {response.status}: no API of CloudWatch Logs is there")
    return answer
