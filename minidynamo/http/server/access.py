"""Who may use the server and which database they see."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.isolation import Databases
from minidynamo.http.signatures import Signature

HostCheck = Callable[[str], bool]


class ServeError(ValueError):
    """Settings of a server that are wrong or unsafe; the text says what to do."""


def is_loopback(host: str) -> bool:
    """Whether an address, or a name, is this machine's own."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_check(bound: str) -> HostCheck:
    """What tells whether a Host header is answered by a server bound to an address.

    One on loopback answers for its own machine only. A page in a browser could otherwise reach it under a name of its
    own that it lets point here (DNS rebinding). A request without the header comes from no browser.
    """
    if not is_loopback(bound):
        return lambda header: True
    return lru_cache(maxsize=64)(lambda header: not header or is_loopback(_name_of(header)))


def _name_of(header: str) -> str:
    """The host without its port."""
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.rpartition(":")[0] if ":" in header else header


def check_binding(host: str, has_credentials: bool, allows_anonymous: bool, has_function: bool = False) -> None:
    """Raises ServeError where other machines could reach the data, or a function, without any credentials."""
    if is_loopback(host) or allows_anonymous:
        return
    if not has_credentials:
        raise ServeError(
            f"{host} can be reached from other machines: give --credentials FILE to check signatures, "
            "or --allow-anonymous to let anybody in"
        )
    if has_function:
        raise ServeError(
            f"{host} can be reached from other machines, and the function of --api answers everybody, whatever "
            "--credentials says: give --allow-anonymous as well to let anybody call it"
        )


def read_credentials(path: Path) -> dict[str, str]:
    """Secret keys by access key, from a JSON object or from lines of an access key and a secret.

    Raises:
        ServeError: the file cannot be read, or is neither.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ServeError(f"cannot read the credentials file {path}: {reason}") from None
    try:
        secrets = json.loads(text)
    except ValueError:
        lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        secrets = {line[0]: line[1] for line in lines if len(line) == 2} if all(len(x) == 2 for x in lines) else None
    is_map = isinstance(secrets, dict) and all(isinstance(each, str) and each for each in secrets.values())
    if not is_map or not secrets:
        raise ServeError(
            f'{path} holds no credentials: write {{"ACCESS_KEY": "SECRET"}}, or an access key and its secret per line'
        )
    return {str(key): str(secret) for key, secret in secrets.items()}


class SignedDatabases(Databases):
    """Databases whose callers are told apart by what their requests are signed with."""

    def __call__(self, signature: Signature | None) -> Endpoint:
        """The database of whoever signed a request."""
        return self.default if signature is None else self.of(signature.region, signature.access_key)
