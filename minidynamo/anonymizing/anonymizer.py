"""Personal data, replaced by rules on the way from one table to another.

    tables:
      Customers:
        email: email
        address.street: {pseudonym: {prefix: street-}}
        "*": keep
      "*":
        phone: digits

Owns the document of rules. Which rules there are is told by `rules.py`, where they hold by `attribute_paths.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path as FilePath

from minidynamo.anonymizing.attribute_paths import Path, Place, parsed_path
from minidynamo.anonymizing.pseudonyms import SECRET_BYTES_MIN, Pseudonyms
from minidynamo.anonymizing.rules import KEY_OBJECTIONS, AttributeRule, read_rule
from minidynamo.anonymizing.rules import AnonymizingError as AnonymizingError
from minidynamo.arguments import did_you_mean, require, shown
from minidynamo.templates.document import Document, read_document
from minidynamo.templates.table_definition import TemplateError
from minidynamo.values.api_types import Item, JsonObject, JsonValue

TABLES = "tables"
ALL_TABLES = "*"

_Rules = dict[Path, AttributeRule]


class Anonymizer:
    """Replaces personal data in items.

    Parameters:
        rules: the document of rules, as a file has it.
        secret: what pseudonyms are made with, 16 bytes at least. The same secret makes the same pseudonyms, in all
            tables and at any time; whoever has it can test guesses.

    Raises:
        AnonymizingError: the document is none of rules, or the secret is too short.
        TypeError: the secret is not bytes.
    """

    def __init__(self, rules: JsonObject, secret: bytes) -> None:
        require(isinstance(secret, bytes), "Anonymizer", "a secret of bytes", secret)
        if len(secret) < SECRET_BYTES_MIN:
            raise AnonymizingError(f"the secret has {len(secret)} bytes, and must have {SECRET_BYTES_MIN} at least")
        self._pseudonyms = Pseudonyms(secret)
        self._rules: list[AttributeRule] = []
        by_table = {table: self._read_table(table, written) for table, written in _tables(rules).items()}
        for_all = by_table.pop(ALL_TABLES, {})
        self._tables = {table: Place({**for_all, **own}) for table, own in by_table.items()}
        self._other_tables = Place(for_all) if for_all else None
        content = json.dumps(rules, sort_keys=True, ensure_ascii=False, default=repr)
        self._fingerprint = self._pseudonyms.fingerprint(content)

    @classmethod
    def read(cls, path: FilePath, secret: bytes) -> Anonymizer:
        """An anonymizer with the rules of a file, YAML or JSON.

        Parameters:
            path: of the file.
            secret: as for the class.

        Raises:
            AnonymizingError: the file cannot be read, or is no document of rules; the text names the line.
        """
        try:
            document = read_document(path)
        except TemplateError as error:
            hint = ', and * alone is written "*"' if "alias" in str(error) else ""
            raise AnonymizingError(f"{error}{hint}") from None
        try:
            return cls(document.value, secret)  # type: ignore[arg-type]  # Checked there.
        except AnonymizingError as error:
            place = _place(document, path, error)
            raise AnonymizingError(f"{place}: {error}" if place else str(error)) from None

    @property
    def fingerprint(self) -> str:
        """A hash of the rules and the secret: equal ones make the same of each item. It tells nothing of the secret."""
        return self._fingerprint

    def item(self, table_name: str, item: Item) -> Item:
        """An item as it goes to the other table.

        Parameters:
            table_name: of the table that it comes from.
            item: what is there. It is not changed, and the result shares with it what is kept.

        Raises:
            AnonymizingError: no rules are given for the table.
        """
        return self._table(table_name).changed_members(item)

    def check_table(self, table_name: str, key_names: tuple[str, ...]) -> None:
        """Raises AnonymizingError for a table that has no rules, or a rule for a key that leaves no two keys distinct.

        Parameters:
            table_name: of the table.
            key_names: the attributes that identify its items.
        """
        table = self._table(table_name)
        for name in key_names:
            place = table.member(name)
            rule = None if place is None else place.rule
            if rule is not None and rule.name in KEY_OBJECTIONS:
                raise AnonymizingError(
                    f"{table_name}: the key {name!r} falls under the rule {rule.name} of {rule.place!r}, and "
                    f"{KEY_OBJECTIONS[rule.name]}: give it keep, pseudonym, email, digits or date"
                )

    def unmatched(self) -> list[str]:
        """The rules for which no attribute has been there so far, such as "Customers: emial", in their order."""
        return [rule.place for rule in self._rules if not rule.has_matched]

    def _table(self, name: str) -> Place:
        place = self._tables.get(name, self._other_tables)
        if place is None:
            known = did_you_mean(name, self._tables)
            raise AnonymizingError(f'no rules are given for the table {name!r}: {known} "*" is for all tables')
        return place

    def _read_table(self, table: str, written: JsonValue) -> _Rules:
        rules: _Rules = {}
        for text, rule in written.items():
            place = f"{table}: {text}"
            try:
                path = _path(text)
                if path in rules:
                    raise AnonymizingError(f"{place} and {rules[path].place!r} are the same path")
                rules[path] = read_rule(self._pseudonyms, rule, place)
            except AnonymizingError as error:
                raise AnonymizingError(str(error), at=written, member=str(text)) from None
        self._rules.extend(rules.values())
        return rules


def _path(text: object) -> Path:
    if not isinstance(text, str):
        raise AnonymizingError(f"{shown(text)} is no path: put it in quotes")
    return parsed_path(text)


def _tables(rules: object) -> Mapping[str, Mapping[str, JsonValue]]:
    """What a document says of each table, all of whose names and rules are there."""
    if not isinstance(rules, Mapping):
        raise AnonymizingError(f"rules are an object with {TABLES!r}, not {shown(rules)}")
    others = [name for name in rules if name != TABLES]
    if others:
        raise AnonymizingError(
            f"there is no {others[0]!r} beside {TABLES!r}, below which tables stand", rules, others[0]
        )
    tables = rules.get(TABLES)
    if not isinstance(tables, Mapping) or not tables:
        raise AnonymizingError(f"{TABLES!r} is an object of tables and their rules, not {shown(tables)}", rules, TABLES)
    for name, written in tables.items():
        if not isinstance(name, str):
            raise AnonymizingError(f"{shown(name)} is no name of a table: put it in quotes", tables, str(name))
        if not isinstance(written, Mapping) or not written:
            takes = 'has rules by path, such as "*": keep'
            raise AnonymizingError(f"the table {name!r} {takes}, not {shown(written)}", tables, name)
    return tables


def _place(document: Document, path: FilePath, error: AnonymizingError) -> str:
    """The file and the line of a mistake: that of the member, where it is found; "" where it is not in the file."""
    first = document.line_of(error.at)
    if first is None:
        return "" if isinstance(document.value, Mapping) else document.name
    written = re.compile(rf"""(?<![^\s{{,])["']?{re.escape(error.member)}["']?\s*:""")
    lines = path.read_text("utf-8-sig").splitlines()
    found = next((number for number in range(first, len(lines) + 1) if written.search(lines[number - 1])), first)
    return f"{document.name}, line {found}"
