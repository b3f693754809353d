"""`minidynamo serve`: its options and how it runs."""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import re
import sys
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from minidynamo.cli.app_options import add_app_options, check_app_options, served_application
from minidynamo.cli.console_options import add_console_options, announce_console, check_console_options, console_doors
from minidynamo.cli.handlers import load_handler
from minidynamo.cli.log_options import add_log_options, logging_dear_requests
from minidynamo.cli.places import database_path
from minidynamo.cli.server_log import logging_to_terminal
from minidynamo.clock import SystemClock
from minidynamo.database.connect import connect
from minidynamo.database.database import Database
from minidynamo.database.setting_rules import is_address, without_password
from minidynamo.database.settings import ConnectSettings
from minidynamo.database.sweeper import Sweeper
from minidynamo.errors import DynamoError, StoreError
from minidynamo.expressions.parser import parse
from minidynamo.gateway.definition_rules import FORMATS
from minidynamo.gateway.function_urls import FunctionUrlDoor
from minidynamo.gateway.single_function import Gateway
from minidynamo.http.server.access import ServeError, SignedDatabases
from minidynamo.http.server.application import Door
from minidynamo.http.server.credentials import read_credentials
from minidynamo.http.server.server import Server, ServerOptions
from minidynamo.limits import FILE_MODE
from minidynamo.operations import OPERATIONS
from minidynamo.schema.arns import DEFAULT_ACCOUNT_ID
from minidynamo.simulation.faults.profiles import PROFILES
from minidynamo.simulation.middleware import Simulation, paused
from minidynamo.simulation.simulate import simulate
from minidynamo.storage.engine import DURABILITIES
from minidynamo.wording import WORDINGS

if TYPE_CHECKING:
    from minidynamo.applications.application import Application

# How long DynamoDB Local's flag makes tables CREATING, UPDATING and DELETING.
_TRANSIENT_STATUS_SECONDS = 5.0
# The name of the file where a folder is given, as DynamoDB Local's flag has it.
_FILE_IN_FOLDER = "minidynamo.db"
# How much of its history a server keeps that is not asked for it.
_CALLS_KEPT = 1_000
_SWEEP_SECONDS = 60.0
# How long a thread that computes lets the event loop wait for its turn.
_SWITCH_SECONDS = 0.0005


_SIMULATE_HELP = f"misbehave as the real service may: {', '.join(PROFILES)}"


def add_serve_options(serve: argparse.ArgumentParser) -> None:
    """The options of `minidynamo serve`; DynamoDB Local's are accepted as well."""
    serve.add_argument("--port", "-port", type=int, default=8000, help="port to listen on, 0 for a free one (8000)")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    where = serve.add_mutually_exclusive_group()
    where.add_argument("--in-memory", "-inMemory", action="store_true", help="keep all data in memory (the default)")
    where.add_argument(
        "--db",
        "-dbPath",
        type=database_path,
        metavar="FILE",
        help="keep them in a file, in one in a folder, or in a store that other servers share: postgresql://host/name",
    )
    serve.add_argument("--durability", choices=DURABILITIES, help="when writes to the file are answered (full)")
    serve.add_argument("-sharedDb", action="store_true", help=argparse.SUPPRESS)
    serve.add_argument(
        "--delay-transient-statuses",
        "-delayTransientStatuses",
        action="store_true",
        help=f"keep tables CREATING, UPDATING and DELETING for {_TRANSIENT_STATUS_SECONDS:.0f} seconds",
    )
    serve.add_argument(
        "--tables", type=Path, action="append", default=[], metavar="FILE", help="template to start with"
    )
    serve.add_argument("--region", default="us-east-1", help="region named in ARNs (us-east-1)")
    serve.add_argument(
        "--credentials", type=Path, metavar="FILE", help="access keys, secrets and policies: verify signatures"
    )
    serve.add_argument("--allow-anonymous", action="store_true", help="let other machines in without credentials")
    serve.add_argument("--cors", action="store_true", help="let web pages of other origins read answers")
    serve.add_argument("--isolate-by-region", action="store_true", help="a database of its own for every region")
    serve.add_argument("--isolate-by-access-key", action="store_true", help="and for every access key")
    serve.add_argument("--certfile", type=Path, metavar="FILE", help="certificate for TLS")
    serve.add_argument("--keyfile", type=Path, metavar="FILE", help="its private key")
    serve.add_argument(
        "--file-mode",
        type=_file_mode,
        default=FILE_MODE,
        metavar="OCTAL",
        help="permissions of new files (600)",
    )
    _add_handlers_and_faults(serve)
    add_console_options(serve)
    add_app_options(serve)
    serve.add_argument("--verbose", "-v", action="store_true", help="print a line per request")
    serve.set_defaults(run=run_serve)


