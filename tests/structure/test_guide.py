"""What the guide says is true: its programs run and print what stands behind them, its bounds are those of the code."""

from __future__ import annotations

import argparse
import inspect
import re
import shlex
from pathlib import Path

import pytest
from hypothesis.stateful import run_state_machine_as_test

import minidynamo
from minidynamo import limits
from minidynamo.cli import command_line
from minidynamo.cli.serve_command import add_serve_options
from minidynamo.database.remote import RemoteDatabase
from minidynamo.http.server import connection
from minidynamo.lambda_api.shapes import SHAPES
from minidynamo.simulation import PROFILES
from minidynamo.storage.sqlite import log_watch
from minidynamo.testing import explore
from tests.structure.documents import (
    GUIDE,
    PAGES,
    ROOT,
    blocks_in,
    blocks_of,
    commands_of,
    links_of,
    printed_by,
    run_blocks,
    runnable_in,
)
from tests.structure.found_bugs import check_bugs_are_found, check_others_pass, machines_in

NAMES = [page.stem for page in PAGES if page.stem != "README"]
COMMANDS = sorted({command for page in (ROOT / "README.md", *PAGES) for command in commands_of(page)})


@pytest.fixture(autouse=True)
def folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages write files where they are."""
    monkeypatch.chdir(tmp_path)


# Those have tests of their own, the last in tests/applications/, since its programs need packages of others.
_APART = ("pytest", "simulation", "kit", "story", "applications", "coming")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in _APART])
def test_its_programs_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every Python block of a page, one after the other; a comment behind print() is what it prints."""
    page = GUIDE / f"{name}.md"
    assert len(blocks_of(page)) == page.read_text("utf-8").count("```python")
    assert printed_by(page)
    run_blocks(page)
    assert capsys.readouterr().out.splitlines() == printed_by(page)


def test_refusals_read_as_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    """Every comment of a line of its own, or behind print(), is what is printed there."""
    page = GUIDE / "coming.md"
    told = re.findall(r"^(?: *print\(.*\)  )?# (.*)$", "\n".join(blocks_of(page)), re.MULTILINE)
    run_blocks(page)
    assert capsys.readouterr().out.splitlines() == told
    assert len(told) > 12


def test_every_name_of_the_kit_is_used() -> None:
    """In a program that runs; types that no program names, in the text beside it."""
    pages = [GUIDE / "kit.md", GUIDE / "simulation.md"]
    programs = "\n".join(block for page in pages for block in blocks_of(page))
    texts = "\n".join(page.read_text("utf-8") for page in pages)
    for module in (minidynamo.testing, minidynamo.simulation):
        for name in module.__all__:
            where = texts if isinstance(getattr(module, name), type) else programs
            assert re.search(rf"\b{name}\b", where), f"{module.__name__}.{name} is not in the guide"


def test_the_bugs_of_the_simulation_page_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Its programs run, its tests fail as it says, shrunk to the fault it names, and its machine runs."""
    page = GUIDE / "simulation.md"
    namespace = run_blocks(page)
    assert capsys.readouterr().out.splitlines() == printed_by(page)
    check_bugs_are_found(page, namespace, 3, [1])
    check_others_pass(page, namespace, [1])


def test_the_programs_of_the_kit_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Its tests as well, which it calls, and its machine."""
    page = GUIDE / "kit.md"
    namespace = run_blocks(page)
    assert capsys.readouterr().out.splitlines() == printed_by(page)
    for machine in machines_in(namespace):
        run_state_machine_as_test(machine, settings=machine.TestCase.settings)


@pytest.mark.long
def test_the_outcomes_of_the_bugs_are_counted() -> None:
    """As the page of the kit says: with one fault at most, and with two."""
    namespace = run_blocks(GUIDE / "simulation.md")
    said = re.findall(
        r"^\| .* \| ([\d,]+ of [\d,]+) \| ([\d,]+ of [\d,]+) \|$", (GUIDE / "kit.md").read_text("utf-8"), re.M
    )
    names = ["test_an_order_is_listed", "test_all_orders_are_kept", "test_points_count_once"]
    for name, counts in zip(names, said, strict=True):
        test = namespace[name].hypothesis.inner_test
        found = [explore(test, depth=depth, source=namespace["quiet"], check=False) for depth in (1, 2)]
        assert counts == tuple(f"{len(each.failures):,} of {each.outcomes.total():,}" for each in found)


