"""What each rule makes of personal data on the way to another table."""

from __future__ import annotations

import copy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minidynamo.anonymizing.anonymizer import Anonymizer
from minidynamo.anonymizing.rules import CONSTANT, RULES
from minidynamo.limits import ITEM_SIZE_BYTES_MAX
from minidynamo.testing.values import attribute_values, numbers, texts
from minidynamo.values.api_types import AttributeValue, Item, JsonObject, JsonValue
from minidynamo.values.attribute_value import checked_item, type_of
from minidynamo.values.numbers import canonical_number

SECRET, OTHER_SECRET = b"a secret of the tests", b"another one of the tests"
NAME = "Customers"


def anonymizer(rules: JsonObject, secret: bytes = SECRET) -> Anonymizer:
    return Anonymizer({"tables": {NAME: rules}}, secret)


def changed(rules: JsonObject, item: Item) -> Item:
    return anonymizer(rules).item(NAME, item)


BY_RULE = {rule: anonymizer({"*": rule}) for rule in RULES} | {CONSTANT: anonymizer({"*": {CONSTANT: "same"}})}

AGAIN = {rule: Anonymizer({"tables": {"*": {"a": rule}}}, SECRET) for rule in RULES}


def by_rule(rule: str, value: AttributeValue) -> AttributeValue:
    """What a rule without options makes of a value."""
    return BY_RULE[rule].item(NAME, {"a": value})["a"]


def text_by(rule: JsonValue, text: str) -> str:
    found = anonymizer({"a": rule}).item(NAME, {"a": {"S": text}})["a"]["S"]
    assert isinstance(found, str)
    return found


PLAIN: Item = {
    "S": {"S": "Ann Smith"},
    "N": {"N": "-120.5"},
    "B": {"B": b"\x01\x02\x03"},
    "BOOL": {"BOOL": True},
    "NULL": {"NULL": True},
    "SS": {"SS": ["a", "b"]},
    "NS": {"NS": ["1", "2"]},
    "BS": {"BS": [b"a", b"b"]},
    "L": {"L": [{"S": "a"}, {"N": "1"}]},
    "M": {"M": {"a": {"S": "a"}}},
}


def test_keep_and_drop() -> None:
    """The one leaves a value, the other takes the attribute, the member or the element away."""
    item: Item = {"a": {"S": "x"}, "b": {"S": "y"}, "c": {"L": [PLAIN["S"], PLAIN["N"]]}, "d": {"M": PLAIN}}
    found = changed({"b": "drop", "c[0]": "drop", "d.S": "drop", "a": "keep"}, item)
    without = {name: value for name, value in PLAIN.items() if name != "S"}
    assert found == {"a": {"S": "x"}, "c": {"L": [PLAIN["N"]]}, "d": {"M": without}}


def test_redact() -> None:
    """A fixed value of the type, of sets as many as there are; bytes keep their length."""
    found = changed({"*": "redact"}, PLAIN | {"BS": {"BS": [b"a", b"b", b"cc"]}})
    assert found == {
        "S": {"S": "***"},
        "N": {"N": "0"},
        "B": {"B": bytes(3)},
        "BOOL": {"BOOL": False},
        "NULL": {"NULL": True},
        "SS": {"SS": ["***"]},
        "NS": {"NS": ["0"]},
        "BS": {"BS": [b"\0", b"\0\0"]},
        "L": {"L": [{"S": "***"}, {"N": "0"}]},
        "M": {"M": {"a": {"S": "***"}}},
    }


def test_constant() -> None:
    """What the document says, as plain JSON."""
    value = {"open": [True, None, 1.5, "x", {"n": 10}]}
    members = [{"BOOL": True}, {"NULL": True}, {"N": "1.5"}, {"S": "x"}, {"M": {"n": {"N": "10"}}}]
    assert changed({"S": {"constant": value}}, PLAIN)["S"] == {"M": {"open": {"L": members}}}


