"""Signing requests: with credentials given, found as boto3 finds them, or for a server that verifies none.

Source: AWS General Reference, "Create a signed AWS API request".
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from minidynamo.errors import StoreError
from minidynamo.http.messages import HttpRequest
from minidynamo.http.signatures import ALGORITHM, Signature
from minidynamo.http.verification import expected_signature
from minidynamo.remote.addresses import is_of_this_machine

Sign = Callable[[HttpRequest], HttpRequest]

_SERVICE = "dynamodb"
# What is answered to a signature that cannot be verified.
SIGNATURE_ERRORS = frozenset({
    "UnrecognizedClientException", "InvalidSignatureException", "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
})  # fmt: skip
NO_CREDENTIALS = (
    "No credentials were found, and the server verifies signatures: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
    "(and AWS_SESSION_TOKEN of temporary ones), or AWS_PROFILE, with botocore installed; or give connect(url, "
    "credentials=(access key, secret))"
)


class Credentials(NamedTuple):
    """What signs: an access key, its secret and, of temporary ones, the session's token."""

    access_key: str
    secret_key: str
    token: str | None = None


def sign_formally(request: HttpRequest) -> HttpRequest:
    """The request with a well-formed signature that cannot be verified; local servers accept it."""
    date = "20260101T000000Z"
    credential = f"local/{date[:8]}/us-east-1/{_SERVICE}/aws4_request"
    header = f"{ALGORITHM} Credential={credential}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    return request._replace(headers={"authorization": header, "x-amz-date": date, **request.headers})


def signed(
    request: HttpRequest, credentials: Credentials, region: str, now: float, service: str = _SERVICE
) -> HttpRequest:
    """The request with a signature.

    Parameters:
        request: with its header host.
        credentials: what signs it.
        region: where it is sent to.
        now: the time, epoch seconds.
        service: for which it is signed.
    """
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    headers = {**request.headers, "x-amz-date": date}
    if credentials.token is not None:
        headers["x-amz-security-token"] = credentials.token
    names = tuple(sorted(name for name in headers if name in ("host", "content-type") or name.startswith("x-amz-")))
    scope = f"{credentials.access_key}/{date[:8]}/{region}/{service}/aws4_request"
    request = request._replace(headers=headers)
    unsigned = Signature(ALGORITHM, scope, names, "", date, credentials.token)
    text = expected_signature(request, unsigned, credentials.secret_key).decode()
    header = f"{ALGORITHM} Credential={scope}, SignedHeaders={';'.join(names)}, Signature={text}"
    return request._replace(headers={**headers, "authorization": header})


def signer(url: str, credentials: Callable[[], Credentials], region: str, service: str = _SERVICE) -> Sign:
    """What signs requests to an address.

    Parameters:
        url: the address.
        credentials: gives what signs, for each request.
        region: where it is.
        service: for which requests are signed.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    return lambda request: signed(_with_host(request, host), credentials(), region, time.time(), service)


def signer_for(url: str, region: str, given: tuple[str, ...] | None, service: str = _SERVICE) -> Sign:
    """What signs requests to an address, with credentials given or found as boto3 does.

    Parameters:
        url, region: the address.
        given: an access key, its secret and maybe a token; None to look for them.
        service: for which requests are signed.

    Raises:
        StoreError: there are none, and it is no address of this machine.
    """
    if given is not None:
        if not 2 <= len(given) <= 3 or not all(isinstance(each, str) for each in given):
            raise StoreError("credentials are an access key, its secret and maybe a session token: ('AKIA...', '...')")
        return signer(url, lambda: Credentials(*given), region, service)
    find = found_credentials()
    if find is not None:
        return signer(url, find, region, service)
    if is_of_this_machine(url):
        return sign_formally
    raise StoreError(
        f"no credentials for {url} were found: give credentials=(access key, secret), or set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY and install botocore, which looks for them as boto3 does"
    )


def found_credentials() -> Callable[[], Credentials] | None:
    """What gives the credentials that boto3 would take, renewed as they end; None where there are none, or botocore."""
    session = _session()
    found = None if session is None else session.get_credentials()
    if found is None:
        return None

    def credentials() -> Credentials:
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    return credentials


def region_found() -> str | None:
    """The region that boto3 would take; None where botocore is not there or none is set."""
    session = _session()
    region: str | None = None if session is None else session.get_config_variable("region")
    return region


def _session() -> Any:
    try:
        import botocore.session
    except ImportError:
        return None
    return botocore.session.get_session()


def _with_host(request: HttpRequest, host: str) -> HttpRequest:
    return request if "host" in request.headers else request._replace(headers={"host": host, **request.headers})
