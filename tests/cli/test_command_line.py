"""The command line, as a person meets it: the tour, loading, mistakes."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import run


@pytest.mark.parametrize("command", ["info", "check"])
def test_a_folder_is_no_file(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"minidynamo: {tmp_path} is a folder, and a database is a file: give the file in it\n"
    assert run(capsys, command, tmp_path) == (2, "", text)


@pytest.mark.long
def test_the_tour_shows_every_scene(capsys: pytest.CaptureFixture[str]) -> None:
    """On real data, with splits, capacity, a failed condition and a clean check."""
    code, out, err = run(capsys, "tour")
    assert (code, err) == (0, "")
    for number in range(1, 15):
        assert f"\n{number}. " in out
    for text in ("Reykjavík", "Kagoshima", "São Paulo", "Shanghai", "Longyearbyen", "ConditionalCheckFailedException"):
        assert text in out
    assert "no fault" in out
    assert "Query the index by_timezone by timezone" in out
    assert 'better    by_timezone: timezone = "Atlantic/Reykjavik", would read 6 items, 0.5 RRU' in out
    for kind in ("stale_read", "index_lag", "unprocessed", "response_lost"):
        assert f"  {kind}" in out
    assert re.search(r"34,008 changes in \d+ invocations", out)
    assert re.search(r"[\d,]+ items per\s+second", out)
    assert out.count("0000000000000000") == 3
    assert len(re.findall(r"│ [0-9a-f]{16} │", out)) > 12


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "people.jsonl"
    path.write_text(
        '{"name": "Ann", "age": 30, "tags": ["a", {"b": null}], "ratio": 0.5}\n'
        "\n"
        '{"name": "Bob"\n'
        '{"name": "Cid", "age": 41}\n'
        "[1, 2]\n"
        '{"age": 3}\n'
        '{"name": "Ann", "age": 31}\n'
        '{"name": {"S": "Dee"}, "data": {"B": "AQI="}}\n'
        '{"Item": {"name": {"S": "Eve"}, "set": {"NS": ["2", "1"]}}}\n'
        '{"name": ""}\n',
        "utf-8",
    )
    return path


def test_loading_lines_reports_each_bad_one(capsys: pytest.CaptureFixture[str], lines: Path) -> None:
    """With its number and the reason; the others are loaded; the exit code says that some were bad."""
    code, out, err = run(capsys, "load", "People", lines)
    assert (code, err) == (1, "")
    assert "People: 4 items" in out
    assert "5 of 9 records loaded; 1 replaced an earlier item with the same key." in out
    assert "4 record(s) were not loaded:" in out
    assert "line 3: not JSON" in out
    assert "line 5: not an object but list" in out
    assert "line 6: One or more parameter values were invalid: Missing the key name in the item" in " ".join(
        out.split()
    )
    assert "line 10: " in out


def test_loading_an_array(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Members know the lines on which they begin; numbers keep their digits."""
    path = tmp_path / "array.json"
    path.write_text('[\n  {"id": 1, "x": 0.1},\n  {"id": 2,\n   "x": 1e400},\n  {"id": 3}\n]\n', "utf-8")
    code, out, _ = run(capsys, "load", "Array", path, "--key", "id:N")
    assert code == 1
    assert "2 of 3 records loaded" in out
    assert "line 3: cannot be stored: a number has more than 38 digits or is out of range" in out


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("1." + "0" * 45, "1"),
        ("1" + "0" * 60, "1" + "0" * 60),
        ("-12" + "0" * 40, "-12" + "0" * 40),
        ("0." + "0" * 50, "0"),
        ("1.50e3", "1500"),
        ("12345678901234567890123456789012345678000", "12345678901234567890123456789012345678000"),
        ("0" * 5 + "7", None),
        ("1" * 39, None),
        ("1." + "1" * 38, None),
        ("1" + "0" * 200, None),
    ],
)
@pytest.mark.parametrize("form", ["lines", "array", "csv", "wire"])
def test_zeros_at_the_end_are_no_digits(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, form: str, number: str, stored: str | None
) -> None:
    """Digits are counted without them, whichever way a number comes; of others each way says that they cannot be."""
    texts = {
        "lines": f'{{"id": "a", "n": {number}}}\n',
        "array": f'[{{"id": "a", "n": {number}}}]',
        "csv": f"id,n\na,{number}\n",
        "wire": f'{{"Item": {{"id": {{"S": "a"}}, "n": {{"N": "{number}"}}}}}}\n',
    }
    path = tmp_path / f"file.{'csv' if form == 'csv' else 'json'}"
    path.write_text(texts[form], "utf-8")
    code, out, _ = run(capsys, "load", "Numbers", path, "--key", "id,n:N")
    if stored is None and number.startswith("0") and form in ("csv", "wire"):
        stored = number.lstrip("0")  # Zeros before a number are no JSON, but the service takes them.
    assert (code, f"{1 if stored else 0} of 1 records loaded" in out) == (0 if stored else 1, True)
    if stored and len(stored) < 40:
        assert f" {stored} " in out


