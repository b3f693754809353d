"""Databases of callers who do not see each other's tables: one per region, access key or both."""

from __future__ import annotations

import threading
from collections.abc import Callable
from hashlib import blake2b
from typing import Protocol

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import AccessDenied
from minidynamo.limits import SERVED_DATABASES_MAX
from minidynamo.schema.arns import REGION_NAME


class ExpiringEndpoint(Endpoint, Protocol):
    """An endpoint whose items expire when it is told so."""

    def expire(self) -> int:
        """Deletes the items whose time to live is over; how many they were."""
        ...


class Databases:
    """Gives each caller a database: one for all, or one per region, access key or both.

    Parameters:
        default: answers everybody where nothing isolates them, and who is not told apart from its own caller.
        open_database: opens a further one, for a region and an access key, "" where they are of no account.
        by_region, by_access_key: what isolates callers.
        own: region and access key of the callers that the default is for; by default it answers nobody of them.
    """

    def __init__(
        self,
        default: ExpiringEndpoint,
        open_database: Callable[[str, str], ExpiringEndpoint],
        by_region: bool = False,
        by_access_key: bool = False,
        own: tuple[str, str] | None = None,
    ) -> None:
        self.default = default
        self._open = open_database
        self._by_region, self._by_access_key = by_region, by_access_key
        self._opened: dict[tuple[str, str], ExpiringEndpoint] = {}
        self._own = None if own is None else self._told_apart(*own)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        told = [text for text, is_on in (("region", self._by_region), ("access key", self._by_access_key)) if is_on]
        how = f"one for each {' and '.join(told)}, " if told else ""
        return f"<Databases: {how}{1 + len(self._opened)} open>"

    def of(self, region: str, access_key: str) -> Endpoint:
        """The database of a caller; raises AccessDenied where there are too many of them, or its region can be none."""
        assert len(self._opened) <= SERVED_DATABASES_MAX, f"{len(self._opened)} databases are open"
        key = self._told_apart(region, access_key)
        if key in (("", ""), self._own):
            return self.default
        if key[0] and REGION_NAME.fullmatch(key[0]) is None:
            raise AccessDenied(f"{key[0][:100]!r} is no name of a region.")
        with self._lock:
            if key not in self._opened:
                if len(self._opened) >= SERVED_DATABASES_MAX:
                    raise AccessDenied(
                        f"This server keeps a database for each of {SERVED_DATABASES_MAX:,} callers, and no more."
                    )
                self._opened[key] = self._open(*key)
            return self._opened[key]

    def expire(self) -> int:
        """Deletes the expired items of all of them; how many they were."""
        return self.default.expire() + sum(each.expire() for each in list(self._opened.values()))

    def _told_apart(self, region: str, access_key: str) -> tuple[str, str]:
        return region if self._by_region else "", access_key if self._by_access_key else ""


def account_of(access_key: str) -> str:
    """Twelve digits for an access key, always the same ones."""
    digest = blake2b(access_key.encode(), digest_size=8).digest()
    return f"{int.from_bytes(digest, 'big') % 10**12:012}"
