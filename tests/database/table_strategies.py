"""Keys and items of the state machine's table: few, so that they meet."""

from __future__ import annotations

from hypothesis import strategies as st

PARTITION_KEYS = ["a", "b", "c", "d", "\x00", "é"]
SORT_KEYS = ["-12.5", "-1", "-0.5", "0", "0.001", "1", "2", "9", "10", "99", "100"]
partition_keys = st.sampled_from(PARTITION_KEYS).map(lambda text: {"S": text})
sort_keys = st.sampled_from(SORT_KEYS).map(lambda text: {"N": text})
short_strings = st.sampled_from(["x", "xy", "y", "z\x00", "ü"]).map(lambda text: {"S": text})
small_numbers = st.sampled_from(["-3", "0", "1.5", "20"]).map(lambda text: {"N": text})
payloads = st.one_of(
    short_strings,
    small_numbers,
    st.binary(max_size=8).map(lambda binary: {"B": binary}),
    st.text(st.characters(codec="utf-8"), min_size=20, max_size=60).map(lambda text: {"S": text}),
    st.lists(short_strings, max_size=3).map(lambda members: {"L": members}),
    st.just({"SS": ["p", "q"]}),
    st.just({"M": {"k": {"NULL": True}}}),
)
keys = st.fixed_dictionaries({"pk": partition_keys, "sk": sort_keys})
items = st.fixed_dictionaries(
    {"pk": partition_keys, "sk": sort_keys},
    optional={"g": small_numbers, "h": short_strings, "l": short_strings, "d": payloads, "e": payloads},
)
