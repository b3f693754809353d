"""The tool `describe`: the tables, and what is in one of them."""

from __future__ import annotations

from minidynamo.database.database import Database
from minidynamo.mcp.arguments import Arguments, Asked
from minidynamo.mcp.bounds import LISTED_TABLES, SAMPLED_ITEMS, SAMPLED_ITEMS_MAX
from minidynamo.mcp.costs import cost_of
from minidynamo.mcp.key_patterns import shapes_of
from minidynamo.mcp.session import Session
from minidynamo.mcp.tool import TRIED, Tool, count, text
from minidynamo.values.api_types import JsonObject, RequestDraft, Structure


def _run(session: Session, arguments: Arguments) -> JsonObject:
    database = session.seen(arguments.flag("tried"))
    table, after = arguments.text("table"), arguments.text("next")
    sample = arguments.count("sample", SAMPLED_ITEMS, 0, SAMPLED_ITEMS_MAX)
    if table is not None:
        return _of_table(session, database, table, sample)
    with session.watch.agent(""):
        return _of_all(session, database, after)


def _of_all(session: Session, database: Database, after: str | None) -> JsonObject:
    request: RequestDraft = {"Limit": LISTED_TABLES}
    if after is not None:
        request["ExclusiveStartTableName"] = after
    page = database.execute("ListTables", request)
    names = page["TableNames"]
    told: JsonObject = {"tables": [_summary(database, name) for name in names]}
    if "LastEvaluatedTableName" in page:
        told["next"] = page["LastEvaluatedTableName"]
    writes = "apply carries tried writes out" if session.allows_writes else "writes can be tried, and not applied"
    return {**told, "database": session.place or "in memory", "writes": writes}


def _summary(database: Database, name: str) -> JsonObject:
    table = database.execute("DescribeTable", {"TableName": name})["Table"]
    indexes = {index["IndexName"]: _key_text(index, table) for _, index in _indexes(table)}
    told: JsonObject = {"table": name, "key": _key_text(table, table)}
    if indexes:
        told["indexes"] = indexes
    return {**told, "items": table.get("ItemCount", 0), "bytes": table.get("TableSizeBytes", 0)}


def _of_table(session: Session, database: Database, name: str, sample: int) -> JsonObject:
    with session.watch.agent(""):
        table = database.execute("DescribeTable", {"TableName": name})["Table"]
        expiry = database.execute("DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    told: JsonObject = {"table": table["TableName"], "key": _key_text(table, table), "status": table["TableStatus"]}
    told |= {"items": table.get("ItemCount", 0), "bytes": table.get("TableSizeBytes", 0)}
    told["indexes"] = [_index(kind, index, table) for kind, index in _indexes(table)]
    told["billing"] = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    if expiry.get("AttributeName"):
        told["items_expire_by"] = expiry["AttributeName"]
    if table.get("StreamSpecification", {}).get("StreamEnabled"):
        told["stream"] = table["StreamSpecification"]["StreamViewType"]
    return {**told, **_sampled(session, database, table, sample)} if sample else told


def _sampled(session: Session, database: Database, table: Structure, sample: int) -> JsonObject:
    """What some items are like, and what looking at them has cost."""
    done = session.carry_out(database, "describe", Asked("Scan", {"TableName": table["TableName"], "Limit": sample}))
    key = [each["AttributeName"] for each in table["KeySchema"]]
    items = done.response["Items"]
    assert len(items) <= sample, f"{len(items)} items for a sample of {sample}"
    return {
        "sampled": len(items),
        "shapes": shapes_of(items, key),
        "cost_of_sample": cost_of(done.consumed, session.region),
    }


def _indexes(table: Structure) -> list[tuple[str, Structure]]:
    kinds = (("global", "GlobalSecondaryIndexes"), ("local", "LocalSecondaryIndexes"))
    return [(kind, index) for kind, member in kinds for index in table.get(member) or ()]


def _index(kind: str, index: Structure, table: Structure) -> JsonObject:
    projection = index["Projection"]
    told: JsonObject = {"index": index["IndexName"], "kind": kind, "key": _key_text(index, table)}
    told["projection"] = projection["ProjectionType"]
    if projection.get("NonKeyAttributes"):
        told["attributes"] = projection["NonKeyAttributes"]
    return {**told, "items": index.get("ItemCount", 0), "bytes": index.get("IndexSizeBytes", 0)}


def _key_text(keyed: Structure, table: Structure) -> str:
    """A key for reading: "pk (S), sk (N)"; a semicolon between partition key and sort key where either has several."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    by_role = {
        role: ", ".join(
            f"{each['AttributeName']} ({types.get(each['AttributeName'], '?')})"
            for each in keyed["KeySchema"]
            if each["KeyType"] == role
        )
        for role in ("HASH", "RANGE")
    }
    separator = ", " if len(keyed["KeySchema"]) <= 2 else "; "
    return separator.join(filter(None, by_role.values()))


DESCRIBE = Tool(
    "describe",
    "Lists the tables with keys, indexes, items and bytes; or, with table, describes one: keys and types, indexes with "
    "their projections, time to live, stream, and what kinds of items are in it, told by a sample: key patterns such "
    "as ORDER#<number>, attributes with their types, an example. Begin here.",
    _run,
    {
        "table": text("The table to describe; without it all are listed."),
        "sample": count(f"How many items to look at for their shapes ({SAMPLED_ITEMS}).", 0, SAMPLED_ITEMS_MAX),
        "next": text("Where to go on with the list: what the last answer gave."),
        "tried": TRIED,
    },
)
