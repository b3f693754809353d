"""Hypothesis strategies for attribute values, in wire form and in every spelling."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

texts = st.text(st.characters(codec="utf-8"), max_size=20)
binaries = st.binary(max_size=20)


@st.composite
def number_literals(draw: Any) -> str:
    """Numbers of up to 38 digits over the whole range, spelled in all ways."""
    digits = draw(st.text("0123456789", min_size=1, max_size=38).filter(lambda text: text.strip("0")))
    point = draw(st.integers(0, len(digits)))
    significant = digits.lstrip("0")
    magnitude = draw(st.one_of(st.integers(-5, 5), st.integers(-130, 125)))
    # The exponent that gives the first significant digit the drawn magnitude.
    exponent = magnitude - (point - (len(digits) - len(significant)) - 1)
    sign = draw(st.sampled_from(["", "-", "+"]))
    marker = draw(st.sampled_from("eE"))
    return f"{sign}{digits[:point]}.{digits[point:]}{marker}{exponent:+d}"


numbers = st.one_of(number_literals(), st.integers(-(10**12), 10**12).map(str), st.just("0"))

scalars = st.one_of(
    texts.map(lambda text: {"S": text}),
    numbers.map(lambda number: {"N": number}),
    binaries.map(lambda binary: {"B": binary}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"NULL": True}),
    st.lists(texts, min_size=1, max_size=4, unique=True).map(lambda members: {"SS": members}),
    st.lists(st.integers().filter(lambda n: abs(n) < 10**38), min_size=1, max_size=4, unique=True).map(
        lambda members: {"NS": [str(member) for member in members]}
    ),
    st.lists(binaries, min_size=1, max_size=4, unique=True).map(lambda members: {"BS": members}),
)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda members: {"L": members}),
        st.dictionaries(names, inner, max_size=4).map(lambda members: {"M": members}),
    ),
    max_leaves=12,
)
items = st.dictionaries(names, values, max_size=6)
