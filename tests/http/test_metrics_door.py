"""`minidynamo serve --metrics` shows metrics to Prometheus, and nobody else gets the page."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

import minidynamo
from minidynamo.http.server.access import ServeError
from minidynamo.http.server.server import Server, ServerOptions
from tests.http.servers import KEYS, TABLE, endpoint_at
from tests.http.test_serve_command import serving


def asked(url: str, method: str = "GET", path: str = "/metrics", host: str = "localhost") -> tuple[int, str, str]:
    """Status, content type and text of an answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path, headers={"host": host})
        response = connection.getresponse()
        return response.status, response.getheader("content-type", ""), response.read().decode()
    finally:
        connection.close()


@pytest.fixture
def measured() -> Iterator[Server]:
    database = minidynamo.connect()
    with Server(database, ServerOptions(), metrics=database.metrics) as server:
        yield server


def test_the_command_shows_metrics() -> None:
    """Source: Prometheus documentation, "Exposition formats"."""
    with serving("--port", "0", "--metrics") as (_, url):
        endpoint = endpoint_at(url)
        endpoint.execute("CreateTable", TABLE)
        endpoint.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}}})
        status, content_type, text = asked(url)
    assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'aws_dynamodb_consumed_write_capacity_units_sum{table_name="tbl"} 1.0\n' in text


def test_without_the_flag_there_is_no_such_page() -> None:
    with Server(minidynamo.connect()) as server:
        assert asked(server.url)[0] == asked(server.url, path="/nonsense")[0] == 404


@pytest.mark.parametrize(("method", "path"), [("POST", "/metrics"), ("GET", "/metrics/"), ("GET", "/other")])
def test_other_requests_do_not_reach_it(measured: Server, method: str, path: str) -> None:
    with Server(minidynamo.connect()) as plain:
        assert asked(measured.url, method, path)[0] == asked(plain.url, method, path)[0]
    assert asked(measured.url)[0] == 200


def test_it_answers_its_own_host_alone(measured: Server) -> None:
    """Pages of others must not read it by letting their name point here."""
    status, _, text = asked(measured.url, host="evil.example")
    assert status >= 400
    assert "aws_" not in text


def test_other_machines_get_it_only_where_anybody_may() -> None:
    database = minidynamo.connect()
    options = ServerOptions(host="0.0.0.0", credentials={KEYS.access_key: KEYS.secret_key})
    with pytest.raises(ServeError, match="and --metrics answers everybody, whatever --credentials says"):
        Server(database, options, metrics=database.metrics)
