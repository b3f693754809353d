"""Rules for personal data as a document has them: where they hold, what is refused, and what is told of them."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest

from minidynamo.anonymizing.anonymizer import Anonymizer, AnonymizingError
from minidynamo.anonymizing.rules import CONSTANT, KEY_OBJECTIONS, RULES
from minidynamo.values.api_types import AttributeValue, Item, JsonObject, JsonValue

SECRET, OTHER_SECRET = b"a secret of the tests", b"another one of the tests"
NAME = "Customers"


def anonymizer(rules: JsonObject, secret: bytes = SECRET) -> Anonymizer:
    return Anonymizer({"tables": {NAME: rules}}, secret)


ITEM: Item = {
    "id": {"S": "7"},
    "address": {"M": {"street": {"S": "High Street"}, "city": {"S": "Leeds"}}},
    "orders": {"L": [{"M": {"note": {"S": "a"}, "n": {"N": "1"}}}, {"M": {"note": {"S": "b"}}}, {"S": "c"}]},
    "contacts": {"M": {"ann": {"M": {"phone": {"S": "1"}}}, "bob": {"M": {"phone": {"S": "2"}}}}},
    "a.b*": {"S": "d"},
}


@pytest.mark.parametrize(
    ("rules", "redacted"),
    [
        ({"address.street": "redact"}, ["High Street"]),
        ({"address": "redact"}, ["High Street", "Leeds"]),
        ({"address": "redact", "address.city": "keep"}, ["High Street"]),
        ({"orders[*].note": "redact"}, ["a", "b"]),
        ({"orders[1].note": "redact"}, ["b"]),
        ({"orders[*]": "redact", "orders[0].note": "keep"}, ["b", "c"]),
        ({"contacts.*.phone": "redact"}, ["1", "2"]),
        ({"contacts.*.phone": "redact", "contacts.ann.phone": "keep"}, ["2"]),
        ({"*.*": "redact", "address.*": "keep", "*.bob": "keep"}, ["1"]),
        ({r"a\.b\*": "redact"}, ["d"]),
        ({"*": "redact", "id": "keep", "orders": "keep", "contacts.ann": "keep"}, ["High Street", "Leeds", "2", "d"]),
        ({"id.x": "redact", "address[*]": "redact", "orders.note": "redact", "nope": "redact"}, []),
    ],
)
def test_paths(rules: JsonObject, redacted: list[str]) -> None:
    """The longest path holds, then the one with names; what no path reaches stays as it is."""

    def texts_in(value: AttributeValue) -> list[str]:
        ((tag, payload),) = value.items()
        members = payload if tag == "L" else payload.values() if tag == "M" else []
        return [payload] if tag == "S" else [text for each in members for text in texts_in(each)]

    before = copy.deepcopy(ITEM)
    found = texts_in({"M": anonymizer(rules).item(NAME, ITEM)})
    expected = texts_in({"M": ITEM})
    assert sorted(set(expected) - set(found)) == sorted(redacted)
    assert found.count("***") == len(redacted)
    assert before == ITEM


def test_rules_of_all_tables_hold_unless_a_table_has_its_own() -> None:
    """A path of the table comes before the same path of all."""
    rules = {"*": {"a": "redact", "b": "redact"}, "Orders": {"a": "keep", "c": "redact"}}
    found = Anonymizer({"tables": rules}, SECRET)
    item: Item = {name: {"S": "x"} for name in "abc"}
    assert [value["S"] for value in found.item("Orders", item).values()] == ["x", "***", "***"]
    assert [value["S"] for value in found.item("Others", item).values()] == ["***", "***", "x"]


def test_unmatched_rules_are_told() -> None:
    """In their order, those of other tables too."""
    rules = {"Customers": {"email": "email", "emial": "email", "a.b": "keep"}, "Orders": {"x": "drop"}}
    found = Anonymizer({"tables": rules}, SECRET)
    assert found.unmatched() == ["Customers: email", "Customers: emial", "Customers: a.b", "Orders: x"]
    found.item("Customers", {"email": {"S": "a"}, "a": {"S": "b"}})
    assert found.unmatched() == ["Customers: emial", "Customers: a.b", "Orders: x"]


@pytest.mark.parametrize("rule", sorted(KEY_OBJECTIONS))
@pytest.mark.parametrize("path", ["pk", "*"])
def test_rules_that_lose_keys_are_refused_for_keys(rule: str, path: str) -> None:
    """By what the rule does to them, be it for the key or for all attributes."""
    found = anonymizer({path: {rule: 1} if rule == CONSTANT else rule, "sk": "pseudonym"})
    found.check_table(NAME, ("sk",))
    with pytest.raises(AnonymizingError, match=rf"^Customers: the key 'pk' falls under the rule {rule} of .*: give it"):
        found.check_table(NAME, ("sk", "pk"))


def test_rules_that_keep_keys_distinct_are_for_keys() -> None:
    """So is no rule at all, and a rule for something below another attribute of the name."""
    for rule in set(RULES) - set(KEY_OBJECTIONS):
        anonymizer({"pk": rule, "x.sk": "drop"}).check_table(NAME, ("pk", "sk"))


def test_a_table_without_rules_is_refused() -> None:
    """Its data would be copied as they are, for a misspelt name perhaps."""
    found = anonymizer({"a": "keep"})
    for refused in (lambda: found.check_table("Custmers", ()), lambda: found.item("Custmers", {})):
        with pytest.raises(
            AnonymizingError, match=r"^no rules are given for the table 'Custmers': did you mean Customers"
        ):
            refused()


def test_fingerprints() -> None:
    """Equal for the same rules in another order, and other ones for other rules or another secret."""
    one = anonymizer({"a": "keep", "b": "drop"})
    assert one.fingerprint == anonymizer({"b": "drop", "a": "keep"}).fingerprint
    others = [anonymizer({"a": "keep"}), anonymizer({"a": "keep", "b": "drop"}, OTHER_SECRET)]
    assert len({one.fingerprint, *(each.fingerprint for each in others)}) == 3
    assert SECRET.hex() not in one.fingerprint


def test_a_secret_is_long() -> None:
    """A short one could be guessed."""
    with pytest.raises(AnonymizingError, match=r"^the secret has 5 bytes, and must have 16 at least$"):
        anonymizer({"a": "keep"}, b"short")
    with pytest.raises(TypeError, match="a secret of bytes, not 'text'"):
        anonymizer({"a": "keep"}, "text")  # type: ignore[arg-type]


DOCUMENT = """\
# What the guide shows is like this.
tables:
  Customers:
    email: email
    address.street:
      pseudonym: {prefix: street-}
    "*": keep
