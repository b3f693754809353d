"""`minidynamo serve --log-above-units N --log-above-ms N`: requests that cost much or take long, in the log."""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager


def add_log_options(serve: argparse.ArgumentParser) -> None:
    """The options of `minidynamo serve`."""
    serve.add_argument(
        "--log-above-units", type=_bound, metavar="N", help="print a line for each request that takes more units"
    )
    serve.add_argument(
        "--log-above-ms", type=_bound, metavar="N", help="print a line for each request that takes more milliseconds"
    )


@contextmanager
def logging_dear_requests(options: argparse.Namespace) -> Iterator[None]:
    """Logs requests to every database of this process while it is on, if that is wanted; nothing is done if not."""
    units, milliseconds = options.log_above_units, options.log_above_ms
    if units is None and milliseconds is None:
        yield
        return
    from minidynamo.endpoints.middleware import everywhere
    from minidynamo.insight.dear_requests import LOGGER, log_dear_requests
    from minidynamo.insight.observer import Observer

    seconds = None if milliseconds is None else milliseconds / 1000
    listener = log_dear_requests(log_above_units=units, log_above_seconds=seconds)
    logger = logging.getLogger(LOGGER)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        with everywhere(Observer([listener], finds_places=False)):
            yield
    finally:
        logger.setLevel(level)


def _bound(text: str) -> float:
    try:
        bound = float(text)
    except ValueError:
        bound = math.nan
    if not (bound >= 0 and math.isfinite(bound)):
        raise argparse.ArgumentTypeError(f"takes a number from 0 on, not {text!r}")
    return bound