def _add_handlers_and_faults(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--api", metavar="MODULE:HANDLER", help="function for requests that are not DynamoDB's")
    serve.add_argument("--api-format", choices=FORMATS, default="2.0", help="payload of its events (2.0)")
    serve.add_argument(
        "--on-stream",
        action="append",
        default=[],
        metavar="TABLE=MODULE:HANDLER",
        help="function for a table's changes",
    )
    serve.add_argument("--metrics", action="store_true", help="show metrics to Prometheus: GET /metrics")
    add_log_options(serve)
    serve.add_argument("--wording", choices=WORDINGS, default="current", help="generation of error texts (current)")
    serve.add_argument("--simulate", choices=tuple(PROFILES), metavar="PROFILE", help=_SIMULATE_HELP)
    serve.add_argument("--seed", default="0", help="what simulated faults are drawn from (0)")
    serve.add_argument("--history", type=Path, metavar="FILE", help="save what was simulated, at the end")


def load_everything() -> None:
    """Imports and reads what answering requests needs: later there may be no file left to be opened."""
    OPERATIONS.load()
    parse("ConditionExpression", "attribute_exists(a) AND a = a")
    for name in ("uuid", "minidynamo.streams.stream"):
        importlib.import_module(name)


def _file_mode(text: str) -> int:
    if re.fullmatch("0?[0-7]{3}", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no permissions of a file: write three octal digits, such as 640")
    return int(text, 8)


def _prepare_process() -> None:
    """Lets threads take turns often, and full collections of garbage go past all that is loaded: both hold gets up."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()


def run_serve(options: argparse.Namespace) -> int:
    """Serves until a signal ends it; returns 0, or 2 where it could not start."""
    try:
        check_app_options(options)
        check_console_options(options)
        settings = _server_options(options)
        with (
            logging_to_terminal(options.verbose),
            logging_dear_requests(options),
            _default_database(options) as database,
            _answering_handlers(options, database),
            served_application(options, database) as application,
        ):
            _map_streams(options.on_stream, database)
            _run(options, settings, database, application)
    except (ServeError, StoreError) as error:
        print(f"minidynamo: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"minidynamo: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0


def _run(
    options: argparse.Namespace, settings: ServerOptions, database: Database, application: Application | None
) -> None:
    """Answers requests until a signal ends it."""
    databases = _databases(options, database)
    metrics = database.metrics if options.metrics else None
    gateway, doors = _gateway(options, database, application), console_doors(options, settings, database)
    server = Server(databases, settings, gateway, metrics, FunctionUrlDoor, doors)
    load_everything()
    _prepare_process()
    with closing(Sweeper(databases.expire, _SWEEP_SECONDS)):
        server.run(lambda server: _announce(server, options, application), lambda: _finish(options, database))


def _gateway(options: argparse.Namespace, database: Database, application: Application | None) -> Door | None:
    """What answers requests that are for functions."""
    if application is not None:
        from minidynamo.applications.door import AppDoor

        return AppDoor(application)
    return Gateway(database, load_handler(options.api), options.api_format) if options.api else None


def _answering_handlers(options: argparse.Namespace, database: Database) -> AbstractContextManager[object]:
    """Lets boto3 in handlers be answered by the database itself, where there are handlers and boto3."""
    if not (options.api or options.on_stream) or importlib.util.find_spec("botocore") is None:
        return nullcontext()
    from minidynamo.boto.mocks import mock

    return mock(database)


def _map_streams(texts: list[str], database: Database) -> None:
    for text in texts:
        table, _, handler = text.partition("=")
        try:
            database.on_stream(table, load_handler(handler))
        except (DynamoError, ValueError) as error:
            raise ServeError(f"--on-stream {text}: {error}") from None


def _default_database(options: argparse.Namespace) -> Database:
    isolates = options.isolate_by_region or options.isolate_by_access_key
    if options.history is not None and (options.simulate is None or isolates):
        raise ServeError("--history needs --simulate, and one database")
    if options.history is not None and not options.history.absolute().parent.is_dir():
        raise ServeError(f"--history: there is no folder {options.history.parent}")
    if options.db is not None and isolates:
        raise ServeError("--db keeps one database: leave out --isolate-by-region and --isolate-by-access-key")
    if options.durability is not None and options.db is None:
        raise ServeError("--durability is for data in a file: give --db FILE as well")
    if options.metrics and isolates:
        raise ServeError("--metrics are of one database: leave out --isolate-by-region and --isolate-by-access-key")
    path = options.db
    if isinstance(path, str):
        return _open_database(options, options.region, path)
    if path is not None and is_address(path):
        raise ServeError(f"--db takes a file, and {path} is an address: --host and --port say where it listens")
    if path is not None and path.is_dir():
        path = path / _FILE_IN_FOLDER
    return _open_database(options, options.region, path)


def _open_database(options: argparse.Namespace, region: str, path: Path | str | None = None) -> Database:
    delays = _TRANSIENT_STATUS_SECONDS if options.delay_transient_statuses else None
    settings: ConnectSettings = {"region": region, "table_delays": delays, "file_mode": options.file_mode}
    settings |= {"wording": options.wording, "durability": options.durability}
    try:
        database = _simulated(options, path, settings) if options.simulate else connect(path, **settings)
    except (TypeError, ValueError) as error:
        raise ServeError(str(error)) from None
    try:
        database.run_functions()
        with paused(database):
            for template in options.tables:
                _create_tables(database, template)
    except ServeError:
        database.close()
        raise
    return database


def _simulated(options: argparse.Namespace, path: Path | str | None, settings: ConnectSettings) -> Database:
    keeps = None if options.history is not None else _CALLS_KEPT
    simulated = {"profile": options.simulate, "seed": options.seed, "clock": SystemClock(), "keep_calls": keeps}
    return simulate(path, **simulated, **settings)


def _databases(options: argparse.Namespace, default: Database) -> SignedDatabases:
    return SignedDatabases(
        default,
        lambda region, access_key: _open_database(options, region or options.region),
        options.isolate_by_region,
        options.isolate_by_access_key,
    )


def _create_tables(database: Database, path: Path) -> None:
    from minidynamo.cli.template_file import tables_in
    from minidynamo.templates.table_definition import TemplateError

    try:
        tables_in(path).without(database.tables).create(database)
    except TemplateError as error:
        raise ServeError(str(error)) from None
    except (ValueError, DynamoError) as error:
        raise ServeError(f"{path}: {error}") from None


def _server_options(options: argparse.Namespace) -> ServerOptions:
    return ServerOptions(
        host=options.host,
        port=options.port,
        credentials=None if options.credentials is None else read_credentials(options.credentials, DEFAULT_ACCOUNT_ID),
        allows_anonymous=options.allow_anonymous,
        allows_origins=options.cors,
        certificate=options.certfile,
        private_key=options.keyfile,
    )


def _announce(server: Server, options: argparse.Namespace, application: Application | None) -> None:
    place = without_password(str(options.db or "memory"))
    print(f"minidynamo answers at {server.url}; data are kept in {place}. Ctrl-C ends it.")
    if options.api:
        print(f"  {options.api} answers all other requests, from anybody who reaches this address, signed or not.")
    if options.metrics:
        print(f"  {server.url}/metrics shows metrics to everybody who reaches this address, signed or not.")
    announce_console(server)
    if application is not None:
        application.served_by(server)
        for line in application.routes():
            print(f"  {line}")
    print(f"  export AWS_ENDPOINT_URL_DYNAMODB={server.url}", flush=True)


def _finish(options: argparse.Namespace, database: Database) -> None:
    """Saves what was simulated, where that is wanted."""
    simulation = database.find(Simulation)
    if options.history is None or simulation is None:
        return
    try:
        simulation.history.save(options.history)
    except OSError as error:
        print(f"minidynamo: cannot write {options.history}: {error.strerror or error}", file=sys.stderr)
