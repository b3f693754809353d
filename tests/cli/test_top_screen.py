"""The live page of `minidynamo top`: rates, courses, keys, and an end that leaves the terminal as it was."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

import minidynamo
from minidynamo.cli.top.keys import Keys, keys_of, reading_keys
from minidynamo.cli.top.looking import Looker, StreamCounter
from minidynamo.cli.top.page import NAME, page, sort_titles, sparkline
from minidynamo.cli.top.rates import HISTORY_MAX, Rates
from minidynamo.cli.top.reading import Counts, Reading
from minidynamo.cli.top.scraping import reading_of, samples_of
from minidynamo.cli.top.top_command import Screen
from minidynamo.formats.short_tables import create_table_request

STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
SHOP = create_table_request("Shop", {"key": ["pk S"], "extra": STREAM})


class Given:
    """A source of readings that are given, two seconds apart; the last one again and again."""

    note = ""

    def __init__(self, *tables: dict[str, Counts]) -> None:
        self._tables = list(tables)
        self._at = 0.0
        self.fails = False

    def read(self) -> Reading:
        if self.fails:
            raise OSError("Connection refused")
        self._at += 2.0
        return Reading(self._at, self._tables.pop(0) if len(self._tables) > 1 else self._tables[0])


class Pressed(Keys):
    """Keys that are pressed one look after the other."""

    def __init__(self, *keys: str) -> None:
        super().__init__(None)
        self._keys = list(keys)

    def wait(self, seconds: float) -> list[str]:
        return [self._keys.pop(0)] if self._keys else ["q"]


def shown(rates: Rates, width: int = 120, **options: object) -> str:
    console = Console(file=io.StringIO(), width=width, height=24)
    console.print(page(rates, console, "", sort_titles(rates)[0], **options))  # type: ignore[arg-type]
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def rates_of(*tables: dict[str, Counts]) -> Rates:
    rates, source = Rates(), Given(*tables)
    for _ in tables:
        rates.take(source.read())
    return rates


def two_tables(units: float) -> dict[str, Counts]:
    return {"Cold": Counts(calls=9, read_units=1), "Hot": Counts(calls=3, read_units=units)}


def test_rates_are_the_difference_per_second() -> None:
    rates = rates_of(
        {"Shop": Counts(calls=10, read_units=1, write_units=4, items=5)},
        {"Shop": Counts(calls=30, read_units=2, write_units=5, items=1)},
    )
    assert (rates.tables["Shop"].calls, rates.tables["Shop"].units, rates.tables["Shop"].items) == (10, 1, -2)


def test_a_server_that_begins_anew_does_nothing_below_zero() -> None:
    assert rates_of({"Shop": Counts(calls=10)}, {"Shop": Counts(calls=3)}).tables["Shop"].calls == 0


def test_what_is_new_has_no_growth_and_all_its_calls() -> None:
    rate = rates_of({}, {"Shop": Counts(calls=4, items=1_000)}).tables["Shop"]
    assert (rate.calls, rate.items) == (2, 0)


def test_a_course_is_bounded_and_ends_with_its_table() -> None:
    rates = Rates()
    for number in range(2 * HISTORY_MAX):
        rates.take(Reading(float(number), {"Shop": Counts(read_units=number * number)}))
    assert len(rates.courses["Shop"]) == HISTORY_MAX
    rates.take(Reading(1e6, {}))
    assert rates.courses == {}


def test_a_sparkline_is_as_high_as_its_largest_value() -> None:
    assert sparkline([0, 1, 2, 4]) == "▁▃▅█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""


def test_the_dearest_come_first() -> None:
    text = shown(rates_of(two_tables(0), two_tables(8)))
    assert text.index("Hot") < text.index("Cold")
    assert "sorted by units/s" in text


def test_s_sorts_by_the_next_column_and_comes_round() -> None:
    rates = rates_of(two_tables(0), two_tables(8))
    screen = Screen(Given(two_tables(8)), rates, Console(file=io.StringIO()), 1.0)
    titles = sort_titles(rates)
    assert titles[0] == "units/s" and titles[-1] == NAME
    seen = []
    for _ in titles:
        seen.append(screen.sort)
        screen.press("s")
    assert seen == titles and screen.sort == titles[0]


def test_arrows_scroll_as_far_as_there_are_tables() -> None:
    rates = rates_of(two_tables(0), two_tables(8))
    screen = Screen(Given(two_tables(8)), rates, Console(file=io.StringIO()), 1.0)
    for key in ("up", "page down", "down"):
        screen.press(key)
    assert screen._first == 1
    assert "Hot" not in shown(rates, first=1) and "Cold" in shown(rates, first=1)


def test_a_long_list_is_cut_to_the_terminal_where_it_is_live() -> None:
    rates = rates_of({f"Table{number:03}": Counts(items=1) for number in range(100)})
    assert len(shown(rates).splitlines()) <= 24
    assert len(shown(rates, keys=False).splitlines()) > 100


def test_q_ends_the_page_and_the_terminal_is_as_before() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, height=24)
    clock = iter(range(1_000))
    rates = rates_of(two_tables(0), two_tables(8))
    screen = Screen(Given(two_tables(16)), rates, console, 1.0, lambda: float(next(clock)))
    screen.show(Pressed("s", "down"))
    text = file.getvalue()
    assert text.index("\x1b[?1049h") < text.index("\x1b[?1049l")
    assert "sorted by calls/s" in text


def test_a_look_that_fails_is_told_and_the_last_reading_stays() -> None:
    rates = rates_of(two_tables(0), two_tables(8))
    source = Given(two_tables(8))
    source.fails = True
    screen = Screen(source, rates, Console(file=io.StringIO(), width=100), 1.0)
    screen.look()
    console = Console(file=io.StringIO(), width=100)
    console.print(screen._page())
    assert isinstance(console.file, io.StringIO)
    assert "looking again: Connection refused" in console.file.getvalue()
    assert "Hot" in console.file.getvalue()


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("q", ["q"]),
        ("S", ["s"]),
        ("\x1b[A\x1b[Bq", ["up", "down", "q"]),
        ("\x1bOA\x1b[6~", ["up", "page down"]),
        ("\x1b[15~", []),
        ("", []),
    ],
)
def test_keys_as_terminals_send_them(sent: str, keys: list[str]) -> None:
    assert list(keys_of(sent)) == keys


def test_without_a_terminal_there_are_no_keys() -> None:
    """pytest's standard input is none."""
    with reading_keys() as keys:
        assert keys.wait(0) == []


