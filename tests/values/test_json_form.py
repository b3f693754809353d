"""Attribute values as JSON has them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.values.json_form import binaries_decoded, binary_of, from_json, item_to_json, to_json
from tests.strategies import items


@given(items)
def test_there_and_back(item: dict[str, Any]) -> None:
    """What is written as JSON is read again as it was."""
    text = json.dumps(item_to_json(item))
    assert {name: from_json(value) for name, value in json.loads(text).items()} == item
    assert binaries_decoded(json.loads(text)) == item


@given(st.binary(max_size=9), st.text("AQgw=+/-\n", max_size=6))
def test_base64_is_strict(binary: bytes, text: str) -> None:
    """Only what an encoder would have written is read."""
    assert binary_of(base64.b64encode(binary).decode()) == binary
    try:
        read = binary_of(text)
    except ValueError:
        return
    assert base64.b64encode(read).decode() == text


@pytest.mark.parametrize("value", [None, 1, "x", [], {"B": 1}, {"BS": "AA=="}, {"L": 3}, {"M": []}, {"X": "AA=="}])
def test_what_is_no_attribute_value_stays(value: Any) -> None:
    """Whatever has another form is left for the checks."""
    assert from_json(value) == value


def test_payloads_that_are_no_base64() -> None:
    """They raise, or become what the caller makes of them, at any depth."""
    value = {"L": [{"M": {"a": {"BS": ["AA==", "?"]}}}]}
    with pytest.raises(ValueError, match="multiple of 4"):
        from_json(value)
    assert from_json(value, len) == {"L": [{"M": {"a": {"BS": [4, 1]}}}]}
    assert to_json({"L": [{"BS": [b"\0"]}]}) == {"L": [{"BS": ["AA=="]}]}
