"""Pseudonyms: what stands in the place of a text, a number or bytes, always the same for the same secret.

Owns how they are made. Where they are put is `anonymizing_rules`'.
"""

from __future__ import annotations

from functools import lru_cache, partial
from hashlib import blake2b, pbkdf2_hmac, shake_256

from minidynamo.anonymizing.permutations import Permutation
from minidynamo.limits import NUMBER_DIGITS_MAX
from minidynamo.values.numbers import canonical_number

SECRET_BYTES_MIN = 16
# What a guess at the secret costs whoever holds pseudonyms.
_KEY_ITERATIONS = 100_000
_SALT = b"minidynamo pseudonyms 1"  # Counts the ways of making them: others are other pseudonyms.
_SHAPES_KEPT = 4096  # Of texts and numbers, such as AA-00.

_TEXT_BYTES = 10
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"  # Base32.
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)
_PAIR_BITS = 10
_PAIR_SHIFTS = tuple(range(8 * _TEXT_BYTES - _PAIR_BITS, -1, -_PAIR_BITS))
assert len(_PAIRS) == 1 << _PAIR_BITS and 8 * _TEXT_BYTES % _PAIR_BITS == 0

_SYLLABLES = tuple(consonant + vowel for consonant in "bdfgjklmnprstvz" for vowel in "aeiou")
_SYLLABLES_OF_A_WORD = 3
_ENDINGS = ("", "l", "n", "r", "s")
_WORDS_MAX = 3

_PERMUTED_BYTES_MAX = 16  # Longer ones are distinct by their hash.
_PIECE_CHARACTERS = 32
_CONTEXT_BYTES = 16

# Kinds of characters, by the character that stands for them in a shape, with the first and how many there are. Beyond
# ASCII, 64 neighbours are a kind, and the first of them stands for it: they have the same length in UTF-8.
_KINDS = {"0": (ord("0"), 10), "a": (ord("a"), 26), "A": (ord("A"), 26)}
_ASCII_KINDS = bytes(
    next((ord(kind) for kind, (first, count) in _KINDS.items() if first <= code < first + count), code)
    for code in range(256)
)
_BLOCK = 64
_KEPT_BLOCKS = (0x80, 0x2000)  # Signs, spaces, dashes and quotation marks.


def _kinds_of(text: str) -> str:
    """A text with each character replaced by the one that stands for its kind."""
    if text.isascii():
        return text.encode().translate(_ASCII_KINDS).decode()
    return "".join(map(_standing_for, text))


def _standing_for(character: str) -> str:
    """The character that stands for the kind of one; itself where it is kept."""
    if character.isascii():
        return chr(_ASCII_KINDS[ord(character)])
    block = ord(character) - ord(character) % _BLOCK
    return character if block in _KEPT_BLOCKS else chr(block)


def _kind(character: str) -> tuple[int, int] | None:
    """The first character of a kind and how many it has; None where the character of a shape is kept."""
    code = ord(character)
    if code < ord("\x80") or code % _BLOCK or code in _KEPT_BLOCKS:
        return _KINDS.get(character)
    return code, _BLOCK


class _Shape:
    """Which characters of a text are replaced, and by which.

    Parameters:
        key: of the permutation.
        kinds: the text, with each character replaced by the one that stands for its kind.
    """

    def __init__(self, key: bytes, kinds: str) -> None:
        found = [(place, *kind) for place, each in enumerate(kinds) if (kind := _kind(each)) is not None]
        size = 1
        for _, _, count in found:
            size *= count
        self._changed = found
        self._changed_backwards = found[::-1]
        self._permutation = Permutation(key, size, f"characters {kinds}")

    def replaced(self, text: str, context: bytes) -> str:
        """The text with other characters; the same context, shape and text have the same ones."""
        value = 0
        for place, first, count in self._changed:
            value = value * count + ord(text[place]) - first
        value = self._permutation(value, context)
        characters = list(text)
        for place, first, count in self._changed_backwards:
            value, offset = divmod(value, count)
            characters[place] = chr(first + offset)
        return "".join(characters)