@pytest.fixture
def database() -> Iterator[minidynamo.Database]:
    database = minidynamo.connect()
    database.execute("CreateTable", SHOP)
    yield database
    database.close()


def put(database: minidynamo.Database, count: int) -> None:
    for number in range(count):
        database.execute("PutItem", {"TableName": "Shop", "Item": {"pk": {"S": f"{count}/{number}"}}})


def test_records_of_a_stream_are_counted_from_the_first_look_on(database: minidynamo.Database) -> None:
    put(database, 3)
    looker = Looker(database)
    assert looker.read().tables["Shop"].records == 0
    put(database, 5)
    reading = looker.read()
    assert (reading.tables["Shop"].records, reading.tables["Shop"].items) == (5, 8)


def test_records_of_new_shards_are_counted_too() -> None:
    with minidynamo.connect(partition_size=1_000) as database:
        database.execute("CreateTable", SHOP)
        arn = database.execute("DescribeTable", {"TableName": "Shop"})["Table"]["LatestStreamArn"]
        counter = StreamCounter(database, arn)
        assert counter.count() == 0
        put(database, 400)
        shards = database.execute("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]
        assert len(shards) > 2
        assert counter.count() == 400
        put(database, 7)
        assert counter.count() == 407


def test_a_table_that_goes_meanwhile(database: minidynamo.Database) -> None:
    looker = Looker(database)
    looker.read()
    database.execute("DeleteTable", {"TableName": "Shop"})
    assert looker.read().tables == {}


def test_what_is_no_sample_is_passed_over() -> None:
    text = (
        '# TYPE minidynamo_partitions gauge\nminidynamo_partitions{table="a\\"b\\nc",index=""} 2.0\n'
        "minidynamo_partitions nonsense\nnot a sample\naws_dynamodb_x_sum 1.0\n"
        'minidynamo_iterator_age_seconds{table="Shop",function="total"} 7.5\n'
    )
    reading = reading_of(samples_of(text), 0.0)
    assert {name: each.partitions for name, each in reading.tables.items()} == {'a"b\nc': 2.0}
    assert reading.ages == {("Shop", "total"): 7.5}
