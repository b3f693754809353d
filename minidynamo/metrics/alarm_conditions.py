"""What a test wants a metric to be, such as "Sum <= 0" or "p99 < 20", and what is said where it is not."""

from __future__ import annotations

import operator
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from minidynamo.metrics.buckets import statistic_of

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}
_CONDITION = re.compile(r"\s*(\S+?)\s*(<=|>=|==|!=|<|>)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*")
_MINUTES_SHOWN_MAX = 20


class AlarmCondition(NamedTuple):
    """What is wanted of a statistic.

    Attributes:
        statistic: its name.
        comparison: such as "<=".
        threshold: what it is compared with.
    """

    statistic: str
    comparison: str
    threshold: float

    def __str__(self) -> str:
        return f"{self.statistic} {self.comparison} {self.threshold:g}"

    def holds(self, value: float) -> bool:
        """Whether a value is as wanted."""
        return _COMPARISONS[self.comparison](value, self.threshold)


def read_condition(text: str) -> AlarmCondition:
    """The condition of a text.

    Raises:
        ValueError: it is none.
    """
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no condition: write a statistic, a comparison and a number, such as 'Sum <= 0'")
    statistic_of(match[1])
    return AlarmCondition(match[1], match[2], float(match[3]))


def told(what: str, wanted: AlarmCondition, found: float | None, minutes: Sequence[tuple[int, float]]) -> str:
    """One line that says what was wanted and found, and a table of the minutes, the last of them."""
    lines = [f"{what}: wanted {wanted}, found {'nothing recorded' if found is None else f'{found:g}'}"]
    if minutes:
        lines.append(f"  minute (UTC)      {wanted.statistic}")
    if len(minutes) > _MINUTES_SHOWN_MAX:
        lines.append(f"  ({len(minutes) - _MINUTES_SHOWN_MAX} earlier ones)")
    for second, value in minutes[-_MINUTES_SHOWN_MAX:]:
        lines.append(f"  {time.strftime('%Y-%m-%d %H:%M', time.gmtime(second))}  {value:g}")
    return "\n".join(lines)