FAULTS_HEADING = "## Which faults has my application met?"


@pytest.mark.parametrize("with_ini", [False, True], ids=["marker", "ini"])
def test_the_tests_of_the_pytest_page_pass(pytester: pytest.Pytester, with_ini: bool) -> None:
    """Each of its blocks is a test file, which runs beside its template; those below its ini file with that as well."""
    text = (GUIDE / "pytest.md").read_text("utf-8").partition(FAULTS_HEADING)[0]
    (template,), (ini,) = blocks_in(text, "yaml"), blocks_in(text, "ini")
    above, below = text.split("```ini\n")
    blocks = blocks_in("```ini\n" + below if with_ini else above)
    pytester.path.joinpath("template.yaml").write_text(template, "utf-8")
    pytester.path.joinpath("pytest.ini").write_text(ini if with_ini else "[pytest]\n", "utf-8")
    pytester.makepyfile(**{f"test_{number}": block for number, block in enumerate(blocks)})
    tests = sum(block.count("def test_") for block in blocks)
    assert tests == 2
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=tests)


def test_the_faults_of_the_pytest_page_are_told(pytester: pytest.Pytester) -> None:
    """Its application and its tests give the table that it shows, and miss the budget as it says."""
    text = (GUIDE / "pytest.md").read_text("utf-8")
    (template,) = blocks_in(text, "yaml")
    faults = text.partition(FAULTS_HEADING)[2]
    pytester.path.joinpath("template.yaml").write_text(template, "utf-8")
    pytester.makepyfile(**dict(zip(("shop", "test_shop"), blocks_in(faults), strict=True)))
    (option,) = re.findall(r"`pytest (--minidynamo-faults-require=[a-z_,]+)`", faults)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", option)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (shown,) = blocks_in(faults, "console")
    assert shown in result.stdout.str() + "\n"


def test_commands_are_run() -> None:
    """Those about files; the others wait for a signal, or for a server."""
    run = [command.split()[0] for page in PAGES for command in runnable_in(page.read_text("utf-8"))]
    assert set(run) == {"load", "dump", "check", "info"}


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_are_understood(command: str) -> None:
    """By the parser of the command line, options included."""
    words = shlex.split(command, comments=True)
    arguments = words[words.index("minidynamo") + 1 :]
    command_line._options(arguments if len(arguments) > 1 else [*arguments, *_MISSING.get(arguments[0], ())])


# What a command that is only named would need besides.
_MISSING = {
    "mutants": ("tests/",),
    "check": ("FILE",),
    "info": ("FILE",),
    "load": ("TABLE", "FILE"),
    "dump": ("TABLE", "--db", "FILE"),
}


def test_its_links_lead_somewhere() -> None:
    """And every page is reached from the index."""
    for page in PAGES:
        for link in links_of(page):
            assert (GUIDE / link.partition("#")[0]).is_file(), f"{page.name} names {link}"
    index = {link.partition("#")[0] for link in links_of(GUIDE / "README.md")}
    assert {f"{name}.md" for name in NAMES} <= index


def first_cells(page: str) -> str:
    """The first cells of the rows of a page's tables."""
    return "\n".join(re.findall(r"^\| (.+?) \|", (GUIDE / page).read_text("utf-8"), re.MULTILINE))


def test_the_options_of_the_server_are_all_listed() -> None:
    """And no others."""
    parser = argparse.ArgumentParser()
    add_serve_options(parser)
    options = {name for action in parser._actions for name in action.option_strings if name.startswith("--")}
    listed = re.findall(r"(?<!`minidynamo serve )--[a-z-]+", first_cells("server.md"))
    assert set(listed) == options - {"--help"}


def test_the_settings_of_connect_are_all_listed() -> None:
    """And no others."""
    text = (GUIDE / "embedded.md").read_text("utf-8")
    (table,) = re.findall(r"^\| Parameter of `connect` .*?\n\n", text, re.MULTILINE | re.DOTALL)
    cells = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)[1:]
    assert sorted(re.findall(r"`(\w+)`", "".join(cells))) == sorted(inspect.signature(minidynamo.connect).parameters)