def test_pseudonyms_are_what_they_have_been() -> None:
    """A copy made with an earlier version is continued, and joined, with a later one."""
    assert text_by("pseudonym", "ann@x.org") == "pkdh75ya2lrg274g"
    assert text_by({"pseudonym": {"prefix": "c-"}}, "ann@x.org") == "c-pkdh75ya2lrg274g"
    assert text_by("email", "ann@x.org") == "pkdh75ya2lrg274g@example.com"
    assert text_by("name", "Ann Smith") == "Romimul Budazos"
    assert text_by("digits", "+44 20 7946-0958 x Ann") == "+06 33 6280-2801 j Ske"
    assert text_by("digits", "Zoë Müller — 张伟") == "Baê VÜaohv — 弲优"
    assert text_by("date", "1985-03-12T10:30:00Z") == "1984-10-14T10:30:00Z"
    assert by_rule("pseudonym", {"N": "-120.5"}) == {"N": "-568.8"}
    assert by_rule("pseudonym", {"B": b"abc"}) == {"B": b"d\x16k"}


def test_an_empty_text_stays_empty() -> None:
    """It says nothing of anybody."""
    assert [text_by(rule, "") for rule in ("pseudonym", "email", "digits", "name", "date")] == [""] * 5


def test_parts_behind_a_separator_are_replaced() -> None:
    """All but the first, each by what the same rule makes of it alone, so that keys and attributes still agree."""
    rule = {"pseudonym": {"after": "#"}}
    ann, order = text_by("pseudonym", "ann@x.org"), text_by("pseudonym", "7")
    assert text_by(rule, "USER#ann@x.org") == f"USER#{ann}"
    assert text_by(rule, "USER#ann@x.org##7") == f"USER#{ann}##{order}"
    assert text_by(rule, "PROFILE") == "PROFILE"
    assert text_by({"date": {"after": "::"}}, "AT::2024-01-31") == f"AT::{text_by('date', '2024-01-31')}"


def test_names_have_as_many_words() -> None:
    """Up to three, of letters alone."""
    for text, count in (("Ann", 1), ("Ann Smith", 2), ("a b c d e", 3), ("  ", 1)):
        words = text_by("name", text).split(" ")
        assert len(words) == count and all(word.isalpha() and word.istitle() for word in words)


@pytest.mark.parametrize("day", ["2024-02-29", "20240229", "2024-02-29T23:59:59.5+02:00", "0002-01-01", "9998-12-31"])
def test_dates_keep_their_form(day: str) -> None:
    """And the time of day."""
    found = text_by("date", day)
    assert found != day
    assert len(found) == len(day)
    assert found[10:] == day[10:]


