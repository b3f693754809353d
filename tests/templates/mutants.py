"""Templates that are nearly right: those of tests, with a few of their parts or bytes replaced, dropped or added."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from minidynamo.templates.document import read_document
from minidynamo.templates.table_definition import TemplateError
from tests.mutations import JUNK, places

FUNCTIONS = [
    "Ref", "Condition", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::If", "Fn::Equals", "Fn::Not", "Fn::And",
    "Fn::Or", "Fn::FindInMap", "Fn::GetAtt", "Fn::ImportValue", "Fn::Nonsense",
    "Fn::Length", "Fn::ForEach::Loop",
]  # fmt: skip
PIECES = [
    b"!Sub ", b"!Ref ", b"!Join ", b"!Select ", b"!GetAtt ", b"!If ", b"! ", b"!!int ", b"!!set ", b"!!binary ", b"&a ",
    b"*a ", b"&a [*a]", b"<<: *a\n", b"${", b"}", b"[", b"]", b"{", b"'", b'"', b"- ", b": ", b"? ", b"\n", b"\n  ",
    b"\t", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"|\n", b"---\n", b"%TAG ! x\n", b"#", b"@", b"null",
    b"1:59", b"0x_", b".nan", b"\\u", b"${self:", b"${opt:", b", 'a'}",
]  # fmt: skip
STRUCTURAL = st.tuples(
    st.integers(0, 900),
    st.sampled_from(["put", "drop", "twice", "nest", "call", "swap"]),
    st.sampled_from(FUNCTIONS),
    JUNK,
)
TEXTUAL = st.tuples(
    st.floats(0, 1), st.sampled_from(["cut", "flip", "drop", "put"]), st.sampled_from(PIECES), st.integers(1, 255)
)


def mutants_of(paths: Sequence[Path]) -> st.SearchStrategy[Any]:
    """What to make of files: structural mutations of their documents, textual ones of their bytes."""
    documents = [read_document(path).value for path in paths]
    comments = st.sampled_from(["", "# YAML\n"])
    structural = st.tuples(st.sampled_from(documents), st.lists(STRUCTURAL, min_size=1, max_size=4), comments)
    texts = st.sampled_from([path.read_bytes() for path in paths])
    return structural | st.tuples(texts, st.lists(TEXTUAL, min_size=1, max_size=4))


def write_mutant(path: Path, drawn: Any) -> None:
    if isinstance(drawn[0], bytes):
        path.write_bytes(mutated_text(*drawn))
    else:
        document, mutations, comment = drawn
        path.write_text(comment + json.dumps(mutated_document(document, mutations), indent=1))


def mutated_document(document: Any, mutations: list[Any]) -> Any:
    document, mutations = copy.deepcopy((document, mutations))
    for number, kind, function, junk in mutations:
        found = list(places(document))
        if not found:
            break
        container, key = found[number % len(found)]
        old = container[key]
        if kind == "drop":
            del container[key]
        elif kind == "twice" and isinstance(container, list):
            container.append(copy.deepcopy(old))
        elif kind == "twice":
            container[f"{key}2"] = copy.deepcopy(old)
        elif kind == "swap":
            container[key] = {function: next(iter(old.values()))} if isinstance(old, dict) and old else {function: old}
        else:
            nested: Any = [old, junk] if isinstance(junk, list) else {function: [old, junk]}
            container[key] = {"put": junk, "nest": nested, "call": {function: junk}}[kind]
    return document


def mutated_text(text: bytes, mutations: list[Any]) -> bytes:
    for share, kind, piece, number in mutations:
        place = int(share * len(text))
        if kind == "cut":
            text = text[:place] if place > len(text) // 2 else text[place:]
        elif kind == "flip":
            text = text[:place] + bytes(byte ^ number for byte in text[place : place + 1]) + text[place + 1 :]
        elif kind == "drop":
            text = text[:place] + text[place + number % 9 :]
        else:
            text = text[:place] + piece + text[place:]
    return text


def check_error(error: ValueError) -> None:
    assert type(error) is TemplateError
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 5_000
