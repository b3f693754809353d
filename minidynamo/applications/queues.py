"""Queues of SQS and topics of SNS at work: their messages invoke functions, by `drain` or in the background.

Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "Using Lambda with Amazon SNS".
"""

from __future__ import annotations

import json

from minidynamo.applications.definition import CreatedResource, QueueDefinition
from minidynamo.clock import Clock
from minidynamo.lambdas.aws_services import AwsClient, queue_url
from minidynamo.lambdas.service import Functions
from minidynamo.lambdas.tally import Tally
from minidynamo.values.api_types import JsonObject

_RECEIVED_MAX = 10


class QueuePoller:
    """Hands the messages of a queue over to a function; a piece of work for `drain`.

    Parameters:
        queue: what it is.
        functions: which it invokes.
        clock: tells the time.
        client: of SQS.
        url: the URL of the queue.
    """

    is_at_work = False

    def __init__(self, queue: QueueDefinition, functions: Functions, clock: Clock, client: AwsClient, url: str) -> None:
        self._queue = queue
        self._functions = functions
        self._clock = clock
        self._client = client
        self._url = url
        self._messages: list[JsonObject] = []
        self._event = _topic_event if ":sns:" in queue.arn else _queue_event

    @property
    def name(self) -> str:
        """The function's."""
        return self._queue.function.partition(":")[0]

    def due_at(self) -> float | None:
        """Now, where there are messages; None without any."""
        if not self._messages:
            received = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(self._queue.batch_size, _RECEIVED_MAX),
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            self._messages = received.get("Messages", [])
        return self._clock.now() if self._messages else None

    def do(self) -> Tally:
        """Invokes the function with the messages that were received, and deletes those that it has dealt with."""
        messages, self._messages = self._messages, []
        assert messages, "a queue without messages is at work"
        answer = self._functions.invoke(self._queue.function, self._event(messages, self._queue.arn))
        failed = {each["MessageId"] for each in messages} if "FunctionError" in answer else self._failed(answer)
        for each in messages:
            if each["MessageId"] not in failed:
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
        error = None
        if "FunctionError" in answer:
            error = RuntimeError(f"function {self.name} failed with messages: {answer['Payload'].decode()[:500]}")
        return Tally(1, error=error)

    def _failed(self, answer: JsonObject) -> set[str]:
        """The messages that a function says it has not dealt with."""
        value = json.loads(answer["Payload"]) if self._queue.reports_failures else None
        failures = value.get("batchItemFailures") if isinstance(value, dict) else None
        return {str(each.get("itemIdentifier")) for each in failures or () if isinstance(each, dict)}


def _queue_event(messages: list[JsonObject], arn: str) -> JsonObject:
    region = arn.split(":")[3]
    return {
        "Records": [
            {
                "messageId": each["MessageId"],
                "receiptHandle": each["ReceiptHandle"],
                "body": each["Body"],
                "attributes": each.get("Attributes", {}),
                "messageAttributes": {name: _lower(value) for name, value in each.get("MessageAttributes", {}).items()},
                "md5OfBody": each.get("MD5OfBody", ""),
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": region,
            }
            for each in messages
        ]
    }


def _lower(value: JsonObject) -> JsonObject:
    """An attribute of a message, as events spell it."""
    return {name[0].lower() + name[1:]: each for name, each in value.items()}


def _topic_event(messages: list[JsonObject], arn: str) -> JsonObject:
    return {
        "Records": [
            {
                "EventVersion": "1.0",
                "EventSubscriptionArn": f"{arn}:{each['MessageId']}",
                "EventSource": "aws:sns",
                "Sns": _notification(json.loads(each["Body"])),
            }
            for each in messages
        ]
    }


def _notification(sent: JsonObject) -> JsonObject:
    """What a topic has sent to a queue, as it sends it to a function."""
    renamed = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    given = {renamed.get(name, name): value for name, value in sent.items()}
    return {"Subject": None, "MessageAttributes": {}, **given}


_SEND_ON = "RedrivePolicy"


def make_queue(client: AwsClient, queue: CreatedResource) -> None:
    """Makes a queue, or gives one that is there its attributes."""
    attributes = {name: each for name, each in queue.attributes.items() if name != _SEND_ON}
    try:
        client.create_queue(QueueName=queue.name, Attributes=attributes)
    except Exception:  # It is there, with others; what else is wrong shows now.
        url = client.get_queue_url(QueueName=queue.name)["QueueUrl"]
        client.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def send_on(client: AwsClient, queue: CreatedResource) -> None:
    """Has a queue send on what fails, where it is to."""
    if _SEND_ON in queue.attributes:
        url = client.get_queue_url(QueueName=queue.name)["QueueUrl"]
        client.set_queue_attributes(QueueUrl=url, Attributes={_SEND_ON: queue.attributes[_SEND_ON]})


def _url_of(client: AwsClient, queue: QueueDefinition) -> str:
    """The URL of a queue; raises ValueError where there is no such queue."""
    try:
        return queue_url(client, queue.arn)
    except Exception as error:  # What a client raises, botocore's or another's.
        function = queue.function.partition(":")[0]
        raise ValueError(f"there is no queue {queue.arn}, which {function} reads: make it first ({error})") from None


def poller_of(queue: QueueDefinition, functions: Functions, clock: Clock) -> QueuePoller | None:
    """What polls a queue, or a queue of its own that a topic fills; None without clients for them."""
    sqs = functions.client_of("sqs")
    if sqs is None:
        return None
    if ":sns:" not in queue.arn:
        return QueuePoller(queue, functions, clock, sqs, _url_of(sqs, queue))
    sns = functions.client_of("sns")
    if sns is None:
        return None
    name = f"{queue.arn.rpartition(':')[2]}-{queue.function.partition(':')[0]}"[:80]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=queue.arn, Protocol="sqs", Endpoint=arn)
    return QueuePoller(queue, functions, clock, sqs, url)