"""


def test_a_file_says_the_same_in_yaml_and_json(tmp_path: Path) -> None:
    """And as its object."""
    rules = {"tables": {"Customers": {"email": "email", "address.street": {"pseudonym": {"prefix": "street-"}}}}}
    rules["tables"]["Customers"]["*"] = "keep"
    (tmp_path / "rules.yaml").write_text(DOCUMENT)
    (tmp_path / "rules.json").write_text(json.dumps(rules, indent=1))
    read = [Anonymizer.read(tmp_path / name, SECRET).fingerprint for name in ("rules.yaml", "rules.json")]
    assert read == [Anonymizer(rules, SECRET).fingerprint] * 2


@pytest.mark.parametrize(
    ("before", "after", "line", "text"),
    [
        ("email: email", "email: emial", 4, "Customers: email: there is no rule 'emial': did you mean email?"),
        ("email: email", '"email" : 3', 4, "Customers: email: a rule is its name"),
        ("email: email", "email:", 4, "Customers: email: a rule is its name"),
        ("email: email", "email: constant", 4, "Customers: email: a rule is its name, .* or {constant: a value}"),
        ("email: email", "email: {email: {}, name: {}}", 4, "Customers: email: a rule is its name"),
        ("email: email", "email: {digits: 3}", 4, "Customers: email: the options of digits are an object, not 3"),
        (
            "email: email",
            "email: {date: {unit: second}}",
            4,
            "Customers: email: there is no unit 'second': .* seconds?",
        ),
        ("email: email", "email: {date: {unit: 1}}", 4, "Customers: email: unit takes one of days, .* not 1"),
        ("email: email", "email: {name: {after: x}}", 4, "Customers: email: after takes the signs between .* not 'x'"),
        ("email: email", "email: {drop: {a: b}}", 4, "Customers: email: drop has no option 'a': there are none"),
        ("email: email", "email: {constant: .inf}", 4, "Customers: email: the constant is no attribute value: "),
        ("email: email", "email: {constant: {1: a}}", 4, "Customers: email: the constant .*: names in it are text"),
        (
            "email: email",
            "address: {street: drop}",
            4,
            "Customers: address: there is no rule 'street': .*; an attribute below another has a path, such as",
        ),
        ("email: email", "1: keep", 4, "1 is no path: put it in quotes"),
        (
            "email: email",
            "em*: keep",
            4,
            r"the path 'em\*' cannot be read from '\*' on: write such as a, a.b, a\[\*\].b",
        ),
        ("email: email", ".a: keep", 4, "the path '.a' cannot be read: "),
        ("email: email", "a[x]: keep", 4, r"the path 'a\[x\]' cannot be read from '\[x\]' on"),
        ("email: email", "a..b: keep", 4, "the path 'a..b' cannot be read from '..b' on"),
        ("email: email", "a.: keep", 4, "the path 'a.' cannot be read from '.' on"),
        ("email: email", f"{'a.' * 32}a: keep", 4, "the path '.*' has more than 32 steps"),
        (
            "email: email",
            r"\*.x: keep" + "\n    \\*.\\x: drop",
            5,
            "Customers: .* and 'Customers: .*' are the same path",
        ),
        ("prefix:", "prefx:", 5, "Customers: address.street: pseudonym has no option 'prefx': did you mean prefix?"),
        ("street-", "3", 5, "Customers: address.street: prefix takes a text, not 3"),
        ('"*": keep', "*: keep", 7, '.*alias.* and \\* alone is written "\\*"'),
        ("Customers:", "3:", 3, "3 is no name of a table: put it in quotes"),
        ("  Customers:", "  Orders: keep\n  Customers:", 3, "the table 'Orders' has rules by path, .*, not 'keep'"),
        ("  Customers:", "  Orders: {}\n  Customers:", 3, "the table 'Orders' has rules by path, .*, not a dict"),
        ("tables:", "tabels:", 2, "there is no 'tabels' beside 'tables', below which tables stand"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, before: str, after: str, line: int, text: str) -> None:
    """In one line, with the nearest name that is right."""
    path = tmp_path / "rules.yaml"
    path.write_text(DOCUMENT.replace(before, after, 1))
    with pytest.raises(AnonymizingError) as found:
        Anonymizer.read(path, SECRET)
    assert re.match(rf"{re.escape(str(path))}(, line {line}| is no valid YAML: line {line}): {text}", str(found.value))
    assert "\n" not in str(found.value)


def test_the_line_in_json(tmp_path: Path) -> None:
    """Which may have all of a table in one."""
    path = tmp_path / "rules.json"
    path.write_text('{"tables": {\n"Customers": {"a": "keep",\n "b": "kept"}}}')
    with pytest.raises(AnonymizingError, match=r"line 3: Customers: b: there is no rule 'kept': did you mean keep?"):
        Anonymizer.read(path, SECRET)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "is empty"),
        ("- a\n", "rules are an object with 'tables', not a list"),
        ("tables: {}\n", "line 1: 'tables' is an object of tables and their rules, not a dict"),
        ("tables:\n", "line 1: 'tables' is an object of tables and their rules, not None"),
    ],
)
def test_files_without_rules_are_refused(tmp_path: Path, content: str, text: str) -> None:
    """As is one that is not there."""
    path = tmp_path / "rules.yaml"
    with pytest.raises(AnonymizingError, match=r"^cannot read .*No such file"):
        Anonymizer.read(path, SECRET)
    path.write_text(content)
    with pytest.raises(AnonymizingError, match=text):
        Anonymizer.read(path, SECRET)


def test_an_object_is_checked_too() -> None:
    """Without a file there is no line, but the place."""
    mistakes: list[tuple[JsonValue, str]] = [
        ({"tables": {"T": {"a": "kep"}}}, "^T: a: there is no rule 'kep': did you mean keep"),
        ([], "^rules are an object with 'tables', not a list"),
    ]
    for rules, text in mistakes:
        with pytest.raises(AnonymizingError, match=text):
            Anonymizer(rules, SECRET)
