"""All details that a fault may have at one opportunity."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from minidynamo import DynamoError
from minidynamo.simulation.faults.chance import Detail, Draw


def variants(make: Callable[[Draw], Detail | None]) -> Iterator[int]:
    """What all the different details of a fault are drawn from, the simplest first; none where it cannot happen."""
    seen: list[Detail] = []
    digits: list[int] | None = []
    while digits is not None:
        counted = _CountedDigits(digits)
        try:
            detail = make(Draw(counted.below))
        except DynamoError:  # The request is refused anyway.
            return
        if detail is not None and detail not in seen:
            seen.append(detail)
            yield counted.number
        digits = counted.following()


class _CountedDigits:
    """Numbers below bounds, of which the first are given and the others are 0.

    Parameters:
        given: the first numbers.
    """

    def __init__(self, given: list[int]) -> None:
        self._given = given
        self._digits: list[int] = []
        self._bounds: list[int] = []

    def below(self, bound: int) -> int:
        position = len(self._digits)
        digit = self._given[position] if position < len(self._given) else 0
        self._digits.append(digit)
        self._bounds.append(bound)
        return digit

    @property
    def number(self) -> int:
        """The number whose digits they are, the first one being the least."""
        number = 0
        for digit, bound in zip(reversed(self._digits), reversed(self._bounds), strict=True):
            number = number * bound + digit
        return number

    def following(self) -> list[int] | None:
        """The digits to give next, so that all come; None after the last."""
        for position in reversed(range(len(self._digits))):
            if self._digits[position] + 1 < self._bounds[position]:
                return [*self._digits[:position], self._digits[position] + 1]
        return None
