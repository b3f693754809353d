"""The words that cannot stand bare in an expression. Source: DynamoDB Developer Guide, "Reserved words"."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def reserved_words() -> frozenset[str]:
    """All reserved words, upper-case."""
    from importlib import resources  # Slow to import, and not needed before the first expression.

    text = resources.files("minidynamo.expressions").joinpath("reserved_words.txt").read_text("ascii")
    return frozenset(text.split())


def is_reserved(name: str) -> bool:
    """Whether an attribute name is a reserved word, whatever its case."""
    return name.upper() in reserved_words()
