"""Signature version 4 as it stands in a request: found in the header or in the query, taken apart, errors named.

Whether a signature is right is `verification.py`'s business.
Source: wire protocol of Amazon DynamoDB, "Authentication errors"; AWS Signature Version 4.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl

from minidynamo.errors import IncompleteSignature, InvalidSignature, MissingAuthenticationToken
from minidynamo.http.messages import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
_HEADER_PARTS = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARTS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
_SCOPE_PARTS = 5
# How SDKs write the header; any other form is taken apart with more patience.
_USUAL_HEADER = re.compile(
    r"(AWS4-HMAC-SHA256) Credential=([^,\s=]+), ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]+)"
)


class Signature(NamedTuple):
    """What a request says of who signed it and how.

    Attributes:
        algorithm: such as "AWS4-HMAC-SHA256".
        credential: the whole text, `access key/date/region/service/terminator`.
        signed_headers: lower-case names.
        signature: 64 hexadecimal digits.
        date: when it was signed, as sent.
        token: the session token, if any.
        expires: for how many seconds a signed URL holds, as sent; None for a signed header.
    """

    algorithm: str
    credential: str
    signed_headers: tuple[str, ...]
    signature: str
    date: str
    token: str | None = None
    expires: str | None = None

    @property
    def scope(self) -> tuple[str, ...]:
        """Access key, date, region, service and terminator; fewer or more where the credential has another shape."""
        # An access key may hold slashes of its own; the scope is what ends the text.
        return tuple(self.credential.rsplit("/", _SCOPE_PARTS - 1))

    @property
    def access_key(self) -> str:
        return self.scope[0]

    @property
    def region(self) -> str:
        return self.scope[2] if len(self.scope) == _SCOPE_PARTS else ""


def signature_of(request: HttpRequest) -> Signature:
    """The signature of a request.

    Raises:
        MissingAuthenticationToken: it has none.
        IncompleteSignature: parts are missing, or no signature of this kind.
        InvalidSignature: it has two, one in the header and one in the query.
    """
    header = request.headers.get("authorization")
    query = dict(parse_qsl(request.query, keep_blank_values=True)) if request.query else {}
    is_in_query = not query.keys().isdisjoint(_QUERY_PARTS)
    if header is not None and "X-Amz-Algorithm" in query:
        raise InvalidSignature(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
        )
    if header is not None and header.startswith("AWS4-"):
        return _in_header(header, request)
    if is_in_query and header is None:
        return _in_query(query)
    raise MissingAuthenticationToken("Request is missing Authentication Token")


def check_form(signature: Signature) -> None:
    """Raises IncompleteSignature where a signature is not of a kind and a shape that can be verified."""
    if signature.algorithm != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{signature.algorithm}' (only {ALGORITHM} for now). ")
    if len(signature.scope) != _SCOPE_PARTS:
        raise IncompleteSignature(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{signature.credential}'"
        )


def _in_header(header: str, request: HttpRequest) -> Signature:
    usual = _USUAL_HEADER.fullmatch(header)
    date = request.headers.get("x-amz-date") or request.headers.get("date")
    token = request.headers.get("x-amz-security-token")
    if usual is not None and date:
        algorithm, credential, signed_headers, signature = usual.groups()
        return Signature(algorithm, credential, tuple(signed_headers.split(";")), signature, date, token)
    algorithm, _, rest = header.partition(" ")
    parts: dict[str, str] = {}
    for part in re.split(r"[,\s]+", rest.strip()):
        name, sign, value = part.partition("=")
        if part and not sign:
            error = f"'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
            raise IncompleteSignature(error)
        parts[name] = value
    missing = [f"Authorization header requires '{name}' parameter. " for name in _HEADER_PARTS if not parts.get(name)]
    if not date:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
    if missing or date is None:
        raise IncompleteSignature(f"{''.join(missing)}Authorization={header}")
    names = tuple(parts["SignedHeaders"].lower().split(";"))
    return Signature(algorithm, parts["Credential"], names, parts["Signature"], date, token)


def _in_query(query: dict[str, str]) -> Signature:
    missing = [f"AWS query-string parameters must include '{name}'. " for name in _QUERY_PARTS if not query.get(name)]
    if missing:
        raise IncompleteSignature(f"{''.join(missing)}Re-examine the query-string parameters.")
    algorithm, credential, signature, signed_headers, date = (query[name] for name in _QUERY_PARTS)
    names = tuple(signed_headers.lower().split(";"))
    token, expires = query.get("X-Amz-Security-Token"), query.get("X-Amz-Expires", "")
    return Signature(algorithm, credential, names, signature, date, token, expires)
