"""Files as they are read: in pieces, with every record that is none named, and never more in memory than one record."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.formats import json_records, least_sizes
from minidynamo.formats.reading import read_records
from minidynamo.formats.records import Record
from minidynamo.formats.source import FileError, Source
from minidynamo.limits import LOADED_RECORD_BYTES_MAX, MIB
from minidynamo.values.attribute_value import checked_item
from minidynamo.values.json_form import item_to_json
from minidynamo.values.python_values import to_item
from tests import strategies


def records_of(path: Path, file_format: str = "auto") -> list[Record]:
    with Source(path) as source:
        return list(read_records(source, file_format))


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    data = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def errors_in(records: Iterable[Record]) -> list[tuple[int, str]]:
    return [(each.line_number, each.error) for each in records if each.item is None]


def numbers_in(records: Iterable[Record]) -> list[str]:
    return [each.item["n"]["N"] for each in records if each.item is not None]


@contextmanager
def peak_below(size_bytes: int) -> Iterator[None]:
    """Fails where more memory is taken meanwhile."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size_bytes


VALUES = [{"n": 1, "x": "ü€🙂]"}, {"n": 2, "x": {"y": [1, '\\"', None]}}, {"n": 34}]


@pytest.mark.parametrize("piece_bytes", range(1, 12))
@pytest.mark.parametrize("indent", [None, 2])
def test_arrays_are_the_same_in_pieces_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece_bytes: int, indent: int | None
) -> None:
    """Also where a piece ends inside a number, a character or an escape."""
    monkeypatch.setattr(json_records, "_PIECE_BYTES", piece_bytes)
    text = "\ufeff \n" + json.dumps(VALUES, indent=indent, ensure_ascii=False) + "\n\n"
    records = records_of(written(tmp_path, "array.json.gz", text))
    assert errors_in(records) == []
    assert numbers_in(records) == ["1", "2", "34"]
    starts = [number for number, line in enumerate(text.split("\n"), start=1) if line.strip().startswith("{")]
    assert [each.line_number for each in records] == (
        [2, 2, 2] if indent is None else [starts[0], starts[1], starts[-1]]
    )


@pytest.mark.parametrize("piece_bytes", [1, 3, 64])
@pytest.mark.parametrize(
    ("text", "loaded", "error"),
    [
        (b'[{"n": 1},\n{"n": 2}', ["1", "2"], "the JSON array is not closed"),
        (b'[{"n": 1},\n{"n": "2', ["1"], "the JSON array is not closed"),
        (b'[{"n": 1},\n{"n": ', ["1"], "the JSON array is not closed"),
        (b'[{"n": 1},\n', ["1"], "the JSON array is not closed"),
        (b'[{"n": 1}\n{"n": 2}]', ["1"], "not JSON: a comma is missing"),
        (b'[{"n": 1},\n{n: 2}, {"n": 3}]', ["1"], "not JSON: Expecting property name enclosed in double quotes"),
        (b'[{"n": 1}]\n[{"n": 2}]', ["1"], "there is more behind the JSON array"),
        (b'[{"n": 1},\n{"n": 2, "x": "\xff"}]', ["1"], "byte 26 is not UTF-8 text"),
        (b'[{"n": 1},\n{"n": 2, "x": "\xc3', ["1"], "byte 26 is not UTF-8 text"),
        (b'[{"n": 1},\n' + b"[" * 100_000, ["1"], "not JSON that can be stored: it nests too deep"),
    ],
)
def test_what_is_wrong_with_an_array_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes, loaded: list[str], error: str, piece_bytes: int
) -> None:
    """With the line, and with what stands before it; where the next member begins cannot be known."""
    if len(text) > 1_000 and piece_bytes < 64:
        piece_bytes = 64
    monkeypatch.setattr(json_records, "_PIECE_BYTES", piece_bytes)
    records = records_of(written(tmp_path, "array.json", text))
    assert numbers_in(records) == loaded
    assert errors_in(records) == [(2, f"{error}; nothing after this line was read")]


def test_lines_that_are_no_text_are_named_with_their_byte(tmp_path: Path) -> None:
    """As the file has it, the byte order mark included; other lines are read."""
    path = written(tmp_path, "lines.jsonl", b'\xef\xbb\xbf{"n": 1}\n{"n": "\xff"}\n\n{"n": 4}')
    records = records_of(path)
    assert errors_in(records) == [(2, "byte 19 is not UTF-8 text")]
    assert numbers_in(records) == ["1", "4"]
    path = written(tmp_path, "rows.csv", b"n,x\n1,\xff\n2,b\n")
    assert errors_in(records_of(path)) == [(2, "not CSV: byte 6 is not UTF-8 text")]


