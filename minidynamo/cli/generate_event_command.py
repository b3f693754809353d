"""`minidynamo generate-event dynamodb`: the event that a change of an item would invoke a function with.

The change is carried out on a database in memory, whose stream invokes a handler: so the event is what it would be.
"""

from __future__ import annotations

import argparse
import json
import sys
from decimal import Decimal

from minidynamo.cli.places import one_line
from minidynamo.database.connect import connect
from minidynamo.errors import DynamoError
from minidynamo.values.api_types import JsonValue
from minidynamo.values.attribute_value import Item, type_of
from minidynamo.values.python_values import to_item

_VIEWS = ("NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY")


def add_generate_event_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("source", choices=("dynamodb",), help="what the event comes from")
    parser.add_argument("--table", default="Table", help="the name of the table (Table)")
    parser.add_argument(
        "--key", required=True, metavar="NAME[,NAME]", help="its partition key, and its sort key if any"
    )
    parser.add_argument("--new", metavar="JSON", help="the item after the change; none where it was deleted")
    parser.add_argument("--old", metavar="JSON", help="the item before the change; none where there was none")
    parser.add_argument("--view", choices=_VIEWS, default=_VIEWS[0], help=f"what the stream shows ({_VIEWS[0]})")
    parser.add_argument("--region", default="us-east-1", help="of the table (us-east-1)")
    parser.set_defaults(run=run_generate_event)


def run_generate_event(options: argparse.Namespace) -> int:
    """Prints the event; returns 0, or 2 where there is no such change."""
    try:
        event = _event(options, _item("--old", options.old), _item("--new", options.new))
    except (DynamoError, ValueError) as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)
        return 2
    print(json.dumps(event, indent=2, ensure_ascii=False))
    return 0


def _item(option: str, text: str | None) -> Item | None:
    if text is None:
        return None
    try:
        plain = json.loads(text, parse_float=Decimal)
        if not isinstance(plain, dict):
            raise ValueError("it is no object")
        return to_item(plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{option} takes an item as JSON, such as '{{\"id\": 1}}': {error}") from None


def _event(options: argparse.Namespace, old: Item | None, new: Item | None) -> JsonValue:
    """The event of one change, from one item (None for none) to another."""
    item = new or old
    if item is None:
        raise ValueError("give --new, --old, or both: the item after and before the change")
    names = options.key.split(",")
    missing = [name for name in names if name not in item]
    if missing or len(names) > 2:
        raise ValueError(f"--key takes one or two attributes of the item, which has no {', '.join(missing or names)}")
    if old is not None and new is not None and any(old.get(name) != new.get(name) for name in names):
        raise ValueError("--old and --new must have the same key: a change of a key is another item")
    database = connect(region=options.region)
    roles = zip(names, ("HASH", "RANGE"), strict=False)
    database.execute(
        "CreateTable",
        {
            "TableName": options.table,
            "KeySchema": [{"AttributeName": name, "KeyType": role} for name, role in roles],
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": type_of(item[name])} for name in names],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": options.view},
        },
    )
    events: list[JsonValue] = []
    database.on_stream(options.table, lambda event, context: events.append(event), BatchSize=1)
    if old is not None:
        database.execute("PutItem", {"TableName": options.table, "Item": old})
    if new is not None:
        database.execute("PutItem", {"TableName": options.table, "Item": new})
    else:
        key = {name: item[name] for name in names}
        database.execute("DeleteItem", {"TableName": options.table, "Key": key})
    database.drain()
    if old is not None and len(events) < 2:
        raise ValueError("--old and --new are the same: a stream tells nothing of that")
    return events[-1]