def test_what_a_database_at_a_url_refuses_is_all_listed() -> None:
    """And no others."""
    (listed,) = re.findall(
        r"names the method and the address: (.*?)\.\n", (GUIDE / "embedded.md").read_text("utf-8"), re.S
    )
    names = set(re.findall(r"`(\w+)`", listed))
    refusing = {name for name in dir(RemoteDatabase) if _is_refusal(name)}
    internal = {"fork_settings"}  # Behind fork().
    assert refusing - internal == names
    with minidynamo.connect("http://127.0.0.1:9") as remote:
        for name in names:
            with pytest.raises(minidynamo.StoreError, match=rf"^{name}(\(\))? needs the store itself"):
                getattr(remote, name)()


def _is_refusal(name: str) -> bool:
    return (
        getattr(inspect.getattr_static(RemoteDatabase, name), "__doc__", None)
        == "Raises StoreError: the store is somewhere else."
    )


def test_every_profile_is_described() -> None:
    """And no others."""
    assert set(re.findall(r'`"(\w+)"`', first_cells("simulation.md"))) == set(PROFILES)


def test_its_bounds_are_the_servers() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", (GUIDE / "server.md").read_text("utf-8"), re.MULTILINE)
    said = dict(rows)
    kib, mib = limits.KIB, limits.MIB
    assert said["request line and headers"] == (
        f"{limits.HTTP_HEAD_BYTES_MAX // kib} KiB, {limits.HTTP_HEADERS_MAX} headers"
    )
    assert said["body, as sent and decompressed"] == f"{limits.HTTP_BODY_BYTES_MAX // mib} MiB"
    assert said["what chunks and their extensions add to a body"] == f"{limits.HTTP_SENT_BYTES_MAX // mib} MiB in all"
    assert said["members of a compressed body"] == f"{limits.HTTP_COMPRESSED_MEMBERS_MAX:,}"
    assert said["objects in a body of JSON"] == f"one per {limits.JSON_OBJECT_BYTES_MIN} bytes"
    unsigned = f"{limits.HTTP_UNSIGNED_BODY_BYTES_MAX // kib} KiB, not compressed"
    assert said["an unsigned body that is read"] == unsigned
    assert said["from the head of a request to the end of its body"] == f"{limits.HTTP_BODY_SECONDS_MAX} s"
    assert said["between two requests"] == f"{limits.HTTP_IDLE_SECONDS_MAX} s"
    progress = f"in which at least {connection._PROGRESS_BYTES // kib} KiB must be read"
    assert said["a response that is not read"] == f"{limits.HTTP_UNREAD_SECONDS_MAX} s, {progress}"
    assert said["pipelined requests of one connection at a turn"] == str(limits.HTTP_PIPELINED_PER_TURN_MAX)
    held = said["bodies, waiting requests and unread responses held over all connections"]
    assert held == f"{limits.HTTP_HELD_BYTES_MAX // mib} MiB"
    assert said["connections"] == f"{limits.HTTP_CONNECTIONS_MAX:,}"
    assert said["calls of the function behind `--api` at once"] == str(limits.FUNCTION_CALLS_AT_ONCE_MAX)
    assert said["the response of such a function"] == f"{limits.FUNCTION_ANSWER_SECONDS_MAX} s"
    assert said["databases of separate regions or access keys"] == f"{limits.SERVED_DATABASES_MAX:,}"


def test_what_it_says_of_files_is_the_codes() -> None:
    text = (GUIDE / "files.md").read_text("utf-8")
    assert f"mode {limits.FILE_MODE:04o};" in text
    assert f"may take {log_watch._LOG_SECONDS} seconds" in text


def test_its_operations_of_lambda_are_those_that_there_are() -> None:
    rows = re.findall(r"^\| [\w ]+ \| (`[A-Z]\w+`.*) \|$", (GUIDE / "streams.md").read_text("utf-8"), re.MULTILINE)
    said = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(said) == sorted(SHAPES)
