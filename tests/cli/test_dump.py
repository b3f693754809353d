"""`minidynamo dump`: what it writes in each format, what `load` makes of it, and that a file is whole or absent."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo.cli import dump_command
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.formats import dumping
from minidynamo.formats.loading import LoadReport, load_records
from minidynamo.formats.reading import read_records
from minidynamo.formats.short_tables import create_table_request
from minidynamo.formats.source import Source
from minidynamo.testing import TableSchema, attribute_values, items
from minidynamo.values.attribute_value import Item
from tests.cli.commands import run

ORDERS = create_table_request("Orders", {"key": ["customer S", "number N"], "gsi": {"by_total": {"key": ["total N"]}}})
FIRST: Item = {
    "note": {"S": 'a, "b"\né'},
    "customer": {"S": "ann"},
    "number": {"N": "1"},
    "total": {"N": "12345678901234567890123456789012345678"},
    "lines": {"L": [{"M": {"sku": {"S": "x"}, "gift": {"BOOL": False}}}, {"NULL": True}]},
}
SECOND: Item = {"customer": {"S": "ann"}, "number": {"N": "2"}, "paid": {"BOOL": True}}
SET: Item = {"customer": {"S": "bob"}, "number": {"N": "3"}, "tags": {"L": [{"M": {"t": {"SS": ["a"]}}}]}}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return made(tmp_path / "shop.db", FIRST, SECOND)


def made(path: Path, *orders: Item) -> Path:
    with minidynamo.connect(path) as database:
        database.execute("CreateTable", ORDERS)
        for order in orders:
            database.execute("PutItem", {"TableName": "Orders", "Item": order})
    return path


def scanned(endpoint: Endpoint, table: str = "Orders") -> list[Item]:
    return list(dumping.scanned_items(endpoint, table))


def test_a_dump_is_an_export(capsys: pytest.CaptureFixture[str], tmp_path: Path, shop: Path) -> None:
    """DynamoDB JSON by default, key first, packed by its name; loaded, it is the same items."""
    path = tmp_path / "orders.json.gz"
    code, out, err = run(capsys, "dump", "Orders", path, "--db", shop)
    assert (code, out, err) == (0, f"2 items of Orders are in {path}\n", "")
    first, second = map(json.loads, gzip.decompress(path.read_bytes()).decode().splitlines())
    assert (first, second) == ({"Item": FIRST}, {"Item": SECOND})
    assert list(first["Item"])[:2] == ["customer", "number"]
    run(capsys, "load", "Orders", path, "--db", tmp_path / "copy.db", "--key", "customer,number:N")
    with minidynamo.connect(tmp_path / "copy.db") as copy:
        assert scanned(copy) == [FIRST, SECOND]


def test_plain_lines_have_all_digits(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    """On standard output, where nothing else is."""
    code, out, err = run(capsys, "dump", "Orders", "--db", shop, "--format", "jsonl")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert '"total": 12345678901234567890123456789012345678' in first
    assert json.loads(first)["lines"] == [{"sku": "x", "gift": False}, None]
    assert second == '{"customer": "ann", "number": 2, "paid": true}'


def test_plain_lines_have_no_sets(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """That is said, with the way to have them; no file is written."""
    path = tmp_path / "orders.jsonl"
    shop = made(tmp_path / "shop.db", FIRST, SET)
    code, out, err = run(capsys, "dump", "Orders", path, "--db", shop, "--format", "jsonl")
    assert (code, out) == (2, "")
    assert err == (
        "minidynamo: the attribute tags holds a set of strings, which plain JSON does not have: "
        "--format dynamodb writes it\n"
    )
    assert list(tmp_path.glob("*orders*")) == []


def test_csv_has_all_attributes(capsys: pytest.CaptureFixture[str], tmp_path: Path, shop: Path) -> None:
    """Keys first, nested values in JSON; or the columns that are asked for."""
    run(capsys, "dump", "Orders", tmp_path / "orders.csv", "--db", shop)
    header, *_ = (tmp_path / "orders.csv").read_text("utf-8").splitlines()
    assert header.split(",")[:2] == ["customer", "number"]
    assert set(header.split(",")) == {*FIRST, *SECOND}
    run(capsys, "load", "Orders", tmp_path / "orders.csv", "--db", tmp_path / "copy.db", "--key", "customer,number:N")
    with minidynamo.connect(tmp_path / "copy.db") as copy:
        first, second = scanned(copy)
    assert first["note"] == FIRST["note"]
    assert json.loads(first["lines"]["S"]) == [{"sku": "x", "gift": False}, None]
    assert (second["paid"], second["note"]) == ({"S": "true"}, {"S": ""})
    chosen = ("--format", "csv", "--columns", "number,total")
    assert run(capsys, "dump", "Orders", "--db", shop, *chosen)[1] == f"number,total\n1,{FIRST['total']['N']}\n2,\n"


def test_an_index_is_dumped(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    """It holds the items that have its key."""
    out = run(capsys, "dump", "Orders", "--db", shop, "--index", "by_total")[1]
    assert [json.loads(line)["Item"] for line in out.splitlines()] == [FIRST]


def test_an_endpoint_is_dumped_page_by_page(capsys: pytest.CaptureFixture[str]) -> None:
    """Three of 1 MB, in the order of a scan."""
    with minidynamo.connect() as database, database.serve() as server:
        database.execute("CreateTable", ORDERS)
        for number in range(30):
            order = {"customer": {"S": "ann"}, "number": {"N": str(number)}, "text": {"S": "x" * 100_000}}
            database.execute("PutItem", {"TableName": "Orders", "Item": order})
        out = run(capsys, "dump", "Orders", "--endpoint", server.url, "--format", "jsonl")[1]
    assert [json.loads(line)["number"] for line in out.splitlines()] == list(range(30))


def test_a_file_is_dumped_beside_its_owner(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    """As it is when the dump begins."""
    with minidynamo.connect(shop):
        assert run(capsys, "dump", "Orders", "--db", shop)[0] == 0


def test_a_file_that_is_there_stays(capsys: pytest.CaptureFixture[str], tmp_path: Path, shop: Path) -> None:
    """Unless it is to be replaced; and if that fails, too."""
    path = tmp_path / "orders.jsonl"
    path.write_text("mine", "utf-8")
    code, _, err = run(capsys, "dump", "Orders", path, "--db", shop)
    assert (code, err) == (2, f"minidynamo: {path} is there already: --force replaces it\n")
    assert run(capsys, "dump", "Orders", path, "--db", shop, "--index", "none", "--force")[0] == 2
    assert path.read_text("utf-8") == "mine"
    assert run(capsys, "dump", "Orders", path, "--db", shop, "--force")[0] == 0
    assert len(path.read_text("utf-8").splitlines()) == 2


def test_an_interrupted_dump_leaves_no_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(item: Item) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(dump_command, "dynamodb_line", interrupted)
    code, _, err = run(capsys, "dump", "Orders", tmp_path / "orders.json", "--db", shop)
    assert (code, err) == (130, "minidynamo: interrupted\n")
    assert list(tmp_path.glob("*orders*")) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("Orders",), "one of the arguments --db --endpoint is required"),
        (("Orders", "--db", "nowhere.db"), "minidynamo: there is no file nowhere.db"),
        (("Others", "--db", "{shop}"), "minidynamo: ResourceNotFoundException: "),
        (("Orders", "--db", "{shop}", "--index", "none"), "minidynamo: ValidationException: "),
        (("Orders", "nowhere/orders.json", "--db", "{shop}"), "cannot write nowhere/orders.json: No such file"),
    ],
)
def test_mistakes_are_one_line(
    capsys: pytest.CaptureFixture[str], shop: Path, arguments: tuple[str, ...], text: str
) -> None:
    code, _, err = run(capsys, "dump", *(each.format(shop=shop) for each in arguments))
    assert code == 2
    assert text in err
    assert "Traceback" not in err


def test_a_reader_may_have_enough(tmp_path: Path) -> None:
    """As `head` has: nothing is said of it."""
    orders = [{"customer": {"S": "ann"}, "number": {"N": str(n)}, "x": {"S": "x" * 50_000}} for n in range(20)]
    shop = made(tmp_path / "shop.db", *orders)
    command = [sys.executable, "-m", "minidynamo", "dump", "Orders", "--db", str(shop)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()


# Names that could be taken for types, which only values of one member are.
VALUES = st.recursive(
    attribute_values("S", "N", "BOOL", "NULL"),
    lambda inner: (
        st.fixed_dictionaries({"L": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"M": st.dictionaries(st.sampled_from(["S", "é", "Item"]), inner)})
    ),
    max_leaves=6,
)
PLAIN = st.fixed_dictionaries(
    {"customer": st.sampled_from([{"S": "ann"}, {"S": "S"}]), "number": attribute_values("N")},
    optional=dict.fromkeys(("S", "Item", "é"), VALUES),
)


@given(name=st.sampled_from(["dump.json", "dump.json.gz"]), orders=st.lists(items(TableSchema.of(ORDERS)), max_size=6))
def test_what_was_dumped_is_loaded_again(name: str, orders: list[Item]) -> None:
    """All types of values, in DynamoDB JSON."""
    check_round_trip(name, orders, dumping.dynamodb_line)


@given(orders=st.lists(PLAIN, max_size=6))
def test_what_was_dumped_in_plain_json_is_loaded_again(orders: list[Item]) -> None:
    """All values that JSON has, numbers with every digit, whatever names say of types."""
    check_round_trip("dump.jsonl", orders, dumping.plain_line)


CELLS = st.text(st.sampled_from("a,;\"'\n\r\t :\0\u2028é") | st.characters(codec="utf-8"), max_size=8)
TEXTS = st.fixed_dictionaries(
    {"customer": CELLS.map("c".__add__), "number": st.integers(0, 9), 'note\n"a",\tb\r': CELLS}
)
NAMES = ["customer", "number", 'note\n"a",\tb\r']


@given(orders=st.lists(TEXTS, max_size=6))
def test_what_was_dumped_in_csv_is_loaded_again(orders: list[dict[str, str | int]]) -> None:
    """All texts, with whatever ends cells and rows in them; the name of an attribute too."""
    items = [{name: {"S" if type(each) is str else "N": str(each)} for name, each in row.items()} for row in orders]
    with minidynamo.connect() as database, minidynamo.connect() as copy, TemporaryDirectory() as folder:
        for each in (database, copy):
            each.execute("CreateTable", ORDERS)
        for item in items:
            database.execute("PutItem", {"TableName": "Orders", "Item": item})
        path, report, before = Path(folder) / "dump.csv", LoadReport(), scanned(database)
        path.write_text("".join(f"{row}\n" for row in dumping.csv_lines(before, NAMES, True)), "utf-8", newline="")
        with Source(path) as source:
            assert load_records(copy, "Orders", read_records(source, types={"number": "N"}), report)
        assert (report.bad_lines, scanned(copy)) == ([], before)


def test_a_row_of_csv_with_line_breaks() -> None:
    """In quotes, as spreadsheets and the csv module read it."""
    assert dumping.csv_line(["a\nb", "c\rd", "e\r\nf", "g", ""]) == '"a\nb","c\rd","e\r\nf",g,'


def check_round_trip(name: str, orders: list[Item], line: Callable[[Item], str]) -> None:
    with minidynamo.connect() as database, minidynamo.connect() as copy, TemporaryDirectory() as folder:
        for each in (database, copy):
            each.execute("CreateTable", ORDERS)
        for order in orders:
            database.execute("PutItem", {"TableName": "Orders", "Item": order})
        path = Path(folder) / name
        with dump_command._output(path, replaces=False) as output:
            for item in scanned(database):
                output.write(f"{line(item)}\n".encode())
        report = LoadReport()
        with Source(path) as source:
            assert load_records(copy, "Orders", read_records(source), report)
        assert report.bad_lines == []
        assert scanned(copy) == scanned(database)


@pytest.mark.parametrize("name", ["pipe", "link"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_pipe_is_written_to(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shop: Path, name: str, force: tuple[str, ...]
) -> None:
    """It takes the items as a file does, and is never replaced; nor is a link to it."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    try:
        code, _, err = run(capsys, "dump", "Orders", tmp_path / name, "--db", shop, *force)
        assert (code, err) == (0, "")
        assert os.read(reader, 10_000).count(b"\n") == 2
    finally:
        os.close(reader)
    assert (tmp_path / "pipe").is_fifo() and (tmp_path / "link").is_symlink()


def test_a_link_leads_to_the_file_that_is_replaced(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shop: Path
) -> None:
    (tmp_path / "file").write_text("before")
    (tmp_path / "link").symlink_to("file")
    assert run(capsys, "dump", "Orders", tmp_path / "link", "--db", shop, "--force")[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert len((tmp_path / "file").read_text().splitlines()) == 2


@pytest.mark.parametrize("form", ["jsonl", "dynamodb"])
def test_columns_are_of_csv(capsys: pytest.CaptureFixture[str], shop: Path, form: str) -> None:
    code, out, err = run(capsys, "dump", "Orders", "--db", shop, "--format", form, "--columns", "number")
    assert (code, out) == (2, "")
    assert err == f"minidynamo: --columns is of CSV, and this is {form}: give --format csv, or leave it out\n"
