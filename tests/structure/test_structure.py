"""Rules of the house that a machine can keep: floors, circles, exports, lengths of functions and files, names."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

import minidynamo
from tests.structure.imports import (
    BESIDE,
    MODULES,
    NAMES,
    circles,
    imports_by_module,
    imports_by_module_beside,
    room_of,
    shown_path,
    tree_of,
)

# Rooms, and the modules at the root, floor by floor: each imports only from floors below its own.
FLOORS = (
    {"arguments"},
    {"limits", "messages", "errors", "clock"},
    {"wording", "compiled"},
    {"values", "prices"},
    {"storage", "schema", "expressions", "execution"},
    {"partiql"},
    {"requests"},
    {"streams", "policies", "consumers"},
    {"tables"},
    {"operations"},
    {"lambdas"},
    {"endpoints"},
    {"lambda_api", "metrics"},
    {"insight"},
    {"embedded", "http"},
    {"remote", "gateway", "shared", "console"},
    {"database"},
    {"simulation", "formats", "templates"},
    {"boto", "conformance", "exports", "anonymizing"},
    {"applications", "moving", "mcp"},
)
# These stand beside the house: they use its public names, simulation's, all of which are public, what is known of
# requests and values, and the seam at which middleware is laid.
OUTSIDE = {"testing": {"", "limits", "simulation", "requests", "values", "endpoints", "lambdas"}}
# The command line and the plugin for pytest put everything to use.
TOP = {"cli", "pytest_plugin", "__main__", ""}

# A function's lines without its docstring.
FUNCTION_LINES_MAX = 45
FILE_LINES_MAX = 320
ROOM_SHARE_MAX = 0.15
# Ratchets: they may only be tightened. How often the package says `Any`, and how many assertions it has per function:
# all of it, and the rooms that keep data or remember what they have done.
ANY_MAX = 60
ASSERTIONS_PER_FUNCTION_MIN = 0.09
ASSERTING_ROOMS = {"storage", "tables", "streams", "simulation"}
ASSERTIONS_PER_FUNCTION_THERE_MIN = 0.2
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager"}

FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def test_every_room_has_its_floor() -> None:
    """The rooms and root modules that there are stand in the table, and no others."""
    rooms = {room_of(name) for name in imports_by_module()}
    assert rooms == {*FLOOR_OF, *OUTSIDE, *TOP}


@pytest.mark.parametrize("room", sorted({*FLOOR_OF, *OUTSIDE}))
def test_imports_go_down(room: str) -> None:
    """A room imports only from floors below its own, late imports and those for types alone included."""
    imported = {
        room_of(other) for name, others in imports_by_module().items() if room_of(name) == room for other in others
    } - {room}
    if room in OUTSIDE:
        assert imported <= OUTSIDE[room]
    else:
        above = {each for each in imported if FLOOR_OF.get(each, len(FLOORS)) >= FLOOR_OF[room]}
        assert above == set()


def test_no_circles() -> None:
    """No modules import each other in a circle, inside a room either."""
    graph = {name: others for name, others in imports_by_module().items() if name}
    assert circles(graph) == []


def test_no_circles_beside_the_package() -> None:
    """Nor do modules of the tests and the benches."""
    graph = imports_by_module_beside()
    assert graph["bench.__main__"] >= {"bench.runner", "bench.workloads"}
    assert graph["tests.boto.conftest"] == {"tests.boto.both_roads"}
    assert circles(graph) == []


def test_public_names() -> None:
    """`minidynamo` exports these names and no others."""
    assert sorted(minidynamo.__all__) == [
        "Attr",
        "Binary",
        "ClientError",
        "Clock",
        "Database",
        "DynamoError",
        "Fault",
        "FaultSchedule",
        "History",
        "Key",
        "Ledger",
        "ManualClock",
        "ParamValidationError",
        "PartitionInfo",
        "Profile",
        "Snapshot",
        "StoreError",
        "SystemClock",
        "WaiterError",
        "app_from",
        "attach",
        "connect",
        "mock",
        "observe",
        "policies_from",
        "schema_from",
        "simulate",
    ]
    assert all(hasattr(minidynamo, name) for name in minidynamo.__all__)


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring."""
    first = function.body[0]
    is_documented = ast.get_docstring(function, clean=False) is not None
    documented = (first.end_lineno or 0) - first.lineno + 1 if is_documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - documented


