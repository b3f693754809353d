"""Numbers: their text in, their canonical text out, their size, their arithmetic.

A number is kept as canonical text: plain decimal without exponent, plus sign or superfluous zeros. Two numbers
are equal exactly if their canonical texts are.
Source: DynamoDB Developer Guide, "Naming rules and data types"; observed responses.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

from minidynamo.errors import ValidationError
from minidynamo.limits import NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN
from minidynamo.messages import NUMBER_INVALID, NUMBER_OVERFLOW, NUMBER_TOO_PRECISE, NUMBER_UNDERFLOW
from minidynamo.wording import VALUE

_LITERAL = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?")
_CANONICAL = re.compile(r"-?(?:0|[1-9][0-9]{0,36})\.[0-9]{0,36}[1-9]")

_INT32_MAX = 2**31 - 1
_INT64_MAX = 2**63 - 1
_INT64_DIGITS_MAX = 19

# Wide enough that adding any two numbers of the service is exact.
_EXACT = Context(prec=NUMBER_EXPONENT_MAX - NUMBER_EXPONENT_MIN + 2 * NUMBER_DIGITS_MAX)


class NotNumeric(ValidationError):
    """A text that is no number."""


def canonical_number(literal: str) -> str:
    """The canonical text of a number.

    Parameters:
        literal: the text of a request, such as "+01.50e2".

    Raises:
        ValidationError: no number, out of range, or more than 38 significant digits.
    """
    if literal.isdigit() and literal.isascii() and literal[0] != "0" and len(literal) <= NUMBER_DIGITS_MAX:
        return literal
    if len(literal) <= NUMBER_DIGITS_MAX and _CANONICAL.fullmatch(literal) is not None:
        return literal
    canonical = _normalise(literal)
    return literal if canonical == literal else canonical  # The same object says that nothing was changed.


def measured_number(literal: str) -> tuple[str, int]:
    """The canonical text of a number, as `canonical_number` gives it, and the size of the number."""
    if literal.isdigit() and literal.isascii() and literal[0] != "0" and len(literal) <= NUMBER_DIGITS_MAX:
        return literal, 1 + (len(literal.rstrip("0")) + 1) // 2  # Most are like this: two calls less for each.
    canonical = canonical_number(literal)
    return canonical, number_size_bytes(canonical)


def integer_of(text: str) -> int | None:
    """The integer of digits, with a sign or without; None where it has more digits than 64 bits hold.

    Python itself refuses to read thousands of digits, be they zeros.
    """
    digits = text.lstrip("+-").lstrip("0")
    if len(digits) > _INT64_DIGITS_MAX:
        return None
    return int(digits or "0") * (-1 if text.startswith("-") else 1)


def number_size_bytes(canonical: str) -> int:
    """The size of a number by the service's rule: about one byte per two digits on each side of the point."""
    if canonical.isdigit():
        return 1 + (len(canonical.rstrip("0")) + 1) // 2
    negative = canonical[0] == "-"
    integer, _, fraction = (canonical[1:] if negative else canonical).partition(".")
    if not fraction:
        integer = integer.rstrip("0")
    elif integer == "0":
        integer, fraction = "", fraction.lstrip("0")
    return 1 + (len(integer) + 1) // 2 + (len(fraction) + 1) // 2 + negative


def add_numbers(left: str, right: str) -> str:
    """The canonical text of the sum of two canonical numbers; raises ValidationError where it cannot be stored."""
    if _are_short_integers(left, right):
        return str(int(left) + int(right))
    return _stored_result(_EXACT.add(Decimal(left), Decimal(right)))


def subtract_numbers(left: str, right: str) -> str:
    """The canonical text of `left - right`; raises ValidationError where it cannot be stored."""
    if _are_short_integers(left, right):
        return str(int(left) - int(right))
    return _stored_result(_EXACT.subtract(Decimal(left), Decimal(right)))


def _are_short_integers(left: str, right: str) -> bool:
    """Whether two canonical numbers are integers whose sum and difference certainly have few enough digits."""
    return len(left) < NUMBER_DIGITS_MAX > len(right) and "." not in left and "." not in right


def _stored_result(result: Decimal) -> str:
    # A result that needs too many digits is reported as an overflow, unlike a literal with too many digits.
    digits = "".join(map(str, result.as_tuple().digits)).strip("0")
    exponent = result.adjusted()
    if digits and exponent < NUMBER_EXPONENT_MIN:
        raise ValidationError(NUMBER_UNDERFLOW)
    if digits and (exponent > NUMBER_EXPONENT_MAX or len(digits) > NUMBER_DIGITS_MAX):
        raise ValidationError(NUMBER_OVERFLOW)
    return canonical_number(format(result, "f"))


def _normalise(literal: str) -> str:
    match = _LITERAL.fullmatch(literal)
    if match is None or not (match[2] or match[3]):
        raise _not_numeric(literal)
    sign, integer, fraction, exponent_text = match[1], match[2] or "", match[3] or "", match[4] or "0"
    exponent = _exponent(exponent_text, literal)
    digits = integer + fraction
    power = exponent - len(fraction)  # The number is digits * 10**power.
    significant = digits.lstrip("0")
    _check_range(significant, power, exponent, literal)
    if not significant:
        return "0"
    stripped = significant.rstrip("0")
    power += len(significant) - len(stripped)
    if len(stripped) > NUMBER_DIGITS_MAX:
        raise ValidationError(NUMBER_TOO_PRECISE, prefix=VALUE)
    return ("-" if sign == "-" else "") + _plain(stripped, power)


def _exponent(text: str, literal: str) -> int:
    exponent = integer_of(text)
    if exponent is None or abs(exponent) > _INT64_MAX:
        raise _not_numeric(literal)
    return exponent


def _check_range(significant: str, power: int, exponent: int, literal: str) -> None:
    # Zero has no magnitude, but its literal's exponent must be in range all the same.
    magnitude = power + max(len(significant), 1) - 1
    if NUMBER_EXPONENT_MIN <= magnitude <= NUMBER_EXPONENT_MAX:
        return
    newer = NUMBER_OVERFLOW if magnitude > NUMBER_EXPONENT_MAX else NUMBER_UNDERFLOW
    older = newer
    if abs(exponent) > _INT32_MAX:
        older = f"{NUMBER_INVALID}: {literal}"
    elif magnitude >= _INT32_MAX:
        older = NUMBER_UNDERFLOW  # The older layer counts in 32 bits and wraps at the edge.
    raise ValidationError(newer, text_2025=older, prefix=VALUE)


def _not_numeric(literal: str) -> NotNumeric:
    if literal:
        return NotNumeric(f"{NUMBER_INVALID}: {literal}", prefix=VALUE)
    return NotNumeric(f"{NUMBER_INVALID}: ", text_2025=NUMBER_INVALID, prefix=VALUE)


def _plain(digits: str, power: int) -> str:
    if power >= 0:
        return digits + "0" * power
    point = len(digits) + power
    if point > 0:
        return f"{digits[:point]}.{digits[point:]}"
    return "0." + "0" * -point + digits
