"""Whether a signature holds: Signature Version 4, computed anew and compared in constant time.

Source: AWS Signature Version 4; wire protocol of Amazon DynamoDB, "Authentication errors" and their order.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from minidynamo.clock import Clock
from minidynamo.errors import IncompleteSignature, InvalidSignature, UnrecognizedClient
from minidynamo.http.messages import HttpRequest
from minidynamo.http.signatures import ALGORITHM, Signature, check_form, signature_of
from minidynamo.limits import SIGNATURE_LIFE_SECONDS_MAX, SIGNATURE_SKEW_SECONDS_MAX

_TERMINATOR = "aws4_request"
_SERVICE = "dynamodb"
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_UNSIGNED_QUERY = "X-Amz-Signature"


def accept_any(request: HttpRequest) -> Signature:
    """The signature of a request, whoever made it, if only it is well-formed."""
    signature = signature_of(request)
    check_form(signature)
    return signature


class Verifier:
    """Accepts only requests that were signed with a known secret, and lately.

    Parameters:
        secrets: secret keys by access key.
        clock: tells how old a signature is.
        service: for which requests are signed.
    """

    def __init__(self, secrets: Mapping[str, str], clock: Clock, service: str = _SERVICE) -> None:
        self._secrets = dict(secrets)
        self._service = service
        self._clock = clock

    def __call__(self, request: HttpRequest) -> Signature:
        """The signature of a request, which holds.

        Raises:
            IncompleteSignature, InvalidSignature, UnrecognizedClient: it does not, and why.
        """
        # The order is the service's.
        signature = signature_of(request)
        self._check_age(signature)
        if "host" not in signature.signed_headers:
            raise InvalidSignature("'Host' must be a 'SignedHeader' in the AWS Authorization.")
        _check_signed(request, signature)
        check_form(signature)
        _check_scope(signature, self._service)
        secret = self._secrets.get(signature.access_key)
        if secret is None:
            raise UnrecognizedClient("The security token included in the request is invalid.")
        if not hmac.compare_digest(expected_signature(request, signature, secret), signature.signature.encode()):
            raise InvalidSignature(_MISMATCH)
        if signature.token is not None:  # Known keys are long-term ones, which come without a token.
            raise UnrecognizedClient("The security token included in the request is invalid")
        return signature

    def _check_age(self, signature: Signature) -> None:
        if re.fullmatch(r"\d{8}T\d{6}Z", signature.date) is None:
            raise _bad_date(signature.date)
        try:
            signed = datetime.strptime(signature.date, _DATE_FORMAT).replace(tzinfo=UTC)
        except ValueError:
            raise _bad_date(signature.date) from None
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        skew = timedelta(seconds=SIGNATURE_SKEW_SECONDS_MAX)
        oldest = now - (skew if signature.expires is None else timedelta(seconds=_life_seconds(signature.expires)))
        minutes = f"{SIGNATURE_SKEW_SECONDS_MAX // 60} min."
        now_text = now.strftime(_DATE_FORMAT)
        if signed < oldest:
            limit = oldest.strftime(_DATE_FORMAT)
            margin = f"- {minutes}" if signature.expires is None else f"- {signature.expires} s"
            error = f"Signature expired: {signature.date} is now earlier than {limit} ({now_text} {margin})"
            raise InvalidSignature(error)
        if signed > now + skew:
            limit = (now + skew).strftime(_DATE_FORMAT)
            error = f"Signature not yet current: {signature.date} is still later than {limit} ({now_text} + {minutes})"
            raise InvalidSignature(error)


def expected_signature(request: HttpRequest, signature: Signature, secret: str) -> bytes:
    """The signature that the holder of `secret` gives this request."""
    _, date, region, service, terminator = signature.scope
    scope = f"{date}/{region}/{service}/{terminator}"
    hashed = hashlib.sha256(_canonical_request(request, signature).encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, terminator):
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join((ALGORITHM, signature.date, scope, hashed))
    return hmac.digest(key, text.encode(), "sha256").hex().encode()


def _canonical_request(request: HttpRequest, signature: Signature) -> str:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    encoded = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs)
    query = "&".join(f"{name}={value}" for name, value in encoded if name != _UNSIGNED_QUERY)
    headers = "".join(f"{name}:{_canonical_value(request, name)}\n" for name in signature.signed_headers)
    body_hash = hashlib.sha256(request.body).hexdigest()
    names = ";".join(signature.signed_headers)
    return "\n".join((request.method, quote(request.path, safe="/-_.~"), query, headers, names, body_hash))


def _canonical_value(request: HttpRequest, name: str) -> str:
    return " ".join(request.headers.get(name, "").split())


def _check_signed(request: HttpRequest, signature: Signature) -> None:
    """Refuses headers that say what is asked for, but that are not signed: they may be changed on the way.

    Source: AWS General Reference, "Create a signed AWS API request": any x-amz-* header must be signed.
    """
    for name in request.headers:
        if name.startswith("x-amz-") and name not in signature.signed_headers:
            shown = "-".join(each.capitalize() for each in name.split("-"))
            raise InvalidSignature(f"'{shown}' must be a 'SignedHeader' in the AWS Authorization.")


def _check_scope(signature: Signature, wanted: str) -> None:
    _, date, region, service, terminator = signature.scope
    errors = ""
    if re.fullmatch(r"[a-z0-9-]+", region) is None:
        errors += f"Credential should be scoped to a valid region, not '{region}'. "
    if service != wanted:
        errors += f"Credential should be scoped to correct service: '{wanted}'. "
    if terminator != _TERMINATOR:
        errors += f"Credential should be scoped with a valid terminator: '{_TERMINATOR}', not '{terminator}'. "
    day = signature.date[:8]
    if date != day:
        errors += (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{date}' != '{day}', from '{signature.date}'."
        )
    if errors:
        raise InvalidSignature(errors)


def _life_seconds(expires: str) -> int:
    """For how long a signed URL holds; one that does not say, or says too much, holds for no time."""
    is_allowed = re.fullmatch(r"\d{1,6}", expires) is not None and int(expires) <= SIGNATURE_LIFE_SECONDS_MAX
    return int(expires) if is_allowed else 0


def _bad_date(date: str) -> IncompleteSignature:
    return IncompleteSignature(
        f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )
