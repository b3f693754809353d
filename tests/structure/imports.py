"""The import graphs of the package, the tests and the benches, late imports and those for types alone included."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import minidynamo

PACKAGE = Path(minidynamo.__file__).parent
ROOT = Path(__file__).parents[2]
MODULES = sorted(PACKAGE.rglob("*.py"))
# Tests and benches, which stand beside the package.
BESIDE = sorted(path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a module, without that of the package: "storage.sqlite.map"."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


def room_of(name: str) -> str:
    """The room, or the loose module at the root, that a module belongs to."""
    return name.split(".", maxsplit=1)[0]


def shown_path(path: Path) -> str:
    """A source file as one speaks of it: "minidynamo/clock.py"."""
    return str(path.relative_to(PACKAGE.parent if path.is_relative_to(PACKAGE) else ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a source file."""
    return ast.parse(path.read_text("utf-8"))


def imported_names(tree: ast.AST) -> Iterator[str]:
    """The modules of minidynamo that a tree imports anywhere, "" for the package itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "minidynamo":
            module = (node.module or "").partition(".")[2]
            for alias in node.names:
                inner = f"{module}.{alias.name}".lstrip(".")
                yield inner if inner in NAMES else module
        elif isinstance(node, ast.Import):
            yield from (each.name.partition(".")[2] for each in node.names if each.name.split(".")[0] == "minidynamo")


def imports_by_module() -> dict[str, set[str]]:
    """Each module of the package with those that it imports."""
    return {name: set(imported_names(tree_of(path))) - {name} for name, path in NAMES.items()}


def imports_by_module_beside() -> dict[str, set[str]]:
    """Each module of the tests and the benches, by its dotted name, with those of them that it imports."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in BESIDE}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        imported: set[str] = set()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom):
                module = node.module or ""
                imported |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
        graph[name] = (imported & names.keys()) - {name}
    return graph


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of nodes that reach each other, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in graph:
        if node not in index:
            visit(node)
    return found


if __name__ == "__main__":
    modules = imports_by_module()
    rooms: dict[str, set[str]] = {}
    for name, others in modules.items():
        rooms.setdefault(room_of(name), set()).update({room_of(each) for each in others if each} - {room_of(name)})
    for name in sorted(rooms):
        print(f"{name:14} {' '.join(sorted(rooms[name]))}")
    print("circles of modules", circles({name: others for name, others in modules.items() if name}))
    print("circles of rooms", circles(rooms))
