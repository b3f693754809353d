"""What `\\d` shows of tables, and the names that a session knows."""

from __future__ import annotations

from collections.abc import Iterable

from minidynamo.cli.display import byte_count
from minidynamo.cli.sql.results import counted
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError, NoResponse, PolicyNotFound
from minidynamo.values.api_types import JsonObject, RequestDraft
from minidynamo.values.attribute_value import Item

_INDEXES = {"LocalSecondaryIndexes": "local", "GlobalSecondaryIndexes": "global"}


def list_tables(database: Database, for_people: bool = True) -> list[Item]:
    """A row for each table, with its key, its indexes and its size; of one that may not be described, why.

    Parameters:
        database: where they are.
        for_people: whether sizes have units.

    Raises:
        DynamoError: they cannot be listed.
    """
    return [_row(database, name, for_people) for name in table_names(database)]


def describe(table: JsonObject, name: str) -> list[Item]:
    """A table and its indexes, row by row, from its description."""
    rows = [_text_row(name=name, kind="table", key=_key(table, table), projection="")]
    for member, kind in _INDEXES.items():
        for index in table.get(member) or ():
            projection = index["Projection"]
            held = projection.get("NonKeyAttributes") or [projection["ProjectionType"]]
            shown = f'"{name}"."{index["IndexName"]}"'
            rows.append(_text_row(name=shown, kind=kind, key=_key(table, index), projection=", ".join(held)))
    return rows


def settings(database: Database, table: JsonObject, name: str) -> dict[str, str]:
    """The settings of a table, by what they are called, from its description and what is asked besides.

    Those that may not be asked for are left out.
    """
    arn = table.get("TableArn", "")
    found = {
        "status": table["TableStatus"],
        "billing": (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED").lower().replace("_", " "),
        "items": counted(table.get("ItemCount", 0)),
        "size": byte_count(table.get("TableSizeBytes", 0)),
        "stream": (table.get("StreamSpecification") or {}).get("StreamViewType", "none"),
        "time to live": _time_to_live(_told(database, "DescribeTimeToLive", {"TableName": name})),
        "deletion protection": "on" if table.get("DeletionProtectionEnabled") else "off",
        "policy": _policy(_told(database, "GetResourcePolicy", {"ResourceArn": arn})),
        "tags": _tags(_told(database, "ListTagsOfResource", {"ResourceArn": arn})),
    }
    return {setting: text for setting, text in found.items() if text}


def table_names(database: Database) -> list[str]:
    """The names of all tables; raises DynamoError."""
    names: list[str] = []
    request: RequestDraft = {}
    while True:
        page = database.execute("ListTables", dict(request))
        names += page.get("TableNames", ())
        if "LastEvaluatedTableName" not in page:
            return names
        request["ExclusiveStartTableName"] = page["LastEvaluatedTableName"]


def description(database: Database, name: str) -> JsonObject:
    """What DescribeTable tells; raises DynamoError."""
    table: JsonObject = database.execute("DescribeTable", {"TableName": name})["Table"]
    return table


def _row(database: Database, name: str, for_people: bool) -> Item:
    try:
        table = description(database, name)
    except NoResponse:
        raise
    except DynamoError as error:
        return _text_row(table=name, key=f"({error.code})", indexes="")
    indexes = [index["IndexName"] for member in _INDEXES for index in table.get(member) or ()]
    row = _text_row(table=name, key=_key(table, table), indexes=", ".join(indexes))
    size = table.get("TableSizeBytes", 0)
    row["items"] = {"N": str(table.get("ItemCount", 0))}
    row["size"] = {"S": byte_count(size)} if for_people else {"N": str(size)}
    return row


def _text_row(**texts: str) -> Item:
    return {name: {"S": text} for name, text in texts.items()}


def _key(table: JsonObject, keyed: JsonObject) -> str:
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    return ", ".join(f"{each['AttributeName']} {types[each['AttributeName']]}" for each in keyed["KeySchema"])


def _told(database: Database, operation: str, request: RequestDraft) -> JsonObject | None:
    """A response; None where it may not be asked for, nothing in it where there is nothing to tell."""
    try:
        response: JsonObject = dict(database.execute(operation, request))
    except NoResponse:
        raise
    except PolicyNotFound:
        return {}
    except DynamoError:
        return None
    return response


def _time_to_live(told: JsonObject | None) -> str:
    if told is None:
        return ""
    found = told.get("TimeToLiveDescription") or {}
    is_on = found.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return str(found.get("AttributeName", "on")) if is_on else "off"


def _policy(told: JsonObject | None) -> str:
    return "" if told is None else "yes" if told.get("Policy") else "none"


def _tags(told: JsonObject | None) -> str:
    if told is None:
        return ""
    return ", ".join(f"{tag['Key']}={tag['Value']}" for tag in told.get("Tags") or ()) or "none"


class TableNames:
    """The names that can be completed: of tables and indexes, and of attributes met.

    Parameters:
        database: where the tables are. It is asked when names are first wanted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sources: list[str] | None = None
        self._tables: list[str] | None = None
        self._attributes: dict[str, None] = {}

    def note(self, names: Iterable[str]) -> None:
        """Notes attributes of items that have been read."""
        self._attributes |= dict.fromkeys(names)

    @property
    def met(self) -> list[str]:
        """The attributes that are known without asking for them."""
        return [*self._attributes]

    @property
    def tables(self) -> list[str]:
        """The names of tables alone."""
        if self._tables is None:
            self._tables = []
            try:
                self._tables = table_names(self._database)
            except DynamoError:
                return self._tables
        return self._tables

    @property
    def sources(self) -> list[str]:
        """Tables, and indexes behind the names of their tables."""
        if self._sources is None:
            self._sources = []
            self._find()
        return self._sources

    @property
    def attributes(self) -> list[str]:
        """Key attributes of tables and indexes, and those of items that have been shown."""
        return [*self._attributes] if self.sources is not None else []

    def _find(self) -> None:
        assert self._sources is not None, "the tables are looked for without a place to note them"
        for name in self.tables:
            self._sources.append(name)
            try:
                table = description(self._database, name)
            except NoResponse:
                return
            except DynamoError:  # One that may not be described does not hide the others.
                continue
            indexes = [index for member in _INDEXES for index in table.get(member) or ()]
            self._sources += [f"{name}.{index['IndexName']}" for index in indexes]
            self._attributes |= dict.fromkeys(each["AttributeName"] for each in table["AttributeDefinitions"])
