"""Who may use the server and which database they see."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.isolation import Databases
from minidynamo.http.signatures import Signature

# Of AWS, where nobody else lets a name point to this machine.
_FUNCTION_URL = re.compile(r"[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws", re.IGNORECASE)
HostCheck = Callable[[str], bool]


class ServeError(ValueError):
    """Settings of a server that are wrong or unsafe; the text says what to do."""


# What options of the command line are called where a server is made in Python.
_IN_PYTHON = {
    "--credentials FILE": "credentials={access_key: secret}",
    "--credentials": "credentials",
    "--allow-anonymous": "allows_anonymous=True",
    "--certfile FILE": "certificate=path",
    "--certfile": "certificate",
    "--keyfile FILE": "private_key=path",
    "--keyfile": "private_key",
}


def in_python(error: ServeError) -> ServeError:
    """The same of a server that is made in Python, with the names that its settings have there."""
    text = str(error)
    for option, name in _IN_PYTHON.items():
        text = text.replace(option, name)
    return ServeError(text)


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
    return lru_cache(maxsize=64)(lambda header: not header or _is_own(_name_of(header)))


def _is_own(name: str) -> bool:
    return is_loopback(name) or _FUNCTION_URL.fullmatch(name) is not None


def _name_of(header: str) -> str:
    """The host without its port."""
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.rpartition(":")[0] if ":" in header else header


def check_binding(host: str, has_credentials: bool, allows_anonymous: bool, unsigned: str | None = None) -> None:
    """Raises ServeError where other machines could reach anything without any credentials.

    Parameters:
        host: where the server listens.
        has_credentials, allows_anonymous: who is let in.
        unsigned: what answers requests whether they are signed or not, in words; None for nothing.
    """
    if is_loopback(host) or allows_anonymous:
        return
    if not has_credentials:
        raise ServeError(
            f"{host} can be reached from other machines: give --credentials FILE to check signatures, "
            "or --allow-anonymous to let anybody in"
        )
    if unsigned is not None:
        raise ServeError(
            f"{host} can be reached from other machines, and {unsigned} answers everybody, whatever "
            "--credentials says: give --allow-anonymous as well to let anybody call it"
        )


class SignedDatabases(Databases):
    """Databases whose callers are told apart by what their requests are signed with."""

    def __call__(self, signature: Signature | None) -> Endpoint:
        """The database of whoever signed a request."""
        return self.default if signature is None else self.of(signature.region, signature.access_key)