def test_loading_csv(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Key columns get their types, the others are strings; quotes and commas inside cells are fine."""
    path = tmp_path / "rows.csv"
    path.write_text('country,year,note\nDE,2001,"a, ""b"""\nDE,x,\nFR,2002\nFR,2003,é\n', "utf-8")
    code, out, _ = run(capsys, "load", "Rows", path, "--key", "country,year:N")
    assert code == 1
    assert "2 of 4 records loaded" in out
    assert re.search(r"line 3: .*cannot be converted to a\s+numeric value: x", out, re.DOTALL)
    assert "line 4: has 2 columns where the header has 3" in out
    assert 'a, "b"' in out


def test_loading_an_export(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Gzipped DynamoDB JSON, as exports to S3 have it; binary is base64."""
    path = tmp_path / "export.json.gz"
    records = [{"Item": {"pk": {"S": str(n)}, "b": {"B": "AQI="}, "l": {"L": [{"B": "AQ=="}]}}} for n in range(3)]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode()))
    code, out, _ = run(capsys, "load", "Export", path)
    assert code == 0
    assert "Export: 3 items, 36 bytes, key pk (S)" in out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("load", "Tbl", "nowhere.json"), "cannot read nowhere.json: No such file or directory"),
        (("load", "ab", "{lines}"), "Member must have length greater than or equal to 3"),
        (("load", "Tbl", "{lines}", "--key", "a:X"), "--key takes NAME or NAME:TYPE with S, N or B, not 'a:X'"),
        (("load", "Tbl", "{lines}", "--key", "a,b,c"), "--key takes one or two different names"),
        (("load", "Tbl", "{empty}"), "holds no item"),
        (("load", "Tbl", "{binary}"), "byte 0 is not UTF-8 text"),
        (("load", "Tbl", "{broken}"), "cannot read"),
        (("load",), "the following arguments are required: table, file"),
        (("fly",), "invalid choice: 'fly'"),
        (("mutants", "--only", "x"), "there is no mutant 'x': there are drops_condition"),
        (("mutants", "--jobs", "0"), "argument --jobs: takes a number of at least 1, not '0'"),
        (
            ("mutants", "nowhere.py"),
            "pytest must pass without any mutant first; it says: ERROR: file or directory not found: nowhere.py",
        ),
        (("serve", "--simulate", "mild"), "invalid choice: 'mild'"),
        (("serve", "--history", "file"), "--history needs --simulate, and one database"),
        (("serve", "--simulate", "calm", "--history", "nowhere/file"), "--history: there is no folder nowhere"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_two(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, lines: Path, arguments: tuple[str, ...], text: str
) -> None:
    """No traceback reaches a user."""
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe")
    (tmp_path / "broken.json.gz").write_bytes(b"no gzip")
    names = {"lines": lines, "empty": tmp_path / "empty.jsonl", "binary": tmp_path / "binary.jsonl"}
    names["broken"] = tmp_path / "broken.json.gz"
    code, _, err = run(capsys, *(each.format(**names) for each in arguments))
    assert code == 2
    assert text in err
    assert "Traceback" not in err


def test_the_command_is_installed() -> None:
    """As a module and as a script."""
    command = [sys.executable, "-m", "minidynamo", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("minidynamo 0.")
