"""Addresses: URLs as they are, and Amazon's DynamoDB by region."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config

import minidynamo
from minidynamo import StoreError
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.remote.addresses import resolved, streams_url
from minidynamo.remote.connection import Connections
from minidynamo.requests.operations import named

KEYS = ("AKIAEXAMPLE", "secret")


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "ap-southeast-4"])
def test_a_region_is_where_botocore_goes(region: str) -> None:
    """The URL is that of boto3's client for the region."""
    client = boto3.client("dynamodb", region_name=region, aws_access_key_id="a", aws_secret_access_key="b")
    assert resolved(f"dynamodb:{region}") == (client.meta.endpoint_url, region)
    with minidynamo.connect(f"dynamodb:{region}", credentials=KEYS) as database:
        assert (database.url, database.scope.region) == (client.meta.endpoint_url, region)


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-isof-south-1"])
def test_streams_are_where_botocore_goes(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another host, for which requests are signed under the same service's name."""
    options = {"region_name": region, "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    tables, streams = boto3.client("dynamodb", **options), boto3.client("dynamodbstreams", **options)  # type: ignore[call-overload]
    assert streams_url(tables.meta.endpoint_url) == streams.meta.endpoint_url
    sent: list[tuple[str, HttpRequest]] = []

    def exchange(connections: Connections, request: HttpRequest) -> HttpResponse:
        sent.append((connections.url, request))
        return HttpResponse(200, {}, b"{}")

    monkeypatch.setattr(Connections, "exchange", exchange)
    for address in (f"dynamodb:{region}", tables.meta.endpoint_url):
        sent.clear()
        with minidynamo.connect(address, region=region, credentials=KEYS) as database:
            for operation in sorted(named(subjects=("stream",))):
                database._carry_out(operation, {})
            database._carry_out("ListTables", {})
        *to_streams, (url, request) = sent
        assert url == tables.meta.endpoint_url == f"https://{request.headers['host']}"
        assert len(to_streams) == 4
        for url, request in to_streams:
            assert url == streams.meta.endpoint_url == f"https://{request.headers['host']}"
            service = streams.meta.service_model.signing_name
            assert f"/{region}/{service}/aws4_request" in request.headers["authorization"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "https://localhost:8000",
        "http://dynamodb.local:8000",
        "https://dynamodb.example.com",
        "https://dynamodb.eu-west-1.example.com",
        "https://vpce-1a2b.dynamodb.eu-west-1.vpce.amazonaws.com",
    ],
)
def test_others_answer_for_streams_too(url: str) -> None:
    """At the address that was given."""
    assert streams_url(url) == url


@pytest.mark.parametrize("options", [{"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}])
def test_other_endpoints_of_amazon_have_their_streams(options: dict[str, bool]) -> None:
    """As botocore has them."""
    urls = [
        boto3.client(service, region_name="us-east-1", config=Config(**options)).meta.endpoint_url  # type: ignore[call-overload]
        for service in ("dynamodb", "dynamodbstreams")
    ]
    assert streams_url(urls[0]) == urls[1]


@pytest.mark.parametrize("text", ["dynamodb:", "dynamodb:ireland", "dynamodb://eu-west-1", "dynamodb:eu west-1"])
def test_what_is_no_region_is_refused(text: str) -> None:
    """In one line that shows what is right."""
    with pytest.raises(StoreError, match="is followed by a region, such as dynamodb:eu-west-1, not by"):
        minidynamo.connect(text, credentials=KEYS)


def test_two_regions_are_one_too_many() -> None:
    """The address says it."""
    with pytest.raises(StoreError, match="the address is one of eu-west-1, and region says us-east-1"):
        minidynamo.connect("dynamodb:eu-west-1", region="us-east-1", credentials=KEYS)
