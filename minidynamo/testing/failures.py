"""What a call may legally raise: the exceptions that a program has to be ready for."""

from __future__ import annotations

from minidynamo import connect


def _failures() -> tuple[type[Exception], ...]:
    """botocore's two families; without botocore, what the embedded client raises in their place."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        with connect() as database:
            return (database.client().exceptions.ClientError, ConnectionError, TimeoutError)
    return (ClientError, BotoCoreError)


FAILURES = _failures()
"""Errors of the service, and those of requests that get no response: of boto3, aiobotocore and the embedded client."""
