"""The process of an execution environment: loads a handler, and calls it with each event that it is sent.

python -m minidynamo.execution.runner HANDLER FOLDER...
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from minidynamo.execution.context import Context
from minidynamo.execution.error_payloads import ReportedFailure, answer_of, raised
from minidynamo.execution.handler_loading import Handler, loaded_handler
from minidynamo.execution.process_face import log_text
from minidynamo.execution.service_hosts import reach_database
from minidynamo.values.api_types import JsonObject

# Follows what an invocation has printed.
LOG_END = b"\0minidynamo: end of the log\0"


class _LogHandler(logging.Handler):
    """Writes log records to the log as the service's runtime does."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        print(log_text(self, record, self.request_id), flush=True)


def main(name: str, path: list[str]) -> None:
    """Runs until there is nothing more to be read."""
    requests, answers = _channels()
    sys.path[:] = path
    if "AWS_ENDPOINT_URL" in os.environ:
        reach_database(os.environ["AWS_ENDPOINT_URL"])
    log = _LogHandler()
    logging.getLogger().addHandler(log)
    folder = Path.cwd()
    try:
        handler = loaded_handler(name, folder)
    except ReportedFailure as failure:
        _answer(answers, {"failure": failure.payload})
        return
    _answer(answers, {"value": None})
    for line in requests:
        _answer(answers, _invoked(handler, json.loads(line), log))


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """What requests are read from and answers written to; what is printed goes to the log from now on."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return requests, answers


def _invoked(handler: Handler, request: JsonObject, log: _LogHandler) -> JsonObject:
    deadline = time.time() + request["seconds_left"]
    context = Context.of(request["context"], deadline, time.time)
    log.request_id = request_id = context.aws_request_id
    os.environ["_X_AMZN_TRACE_ID"] = request["trace"]
    try:
        value = handler(request["event"], context)
    except Exception as error:
        return {"failure": raised(error, request_id)}
    answer, refused = answer_of(value, request_id)
    return {"value" if refused is None else "failure": answer}


def _answer(answers: BinaryIO, answer: JsonObject) -> None:
    for each in (sys.stdout, sys.stderr):
        with suppress(ValueError):  # The function has closed it.
            each.flush()
    os.write(2, LOG_END + b"\n")
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