def test_intervals_survive() -> None:
    """Between dates, times of day and numbers of any unit, up to half a year from where they were."""
    texts_found = [int(text_by("date", text)) for text in ("1700000000", "1700000000000")]
    numbers_found = [by_rule("date", {"N": text})["N"] for text in ("1700000000", "1700000000000.25", "-86400")]
    shift = texts_found[0] - 1_700_000_000
    assert shift % 86_400 == 0 and 0 < abs(shift) <= 183 * 86_400
    assert texts_found[1] == 1_700_000_000_000 + 1000 * shift
    assert numbers_found == [str(texts_found[0]), f"{texts_found[1]}.25", str(shift - 86_400)]
    days = changed({"a": {"date": {"unit": "days"}}}, {"a": {"N": "19000"}})["a"]
    assert days == {"N": str(19_000 + shift // 86_400)}
    assert by_rule("date", {"N": "20240131"})["N"] == text_by("date", "20240131")


@pytest.mark.parametrize("text", ["2023-02-29", "soon", "05/01/2023", "2024-01", "1" * 11])
def test_what_is_no_date_has_a_pseudonym(text: str) -> None:
    """Rather than staying what it is."""
    assert text_by("date", text) == text_by("pseudonym", text)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01T00:00:00"])
def test_never_stays_never(day: str) -> None:
    """Dates of the first and the last year are no dates of anybody."""
    assert text_by("date", day) == day


@given(value=attribute_values(), rule=st.sampled_from(sorted(set(RULES) - {"drop"})))
def test_values_keep_their_type_and_stay_valid(value: AttributeValue, rule: str) -> None:
    """Sets without duplicates and in order: nothing is left for the target to change but what it changed before."""
    item, _ = checked_item({"a": value})
    before = copy.deepcopy(item)
    found = BY_RULE[rule].item(NAME, item)
    assert type_of(found["a"]) == type_of(item["a"])
    assert checked_item(found)[0] == found
    assert item == before


@given(value=attribute_values("S", "N", "B", "SS", "NS", "BS", "L", "M"), rule=st.sampled_from(sorted(RULES)))
def test_the_same_secret_makes_the_same(value: AttributeValue, rule: str) -> None:
    """In another table and in another run; each member of a set is what it is alone."""
    item, _ = checked_item({"a": value})
    assert AGAIN[rule].item("Others", item) == BY_RULE[rule].item(NAME, item)
    ((tag, payload),) = item["a"].items()
    if tag.endswith("S") and tag != "S" and rule != "drop":
        assert {by_rule(rule, {tag[0]: each})[tag[0]] for each in payload} == set(by_rule(rule, item["a"])[tag])


@pytest.mark.parametrize("rule", ["pseudonym", "email", "digits", "name", "date"])
def test_another_secret_makes_another(rule: str) -> None:
    """Of texts, numbers and bytes."""
    item: Item = {"s": {"S": "1985-03-12"}, "n": {"N": "1700000000"}, "b": {"B": b"0123456789"}}
    one, other = (anonymizer({"*": rule}, secret).item(NAME, item) for secret in (SECRET, OTHER_SECRET))
    assert all(one[name] != other[name] != item[name] for name in item)


@given(pair=st.lists(st.one_of(texts(), st.text("01aA-é", max_size=3), st.text(min_size=30)), min_size=2, max_size=2))
def test_distinct_texts_stay_distinct(pair: list[str]) -> None:
    """By each rule that keys may have."""
    assume(pair[0] != pair[1] and not any("\ud800" <= each <= "\udfff" for text in pair for each in text))
    for rule in ("pseudonym", "email", "digits", "date"):
        one, other = (by_rule(rule, {"S": text}) for text in pair)
        assert one != other


@given(one=numbers(), other=numbers())
def test_distinct_numbers_stay_distinct(one: str, other: str) -> None:
    """And keep their sign, and their digits on both sides of the point."""
    assume(canonical_number(one) != canonical_number(other))
    found = [by_rule("pseudonym", {"N": each})["N"] for each in (one, other)]
    assert found[0] != found[1]
    for before, after in zip((one, other), found, strict=True):
        form = [len(each) for each in canonical_number(before).split(".")]
        assert [len(each) for each in after.split(".")] == form
        assert after.startswith("-") is before.startswith("-")
        assert canonical_number(after) == after


@given(one=st.binary(max_size=20), other=st.binary(max_size=20))
def test_distinct_bytes_stay_distinct(one: bytes, other: bytes) -> None:
    """And keep their length."""
    assume(one != other)
    found = [by_rule("pseudonym", {"B": each})["B"] for each in (one, other)]
    assert found[0] != found[1]
    assert list(map(len, found)) == [len(one), len(other)]


@pytest.mark.parametrize(
    ("rule", "tag", "form", "count"),
    [("digits", "S", "{:03}", 1000), ("digits", "S", "{}", 10), ("pseudonym", "N", "{}", 1000)],
)
def test_small_sets_are_permuted(rule: str, tag: str, form: str, count: int) -> None:
    """Every code, or number, of few digits becomes one of as many digits, and each of them does so once."""
    values = [form.format(number) for number in range(count)]
    found = [by_rule(rule, {tag: value})[tag] for value in values]
    assert sorted(found) == sorted(values)
    assert sum(one == other for one, other in zip(found, values, strict=True)) < 4 + count // 50


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_digits_keep_the_form(text: str) -> None:
    """Digits stay digits, letters letters of their case, all other signs themselves, and the size is the same."""
    found = by_rule("digits", {"S": text})["S"]
    assert len(found.encode()) == len(text.encode())
    for before, after in zip(text, found, strict=True):
        assert before.isascii() is after.isascii()
        if before.isascii():
            assert (before.isdigit(), before.islower(), before.isupper()) == (
                *(after.isdigit(), after.islower(), after.isupper()),
            )
            assert before.isalnum() or before == after


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"drop"}))
def test_large_items_do_not_grow(rule: str) -> None:
    """One of 400 KB can be written again."""
    text = "Ann lives here. " * 1000
    item: Item = {f"a{number}": {"S": text + str(number)} for number in range(24)} | {"b": {"B": bytes(24_000)}}
    size = checked_item(item)[1]
    assert 0.95 * ITEM_SIZE_BYTES_MAX < size <= ITEM_SIZE_BYTES_MAX
    assert checked_item(BY_RULE[rule].item(NAME, item))[1] <= size
