"""The words of PartiQL that are names only in double quotes.

Source: PartiQL specification, "Keywords" (SQL-92 and PartiQL); observed responses.
"""

from __future__ import annotations

from importlib import resources

KEYWORDS = frozenset(resources.files("minidynamo.partiql").joinpath("keywords.txt").read_text("utf-8").split())
