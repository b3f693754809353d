"""Fixtures for pytest: a fresh database per test, and boto3, a client or a server that shows it.

    def test_orders(minidynamo_mock):                    # boto3 is answered in process
        boto3.client("dynamodb").list_tables()

`pytest --minidynamo-mutant NAME` runs the tests on databases that break one promise; see `minidynamo mutants`.

Tables come from `@pytest.mark.minidynamo(tables="template.yaml")` or from the ini option `minidynamo_tables`; further
arguments of the marker are settings of `minidynamo.connect`. With `simulate="stormy"` they are those of
`minidynamo.simulate`, and a test that fails shows what was simulated.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from minidynamo.pytest_plugin.cost_options import BUDGETS, add_cost_options, budget_of, count_costs, is_wanted

if TYPE_CHECKING:
    from minidynamo.applications.application import Application
    from minidynamo.database.database import Database
    from minidynamo.embedded.client import Client
    from minidynamo.embedded.resource import Resource
    from minidynamo.http.server.server import Server
    from minidynamo.insight.ledger import Ledger

_MARKER = "minidynamo"
_INI = "minidynamo_tables"
# What may be said of faults in the ini file.
REQUIRED, SITES = "minidynamo_faults_require", "minidynamo_faults_sites"
_DATABASE = pytest.StashKey["Database"]()


class BotoSession(Protocol):
    """A session of boto3, whose clients and resources have the methods of ours."""

    def client(self, service_name: str) -> Client: ...

    def resource(self, service_name: str) -> Resource: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the ini option and the option for mutants."""
    parser.addoption(
        "--minidynamo-mutant", metavar="NAME", help="let every database break one promise, to see who notices"
    )
    parser.addoption(
        "--minidynamo-judgement", metavar="FILE", help="for `minidynamo mutants`: be repeatable, write how it went"
    )
    parser.addoption("--minidynamo-frames", action="store_true", help="show minidynamo's own frames where a test fails")
    parser.addoption(
        "--minidynamo-faults", action="store_true", help="tell which faults the application's operations have met"
    )
    parser.addoption(
        "--minidynamo-faults-require",
        metavar="KIND,...",
        help="fail where a call site of the application has not met these kinds of fault, where they can happen",
    )
    add_cost_options(parser)
    parser.addini(REQUIRED, type="args", default=[], help="what --minidynamo-faults demands; see the option")
    parser.addini(SITES, type="args", default=[], help="where call sites are: files and folders; all but tests")
    parser.addini(_INI, type="linelist", default=[], help="files whose tables every minidynamo_database starts with")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Declares the marker, registers profiles of Hypothesis, and lets databases break a promise where asked to."""
    if str(config.getoption("--hypothesis-profile", default=None)).startswith("minidynamo-"):
        import minidynamo.testing  # noqa: F401  (It registers them, before Hypothesis looks for one.)

    if config.getoption("--minidynamo-mutant") is not None or config.getoption("--minidynamo-judgement") is not None:
        _judge(config)
    if config.getoption("--minidynamo-faults") or config.getoption("--minidynamo-faults-require") is not None:
        _count_faults(config)
    if is_wanted(config):
        count_costs(config)
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(tables=..., **settings): the file or files whose tables the test's database starts with, and "
        "settings of minidynamo.connect; with simulate=PROFILE those of minidynamo.simulate; max_read_units=, "
        "max_write_units=, max_units=, max_calls=: what the test may cost",
    )


def _count_faults(config: pytest.Config) -> None:
    """Counts the faults that the application meets, and demands those that it is asked to."""
    from minidynamo.pytest_plugin.fault_coverage import FaultCoverage
    from minidynamo.simulation.faults.watchers import watching

    given = config.getoption("--minidynamo-faults-require")
    required = config.getini(REQUIRED) if given is None else given.split(",")
    try:
        coverage = FaultCoverage(config, [name for each in required for name in each.split(",") if name])
    except ValueError as error:
        raise pytest.UsageError(f"--minidynamo-faults-require: {error}") from None
    watch = ExitStack()
    config.add_cleanup(watch.close)
    watch.enter_context(watching(coverage.watch))
    config.pluginmanager.register(coverage)


def _judge(config: pytest.Config) -> None:
    """Breaks a promise in every database, if that is asked for, and lets the run be repeatable."""
    from minidynamo.endpoints.middleware import everywhere
    from minidynamo.pytest_plugin.judging import Judging, UsedOperations
    from minidynamo.testing.mutation.repeatable import be_repeatable
    from minidynamo.testing.mutation.report import mutants

    name, path = config.getoption("--minidynamo-mutant"), config.getoption("--minidynamo-judgement")
    around = ExitStack()
    config.add_cleanup(around.close)
    changes, used = None, UsedOperations()
    if name is not None:
        try:
            (mutant,) = mutants([name])
        except ValueError as error:
            raise pytest.UsageError(f"--minidynamo-mutant: {error}") from None
        changes = around.enter_context(mutant.active())
    if path is not None:
        around.enter_context(everywhere(used))
        config.pluginmanager.register(Judging(Path(path), used, changes))
    if getattr(config.option, "hypothesis_seed", 0) is None:
        config.option.hypothesis_seed = 0  # For settings that a module loads after this.
    be_repeatable()


@pytest.fixture
def minidynamo_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database, closed when the test ends."""
    from minidynamo.database.connect import connect
    from minidynamo.simulation import paused
    from minidynamo.templates.schema import schema_from

    settings: dict[str, Any] = {}
    paths = [request.config.rootpath / each for each in request.config.getini(_INI)]
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        settings |= {name: value for name, value in marker.kwargs.items() if name not in BUDGETS}
        if marker.args:
            raise pytest.UsageError(f"the marker {_MARKER} takes tables=... and settings by name, not {marker.args}")
    tables = settings.pop("tables", ())
    paths += [_found(each, request) for each in ([tables] if isinstance(tables, str | Path) else tables)]
    try:
        database = _simulated(settings) if "simulate" in settings else connect(**settings)
    except TypeError as error:
        known = f"tables, simulate, {', '.join(BUDGETS)}, and settings of minidynamo.connect or minidynamo.simulate"
        raise pytest.UsageError(f"the marker {_MARKER} takes {known}: {error}") from None
    with paused(database):
        for path in paths:
            schema_from(path).create(database)
    request.node.stash[_DATABASE] = database
    yield database
    database.close()


