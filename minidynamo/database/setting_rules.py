"""What the settings of a database may be: a rule for each, which it is held against once, at the opening."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from minidynamo.arguments import TRUE_OR_FALSE, Rule, between, check_arguments, like, of, one_of
from minidynamo.schema.arns import ACCOUNT_ID, REGION_NAME
from minidynamo.storage.engine import DURABILITIES
from minidynamo.tables.catalog import TRANSITIONAL, StatusDelays
from minidynamo.wording import WORDINGS

URL_SCHEMES = ("http://", "https://", "dynamodb:")
STORE_SCHEMES = ("postgresql://", "postgres://")
# A host with its port, or a URL of whatever scheme, as it is or as a path makes it.
_ADDRESS = re.compile(r"[\w.+-]{2,}:/.*|[\w.-]+:(80|443|[0-9]{4,5})/?")

# A password in the URL of a store: behind the user, or a parameter.
_PASSWORD = re.compile(r"((?<=://)[^/@:]*:|[?&]password=)[^@&]*(?=@|&|$)")


def check_settings(**settings: object) -> None:
    """Raises what is wrong with settings of `connect`, in one line.

    Raises:
        TypeError: a setting is of a wrong type.
        ValueError: it is none that is taken.
    """
    check_arguments(ROWS, **settings)


def is_address(path: str | os.PathLike[str]) -> bool:
    """Whether a path is no file and the address of a server, such as "localhost:8000"."""
    return _ADDRESS.fullmatch(os.fspath(path)) is not None and not os.path.exists(path)


def without_password(url: str) -> str:
    """The URL of a store as it may be shown: without a password in it."""
    return _PASSWORD.sub(r"\1***", url)


def require_no_address(name: str, path: object, takes: str = "the path of a file") -> None:
    """Raises ValueError where somebody has given an address for the path of a file."""
    if isinstance(path, str | os.PathLike) and is_address(path):
        raise ValueError(f"{name} takes {takes}, not the address {os.fspath(path)!r}")


def _tells_time(value: object) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "now", None))


def _is_path(value: object) -> bool:
    return "\0" not in os.fspath(value) if isinstance(value, str | os.PathLike) else False


def _are_delays(value: object) -> bool:
    if isinstance(value, Mapping):
        return value.keys() <= set(TRANSITIONAL) and all(map(between(0), value.values()))
    return isinstance(value, StatusDelays) or between(0)(value)


ROWS = {
    "path": Rule("the path of a file, or a URL", of(str, os.PathLike), _is_path, may_be_none=True),
    "durability": one_of(DURABILITIES, may_be_none=True),
    "read_only": TRUE_OR_FALSE,
    "on_damage": one_of(("raise", "skip")),
    "file_mode": Rule("the permissions of a file, such as 0o640", of(int), between(0, 0o777)),
    "clock": Rule("a clock, such as ManualClock()", _tells_time, may_be_none=True),
    "seed": Rule("a whole number or a text", of(int, str)),
    "region": Rule("the name of a region, such as 'us-east-1'", of(str), like(REGION_NAME), may_be_none=True),
    "account_id": Rule("a text of twelve digits, such as '123456789012'", of(str), like(ACCOUNT_ID)),
    "partition_size": Rule("a whole number of bytes from 1 on, such as 10 * 1024**3", of(int), between(1)),
    "table_delays": Rule(
        f"seconds from 0 on, or a mapping of them by {', '.join(TRANSITIONAL)}",
        of(int, float, Mapping, StatusDelays),
        _are_delays,
        may_be_none=True,
    ),
    "wording": one_of(WORDINGS),
    "unverified": TRUE_OR_FALSE,
    "credentials": Rule(
        "an access key, its secret and maybe a session token: ('AKIA...', '...')", of(tuple, list), may_be_none=True
    ),
}
