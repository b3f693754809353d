"""`--minidynamo-faults`: what the operations of an application have met, and the budget."""

from __future__ import annotations

import os
import re

import pytest

from minidynamo.pytest_plugin.fault_table import place_lines, table_lines
from minidynamo.simulation import KINDS
from minidynamo.simulation.faults.watchers import may_meet

APPLICATION = """
def write(table):
    table.put_item(Item={"id": "1"})

def read(table, **options):
    return table.get_item(Key={"id": "1"}, **options)
"""

TESTS = """
import app
import pytest
from minidynamo import Fault, FaultSchedule, simulate

TABLE = dict(
    TableName="tbl", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
)

@pytest.mark.parametrize("kind", ["throttled", "stale_read", "server_error"])
def test_it(kind):
    database = simulate(schedule=FaultSchedule([Fault(kind)]))
    with database.faults.paused():
        database.client().create_table(**TABLE)
        app.read(database.Table("tbl"), ConsistentRead=True)
    for call in (app.write, app.read):
        try:
            call(database.Table("tbl"))
        except database.client().exceptions.ClientError:
            pass
    database.Table("tbl").scan()  # The test's own.
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(app=APPLICATION, test_app=TESTS)
    return pytester


def rows(result: pytest.RunResult) -> dict[str, list[str]]:
    """The rows of the table by their first word."""
    return {line.split()[0]: line.split()[1:] for line in result.outlines if line.strip()}


WAYS = [pytest.param((), id="alone"), pytest.param(("-n", "2"), id="xdist", marks=pytest.mark.long)]


@pytest.mark.parametrize("options", WAYS)
def test_what_was_met_is_counted(suite: pytest.Pytester, options: tuple[str, ...]) -> None:
    """Without the calls of tests, and those while faults are paused."""
    result = suite.runpytest_subprocess("--minidynamo-faults", *options)
    assert result.ret == 0
    found = rows(result)
    assert found["calls"] == ["3", "3"]
    assert [found["throttled"], found["stale_read"], found["server_error"]] == [["0", "1"], ["1", "·"], ["0", "1"]]
    assert any(re.search("faults met", line) for line in result.outlines)
    assert any(line.startswith("never met anywhere: capacity, conflict, connection_lost, ") for line in result.outlines)
    assert "faults met" not in suite.runpytest_subprocess(*options).stdout.str()


@pytest.mark.parametrize("options", WAYS)
def test_a_budget_is_demanded(suite: pytest.Pytester, options: tuple[str, ...]) -> None:
    result = suite.runpytest_subprocess("--minidynamo-faults-require", "stale_read,throttled", *options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=3)
    assert "every call site must meet stale_read, throttled, where they can happen; not met:" in result.outlines
    assert "  app.py:5  GetItem  throttled" in result.outlines
    assert "app.py:2" not in result.stdout.str()
    assert suite.runpytest_subprocess("--minidynamo-faults-require", "stale_read", *options).ret == 0


def test_the_ini_file_demands_where_faults_are_told(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\nminidynamo_faults_require = throttled\nminidynamo_faults_sites = app.py test_app.py\n")
    assert suite.runpytest_subprocess().ret == 0
    result = suite.runpytest_subprocess("--minidynamo-faults")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert any(re.fullmatch(r"  test_app\.py:\d+  Scan     throttled", line) for line in result.outlines)


def test_a_budget_is_not_met_by_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_subprocess("--minidynamo-faults-require", "throttled")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "no call of the application reached a simulated database" in result.stdout.str()
    result = pytester.runpytest_subprocess("--minidynamo-faults-require", "throtled")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--minidynamo-faults-require: there is no fault called 'throtled'" in result.stderr.str()
    result = pytester.runpytest_subprocess("--minidynamo-faults-require", "duplicate_delivery")
    assert result.ret == 4
    assert "no call site can meet duplicate_delivery" in result.stderr.str()


def test_wide_tables_are_divided() -> None:
    counts = {name: (2, {"throttled": 1}, {"throttled", "latency"}) for name in ("GetItem", "PutItem", "Query")}
    assert list(table_lines(counts, 20)) == [
        "           GetItem",
        "calls            2",
        "throttled        1",
        "latency          0",
        "           PutItem",
        "calls            2",
        "throttled        1",
        "latency          0",
        "           Query",
        "calls          2",
        "throttled      1",
        "latency        0",
        "0: never met though it could be; ·: cannot happen there",
        "never met anywhere: latency",
    ]
    assert list(place_lines({("Scan", "b.py:10"): ["latency"], ("GetItem", "a.py:1"): ["latency", "throttled"]})) == [
        "  a.py:1   GetItem  latency, throttled",
        "  b.py:10  Scan     latency",
    ]


@pytest.mark.parametrize(
    ("kind", "operation", "request_", "is_global", "expected"),
    [
        ("stale_read", "GetItem", {}, None, True),
        ("stale_read", "GetItem", {"ConsistentRead": True}, None, False),
        ("stale_read", "BatchGetItem", {"RequestItems": {"a": {"ConsistentRead": True}, "b": {}}}, None, True),
        ("stale_read", "BatchGetItem", {"RequestItems": {"a": {"ConsistentRead": True}}}, None, False),
        ("stale_read", "PutItem", {}, None, False),
        ("index_lag", "Query", {}, None, False),
        ("index_lag", "Query", {"IndexName": "i"}, None, True),
        ("index_lag", "Query", {"IndexName": "i", "ConsistentRead": True}, None, False),
        ("index_lag", "Query", {"IndexName": "i"}, True, True),
        ("index_lag", "Query", {"IndexName": "i"}, False, False),
        ("stale_read", "Query", {"IndexName": "i"}, None, True),
        ("stale_read", "Query", {"IndexName": "i"}, True, False),
        ("stale_read", "Query", {"IndexName": "i"}, False, True),
        ("empty_page", "Scan", {}, None, False),
        ("empty_page", "Query", {"Limit": 1}, None, False),
        ("empty_page", "Scan", {"ExclusiveStartKey": {}}, None, True),
        ("short_page", "Scan", {"Limit": 1}, None, False),
        ("short_page", "Scan", {"Limit": 2}, None, True),
        ("no_trailing_key", "Scan", {}, None, False),
        ("no_trailing_key", "Scan", {"Limit": 2}, None, True),
        ("in_progress", "TransactWriteItems", {}, None, False),
        ("throttled", "Scan", {}, None, True),
        ("duplicate_delivery", "Deliver", {}, None, True),
        ("ttl_delay", "Deliver", {}, None, False),
    ],
)
def test_what_a_request_may_meet(
    kind: str, operation: str, request_: dict[str, object], is_global: bool | None, expected: bool
) -> None:
    assert may_meet(KINDS[kind], operation, request_, is_global) is expected


@pytest.mark.parametrize(
    ("index", "demanded", "is_met"),
    [
        ("by_g", "stale_read", True),
        ("by_l", "index_lag", True),
        ("by_g", "index_lag", False),
        ("by_l", "stale_read", False),
        ("by_g", "empty_page", True),
    ],
)
def test_what_no_index_can_show_is_not_demanded(
    pytester: pytest.Pytester, index: str, demanded: str, is_met: bool
) -> None:
    """Where nothing happens, what is demanded is missing only where it could have happened."""
    pytester.makepyfile(
        app="def read(database, **request):\n    return database.execute('Scan', dict(TableName='tbl', **request))\n",
        test_app=f"""
