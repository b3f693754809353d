"""Files that are no templates, or far too much of one, and templates that are mutated: a TemplateError, or tables."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

import minidynamo
from minidynamo import DynamoError
from minidynamo.cli.command_line import main
from minidynamo.templates import yaml_loader
from minidynamo.templates.table_definition import TemplateWarning
from tests.templates.mutants import check_error, mutants_of, write_mutant

TEMPLATES = Path(__file__).parent
MIB = 1 << 20

# What each file is refused with; most of them would take minutes, or end the program, if they were read in full.
HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "aliases": (
        "a: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 20)),
        "line 6: there are more than 100,000 values",
    ),
    "merges": (
        "a: &a0 {x: y}\n" + "".join(f"a{n}: &a{n} {{<<: [{f'*a{n - 1}, ' * 9}]}}\n" for n in range(1, 20)),
        "there are more than 100,000 values",
    ),
    "recursive": ("a: &a\n  - [*a]", "line 2: the alias *a stands inside of what it stands for"),
    "recursive merge": ("a: &a\n  <<: *a", "line 2: the alias *a stands inside of what it stands for"),
    "alias depth": ("- &a0 []\n" + "".join(f"- &a{n} [*a{n - 1}]\n" for n in range(1, 5_000)), "nested more than 100"),
    "unknown alias": ("\na: *b", "line 2: found undefined alias"),
    "yaml lists": ("# deep\n" + "[" * 900, "line 2: values are nested more than 100 levels deep"),
    "yaml block": ("- " * 20_000, "line 1: values are nested more than 100 levels deep"),
    "yaml objects": ("# deep\n" + "{a: " * 20_000, "line 2: values are nested more than 100 levels deep"),
    "json lists": ("\n[" * 100_000 + "]" * 100_000, "line 102: values are nested more than 100 levels deep"),
    "json objects": ('{"a":' * 100_000, "line 1: values are nested more than 100 levels deep"),
    "json levels": ("\n[" * 300 + "]" * 300, "line 102: values are nested more than 100 levels deep"),
    "yaml values": ("- a\n" * 150_000, "line 100000: there are more than 100,000 values"),
    "json values": ("[" + "1," * 1_100_000 + "1]", "has more than 1,000,000 values"),
    "json objects beside each other": ("[" + "{}," * 1_100_000 + "1]", "has more than 1,000,000 values"),
    "yaml size": ("#" * (MIB + 1), "is larger than 1,048,576 bytes, which is too large for YAML"),
    "directives": ("".join(f"%TAG !a{n}! x\n" for n in range(60_000)) + "--- a", "more than 100 directives"),
    "digits": ("a: &a 1" + ":59" * 300_000, "is neither"),
    "colliding keys": ("# keys\n{" + "".join(f"{n * (2**61 - 1)}: ," for n in range(1, 40_000)) + "}", "is neither"),
    "json digits": ("[\n" + "9" * 5_000 + "]", "line 2: a number has too many digits"),
    "documents": ("a: b\n---\nc: d", "line 2: there is more than one document"),
    "integer": ("\na: !!int x", "line 2: 'x' is no int"),
    "integer without digits": ("a: 0x_", "line 1: '0x_' is no int"),
    "integer of nothing": ("a: !!int ''", "line 1: '' is no int"),
    "integer in an object": ("a: !!int {=: x}", "line 1: this is no int"),
    "flag": ("a: !!bool x", "line 1: 'x' is no bool"),
    "date": ("a: !!timestamp 2001-99-99", "line 1: '2001-99-99' is no timestamp"),
    "set": ("!!set {Resources, Table}", "is neither"),
    "keys": ("? [a]\n: b", "line 1: while constructing a mapping, found unhashable key"),
    "nothing": ("", "is empty"),
    "space": (" \n", "is empty"),
    "other encoding": ("a\nÄ".encode("latin-1"), "line 2 is not in UTF-8"),
    "other bytes": (b"\xff\xfe{\x00}\x00", "line 1 is not in UTF-8"),
    "zeros": ("a: b\nc: \0", "line 2 has the character '\\x00'"),
    "json zeros": ("[\0]", "no valid JSON: Expecting value: line 1"),
}  # fmt: skip


def refused(path: Any, reader: Callable[[Any], object] = minidynamo.schema_from) -> str:
    with pytest.raises(ValueError) as caught:
        reader(path)
    check_error(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, fault = HOSTILE[name]
    path = tmp_path / "template"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert fault in refused(path)
    assert fault in refused(path, minidynamo.policies_from)
    assert main(["tables", "create", str(path), "--endpoint", "http://127.0.0.1:9"]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert fault in shown.err


@pytest.fixture
def without_libyaml(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PyYAML as it is where it could not be built with libyaml."""
    with monkeypatch.context() as patched:
        patched.delattr(yaml, "CSafeLoader")
        importlib.reload(yaml_loader)
        yield
    importlib.reload(yaml_loader)


