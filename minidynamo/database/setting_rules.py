"""What the settings of a database may be: a row for each, which it is held against once, at the opening."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Collection, Mapping
from reprlib import repr as short
from typing import NamedTuple

from minidynamo.arguments import did_you_mean, require
from minidynamo.schema.arns import REGION_NAME
from minidynamo.storage.engine import DURABILITIES
from minidynamo.tables.catalog import TRANSITIONAL, StatusDelays
from minidynamo.wording import WORDINGS

_NONE_BY_DEFAULT = frozenset({"path", "durability", "clock", "region", "table_delays", "credentials"})


class _Row(NamedTuple):
    """What one setting takes.

    Attributes:
        takes: that, in words.
        is_kind: whether a value is of its type: a TypeError where it is not.
        allows: whether a value of its type is one that it takes: a ValueError where it is not.
        names: all that there are, where these are few.
    """

    takes: str
    is_kind: Callable[[object], bool]
    allows: Callable[[object], bool] = lambda value: True
    names: Collection[str] = ()


def check_settings(**settings: object) -> None:
    """Raises what is wrong with settings of `connect`, in one line.

    Raises:
        TypeError: a setting is of a wrong type.
        ValueError: it is none that is taken.
    """
    for name, value in settings.items():
        if value is None and name in _NONE_BY_DEFAULT:
            continue
        assert name in ROWS, f"{name} is no setting: whoever takes settings refuses others"
        row = ROWS[name]
        require(row.is_kind(value), name, row.takes, value)
        if row.names and value not in row.names:
            raise ValueError(f"there is no {name} {value!r}: {did_you_mean(value, row.names)}")
        if not row.allows(value):
            raise ValueError(f"{name} takes {row.takes}, not {short(value)}")


def _of(*kinds: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kinds)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _tells_time(value: object) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "now", None))


def _between(least: float, most: float = math.inf) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int | float) and least <= value <= most


def _like(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _are_delays(value: object) -> bool:
    if isinstance(value, Mapping):
        return value.keys() <= set(TRANSITIONAL) and all(map(_between(0), value.values()))
    return isinstance(value, StatusDelays) or _between(0)(value)


def _one_of(names: Collection[str]) -> _Row:
    return _Row(f"one of {', '.join(names)}", _of(str), names=names)


ROWS = {
    "path": _Row("the path of a file, or a URL", _of(str, os.PathLike)),
    "durability": _one_of(DURABILITIES),
    "read_only": _Row("True or False", _of(bool)),
    "on_damage": _one_of(("raise", "skip")),
    "file_mode": _Row("the permissions of a file, such as 0o640", _is_whole, _between(0, 0o777)),
    "clock": _Row("a clock, such as ManualClock()", _tells_time),
    "seed": _Row("a whole number or a text", _of(int, str)),
    "region": _Row("the name of a region, such as 'us-east-1'", _of(str), _like(REGION_NAME)),
    "account_id": _Row("a text of twelve digits, such as '123456789012'", _of(str), _like(re.compile("[0-9]{12}"))),
    "partition_size": _Row("a whole number of bytes from 1 on, such as 10 * 1024**3", _is_whole, _between(1)),
    "table_delays": _Row(
        f"seconds from 0 on, or a mapping of them by {', '.join(TRANSITIONAL)}",
        _of(int, float, Mapping, StatusDelays),
        _are_delays,
    ),
    "wording": _one_of(WORDINGS),
    "credentials": _Row("an access key, its secret and maybe a session token: ('AKIA...', '...')", _of(tuple, list)),
}
assert ROWS.keys() >= _NONE_BY_DEFAULT
