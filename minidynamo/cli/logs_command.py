"""`minidynamo logs FUNCTION`: prints what a function of a server has logged, and what it logs from now on."""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import closing

from minidynamo.cli.function_server import FunctionServer, add_server_options, reporting
from minidynamo.http.messages import HttpRequest
from minidynamo.values.api_types import JsonObject
from minidynamo.values.printable import printable

_LOOK_SECONDS, _TIMEOUT_SECONDS = 0.5, 30.0
_HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.FilterLogEvents"}


class _Refused(Exception):
    """The server has answered with an error."""


def add_logs_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("function", help="its name")
    parser.add_argument("--follow", "-f", action="store_true", help="go on with what is logged later, until Ctrl-C")
    parser.add_argument("--filter", metavar="PATTERN", default="", help="terms that events must have, such as ERROR")
    add_server_options(parser)
    parser.set_defaults(run=run_logs)


def run_logs(options: argparse.Namespace) -> int:
    """Prints it; returns 0, 1 where the server refuses, 2 where it cannot be reached."""
    return reporting(options, _run)


def _run(options: argparse.Namespace) -> int:
    try:
        with closing(FunctionServer(options, "logs", _TIMEOUT_SECONDS)) as server:
            _print_events(options, server)
    except _Refused as error:
        print(f"minidynamo: {printable(str(error))}", file=sys.stderr)
        return 1
    return 0


def _print_events(options: argparse.Namespace, server: FunctionServer) -> None:
    """Prints what there is, and goes on as long as it is to."""
    seen = ""
    while True:
        page = _page(options, server, seen)
        for event in page["events"]:
            for line in event["message"].rstrip("\n").split("\n"):
                print(printable(line.expandtabs()), flush=True)
            seen = str(int(event["eventId"]))
        if "nextToken" in page:
            continue
        if not options.follow:
            return
        time.sleep(_LOOK_SECONDS)


def _page(options: argparse.Namespace, server: FunctionServer, seen: str) -> JsonObject:
    members: JsonObject = {"logGroupName": f"/aws/lambda/{options.function}", "filterPattern": options.filter}
    if seen:
        members["nextToken"] = seen
    request = HttpRequest("POST", "/", "", dict(_HEADERS), json.dumps(members).encode())
    response = server.exchange(request)
    try:
        answer: JsonObject = json.loads(response.body)
    except ValueError:
        answer = {}
    if response.status >= 300 or "events" not in answer:
        is_missing = str(answer.get("__type", "")).endswith("ResourceNotFoundException")
        if is_missing and options.follow:  # What has not run yet may do so later.
            return {"events": []}
        text = f"{options.function} has logged nothing there" if is_missing else answer.get("message")
        raise _Refused(text or f"the server answered with status {response.status}: no API of CloudWatch Logs is there")
    return answer
