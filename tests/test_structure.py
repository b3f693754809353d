"""Rules of the house that a machine can keep: floors, exports, lengths of functions and files, names of modules."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import minidynamo

PACKAGE = Path(minidynamo.__file__).parent

# Packages and modules to their floors; each may import only from floors below it, and from itself.
FLOORS = {
    "errors": 0,
    "limits": 0,
    "messages": 0,
    "wording": 0,
    "clock": 0,
    "values": 1,
    "storage": 2,
    "schema": 2,
    "requests": 2,
    "expressions": 2,
    "streams": 3,
    "tables": 3,
    "operations": 4,
    "forking": 5,
    "sweeping": 5,
    "functions": 5,
    "core": 5,
    "database": 5,
    "read_only": 5,
    "connecting": 5,
    "simulation": 5,
    "interfaces": 6,
    "testing": 7,
}
# What the kit for tests may use: the public names, and the package of simulation, all of whose names are public.
PUBLIC = {*minidynamo.__all__, "simulation"}
# Modules of one floor that lean on others of it, with the order among them: only the later may import the earlier.
WITHIN = {
    0: ("limits", "messages", "errors", "wording", "clock"),
    3: ("streams", "tables"),
    5: ("forking", "sweeping", "functions", "core", "database", "read_only", "connecting", "simulation"),
}
# What stands in for the faces until one is asked for: imported inside functions, or for types alone.
LATE = {("database", "interfaces"), ("interfaces", "testing")}

MODULES = sorted(PACKAGE.rglob("*.py"))
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager"}


def part_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """The parts of minidynamo that a module imports, and whether when it is itself imported."""
    tree = ast.parse(path.read_text("utf-8"))
    top_level = set(map(id, tree.body))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("minidynamo"):
            names = [node.module] if node.module != "minidynamo" else [f"minidynamo.{each.name}" for each in node.names]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names if each.name.startswith("minidynamo")]
        for name in names:
            yield name.split(".")[1], id(node) in top_level


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    """A module imports only from floors below its own."""
    part = part_of(path)
    if part == "__init__":
        return
    for imported, is_early in imports_of(path):
        if imported == part or (not is_early and (part, imported) in LATE):
            continue
        if part == "testing":
            assert imported in PUBLIC, f"{path.name} imports {imported}, which is not public"
            continue
        floor, imported_floor = FLOORS[part], FLOORS[imported]
        order = WITHIN.get(floor, ())
        is_allowed_beside = imported in order and part in order and order.index(imported) < order.index(part)
        assert imported_floor < floor or is_allowed_beside, f"{path.name} imports {imported}, which is not below it"


def test_public_names() -> None:
    """`minidynamo` exports these names and no others."""
    assert sorted(minidynamo.__all__) == [
        "Attr",
        "Binary",
        "Clock",
        "Database",
        "DynamoError",
        "Fault",
        "FaultSchedule",
        "History",
        "Key",
        "ManualClock",
        "PartitionInfo",
        "Profile",
        "Snapshot",
        "StoreError",
        "SystemClock",
        "attach",
        "connect",
        "mock",
        "schema_from",
        "simulate",
    ]
    assert all(hasattr(minidynamo, name) for name in minidynamo.__all__)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_functions_fit_on_a_screen(path: Path) -> None:
    """No function is longer than 70 lines, no file than 400, and no name says nothing."""
    text = path.read_text("utf-8")
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert long == []
    assert text.count("\n") <= FILE_LINES_MAX
    assert path.stem not in FORBIDDEN_NAMES


def test_every_module_says_what_it_owns() -> None:
    """Every module opens with a docstring."""
    silent = [path for path in MODULES if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_import_is_light() -> None:
    """Importing minidynamo loads neither botocore nor Hypothesis, nor Lark before the first expression."""
    code = (
        "import sys, minidynamo; minidynamo.connect().client().list_tables();"
        "print([m for m in ('botocore', 'boto3', 'hypothesis', 'lark', 'rich', 'sqlite3') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_errors_import_no_clients() -> None:
    """An error is botocore's ClientError without botocore's clients being loaded."""
    code = (
        "import sys, minidynamo; client = minidynamo.connect().client()\n"
        "try: client.describe_table(TableName='nope')\n"
        "except Exception as error: print(type(error).__mro__[1].__module__)\n"
        "print([m for m in ('botocore.client', 'botocore.session', 'boto3') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split("\n")[:2] == ["botocore.exceptions", "[]"]
