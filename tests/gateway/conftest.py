"""What the tests of APIs are given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.apis import Asked


@pytest.fixture
def asked() -> Iterator[Asked]:
    """A function behind a gateway, with the events that it has had."""
    asked = Asked()
    yield asked
    asked.database.close()