def functions_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [each for each in ast.walk(tree_of(path)) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", [*MODULES, *BESIDE], ids=shown_path)
def test_functions_fit_on_a_screen(path: Path) -> None:
    """No function is longer than 45 lines, no file than 320, and no name says nothing."""
    assert [each.name for each in functions_of(path) if length_of(each) > FUNCTION_LINES_MAX] == []
    assert path.read_text("utf-8").count("\n") <= FILE_LINES_MAX
    assert path.stem not in FORBIDDEN_NAMES


def test_no_room_is_too_large() -> None:
    """The largest room holds at most 15 % of the lines."""
    lines = Counter[str]()
    for name, path in NAMES.items():
        lines[room_of(name)] += path.read_text("utf-8").count("\n")
    room, most = lines.most_common(1)[0]
    assert most <= ROOM_SHARE_MAX * lines.total(), room


def test_ratchets() -> None:
    """Types say what things are, and assertions what cannot be: neither gets worse."""
    nodes = [node for path in MODULES for node in ast.walk(tree_of(path))]
    assert sum(isinstance(node, ast.Name) and node.id == "Any" for node in nodes) <= ANY_MAX
    assert assertions_per_function(MODULES) >= ASSERTIONS_PER_FUNCTION_MIN
    asserting = [path for name, path in NAMES.items() if room_of(name) in ASSERTING_ROOMS]
    assert assertions_per_function(asserting) >= ASSERTIONS_PER_FUNCTION_THERE_MIN


def assertions_per_function(paths: Sequence[Path]) -> float:
    nodes = [node for path in paths for node in ast.walk(tree_of(path))]
    return sum(isinstance(node, ast.Assert) for node in nodes) / sum(len(functions_of(path)) for path in paths)


def test_every_module_says_what_it_owns() -> None:
    """Every module opens with a docstring."""
    silent = [path for path in MODULES if path.stat().st_size and not ast.get_docstring(tree_of(path))]
    assert silent == []


def test_import_is_light() -> None:
    """Importing minidynamo loads neither botocore nor Hypothesis, nor Lark before the first expression."""
    code = (
        "import sys, minidynamo; minidynamo.connect().client().list_tables();"
        "print([m for m in ('botocore', 'boto3', 'hypothesis', 'lark', 'rich', 'sqlite3') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_first_put_is_light() -> None:
    """What compiles expressions, and what runs functions, is not loaded before there are any."""
    code = (
        "import sys, minidynamo; client = minidynamo.connect().client()\n"
        "client.create_table(TableName='tbl', KeySchema=[{'AttributeName': 'pk', 'KeyType': 'HASH'}],"
        " AttributeDefinitions=[{'AttributeName': 'pk', 'AttributeType': 'S'}], BillingMode='PAY_PER_REQUEST')\n"
        "client.put_item(TableName='tbl', Item={'pk': {'S': 'a'}})\n"
        "print([m for m in sys.modules if m.startswith(('minidynamo.expressions.', 'minidynamo.lambdas'))])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['minidynamo.expressions.bound', 'minidynamo.expressions.binding']"


def test_errors_import_no_clients() -> None:
    """An error is botocore's ClientError without botocore's clients being loaded."""
    code = (
        "import sys, minidynamo; client = minidynamo.connect().client()\n"
        "try: client.describe_table(TableName='nope')\n"
        "except Exception as error: print(type(error).__mro__[-4].__module__)\n"
        "print([m for m in ('botocore.client', 'botocore.session', 'boto3') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split("\n")[:2] == ["botocore.exceptions", "[]"]
