"""Strategies for attribute values, keys and items. Keys collide often and have neighbours; all shrink to little."""

from __future__ import annotations

from hypothesis import strategies as st

from minidynamo.simulation.arguments import require, require_count
from minidynamo.testing.schemas import SchemaSource, TableSchema
from minidynamo.values.attribute_value import AttributeValue, Item

Values = st.SearchStrategy[AttributeValue]
Items = st.SearchStrategy[Item]

# Numbers at the edges of 38 digits and of the exponent, of either sign.
_NUMBER_EDGES = (
    *("0", "1", "-1", "10", "0.5", "-0.5", "1e-130", "-1e-130", "9.9999999999999999999999999999999999999e125"),
    *("-9.9999999999999999999999999999999999999e125", "99999999999999999999999999999999999999"),
    *("0.00000000000000000000000000000000000001", "1.0000000000000000000000000000000000001", "1e125"),
)
# Few values per type, near each other in the service's order, so that keys meet.
_KEY_POOLS: dict[str, tuple[str | bytes, ...]] = {
    "S": ("a", "b", "aa", "A", "a\x00", "é", "\U0001f600"),
    "N": ("0", "1", "-1", "1.5", "2", "10", "-1e-130"),
    "B": (b"a", b"b", b"aa", b"\x00", b"\xff"),
}
# The attributes that items have beside their keys, each always of one type, so that updates of them are valid.
ATTRIBUTES = {"n": "N", "s": "S", "l": "L", "m": "M", "ns": "NS", "ss": "SS", "b": "B", "flag": "BOOL"}
_ANY = "any"  # And one that may be of any type.


@st.composite
def _number_texts(draw: st.DrawFn) -> str:
    digits = draw(st.integers(1, 10**38 - 1))
    lowest = -130
    highest = 126 - len(str(digits))
    return f"{draw(st.sampled_from(['', '-']))}{digits}e{draw(st.integers(lowest, highest))}"


def numbers() -> st.SearchStrategy[str]:
    """Numbers that the service takes, as texts: small ones first, then all edges of 38 digits and of the exponents."""
    return st.one_of(st.integers(-1000, 1000).map(str), st.sampled_from(_NUMBER_EDGES), _number_texts())


def texts(min_size: int = 0) -> st.SearchStrategy[str]:
    """Short texts of any characters that UTF-8 has."""
    return st.text(st.characters(codec="utf-8"), min_size=min_size, max_size=8)


def _distinct_numbers() -> st.SearchStrategy[list[str]]:
    return st.lists(st.integers(-20, 20), min_size=1, max_size=3, unique=True).map(lambda found: list(map(str, found)))


_SCALARS: dict[str, st.SearchStrategy[object]] = {
    "S": texts(),
    "N": numbers(),
    "B": st.binary(max_size=8),
    "BOOL": st.booleans(),
    "NULL": st.just(True),
    "SS": st.lists(texts(), min_size=1, max_size=3, unique=True),
    "NS": _distinct_numbers(),
    "BS": st.lists(st.binary(max_size=4), min_size=1, max_size=3, unique=True),
}


def attribute_values(*types: str, max_leaves: int = 6) -> Values:
    """Attribute values in wire form, such as `{"N": "1"}`.

    Parameters:
        types: the types wanted, such as "S" or "M"; all by default.
        max_leaves: how many values documents hold at most.

    Raises:
        ValueError: there is no such type.
        TypeError: the types are not given one by one, or `max_leaves` is no number.
    """
    for each in types:
        require(isinstance(each, str), "attribute_values", "types one by one, such as attribute_values('S', 'N')", each)
    require_count("max_leaves", max_leaves, 1)
    unknown = set(types) - _SCALARS.keys() - {"L", "M"}
    if unknown:
        raise ValueError(f"there is no type {', '.join(sorted(unknown))}; there are {', '.join([*_SCALARS, 'L', 'M'])}")
    scalars = st.one_of([_tagged(tag) for tag in _SCALARS if not types or tag in types] or [_tagged("S")])
    if types and not {"L", "M"} & set(types):
        return scalars
    inner = st.recursive(st.one_of([_tagged(tag) for tag in _SCALARS]), _documents, max_leaves=max_leaves)
    documents = [
        strategy
        for tag, strategy in (("L", _lists(inner)), ("M", _maps(inner)))
        if not types or tag in types
    ]  # fmt: skip
    return st.one_of([scalars, *documents] if not types or set(types) & _SCALARS.keys() else documents)


def _tagged(tag: str) -> Values:
    return _SCALARS[tag].map(lambda payload: {tag: payload})


def _lists(inner: Values) -> Values:
    return st.lists(inner, max_size=3).map(lambda members: {"L": members})


def _maps(inner: Values) -> Values:
    return st.dictionaries(st.sampled_from(("a", "b", "c")), inner, max_size=3).map(lambda members: {"M": members})


def _documents(inner: Values) -> Values:
    return st.one_of(_lists(inner), _maps(inner))


def key_values(kind: str) -> Values:
    """Values of a key attribute: from a small pool more often than not, so that keys collide and are neighbours.

    Parameters:
        kind: S, N or B.
    """
    pool = st.sampled_from(_KEY_POOLS[kind])
    rest = {"S": texts(min_size=1), "N": numbers(), "B": st.binary(min_size=1, max_size=8)}[kind]
    return st.one_of(pool, pool, pool, rest).map(lambda payload: {kind: payload})


def keys(schema: SchemaSource) -> Items:
    """Keys of a table; they collide often.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    table = TableSchema.of(schema)
    return st.fixed_dictionaries({name: key_values(table.types[name]) for name in table.key})


def payload_values(name: str) -> Values:
    """Values of one of `ATTRIBUTES`; numbers are such that adding them up loses nothing."""
    if name == _ANY:
        return attribute_values()
    kind = ATTRIBUTES[name]
    return st.integers(-1000, 1000).map(lambda each: {"N": str(each)}) if kind == "N" else attribute_values(kind)


def items(schema: SchemaSource) -> Items:
    """Items of a table: keys that collide, key attributes of indexes more often than not, and some attributes of every
    type, each name always with one type.

    Parameters:
        schema: a `TableSchema`, or what `TableSchema.of` takes.
    """
    table = TableSchema.of(schema)
    return st.fixed_dictionaries(
        {name: key_values(table.types[name]) for name in table.key},
        optional={
            **{name: key_values(table.types[name]) for name in table.index_key},
            **{name: payload_values(name) for name in payload_names(table)},
        },
    )


def payload_names(table: TableSchema) -> list[str]:
    """The attributes that items of a table may have beside keys."""
    return [name for name in (*ATTRIBUTES, _ANY) if name not in table.types]