import app
from minidynamo import Fault
from tests.simulation.small_table import opened

def test_it():
    database = opened(schedule=[Fault("throttled")])
    with database.faults.paused():
        app.read(database)
    try:
        app.read(database, IndexName={index!r})
    except Exception:
        pass
""",
    )
    result = pytester.runpytest_inprocess("--minidynamo-faults-require", demanded)
    assert (result.ret == 0) is is_met


def test_an_installed_package_can_be_the_application(pytester: pytest.Pytester) -> None:
    """Where the ini file names its folder; its lines are told from the package on."""
    library = pytester.mkdir("library")
    library.joinpath("counting").mkdir()
    library.joinpath("counting", "count.py").write_text(
        "def count(table):\n    return table.scan()['Count']\n", "utf-8"
    )
    pytester.makeconftest(
        f"""
        from minidynamo.pytest_plugin import fault_coverage
        fault_coverage._LIBRARIES += ({f"{library}{os.sep}"!r},)
        """
    )
    pytester.makepyfile(
        TESTS.partition("\n@pytest")[0].replace("import app\n", "from counting.count import count\n")
        + """
def test_it():
    db = simulate()
    with db.faults.paused():
        db.client().create_table(**TABLE)
    count(db.Table("tbl"))
"""
    )
    for sites, shown in (("library/counting", True), ("", False)):
        pytester.makeini(f"[pytest]\npythonpath = library\nminidynamo_faults_sites = {sites}\n")
        result = pytester.runpytest_subprocess("--minidynamo-faults-require=throttled")
        assert ("  counting/count.py:2  Scan  throttled" in result.outlines) is shown
