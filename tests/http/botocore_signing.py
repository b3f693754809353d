"""Signing by botocore itself, so that what verifies signatures is held against another's work."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from minidynamo.http.messages import HttpRequest
from minidynamo.remote.signing import Sign


def botocore_signer(endpoint_url: str, credentials: Any, region: str) -> Sign:
    """What signs requests to an endpoint with credentials of botocore."""

    def sign(request: HttpRequest) -> HttpRequest:
        url = f"{endpoint_url.rstrip('/')}{request.path}{'?' + request.query if request.query else ''}"
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        prepared = AWSRequest(request.method, url, headers, request.body)
        SigV4Auth(credentials, "dynamodb", region).add_auth(prepared)
        signed = {name.lower(): value for name, value in prepared.headers.items()}
        return request._replace(headers={**signed, "host": urlsplit(endpoint_url).netloc})

    return sign
