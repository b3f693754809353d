"""Metrics in the text format of Prometheus: of each of CloudWatch's a counter of its sum and one of its samples.

Source: Prometheus documentation, "Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from minidynamo.metrics.datapoints import Metric, Total

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
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
    families: dict[str, Family] = {}
    for metric, total in totals.items():
        parts = (("sum", total.sum), ("sample_count", total.sample_count))
        for kind, value in parts:
            name = _name(f"{_words(metric.namespace)}_{_words(metric.name)}_{kind}")
            family = families.get(name)
            if family is None:
                told = f"{metric.namespace} {metric.name}, {kind}, {total.unit}"
                family = families[name] = Family(name, told, "counter")
            family.add(_labels_of(metric.dimensions), value)
    return written(families.values())


def written(families: Iterable[Family]) -> str:
    """Families as a scrape gets them."""
    return "".join(family.text for family in families)


class Family:
    """The samples of one name. What has the same labels is counted together.

    Parameters:
        name: of letters, digits and underscores, no digit first.
        told: what it is, for people.
        kind: counter, gauge or histogram.
    """

    def __init__(self, name: str, told: str, kind: str) -> None:
        assert _NAME.fullmatch(name), f"{name!r} is no name of a metric"
        self._head = f"# HELP {name} {told.translate(_ESCAPES)}\n# TYPE {name} {kind}\n"
        self._name = name
        self._samples: dict[str, float] = {}

    @property
    def has_samples(self) -> bool:
        """Whether anything was added."""
        return bool(self._samples)

    def add(self, labels: Mapping[str, str], value: float, suffix: str = "") -> None:
        """Counts a value."""
        shown = ",".join(f'{label}="{text.translate(_QUOTED)}"' for label, text in labels.items())
        sample = f"{self._name}{suffix}{{{shown}}}" if shown else f"{self._name}{suffix}"
        self._samples[sample] = self._samples.get(sample, 0.0) + value

    def add_histogram(
        self, labels: Mapping[str, str], bounds: Sequence[float], counts: Sequence[int], sum_: float
    ) -> None:
        """Adds a histogram.

        Parameters:
            labels: of all its samples.
            bounds: up to which buckets reach, in order; the last one has no bound.
            counts: how many values fell into each, and into no other.
            sum_: of the values.
        """
        assert len(counts) == len(bounds) + 1, f"{self._name} has {len(counts)} buckets for {len(bounds)} bounds"
        below = list(accumulate(counts))
        for bound, count in zip([*map(repr, bounds), "+Inf"], below, strict=True):
            self.add({**labels, "le": bound}, count, "_bucket")
        self.add(labels, sum_, "_sum")
        self.add(labels, below[-1], "_count")

    @property
    def text(self) -> str:
        """The lines of the family."""
        return self._head + "".join(f"{sample} {value!r}\n" for sample, value in self._samples.items())


def _labels_of(dimensions: tuple[tuple[str, str], ...]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for dimension, value in dimensions:
        label = _name(_words(dimension))
        while label in labels:
            label += "_"
        labels[label] = value
    return labels


def _words(name: str) -> str:
    """A name in the letters that Prometheus takes, word by word: `table_name` for TableName."""
    spaced = name if "/" in name else _WORD_BEGINS.sub("_", name)
    return _NOT_IN_NAMES.sub("_", spaced).strip("_").lower()


def _name(words: str) -> str:
    """The same as a name, which begins with no digit."""
    return f"_{words}" if not words or words[0].isdigit() else words
