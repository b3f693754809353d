"""What AWS Lambda's API replies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from minidynamo.values.api_types import JsonObject


class Reply(NamedTuple):
    """A reply; header names are lower-case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def of(cls, status: int, members: JsonObject) -> Reply:
        """A reply with a JSON body."""
        return cls(status, json.dumps(members, separators=(",", ":")).encode())
