"""Items, keys and records drawn from a seed, plain ones and all sorts of odd ones, for comparing the two cores."""

from __future__ import annotations

import random
from typing import Any

_ALPHABETS = ("ab", "\x00\x01a", "äß€", "\U0001f600é0\x7f\x80", "a\ud800")
_SPECIAL = (None, 0, 1.5, True, "", b"", [], {}, "NULL", bytearray(b"x"), ("a",), object)


class Sub(str):
    """A text that is no exact `str`."""


class Drawing:
    """Draws values.

    Parameters:
        seed: what it draws from.
        oddness: how often, from 0 to 1, something is put in the place of what belongs there.
    """

    def __init__(self, seed: int, oddness: float) -> None:
        self.random = random.Random(seed)
        self._oddness = oddness

    def item(self) -> Any:
        """An item, or what stands in its place."""
        return self._odd_or({self._name(): self.value(0) for _ in range(self._count())})

    def key(self, name: str, kind: str) -> dict[str, Any]:
        """A key of one attribute, or what stands in its place."""
        return {name: self._odd_or({kind: getattr(self, f"_{kind}")(0)})} if self.random.random() < 0.95 else {}

    def text(self) -> str:
        """A text, which may be that of a number."""
        return self.random.choice([self._S, self._N])(0)

    def binary(self) -> bytes:
        return self._B(0)

    def value(self, level: int) -> Any:
        """An attribute value."""
        tag = self.random.choice(["S", "S", "N", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"])
        members = {tag: self._odd_or(getattr(self, f"_{tag}")(level))}
        if self.random.random() < self._oddness / 4:
            members[self._odd_or("X")] = {}
        return self._odd_or(members)

    def _odd_or(self, value: Any) -> Any:
        if self.random.random() >= self._oddness:
            return value
        odd = self.random.choice(_SPECIAL)
        try:
            hash(odd)
        except TypeError:
            return value if isinstance(value, str) else odd
        return odd

    def _count(self) -> int:
        return self.random.choice([0, 1, 2, 3, 5, 17])

    def _text(self, most: int) -> str:
        alphabet = self.random.choice(_ALPHABETS[: 5 if self.random.random() < self._oddness else 4])
        text = "".join(self.random.choices(alphabet, k=self.random.randrange(most)))
        return Sub(text) if self.random.random() < self._oddness / 4 else text

    def _name(self) -> str:
        return self._text(6) or ("" if self.random.random() < self._oddness else "n")

    def _S(self, level: int) -> str:
        return self._text(self.random.choice([3, 40, 300, 70_000 if self.random.random() < 0.01 else 5]))

    def _N(self, level: int) -> str:
        digits = "".join(self.random.choices("0123456789", k=self.random.randrange(1, 41)))
        kind = self.random.randrange(8)
        if kind < 4:
            return str(int(digits[: kind * 9 + 1])) if kind else digits
        point = self.random.randrange(len(digits) + 1)
        sign = self.random.choice(["", "-", "+"])
        tail = self.random.choice(["", "", f"e{self.random.randrange(-140, 140)}", "x"])
        return f"{sign}{digits[:point]}.{digits[point:]}{tail}" if kind < 7 else f"-{int(digits)}"

    def _B(self, level: int) -> bytes:
        return self.random.randbytes(self.random.choice([0, 3, 300])).replace(b"\x07", b"\x00")

    def _BOOL(self, level: int) -> bool:
        return self.random.random() < 0.5

    def _NULL(self, level: int) -> bool:
        return True

    def _SS(self, level: int) -> list[str]:
        return self._set([self._S(level)[:20] for _ in range(self._count())])

    def _NS(self, level: int) -> list[str]:
        return self._set([str(self.random.randrange(-3, 10**9)) for _ in range(self._count())])

    def _BS(self, level: int) -> list[bytes]:
        return self._set([self._B(level) for _ in range(self._count())])

    def _set(self, members: list[Any]) -> list[Any]:
        return sorted(set(members)) if self.random.random() < 0.7 else members

    def _L(self, level: int) -> list[Any]:
        return [] if level > 40 else [self.value(level + 1) for _ in range(self._inner(level))]

    def _M(self, level: int) -> dict[str, Any]:
        return {} if level > 40 else {self._name(): self.value(level + 1) for _ in range(self._inner(level))}

    def _inner(self, level: int) -> int:
        return self.random.choice([0, 1, 2]) if level < 3 else self.random.choice([0, 1, 1])