@pytest.fixture
def minidynamo_ledger() -> Iterator[Ledger]:
    """What the test costs from here on, on all databases of this process; see `minidynamo.observe`."""
    from minidynamo.insight.observing import observe

    with observe() as ledger:
        yield ledger


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Lets a test fail that costs more than its markers allow."""
    __tracebackhide__ = True
    budget = budget_of(item)
    if not budget:
        return (yield)
    from minidynamo.insight.observing import observe

    with observe() as ledger:
        outcome = yield
    ledger.require(**budget)  # type: ignore[arg-type]
    return outcome


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keeps lines of minidynamo out of the explanations of Hypothesis, once tests have imported it."""
    if "hypothesis" in sys.modules and not session.config.getoption("--minidynamo-frames"):
        from minidynamo.pytest_plugin.frames import hide_explanations

        hide_explanations()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Hides frames of minidynamo, and shows the history of a simulated database whose test has failed."""
    if call.excinfo is not None and "minidynamo" in sys.modules and not item.config.getoption("--minidynamo-frames"):
        from minidynamo.pytest_plugin.frames import hide_frames

        hide_frames(call.excinfo.value)
    database = item.stash.get(_DATABASE, None)
    if call.when != "call" or call.excinfo is None or database is None:
        return
    from minidynamo.simulation import Simulation

    simulation = database.find(Simulation)
    if simulation is not None:
        colour = item.config.get_terminal_writer().hasmarkup
        item.add_report_section("call", "minidynamo", simulation.history.listing(colour))


def _simulated(settings: dict[str, Any]) -> Database:
    from minidynamo.simulation import simulate

    return simulate(profile=settings.pop("simulate"), **settings)


@pytest.fixture
def minidynamo_mock(minidynamo_database: Database) -> Iterator[Database]:
    """The test's database, answering boto3 and aiobotocore in this process."""
    from minidynamo.boto.mocks import mock

    with mock(minidynamo_database):
        yield minidynamo_database


@pytest.fixture
def minidynamo_client(minidynamo_database: Database, _minidynamo_session: BotoSession | None) -> Client:
    """A client for the test's database: boto3's where it is installed, else one with the same methods."""
    session = _minidynamo_session
    return minidynamo_database.client() if session is None else session.client("dynamodb")


@pytest.fixture
def minidynamo_resource(minidynamo_database: Database, _minidynamo_session: BotoSession | None) -> Resource:
    """A resource for the test's database: boto3's where it is installed, else one with the same methods."""
    session = _minidynamo_session
    return minidynamo_database.resource() if session is None else session.resource("dynamodb")


@pytest.fixture
def _minidynamo_session(minidynamo_database: Database) -> Iterator[BotoSession | None]:
    """A session of boto3 that makes clients for the test's database; None without boto3."""
    try:
        import boto3
    except ImportError:
        yield None
        return
    from minidynamo.boto.mocks import attach

    region = minidynamo_database.scope.region
    session = boto3.Session("minidynamo", "minidynamo", region_name=region)
    with attach(session, minidynamo_database):
        yield session


@pytest.fixture
def minidynamo_endpoint(minidynamo_database: Database, _minidynamo_server: _SharedServer) -> Iterator[str]:
    """The URL of a server that shows the test's database. The server lives as long as the session."""
    _minidynamo_server.database = minidynamo_database
    yield _minidynamo_server.server.url
    _minidynamo_server.database = None


@pytest.fixture
def minidynamo_app() -> Iterator[Callable[..., Application]]:
    """Starts the serverless application of a template, which ends with the test; see `minidynamo.app_from`."""
    from minidynamo.applications.application import app_from

    with ExitStack() as started:
        yield lambda source, *arguments, **settings: started.enter_context(app_from(source, *arguments, **settings))


@pytest.fixture(scope="session")
def _minidynamo_server() -> Iterator[_SharedServer]:
    shared = _SharedServer()
    with shared.server:
        yield shared


class _SharedServer:
    """A server on a free port whose database changes from test to test."""

    def __init__(self) -> None:
        from minidynamo.database.connect import connect
        from minidynamo.http.server.server import Server

        self.database: Database | None = None
        closed = connect()
        closed.close()
        # Between tests it answers as a closed database does.
        self.server: Server = Server(lambda signature: self.database or closed)


def _found(path: str | Path, request: pytest.FixtureRequest) -> Path:
    """A file beside the test, else below the root of the run."""
    beside = request.path.parent / path
    return beside if beside.exists() else request.config.rootpath / path
