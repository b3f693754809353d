"""Tools that watch botocore, each with what switches it on and off, and what it has seen, told alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

# Set in the process that ddtrace may have for itself.
OWN_PROCESS = "MINIDYNAMO_TEST_DDTRACE"


class Seen(NamedTuple):
    """A call as a tool tells it: its operation, its table ("" where none is told), whether it failed."""

    operation: str
    table: str
    failed: bool


class Tool(NamedTuple):
    """A tool, of which two may be on at once."""

    switch_on: Callable[[], object]
    switch_off: Callable[[], object]
    seen: Callable[[], list[Seen]]


def open_telemetry(asynchronous: bool = False) -> Tool:
    pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed")
    instrumentation: Any = pytest.importorskip(
        "opentelemetry.instrumentation.botocore", reason="opentelemetry-instrumentation-botocore is not installed"
    )
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = instrumentation.BotocoreInstrumentor()
    if asynchronous:
        instrumentor = instrumentation.AiobotocoreInstrumentor()

    def seen() -> list[Seen]:
        spans = exporter.get_finished_spans()
        assert all(span.name == f"DynamoDB.{span.attributes['rpc.method']}" for span in spans)
        assert all(span.attributes["cloud.region"] == "us-east-1" for span in spans)
        return [
            Seen(
                span.attributes["rpc.method"],
                "".join(span.attributes.get("aws.dynamodb.table_names", ())),
                not span.status.is_ok,
            )
            for span in spans
        ]

    return Tool(lambda: instrumentor.instrument(tracer_provider=provider), instrumentor.uninstrument, seen)


def xray() -> Tool:
    core: Any = pytest.importorskip("aws_xray_sdk.core", reason="aws-xray-sdk is not installed")
    import botocore.client
    import botocore.endpoint

    recorder = core.xray_recorder
    recorder.configure(service="tests", sampling=False, context_missing="IGNORE_ERROR")
    segments: list[Any] = []

    def switch_on() -> None:
        core.patch(["botocore"])
        segments.append(recorder.begin_segment("test"))

    def switch_off() -> None:  # It has nothing for this itself but what its own tests do.
        for owner, name in (
            (botocore.client.BaseClient, "_make_api_call"),
            (botocore.endpoint.Endpoint, "prepare_request"),
        ):
            setattr(owner, name, getattr(owner, name).__wrapped__)
        del botocore.client._xray_enabled  # type: ignore[attr-defined]
        core.patcher._PATCHED_MODULES.discard("botocore")
        recorder.clear_trace_entities()

    def seen() -> list[Seen]:
        calls = [each for segment in segments for each in segment.subsegments]
        assert all((each.name, each.aws["region"]) == ("dynamodb", "us-east-1") for each in calls)
        return [Seen(each.aws["operation"], each.aws.get("table_name", ""), bool(each.cause)) for each in calls]

    return Tool(switch_on, switch_off, seen)


def ddtrace(asynchronous: bool = False) -> Tool:
    if OWN_PROCESS not in os.environ:
        pytest.skip("ddtrace is tried in a process of its own")
    pytest.importorskip("ddtrace", reason="ddtrace is not installed")
    from ddtrace.trace import TraceFilter, tracer

    calls: list[Any] = []

    class Keep(TraceFilter):
        def process_trace(self, trace: Any) -> None:
            calls.extend(trace)

    tracer.configure(trace_processors=[Keep()])
    integration: Any
    if asynchronous:
        import ddtrace.contrib.internal.aiobotocore.patch as integration
    else:
        import ddtrace.contrib.internal.botocore.patch as integration

    def seen() -> list[Seen]:
        assert all((each.name, each.get_tag("aws.region")) == ("dynamodb.command", "us-east-1") for each in calls)
        assert all(each.resource == f"dynamodb.{each.get_tag('aws.operation').lower()}" for each in calls)
        return [
            Seen(
                each.get_tag("aws.operation"),
                each.get_tag("tablename") or each.get_tag("params.TableName") or "",
                bool(each.error) or int(each.get_tag("http.status_code") or 0) >= 400,
            )
            for each in calls
        ]

    return Tool(integration.patch, integration.unpatch, seen)


TOOLS: dict[str, Callable[[], Tool]] = {"opentelemetry": open_telemetry, "xray": xray, "ddtrace": ddtrace}
ASYNCHRONOUS_TOOLS: dict[str, Callable[[], Tool]] = {
    "opentelemetry": lambda: open_telemetry(asynchronous=True),
    "ddtrace": lambda: ddtrace(asynchronous=True),
}
