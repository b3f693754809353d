"""TagResource, UntagResource, ListTagsOfResource: the tags of a table.

Source: DynamoDB API reference; observed answers.
"""

from __future__ import annotations

from minidynamo.errors import AccessDenied, ResourceNotFound, ValidationError
from minidynamo.limits import TAGS_PER_PAGE
from minidynamo.messages import NOT_FOUND
from minidynamo.operations.store import Request, Response, Store
from minidynamo.schema.index_rules import invalid
from minidynamo.schema.tag_rules import check_tags, merged_tags
from minidynamo.tables.table import Table


def tag_resource(store: Store, request: Request) -> Response:
    """Adds tags; the ones with known keys are overwritten."""
    if not request["Tags"]:
        raise ValidationError("Atleast one Tag needs to be provided as Input.")
    check_tags(request["Tags"])
    with store.lock:
        table = _tagged_table(store, request["ResourceArn"])
        table.description["Tags"] = merged_tags(table.description["Tags"], request["Tags"])
        store.catalog.save(table)
    return {}


def untag_resource(store: Store, request: Request) -> Response:
    """Removes tags; unknown keys are fine."""
    if not request["TagKeys"]:
        raise ValidationError("Atleast one Tag Key needs to be provided as Input.")
    with store.lock:
        table = _tagged_table(store, request["ResourceArn"])
        tags = table.description["Tags"]
        table.description["Tags"] = {key: tags[key] for key in tags if key not in request["TagKeys"]}
        store.catalog.save(table)
    return {}


def list_tags_of_resource(store: Store, request: Request) -> Response:
    """Answers with the tags, ten per page; NextToken is the key of the last one."""
    with store.lock:
        tags = dict(_tagged_table(store, request["ResourceArn"]).description["Tags"])
    keys = list(tags)
    token = request.get("NextToken")
    if token is not None and token not in tags:
        raise ValidationError("Invalid NextToken")
    start = 0 if token is None else keys.index(token) + 1
    page = keys[start : start + TAGS_PER_PAGE]
    response: Response = {"Tags": [{"Key": key, "Value": tags[key]} for key in page]}
    if start + TAGS_PER_PAGE < len(keys):
        response["NextToken"] = page[-1]
    return response


def _tagged_table(store: Store, arn: str) -> Table:
    if not arn.startswith("arn:"):
        raise invalid(f"ARNs must start with 'arn:': {arn}")
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "dynamodb":
        raise invalid(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    kind, _, name = parts[5].partition("/")
    if kind != "table" or not name or "/" in name:
        raise ValidationError(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    location = store.location
    if (parts[3], parts[4]) != (location.region, location.account_id):
        raise AccessDenied(
            f"User: arn:aws:iam::{location.account_id}:root is not authorized to perform this operation on "
            f"resource: {arn}"
        )
    table = store.catalog.tables.get(name)
    if table is None:
        raise ResourceNotFound(f"{NOT_FOUND}: ResourceArn: {arn} not found")
    return table
