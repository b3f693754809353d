"""An application in which three mistakes are planted: a scan, a hot key, and a page that nobody follows."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.conditions import Attr, Key

TABLE = {
    "TableName": "Events",
    "KeySchema": [{"AttributeName": "tenant", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("tenant", "at")],
    "BillingMode": "PAY_PER_REQUEST",
}


class Events:
    """What happened to whom.

    Parameters:
        resource: boto3's.
    """

    def __init__(self, resource: Any) -> None:
        self.table = resource.Table("Events")

    def note(self, number: int, tenant: str, kind: str) -> None:
        """Notes an event."""
        self.table.put_item(Item={"tenant": tenant, "at": f"{number:06}", "kind": kind, "text": "x" * 3000})

    def failures(self) -> list[Any]:
        """All failures of all tenants."""
        found, start = [], {}
        while True:
            page = self.table.scan(FilterExpression=Attr("kind").eq("failure"), **start)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def of(self, tenant: str) -> list[Any]:
        """All events of a tenant, as its author believes."""
        return list(self.table.query(KeyConditionExpression=Key("tenant").eq(tenant))["Items"])
