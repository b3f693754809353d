"""The rows of operations, held against botocore's models and against what carries them out."""

from __future__ import annotations

import botocore
import botocore.session
import pytest

from minidynamo.operations import OPERATIONS
from minidynamo.requests.operations import API, DYNAMODB_STREAMS, EITHER, READ, STATEMENT, STREAM, WRITE, named
from minidynamo.wording import OLDER, Wording

LOADER = botocore.session.get_session().get_component("data_loader")
SERVICES = {"dynamodb": "2012-08-10", "dynamodbstreams": "2012-08-10"}


def model_of(name: str) -> tuple[str, dict]:  # type: ignore[type-arg]
    for service in SERVICES:
        operations = LOADER.load_service_model(service, "service-2")["operations"]
        if name in operations:
            return service, operations[name]
    raise AssertionError(f"botocore has no operation {name}")


@pytest.mark.parametrize("name", API)
def test_rows_are_the_models(name: str) -> None:
    """Service, method, pages and body of each operation are those of botocore."""
    row = API[name]
    service, model = model_of(name)
    assert (row.service == DYNAMODB_STREAMS) == (service == "dynamodbstreams")
    assert row.method == botocore.xform_name(name)
    pages = LOADER.load_service_model(service, "paginators-1")["pagination"].get(name)
    assert (row.pages is None) == (pages is None)
    if row.pages is not None:
        results = pages["result_key"] if isinstance(pages["result_key"], list) else [pages["result_key"]]
        assert set(row.pages.results) == set(results)
        assert (row.pages.input_token, row.pages.output_token) == (pages["input_token"], pages["output_token"])
        assert row.pages.limit == pages.get("limit_key")
    assert row.has_body == ("output" in model)


@pytest.mark.parametrize("name", API)
def test_every_row_is_carried_out(name: str) -> None:
    """The module that a row names holds a function of its name, and says what it does."""
    assert OPERATIONS[name].__name__ == API[name].method
    assert OPERATIONS[name].__doc__


def test_reads_and_writes() -> None:
    """Every operation is one or the other, or as its statements say; what is called Get, Describe or List reads."""
    reads, writes, either = named(access=READ), named(access=WRITE), named(access=EITHER)
    assert reads | writes | either == set(API) and len(reads) + len(writes) + len(either) == len(API)
    assert either == named(subjects=(STATEMENT,))
    assert {name for name in API if name.startswith(("Get", "Describe", "List"))} <= reads
    assert named(access=READ, subjects=(STREAM,)) == named(subjects=(STREAM,))


def test_layers_under_each_setting() -> None:
    """Under 2025 the older layer answers everywhere; what has moved stays moved under next. Source: errors.md, 5."""
    for row in API.values():
        assert Wording("2025").layer(row.layers) == OLDER
        if Wording("current").layer(row.layers).newer:
            assert Wording("next").layer(row.layers) == Wording("current").layer(row.layers)
    newer = {name for name, row in API.items() if Wording("next").layer(row.layers).newer}
    assert newer == named(subjects=("item", "batch", "transaction", "pages"))
