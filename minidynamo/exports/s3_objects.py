"""An object of S3 as it is read, and what a client of boto3's has to have for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from minidynamo.exports.file_errors import ExportError, one_line, worded_aws_errors
from minidynamo.values.api_types import JsonObject

# How often the same bytes of an object are asked for.
_ATTEMPTS_MAX = 5


class Paginator(Protocol):
    """A paginator of boto3's."""

    @property
    def paginate(self) -> Callable[..., Iterator[JsonObject]]:
        """The pages of an operation."""
        ...


class S3Client(Protocol):
    """A client of boto3's, as far as it is used here."""

    @property
    def get_paginator(self) -> Callable[[str], Paginator]:
        """The paginator of an operation."""
        ...

    @property
    def get_object(self) -> Callable[..., JsonObject]:
        """Calls GetObject."""
        ...

    @property
    def upload_fileobj(self) -> Callable[..., None]:
        """Uploads a file, in several parts where it is large."""
        ...


class ObjectReader:
    """An object as it is read. Where its connection ends, another one goes on at the same byte of the same object.

    Parameters:
        client: reads it.
        bucket, key: the object.
        doing: how an error begins: "cannot read s3://bucket/key".

    Raises:
        ExportError: it cannot be read.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, doing: str) -> None:
        self._client = client
        self._doing = doing
        self._request = {"Bucket": bucket, "Key": key}
        self._position_bytes = 0
        self._get(self._request)

    def read(self, size_bytes: int, /) -> bytes:
        """The next bytes, at most so many, and none at the end; raises ExportError."""
        from botocore.exceptions import HTTPClientError, IncompleteReadError

        fault = ""
        for attempt in range(_ATTEMPTS_MAX):
            if attempt:
                self.close()
                self._get({**self._request, "Range": f"bytes={self._position_bytes}-", "IfMatch": self._etag})
            try:
                with worded_aws_errors(self._doing, but=(HTTPClientError, IncompleteReadError)):
                    data: bytes = self._body.read(size_bytes)
            except (HTTPClientError, IncompleteReadError, OSError) as error:
                fault = one_line(error)
            else:
                self._position_bytes += len(data)
                return data
        raise ExportError(f"{self._doing}: {fault}")

    def close(self) -> None:
        """Gives up the connection."""
        self._body.close()

    def _get(self, request: Mapping[str, str]) -> None:
        with worded_aws_errors(self._doing):
            answer = self._client.get_object(**request)
        self._body, self._etag = answer["Body"], str(answer["ETag"])