class Pseudonyms:
    """Makes pseudonyms; the same secret and the same value always give the same one.

    Parameters:
        secret: `SECRET_BYTES_MIN` bytes at least, which nobody can guess.
    """

    def __init__(self, secret: bytes) -> None:
        assert len(secret) >= SECRET_BYTES_MIN, "whoever takes a secret refuses a short one"
        self.key = pbkdf2_hmac("sha256", secret, _SALT, _KEY_ITERATIONS)
        self._text_state = blake2b(key=self.key, digest_size=_TEXT_BYTES, person=b"text")
        self._name_state = blake2b(key=self.key, digest_size=_TEXT_BYTES, person=b"name")
        self._permutation = lru_cache(_SHAPES_KEPT)(partial(Permutation, self.key))
        self._shape = lru_cache(_SHAPES_KEPT)(partial(_Shape, self.key))

    def fingerprint(self, content: str) -> str:
        """A hash of a content and the secret, from which neither can be learnt."""
        return blake2b(content.encode(), key=self.key, digest_size=16, person=b"fingerprint").hexdigest()

    def text(self, text: str) -> str:
        """Sixteen letters and digits: base32 of 80 bits."""
        state = self._text_state.copy()
        state.update(text.encode())
        value = int.from_bytes(state.digest())
        mask = len(_PAIRS) - 1
        return "".join([_PAIRS[value >> shift & mask] for shift in _PAIR_SHIFTS])

    def email(self, text: str) -> str:
        """An address that nobody can have, with the pseudonym of the whole text."""
        return f"{self.text(text)}@example.com"

    def name(self, text: str) -> str:
        """A name that can be spoken, of as many words as the text, three at most. Two texts may share one."""
        state = self._name_state.copy()
        state.update(text.encode())
        value = int.from_bytes(state.digest())
        words = []
        for _ in range(max(1, min(len(text.split()), _WORDS_MAX))):
            value, ending = divmod(value, len(_ENDINGS))
            word = ""
            for _ in range(_SYLLABLES_OF_A_WORD):
                value, syllable = divmod(value, len(_SYLLABLES))
                word += _SYLLABLES[syllable]
            words.append((word + _ENDINGS[ending]).capitalize())
        return " ".join(words)

    def characters(self, text: str) -> str:
        """A text of the same form: digits for digits, letters for letters of the same case or script, all else kept.

        No two texts have the same. A long one is taken piece by piece, each of which depends on those before it.
        """
        kinds = _kinds_of(text)
        if len(text) <= _PIECE_CHARACTERS:
            return self._shape(kinds).replaced(text, b"")
        state = blake2b(digest_size=_CONTEXT_BYTES, key=self.key, person=b"context")
        pieces = []
        for start in range(0, len(text), _PIECE_CHARACTERS):
            piece = text[start : start + _PIECE_CHARACTERS]
            shape = self._shape(kinds[start : start + _PIECE_CHARACTERS])
            pieces.append(shape.replaced(piece, state.digest()))
            state.update(piece.encode())
        return "".join(pieces)

    def number(self, literal: str) -> str:
        """A number with as many digits before and behind the point, and the same sign. No two numbers have the same."""
        canonical = canonical_number(literal)
        digits = canonical.lstrip("-0.") or "0"
        head = canonical[: len(canonical) - len(digits)]
        whole, _, fraction = digits.partition(".")
        significant = (whole + fraction)[:NUMBER_DIGITS_MAX]
        count = len(significant)
        least = 0 if len(canonical) == 1 else 10 ** (count - 1)  # Of one digit, 0 is one as well.
        permutation = self._permutation(10**count - least, f"number {head} {len(whole)} {len(fraction)}")
        value = permutation(int(significant) - least)
        if "." in canonical:
            while (value + least) % 10 == 0:  # It would lose its last digit.
                value = permutation(value)
        changed = str(value + least) + "0" * (len(whole) + len(fraction) - count)
        assert len(changed) == len(whole) + len(fraction), "a digit was lost"
        return f"{head}{changed[: len(whole)]}.{changed[len(whole) :]}" if fraction else head + changed

    def binary(self, binary: bytes) -> bytes:
        """Bytes of the same length; no two short ones have the same, nor, but for a chance in 2**64, have long ones."""
        length = len(binary)
        if length > _PERMUTED_BYTES_MAX:
            return shake_256(self.key + binary).digest(length)
        permutation = self._permutation(256**length, f"bytes {length}")
        return permutation(int.from_bytes(binary)).to_bytes(length)
