"""Metrics in the text format of Prometheus: of each one a counter of its sum and one of its samples.

Source: Prometheus documentation, "Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from minidynamo.metrics.datapoints import Metric, Total

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]+")
_WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What may not stand as it is between quotes, and in HELP.
_ESCAPES = {ord("\\"): "\\\\", ord("\n"): "\\n"}
_QUOTED = {**_ESCAPES, ord('"'): '\\"'}


def exposition(totals: Mapping[Metric, Total]) -> str:
    """What a scrape gets.

    Parameters:
        totals: the metrics with all that was recorded of them.
    """
    families: dict[str, _Family] = {}
    for metric, total in totals.items():
        parts = (("sum", total.sum), ("sample_count", total.sample_count))
        for kind, value in parts:
            name = _name(f"{_words(metric.namespace)}_{_words(metric.name)}_{kind}")
            family = families.get(name)
            if family is None:
                family = families[name] = _Family(name, f"{metric.namespace} {metric.name}, {kind}, {total.unit}")
            family.add(_labels(metric.dimensions), value)
    return "".join(family.text for family in families.values())


class _Family:
    """The samples of one name. Names that become one here are counted together."""

    def __init__(self, name: str, told: str) -> None:
        self._head = f"# HELP {name} {told.translate(_ESCAPES)}\n# TYPE {name} counter\n"
        self._name = name
        self._samples: dict[str, float] = {}

    def add(self, labels: str, value: float) -> None:
        """Counts a value."""
        self._samples[labels] = self._samples.get(labels, 0.0) + value

    @property
    def text(self) -> str:
        """The lines of the family."""
        return self._head + "".join(f"{self._name}{labels} {value!r}\n" for labels, value in self._samples.items())


def _labels(dimensions: tuple[tuple[str, str], ...]) -> str:
    labels: dict[str, str] = {}
    for dimension, value in dimensions:
        label = _name(_words(dimension))
        while label in labels:
            label += "_"
        labels[label] = value.translate(_QUOTED)
    return "{" + ",".join(f'{label}="{value}"' for label, value in labels.items()) + "}" if labels else ""


def _words(name: str) -> str:
    """A name in the letters that Prometheus takes, word by word: `table_name` for TableName."""
    spaced = name if "/" in name else _WORD_BEGINS.sub("_", name)
    return _NOT_IN_NAMES.sub("_", spaced).strip("_").lower()


def _name(words: str) -> str:
    """The same as a name, which begins with no digit."""
    return f"_{words}" if not words or words[0].isdigit() else words
