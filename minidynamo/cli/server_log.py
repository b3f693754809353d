"""What a server prints while it runs: what goes wrong, and a line per request if that is wanted."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from minidynamo.http.exchange import escaped


class _Formatter(logging.Formatter):
    """Writes out whatever a request or a handler has brought into a message that is not for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(escaped(line) for line in super().format(record).split("\n"))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = escaped(record.message)
        return super().formatMessage(record)


@contextmanager
def logging_to_terminal(is_verbose: bool) -> Iterator[None]:
    """Prints what goes wrong, and with `--verbose` a line per request."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logging.getLogger("minidynamo").addHandler(handler)
    if is_verbose:
        for name in ("minidynamo.server", "minidynamo.server.access"):
            logging.getLogger(name).setLevel(logging.INFO)
    try:
        yield
    finally:
        logging.getLogger("minidynamo").removeHandler(handler)
