"""The API's operations, one module each. `OPERATIONS` maps their names to what carries them out."""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.operations.batch_get_item import batch_get_item
from minidynamo.operations.batch_write_item import batch_write_item
from minidynamo.operations.create_table import create_table
from minidynamo.operations.delete_item import delete_item
from minidynamo.operations.delete_table import delete_table
from minidynamo.operations.describe_endpoints import describe_endpoints
from minidynamo.operations.describe_limits import describe_limits
from minidynamo.operations.describe_table import describe_table
from minidynamo.operations.get_item import get_item
from minidynamo.operations.list_tables import list_tables
from minidynamo.operations.put_item import put_item
from minidynamo.operations.query import query
from minidynamo.operations.scan import scan
from minidynamo.operations.store import Request, Response, Store
from minidynamo.operations.tagging import list_tags_of_resource, tag_resource, untag_resource
from minidynamo.operations.transact_get_items import transact_get_items
from minidynamo.operations.transact_write_items import transact_write_items
from minidynamo.operations.update_item import update_item
from minidynamo.operations.update_table import update_table

OPERATIONS: dict[str, Callable[[Store, Request], Response]] = {
    "BatchGetItem": batch_get_item,
    "BatchWriteItem": batch_write_item,
    "CreateTable": create_table,
    "DeleteItem": delete_item,
    "DeleteTable": delete_table,
    "DescribeEndpoints": describe_endpoints,
    "DescribeLimits": describe_limits,
    "DescribeTable": describe_table,
    "GetItem": get_item,
    "ListTables": list_tables,
    "ListTagsOfResource": list_tags_of_resource,
    "PutItem": put_item,
    "Query": query,
    "Scan": scan,
    "TagResource": tag_resource,
    "TransactGetItems": transact_get_items,
    "TransactWriteItems": transact_write_items,
    "UntagResource": untag_resource,
    "UpdateItem": update_item,
    "UpdateTable": update_table,
}
