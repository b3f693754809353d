"""Keyed permutations: each value of a small set gets another value of that set, and no two get the same.

A hash of fixed length cannot promise that where there are few values, such as all numbers of four digits. A Feistel
network can. It mixes two halves of a number, each with a hash of the other:

    number  =  left * columns + right             rows * columns is the size, or a little more
    left    =  left  + hash(right)  mod rows      four times, in turn
    right   =  right + hash(left)   mod columns

Each line can be undone, so the whole is a permutation of all pairs. A result beyond the size is mixed again until it is
within: this walk along a cycle ends, since the cycle holds the number that it began with.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from math import isqrt

# As many rounds as FF3-1 has, of NIST SP 800-38G: four of each half.
_ROUNDS = tuple(zip(range(0, 8, 2), range(1, 8, 2), strict=True))
# Twice as long as the halves of the largest size, so that the remainder is as good as evenly spread.
_DIGEST_BYTES = 24
SIZE_MAX = 1 << 192


class Permutation:
    """A permutation of the whole numbers below a size.

    Parameters:
        key: 16 to 64 bytes; another key makes another permutation.
        size: how many numbers there are, 1 to `SIZE_MAX`.
        purpose: what they stand for; each purpose has a permutation of its own.
    """

    def __init__(self, key: bytes, size: int, purpose: str) -> None:
        assert 1 <= size <= SIZE_MAX, f"{size} is no size of a permutation"
        self.size = size
        self._rows = isqrt(size - 1) + 1
        self._columns = -(-size // self._rows)
        self._half_bytes = (self._rows.bit_length() + 7) // 8
        state = blake2b(purpose.encode(), key=key, digest_size=_DIGEST_BYTES, person=b"permutation")
        # A copy of a state is a hash of its own; making one takes twice as long.
        self._rounds = [tuple(_begun(state, number) for number in numbers) for numbers in _ROUNDS]
        assert self._columns <= self._rows and self._rows * self._columns >= size

    def __call__(self, value: int, context: bytes = b"") -> int:
        """What a number becomes.

        Parameters:
            value: the number.
            context: what the result depends on besides; each context, of one length, has a permutation of its own.
        """
        assert 0 <= value < self.size, f"{value} is not below {self.size}"
        value = self._mixed(value, context)
        while value >= self.size:
            value = self._mixed(value, context)
        return value

    def _mixed(self, value: int, context: bytes) -> int:
        rows, columns, half_bytes = self._rows, self._columns, self._half_bytes
        left, right = divmod(value, columns)
        for of_left, of_right in self._rounds:
            digest = of_left()
            digest.update(context + right.to_bytes(half_bytes))
            left = (left + int.from_bytes(digest.digest())) % rows
            digest = of_right()
            digest.update(context + left.to_bytes(half_bytes))
            right = (right + int.from_bytes(digest.digest())) % columns
        return left * columns + right


def _begun(state: blake2b, number: int) -> Callable[[], blake2b]:
    """Gives hashes that have begun with a purpose, its end, and the number of a round."""
    begun = state.copy()
    begun.update(bytes([0, number]))
    return begun.copy