def test_rows_may_be_long_and_end_as_they_like(tmp_path: Path) -> None:
    """A cell may have as much as an item, lines in it too; old Macs end lines with a carriage return."""
    long = "y" * 300_000
    path = written(tmp_path, "rows.csv", f'n,x\r1,"a\rb\nc"\r\n2,{long}\n')
    items = [each.item for each in records_of(path)]
    assert [item["x"]["S"] for item in items if item] == ["a\rb\nc", long]


TOO_LONG = "has more than 4 MB of text, and an item at most 400 KB"


@pytest.mark.parametrize(
    ("name", "head", "body", "error"),
    [
        ("a.jsonl", b'{"n": 0}\n', b"x" * 9 * MIB + b"\n", (2, TOO_LONG)),
        ("a.jsonl", b'{"n": 0}\n', b'{"n": [' + b"[]," * 450_000 + b"1]}\n", (2, "has more elements than")),
        ("a.json", b'[{"n": 0},\n', b'{"n": "' + b"x" * 9 * MIB + b'"}, ', (2, TOO_LONG)),
        ("a.json", b'[{"n": 0},\n', b'{"n": [' + b"[]," * 700_000 + b"1]}, ", (2, "has more elements than")),
        ("a.csv", b"n\n0\n", b'"' + (b"x" * 999 + b"\n") * 4_500 + b'"\n', (3, "not CSV: ")),
    ],
)
def test_a_record_without_an_end_is_refused(
    tmp_path: Path, name: str, head: bytes, body: bytes, error: tuple[int, str]
) -> None:
    """Before it fills the memory; lines and rows behind it are read."""
    path = written(tmp_path, name, head + body + b'{"n": 7}]')
    with Source(path) as source, peak_below(60 * MIB):
        found = errors_in(read_records(source))
    assert found[0][0] == error[0]
    assert found[0][1].startswith(error[1])
    assert len(found) <= 2


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.jsonl.gz", "answer.json"])
def test_a_file_is_never_held(tmp_path: Path, name: str) -> None:
    """12 MB are read in less than one, and the position in the file moves on from the start."""
    text = "x" * 1_000
    line, head, between, tail = f'{{"n": 1, "x": "{text}"}}', "", "\n", ""
    if name == "a.json":
        head, between, tail = "[", ",", "]"
    if name == "answer.json":
        line, head, between, tail = f'{{"n": {{"N": "1"}}, "x": {{"S": "{text}"}}}}', '{"Items": [', ",", "]}"
    if name == "a.csv":
        head, line = "n,x\n", f"1,{text}"
    path = written(tmp_path, name, head + between.join([line] * 12_000) + tail)
    with Source(path) as source, peak_below(MIB):
        records = read_records(source)
        next(records)
        assert source.position_bytes < source.size_bytes or name.endswith(".gz")
        assert sum(each.item is not None for each in records) == 11_999
        assert source.position_bytes == source.size_bytes


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """Where it is noticed, even behind records that were read."""
    path = written(tmp_path, "a.jsonl.gz", '{"n": 1}\n' * 10_000)
    path.write_bytes(path.read_bytes()[:-20])
    with Source(path) as source:
        records = read_records(source)
        assert next(records).item == {"n": {"N": "1"}}
        with pytest.raises(FileError, match=r"^cannot read .*a\.jsonl\.gz: "):
            list(records)
    damaged = bytearray(gzip.compress(b"x" * 100))
    damaged[12] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(FileError, match="cannot read"):
        records_of(path)


def test_the_bound_of_a_record_leaves_room_for_every_item() -> None:
    """Attribute values that cost a byte take thirteen in DynamoDB JSON, a control character six."""
    nulls = [{"NULL": True}] * (400 * 1024 // 2)
    assert len(json.dumps({"Item": {"n": {"L": nulls}}}, separators=(",", ":"))) < LOADED_RECORD_BYTES_MAX


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_columns_of_one_name_are_refused(tmp_path: Path, name: str) -> None:
    """One of them would be lost."""
    text = "id,n,id\n1,2,3\n"
    path = written(tmp_path, name, text if name == "a.csv" else text.replace(",", "\t"))
    with pytest.raises(FileError, match=f"{name} has two columns 'id', of which one would be lost"):
        records_of(path)


@pytest.mark.parametrize("text", ['{"id": 1, "n": 1, "id": 2}', '{"id": 1, "n": {"M": {"id": 2, "x": [], "id": 3}}}'])
@pytest.mark.parametrize("form", ["{}\n{{}}\n", "[{}, {{}}]"], ids=["lines", "array"])
def test_what_is_said_twice_is_no_record(tmp_path: Path, text: str, form: str) -> None:
    """At whatever depth; what comes behind it is read."""
    path = written(tmp_path, "a.json", form.format(text))
    assert [(each.item, each.error) for each in records_of(path)] == [(None, "says 'id' twice"), ({}, "")]


@pytest.mark.parametrize("content", [b"", b'{"id": 1}\n'])
def test_a_name_that_ends_in_gz_is_of_a_packed_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"a.jsonl.gz: it is no gzip file, as its name says"):
        records_of(path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_a_packed_file_is_told_by_its_first_bytes(tmp_path: Path, name: str) -> None:
    text = {"a.csv": "id\n1\n", "a.jsonl": '{"id": "1"}\n', "a.json": '[{"id": "1"}]'}[name]
    (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    assert [each.item for each in records_of(tmp_path / name)] == [{"id": {"S": "1"}}]


ANSWER = {"Items": [{"id": {"S": "a"}}, {"id": {"S": "b"}, "n": {"N": "1.50"}}], "Count": 2, "ConsumedCapacity": None}


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "answer"])
def test_an_answer_of_scan_is_its_items(tmp_path: Path, name: str, indent: int | None) -> None:
    """As `aws dynamodb scan` writes it."""
    found = records_of(written(tmp_path, name, json.dumps(ANSWER, indent=indent) + "\n"))
    assert [(each.item, each.error) for each in found] == [
        ({"id": {"S": "a"}}, ""),
        ({"id": {"S": "b"}, "n": {"N": "1.50"}}, ""),
    ]


