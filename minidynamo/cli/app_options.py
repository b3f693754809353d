"""`minidynamo serve --app template.yaml`: its options, named as those of `sam local` where it has them."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from minidynamo.database.database import Database
from minidynamo.errors import DynamoError
from minidynamo.http.server.access import ServeError

if TYPE_CHECKING:
    from minidynamo.applications.application import Application

_LOOK_SECONDS = 0.5


def add_app_options(serve: argparse.ArgumentParser) -> None:
    """The options."""
    serve.add_argument("--app", type=Path, metavar="TEMPLATE", help="run the serverless application of a SAM template")
    serve.add_argument("--reload", action="store_true", help="read it anew when its template or its code changes")
    serve.add_argument(
        "--parameter-overrides", nargs="+", default=[], metavar="KEY=VALUE", help="values of its parameters"
    )
    serve.add_argument("--env-vars", "-n", type=Path, metavar="FILE", help="environment variables of its functions")
    serve.add_argument(
        "--isolation", choices=("thread", "process"), default="process", help="where its functions run (process)"
    )
    serve.add_argument("--api-key", action="append", default=[], metavar="NAME=VALUE", help="a key of its APIs")
    serve.add_argument("--ignore-policies", action="store_true", help="let its functions do more than their roles may")


def check_app_options(options: argparse.Namespace) -> None:
    """Raises ServeError for options that need others, or exclude them."""
    if options.app is None:
        alone = [name for name in ("reload", "parameter_overrides", "env_vars", "api_key") if getattr(options, name)]
        if alone:
            raise ServeError(f"--{alone[0].replace('_', '-')} is about an application: give --app TEMPLATE as well")
        return
    if options.api or options.isolate_by_region or options.isolate_by_access_key:
        raise ServeError("--app brings its own APIs and database: leave out --api and --isolate-by-...")


@contextmanager
def served_application(options: argparse.Namespace, database: Database) -> Iterator[Application | None]:
    """The application of the options, running in a database; None without any.

    Raises:
        ServeError: it cannot be read or started.
    """
    if options.app is None:
        yield None
        return
    from minidynamo.applications.reloading import Reloader
    from minidynamo.database.sweeper import Sweeper

    with warnings.catch_warnings(), _started(options, database) as application:
        application.functions.start()
        if not options.reload:
            yield application
            return
        with closing(Sweeper(Reloader(application, options.app).look, _LOOK_SECONDS)):
            yield application


@contextmanager
def _started(options: argparse.Namespace, database: Database) -> Iterator[Application]:
    from minidynamo.applications.application import application_in

    warnings.showwarning = _shown
    try:
        application = application_in(
            database,
            options.app,
            _pairs(options.parameter_overrides, "--parameter-overrides"),
            isolation=options.isolation,
            variables=options.env_vars,
            api_keys={value: name for name, value in _pairs(options.api_key, "--api-key").items()},
            enforce_policies=not options.ignore_policies,
        ).start()
    except (ValueError, DynamoError, OSError) as error:
        raise ServeError(f"--app {options.app}: {error}") from None
    try:
        yield application
    finally:
        application.stop()


def _pairs(texts: list[str], option: str) -> dict[str, str]:
    """Names and values, as `sam` takes them: NAME=VALUE, or ParameterKey=NAME,ParameterValue=VALUE."""
    found: dict[str, str] = {}
    for text in texts:
        key, comma, value = text.partition(",")
        if key.startswith("ParameterKey=") and comma and value.startswith("ParameterValue="):
            found[key.removeprefix("ParameterKey=")] = value.removeprefix("ParameterValue=")
            continue
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise ServeError(f"{option} takes NAME=VALUE, not {text!r}")
        found[name] = value
    return found


def _shown(message: Warning | str, *ignored: object, **more: object) -> None:
    """Prints a warning as one line."""
    from minidynamo.cli.places import one_line

    print(f"minidynamo: {one_line(Exception(str(message)))}", file=sys.stderr, flush=True)
