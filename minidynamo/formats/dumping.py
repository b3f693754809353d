"""Items as text: JSON lines, CSV, and DynamoDB JSON, which alone says all that an item can hold."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.formats.patience import execute_patiently
from minidynamo.values.api_types import RequestDraft
from minidynamo.values.attribute_value import AttributeValue, Item
from minidynamo.values.json_form import base64_text, item_to_json

_ROW_END = "\r\n"
DUMP_FORMATS = ("dynamodb", "jsonl", "csv")


class NotPlain(ValueError):
    """An item that a format cannot say; the text names the attribute, in one line."""


def scanned_items(
    endpoint: Endpoint, table_name: str, index_name: str | None = None, page_items: int | None = None
) -> Iterator[Item]:
    """The items of a table or of an index, page by page; raises DynamoError.

    Parameters:
        endpoint: where they are.
        table_name, index_name: the table, and the index if they are to be an index's.
        page_items: how many are read at a time; None for as many as the service gives.
    """
    request: RequestDraft = {"TableName": table_name}
    if page_items is not None:
        request["Limit"] = page_items
    if index_name is None:
        request["ConsistentRead"] = True
    else:
        request["IndexName"] = index_name
    while True:
        page = execute_patiently(endpoint, "Scan", request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def dynamodb_line(item: Item) -> str:
    """An item as exports to S3 have it."""
    return json.dumps({"Item": item_to_json(item)}, ensure_ascii=False, separators=(",", ":"))


def plain_line(item: Item) -> str:
    """An item in plain JSON, numbers with all their digits; raises NotPlain where it holds sets or binary."""
    for name, value in item.items():
        kind = _kind_unknown_to_json(value)
        if kind:
            raise NotPlain(f"the attribute {name} holds {kind}, which plain JSON does not have")
    return shown_line(item)


def shown_line(item: Item) -> str:
    """An item in JSON for people: sets as lists, binary as base64."""
    return f"{{{', '.join(f'{_quoted(name)}: {_json_text(value)}' for name, value in item.items())}}}"


def cell_text(value: AttributeValue | None) -> str:
    """A value as a cell: strings and numbers as they are, all else in JSON, nothing for no value."""
    if value is None:
        return ""
    ((tag, payload),) = value.items()
    if tag in ("S", "N"):
        return str(payload)
    return base64_text(payload) if tag == "B" else _json_text(value)


def csv_line(cells: Iterable[str]) -> str:
    """A row without its end. Cells with line breaks are quoted, which depends on what may end rows."""
    row = io.StringIO()
    csv.writer(row, lineterminator=_ROW_END).writerow(cells)
    return row.getvalue().removesuffix(_ROW_END)


def csv_lines(items: Iterable[Item], columns: Sequence[str], is_complete: bool) -> Iterator[str]:
    """A header and a row per item.

    Parameters:
        items: the items.
        columns: the attributes, in order.
        is_complete: whether there are to be no others.

    Raises:
        NotPlain: there is another one.
    """
    yield csv_line(columns)
    for item in items:
        if is_complete and not item.keys() <= set(columns):
            name = min(item.keys() - set(columns))
            raise NotPlain(f"the attribute {name} has come since the columns were found: try again, or give --columns")
        yield csv_line(cell_text(item.get(name)) for name in columns)


_NOT_IN_JSON = {"B": "binary", "SS": "a set of strings", "NS": "a set of numbers", "BS": "a set of binary"}


def _kind_unknown_to_json(value: AttributeValue) -> str:
    ((tag, payload),) = value.items()
    members = payload if tag == "L" else payload.values() if tag == "M" else ()
    return _NOT_IN_JSON.get(tag) or next(filter(None, map(_kind_unknown_to_json, members)), "")


def _json_text(value: AttributeValue) -> str:
    ((tag, payload),) = value.items()
    if tag == "N":
        return str(payload)
    if tag == "NULL":
        return "null"
    if tag == "M":
        return shown_line(payload)
    if tag == "L":
        return f"[{', '.join(map(_json_text, payload))}]"
    if tag == "NS":
        return f"[{', '.join(payload)}]"
    if tag == "B":
        return _quoted(base64_text(payload))
    return _quoted([base64_text(each) for each in payload] if tag == "BS" else payload)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
