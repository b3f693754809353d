"""Services of AWS beside this one that records of functions go to: SQS, SNS, S3 and EventBridge.

They are reached by clients that somebody gives, or by boto3's own while moto answers these.

Source: AWS Lambda Developer Guide, "Retain records of asynchronous invocations", "Adding a dead-letter queue".
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from minidynamo.values.api_types import JsonObject, JsonValue

_MOTO = "moto.core.models"
_NUMBERS = ("ErrorCode",)


class AwsClient(Protocol):
    """A client of boto3, or what has its methods."""

    def __getattr__(self, name: str) -> Callable[..., JsonObject]: ...


def is_moto_on() -> bool:
    """Whether moto answers boto3 now."""
    stubber = getattr(sys.modules.get(_MOTO), "botocore_stubber", None)
    return bool(getattr(stubber, "enabled", False))


class AwsServices:
    """Other services.

    Parameters:
        region: where they are asked.
        now: tells the time.

    Attributes:
        clients: by the names of services, such as "sqs".
    """

    def __init__(self, region: str, now: Callable[[], float]) -> None:
        self._region = region
        self._now = now
        self.clients: dict[str, AwsClient] = {}

    def client(self, service: str) -> AwsClient | None:
        """The client of a service: the one that was given, or boto3's while moto is on; None without any."""
        if service in self.clients:
            return self.clients[service]
        if not is_moto_on():
            return None
        import boto3

        made: AwsClient = boto3.client(service, region_name=self._region)
        return made

    def takes(self, arn: str) -> bool:
        """Whether records can go to what has an ARN."""
        service = service_of(arn)
        return service is not None and self.client(service) is not None

    def send(self, arn: str, record: JsonValue, attributes: Mapping[str, str] | None = None) -> None:
        """Hands a record over.

        Parameters:
            arn: of a queue, a topic, a bucket or an event bus.
            record: what JSON can say.
            attributes: attributes of the message, of a queue or a topic.

        Raises:
            Exception: whatever the client raises.
        """
        service = service_of(arn)
        assert service is not None, f"{arn} belongs to no service that records go to"
        client = self.client(service)
        if client is None:
            raise LookupError(f"there is no client of {service}: give one to functions.use_clients({service}=...)")
        _SENDERS[service](client, arn, record, attributes or {}, self._now())


def service_of(arn: str) -> str | None:
    """The service that an ARN is of, where records can go to it; None for any other text."""
    parts = arn.split(":")
    return parts[2] if len(parts) > 2 and parts[0] == "arn" and parts[2] in _SENDERS else None


def queue_url(client: AwsClient, arn: str) -> str:
    """The URL of a queue of an ARN."""
    _, _, _, _, account, name = arn.split(":", 5)
    url: str = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    return url


def _attributes(attributes: Mapping[str, str]) -> JsonObject:
    """Attributes of a message, as clients take them."""
    types = {name: "Number" if name in _NUMBERS else "String" for name in attributes}
    return {name: {"DataType": types[name], "StringValue": text} for name, text in attributes.items()}


def _to_queue(client: AwsClient, arn: str, record: JsonValue, attributes: Mapping[str, str], now: float) -> None:
    client.send_message(
        QueueUrl=queue_url(client, arn), MessageBody=json.dumps(record), MessageAttributes=_attributes(attributes)
    )


def _to_topic(client: AwsClient, arn: str, record: JsonValue, attributes: Mapping[str, str], now: float) -> None:
    client.publish(TopicArn=arn, Message=json.dumps(record), MessageAttributes=_attributes(attributes))


def _to_bucket(client: AwsClient, arn: str, record: JsonValue, attributes: Mapping[str, str], now: float) -> None:
    moment = datetime.fromtimestamp(now, UTC)
    info = record.get("DDBStreamBatchInfo", {}) if isinstance(record, dict) else {}
    source = f"{info['streamArn'].rpartition('/')[2]}/{info['shardId']}" if info else "async"
    name = f"{moment:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
    key = f"aws/lambda/{source}/{moment:%Y/%m/%d}/{name}"
    client.put_object(Bucket=arn.rpartition(":")[2], Key=key, Body=json.dumps(record).encode())


def _to_bus(client: AwsClient, arn: str, record: JsonValue, attributes: Mapping[str, str], now: float) -> None:
    context = record["requestContext"] if isinstance(record, dict) else {}
    result = "Success" if context.get("condition") == "Success" else "Failure"
    entry = {
        "EventBusName": arn.rpartition("/")[2],
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {result}",
        "Resources": [context.get("functionArn", "")],
        "Detail": json.dumps(record),
    }
    client.put_events(Entries=[entry])


_SENDERS: dict[str, Callable[[AwsClient, str, JsonValue, Mapping[str, str], float], None]] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "s3": _to_bucket,
    "events": _to_bus,
}
SERVICES = tuple(_SENDERS)
