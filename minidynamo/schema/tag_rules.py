"""What tags must satisfy. Source: DynamoDB Developer Guide, "Tagging restrictions"; observed responses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from minidynamo.errors import ValidationError
from minidynamo.limits import TAGS_PER_RESOURCE_MAX

_KEY = re.compile(r"[\w\s+\-=.:/@]{1,128}")
_VALUE = re.compile(r"[\w\s+\-=.:/@]{0,256}")


def check_tags(tags: Sequence[Mapping[str, str]]) -> None:
    """Refuses duplicate keys and keys or values that are malformed or reserved."""
    seen: set[str] = set()
    for tag in tags:
        key, value = tag["Key"], tag["Value"]
        if key in seen:
            raise ValidationError(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")
        seen.add(key)
        if key.lower().startswith("aws:"):
            raise ValidationError(f"Tag Key cannot be prefixed with aws:, Key: {key}")
        if not _KEY.fullmatch(key):
            raise ValidationError(f"The Tag Key provided is invalid, Key: {key}")
        if not _VALUE.fullmatch(value):
            raise ValidationError(f"The Tag Value provided is invalid, Value: {value}")


def merged_tags(current: Mapping[str, str], tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The tags of a resource after adding some; raises ValidationError where they become too many."""
    merged = {**current, **{tag["Key"]: tag["Value"] for tag in tags}}
    if len(merged) > TAGS_PER_RESOURCE_MAX:
        raise ValidationError("Number of Tags exceed the current limit for the provided ResourceArn")
    return merged
