"""The queues and topics of a template, with the attributes that they are made with.

Source: AWS CloudFormation, AWS::SQS::Queue, AWS::SNS::Topic; Amazon SQS API reference, CreateQueue; Amazon SNS API
reference, CreateTopic.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from minidynamo.applications.declared import DeclaredApplication
from minidynamo.applications.definition import CreatedResource
from minidynamo.templates.parts import text_of

QUEUE, TOPIC = "AWS::SQS::Queue", "AWS::SNS::Topic"
_ATTRIBUTES = {
    QUEUE: (
        "ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoQueue", "FifoThroughputLimit",
        "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy",
        "RedrivePolicy", "VisibilityTimeout",
    ),
    TOPIC: ("ContentBasedDeduplication", "DisplayName", "FifoTopic"),
}  # fmt: skip
_LEFT_OUT = {QUEUE: (), TOPIC: ("Subscription", "DeliveryStatusLogging", "DataProtectionPolicy")}


def declared_queues(application: DeclaredApplication) -> tuple[CreatedResource, ...]:
    """The queues."""
    return tuple(_declared(application, QUEUE))


def declared_topics(application: DeclaredApplication) -> tuple[CreatedResource, ...]:
    """The topics."""
    return tuple(_declared(application, TOPIC))


def _declared(application: DeclaredApplication, kind: str) -> list[CreatedResource]:
    found = []
    for resource in application.resources.of_types((kind,)):
        with application.resources.reading(resource):
            properties = application.properties(resource)
            name = application.resources.name_of(resource)
        assert name, f"{resource.logical_name} has no name"
        for member in filter(properties.has, _LEFT_OUT[kind]):
            application.leave_out(f"{member} of {resource.logical_name}", "not simulated")
        given = {each: _attribute(properties.get(each)) for each in _ATTRIBUTES[kind] if properties.has(each)}
        for member in [each for each, text in given.items() if application.is_unknown(text)]:
            application.leave_out(f"{member} of {resource.logical_name}", "not in the template")
            del given[member]
        found.append(CreatedResource(name, given))
    return found


def _attribute(value: object) -> str:
    """A property as the services take attributes: as text."""
    return json.dumps(value) if isinstance(value, Mapping | list) else text_of(value) or ""