@pytest.mark.parametrize(
    "name", ["aliases", "yaml lists", "yaml objects", "digits", "unknown alias", "integer", "keys"]
)
def test_hostile_files_are_refused_without_libyaml(name: str, tmp_path: Path, without_libyaml: None) -> None:
    assert issubclass(yaml_loader.TemplateLoader, yaml.SafeLoader)
    (tmp_path / "template").write_text(str(HOSTILE[name][0]))
    assert HOSTILE[name][1] in refused(tmp_path / "template")
    assert len(minidynamo.schema_from(TEMPLATES / "orders.yaml").tables) == 3


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "line\nbreak").mkdir()
    assert "Is a directory" in refused(tmp_path / "line\nbreak")
    assert "No such file" in refused(tmp_path / "absent")
    assert "cannot read" in refused(f"{tmp_path}/\0")
    assert "cannot read" in refused(f"{tmp_path}/\ud800")
    (tmp_path / "file").touch()
    assert "cannot read" in refused(tmp_path / "file" / "inner")
    os.truncate(tmp_path / "file", 100 * MIB)
    assert "is larger than 16,777,216 bytes" in refused(tmp_path / "file")
    if Path("/dev/zero").exists():
        assert "is larger than" in refused("/dev/zero")


def test_a_caller_that_is_deep_itself(tmp_path: Path) -> None:
    """Has less room than a document may need, which is told as well."""
    (tmp_path / "json").write_text("[" * 90 + "]" * 90)
    (tmp_path / "yaml").write_text("a: " + "!Sub [" * 90 + "]" * 90)

    def deep(levels: int, path: Path) -> str:
        return deep(levels - 1, path) if levels else refused(path)

    texts = []
    with contextlib.suppress(RecursionError):  # In the end there is no room for the test itself.
        for levels in range(300, sys.getrecursionlimit(), 10):
            texts += [deep(levels, tmp_path / "json"), deep(levels, tmp_path / "yaml")]
    assert any("yaml is nested too deeply to be read from so deep in a program" in text for text in texts)


SEEDS = sorted(
    path
    for folder in (TEMPLATES, TEMPLATES / "settings", TEMPLATES / "policies")
    for path in folder.iterdir()
    if path.is_file() and path.suffix != ".py"
)
MUTANTS = mutants_of(SEEDS)


def check_mutant(path: Path, drawn: Any) -> None:
    """A mutant is refused in a line, or its tables are created or refused by the service."""
    write_mutant(path, drawn)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TemplateWarning)
            schema = minidynamo.schema_from(path)
    except ValueError as error:
        check_error(error)
        return
    with contextlib.suppress(DynamoError):
        schema.create(minidynamo.connect())


@settings(max_examples=250)
@given(drawn=MUTANTS)
def test_mutated_templates(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    check_mutant(tmp_path_factory.getbasetemp() / "mutant", drawn)


@pytest.mark.long
@settings(max_examples=3_000)
@given(drawn=MUTANTS)
def test_many_mutated_templates(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    check_mutant(tmp_path_factory.getbasetemp() / "mutant", drawn)
