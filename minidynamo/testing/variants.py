"""All details that a fault may have at one opportunity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from minidynamo import DynamoError
from minidynamo.simulation.faults.chance import Detail, Draw

Option = TypeVar("Option")


def variants(make: Callable[[Draw], Detail | None]) -> Iterator[int]:
    """What all the different details of a fault are drawn from, the simplest first; none where it cannot happen."""
    seen: set[str] = set()
    digits: list[int] | None = []
    while digits is not None:
        counted = _CountedDigits(digits)
        try:
            detail = make(_DrawOnce(counted))
        except DynamoError:  # The request is refused anyway.
            return
        if detail is not None and repr(detail) not in seen:
            seen.add(repr(detail))
            yield counted.number
        digits = counted.following()


class _CountedDigits:
    """Numbers below bounds, of which the first are given and the others are the least.

    Parameters:
        given: the first numbers.
    """

    def __init__(self, given: list[int]) -> None:
        self._given = given
        self._digits: list[int] = []
        self._bounds: list[int] = []
        self._most: list[int] = []

    def below(self, bound: int) -> int:
        """The next number below a bound."""
        return self.between(0, bound - 1, bound)

    def between(self, least: int, most: int, bound: int) -> int:
        """The next number below a bound, where only some come into question."""
        assert 0 <= least <= most < bound, f"a number from {least} to {most} is drawn, below {bound}"
        position = len(self._digits)
        digit = self._given[position] if position < len(self._given) else least
        self._digits.append(digit)
        self._bounds.append(bound)
        self._most.append(most)
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
            if self._digits[position] < self._most[position]:
                return [*self._digits[:position], self._digits[position] + 1]
        return None


class _DrawOnce(Draw):
    """Draws some of several options in one order only, since which they are does not hang on it.

    Parameters:
        digits: what is drawn from.
    """

    def __init__(self, digits: _CountedDigits) -> None:
        super().__init__(digits.below)
        self._digits = digits

    def some(self, options: Sequence[Option], count: int) -> list[Option]:
        left, chosen, least = list(range(len(options))), [], 0
        for still in range(count, 0, -1):
            least = self._digits.between(least, len(left) - still, len(left))
            chosen.append(left.pop(-1 - least))
        return [options[position] for position in sorted(chosen)]
