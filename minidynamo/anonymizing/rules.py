"""Rules for personal data: which there are, what each makes of a value, and how it is written in a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from minidynamo.anonymizing.pseudonyms import Pseudonyms
from minidynamo.anonymizing.shifted_dates import PER_DAY, ShiftedDates
from minidynamo.arguments import Rule as Argument
from minidynamo.arguments import check_arguments, did_you_mean, of, one_of, shown
from minidynamo.errors import ValidationError
from minidynamo.values.api_types import AttributeValue, JsonValue
from minidynamo.values.attribute_value import checked_value, sorted_members
from minidynamo.values.python_values import to_attribute_value

REDACTED = "***"
_PATHS_ARE_WRITTEN_OUT = "an attribute below another has a path, such as address.street"

Change = Callable[[AttributeValue], AttributeValue | None]
"""What a rule makes of a value: another one, or None where the attribute goes."""

Options = Mapping[str, str]
Text = Callable[[str], str]


class AnonymizingError(ValueError):
    """Rules that cannot be used, or not for a table; the text says why, in one line.

    Parameters:
        text: what is wrong.
        at: the object of the document in which it is wrong, and `member`, the name there: its line is found by both.
    """

    def __init__(self, text: str, at: object = None, member: str = "") -> None:
        super().__init__(" ".join(text.split("\n")))
        self.at = at
        self.member = member


@dataclass(slots=True)
class AttributeRule:
    """A rule that a document has for a path.

    Attributes:
        place: where it stands, such as "Customers: email".
        name: of the rule, such as "pseudonym".
        change: what it makes of a value.
        has_matched: whether there was an attribute for it.
    """

    place: str
    name: str
    change: Change
    has_matched: bool = False


class RuleKind(NamedTuple):
    """A rule by its name.

    Attributes:
        make: what it makes of a value, with the options that a document gives.
        options: those that it takes.
        key_objection: why it is not for keys; "" where it is.
    """

    make: Callable[[Pseudonyms, Options], Change]
    options: Mapping[str, Argument] = {}
    key_objection: str = ""


def read_rule(pseudonyms: Pseudonyms, written: JsonValue, place: str) -> AttributeRule:
    """A rule as a document has it: its name, or an object that has options, or a constant, below the name.

    Raises:
        AnonymizingError: it is none.
    """
    name, given = _parts(written, place)
    if name == CONSTANT:
        return AttributeRule(place, name, _constant(given, place))
    kind = RULES.get(name)
    if kind is None:
        text = f"{place}: there is no rule {name!r}: {did_you_mean(name, [*RULES, CONSTANT])}"
        raise AnonymizingError(text if isinstance(written, str) else f"{text}; {_PATHS_ARE_WRITTEN_OUT}")
    if not isinstance(given, Mapping):
        raise AnonymizingError(f"{place}: the options of {name} are an object, not {shown(given)}")
    unknown = [each for each in given if each not in kind.options]
    if unknown:
        known = did_you_mean(unknown[0], kind.options)
        raise AnonymizingError(f"{place}: {name} has no option {unknown[0]!r}: {known}")
    try:
        check_arguments(kind.options, **given)
    except (TypeError, ValueError) as error:
        raise AnonymizingError(f"{place}: {error}") from None
    return AttributeRule(place, name, kind.make(pseudonyms, given))


def _parts(written: JsonValue, place: str) -> tuple[str, JsonValue]:
    if isinstance(written, str) and written != CONSTANT:
        return written, {}
    if isinstance(written, Mapping) and len(written) == 1:
        ((name, given),) = written.items()
        if isinstance(name, str):
            return name, given
    takes = "a rule is its name, such as pseudonym, or one with options, such as {pseudonym: {prefix: c-}}"
    if written == CONSTANT:
        raise AnonymizingError(f"{place}: {takes}, or {{constant: a value}}")
    if isinstance(written, Mapping):
        raise AnonymizingError(f"{place}: {takes}; {_PATHS_ARE_WRITTEN_OUT}")
    raise AnonymizingError(f"{place}: {takes}, not {shown(written)}")


def _constant(given: JsonValue, place: str) -> Change:
    try:
        fixed, _ = checked_value(_attribute_value(given))
    except (TypeError, ArithmeticError, ValidationError) as error:
        raise AnonymizingError(f"{place}: the constant is no attribute value: {error}") from None
    return lambda value: dict(fixed)


def _attribute_value(given: JsonValue) -> AttributeValue:
    """The attribute value of what a document says."""
    if isinstance(given, Mapping):
        if not all(isinstance(name, str) for name in given):
            raise TypeError("names in it are text")
        return {"M": {name: _attribute_value(member) for name, member in given.items()}}
    if isinstance(given, list):
        return {"L": [_attribute_value(member) for member in given]}
    return to_attribute_value(Decimal(repr(given)) if isinstance(given, float) else given)


def _by_type(text: Text, number: Text, binary: Callable[[bytes], bytes], truth: bool | None = None) -> Change:
    """Changes a value by its type: members of sets, lists and maps one by one, BOOL where `truth` says so."""

    def changed(value: AttributeValue) -> AttributeValue:
        ((tag, payload),) = value.items()
        assert tag in by_type, f"{tag} is no type of an attribute value"
        return {tag: by_type[tag](payload)}

    def members(tag: str, change: Callable[..., object]) -> Callable[..., object]:
        return lambda payload: sorted_members(tag, {change(each) for each in payload})

    by_type: dict[str, Callable[..., object]] = {
        "S": text,
        "N": number,
        "B": binary,
        "BOOL": lambda payload: payload if truth is None else truth,
        "NULL": lambda payload: payload,
        "SS": members("SS", text),
        "NS": members("NS", number),
        "BS": members("BS", binary),
        "L": lambda payload: [changed(each) for each in payload],
        "M": lambda payload: {name: changed(each) for name, each in payload.items()},
    }
    return changed


def _parted(change: Text, options: Options) -> Text:
    """Changes what stands behind each separator that `after` names, else the whole text; an empty one stays empty."""
    separator = options.get("after")
    if separator is None:
        return lambda text: text and change(text)

    def parts_changed(text: str) -> str:
        first, *others = text.split(separator)
        return separator.join([first, *(each and change(each) for each in others)])

    return parts_changed


def _pseudonym(pseudonyms: Pseudonyms, options: Options) -> Change:
    prefix = options.get("prefix", "")
    text = _parted((lambda text: prefix + pseudonyms.text(text)) if prefix else pseudonyms.text, options)
    return _by_type(text, pseudonyms.number, pseudonyms.binary)


def _worded(method: Callable[[Pseudonyms, str], str]) -> Callable[[Pseudonyms, Options], Change]:
    """A rule for texts; numbers and bytes have pseudonyms."""

    def make(pseudonyms: Pseudonyms, options: Options) -> Change:
        text = _parted(lambda text: method(pseudonyms, text), options)
        return _by_type(text, pseudonyms.number, pseudonyms.binary)

    return make


def _date(pseudonyms: Pseudonyms, options: Options) -> Change:
    """Moves dates; what is none has a pseudonym."""
    dates = ShiftedDates(pseudonyms.key, options.get("unit", ""))
    text = _parted(lambda text: dates.text(text) or pseudonyms.text(text), options)
    return _by_type(text, lambda number: dates.number(number) or pseudonyms.number(number), pseudonyms.binary)


def _redact(pseudonyms: Pseudonyms, options: Options) -> Change:
    return _by_type(lambda text: REDACTED, lambda number: "0", lambda binary: bytes(len(binary)), truth=False)


def _is_separator(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and bool(value) and not any(map(str.isalnum, value))


_AFTER = Argument("the signs between the parts of a text, such as '#'", of(str), _is_separator)
_PREFIX = Argument("a text", of(str))
CONSTANT = "constant"
RULES: dict[str, RuleKind] = {
    "keep": RuleKind(lambda pseudonyms, options: lambda value: value),
    "drop": RuleKind(lambda pseudonyms, options: lambda value: None, key_objection="it leaves no key"),
    "redact": RuleKind(_redact, key_objection="all keys would be the same"),
    "pseudonym": RuleKind(_pseudonym, {"prefix": _PREFIX, "after": _AFTER}),
    "email": RuleKind(_worded(Pseudonyms.email), {"after": _AFTER}),
    "digits": RuleKind(_worded(Pseudonyms.characters), {"after": _AFTER}),
    "name": RuleKind(_worded(Pseudonyms.name), {"after": _AFTER}, key_objection="two keys may become the same"),
    "date": RuleKind(_date, {"after": _AFTER, "unit": one_of(list(PER_DAY))}),
}
KEY_OBJECTIONS = {name: kind.key_objection for name, kind in RULES.items() if kind.key_objection} | {
    CONSTANT: RULES["redact"].key_objection
}