def test_an_attribute_that_is_called_items_is_one(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", '{"Items": [{"id": 1}]}\n{"Items": []}\n')
    assert [each.item is not None for each in records_of(path)] == [True, True]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"Count": 1, "Items": [{}]} x', "there is more behind the JSON object"),
        ('{"Count": 1}', 'not a JSON array, nor an object with the member "Items"'),
        ('{"Items": [{}], "Count": 1', "the JSON object is not closed"),
        ('{"Items": {}}', "not a JSON array"),
        ('{"Items": [{}], "Count" 1}', "not JSON: a colon is missing"),
        ("{}", "not JSON"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told(tmp_path: Path, text: str, error: str) -> None:
    with Source(written(tmp_path, "a.json", text)) as source:
        assert list(read_records(source, "json"))[-1].error.startswith(error)


def test_an_object_over_several_lines_is_told_with_what_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", json.dumps({"id": 1}, indent=2))
    with pytest.raises(FileError, match="begins with an object over several lines: write an object per line"):
        records_of(path)


@pytest.mark.parametrize("ending", ["jsonl", "json"])
@pytest.mark.parametrize(
    ("is_plain", "element", "count"),
    [
        (False, '{"S":"a"}', 400_000),
        (True, "12345", 400_000),
        pytest.param(False, '{"N":"1"}', 400_000, marks=pytest.mark.long),
        pytest.param(False, '{"L":[]}', 270_000, marks=pytest.mark.long),
        pytest.param(False, '{"M":{}}', 270_000, marks=pytest.mark.long),
        pytest.param(True, '"ab"', 400_000, marks=pytest.mark.long),
        pytest.param(True, "1.5", 400_000, marks=pytest.mark.long),
        pytest.param(True, "[]", 400_000, marks=pytest.mark.long),
        pytest.param(True, '{"a":1}', 400_000, marks=pytest.mark.long),
    ],
)
def test_an_item_of_many_small_elements_is_refused_before_it_is_made(
    tmp_path: Path, is_plain: bool, element: str, count: int, ending: str
) -> None:
    elements = f"[{','.join([element] * count)}]"
    text = f'{{"n":1,"l":{elements}}}' if is_plain else f'{{"n":{{"N":"1"}},"l":{{"L":{elements}}}}}'
    around = ("[", ",", "]") if ending == "json" else ("", "\n", "")
    path = written(tmp_path, f"a.{ending}", f'{around[0]}{text}{around[1]}{{"n":7}}{around[2]}')
    with Source(path) as source, peak_below(100 * MIB):
        found = list(read_records(source))
    assert errors_in(found) == [(1, "Item size has exceeded the maximum allowed size")]
    assert numbers_in(found) == ["7"]


# Names of attributes that are those of types, too.
names = st.sampled_from(["L", "M", "S", "N", "B", "SS", "a", "ü"])
typed = st.recursive(
    strategies.scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda each: {"L": each})
        | st.dictionaries(names, inner, max_size=4).map(lambda each: {"M": each})
    ),
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 10**20) | strategies.texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
)


@given(st.booleans(), st.data())
def test_no_item_is_refused_that_is_small_enough(is_plain: bool, data: st.DataObject) -> None:
    """Whichever way it is written, what is told before an item is made is at most its size."""
    drawn = data.draw(st.dictionaries(names, plain if is_plain else typed, min_size=1, max_size=6))
    size = checked_item(to_item(drawn) if is_plain else drawn)[1]
    value = drawn if is_plain else item_to_json(drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(least_sizes, "ITEM_SIZE_BYTES_MAX", size)
        json.loads(json.dumps(value), object_pairs_hook=least_sizes.counting(dict))
        assert not least_sizes.is_too_large(value, is_plain)
