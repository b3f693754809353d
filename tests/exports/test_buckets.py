"""Files in buckets: all pages, cut connections, and one line for whatever S3 or botocore refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError, IncompleteReadError, ResponseStreamingError

from minidynamo.exports.files import Bucket, ExportError, Files


def write(files: Files, name: str, data: bytes) -> None:
    with files.write(name) as file:
        file.write(data)


def read(files: Files, name: str) -> bytes:
    with files.open(name) as file:
        return b"".join(iter(lambda: file.read(3), b""))


def test_names_come_from_all_pages(bucket: Bucket) -> None:
    """A page of S3 has a thousand. Source: Amazon S3 API, ListObjectsV2, MaxKeys."""
    client = boto3.client("s3")
    for number in range(1_003):
        client.put_object(Bucket=bucket.bucket, Key=f"shop/{number:04}", Body=b"")
    client.put_object(Bucket=bucket.bucket, Key="shop/folder/", Body=b"")
    client.put_object(Bucket=bucket.bucket, Key="shopping", Body=b"")
    assert bucket.names() == [f"{number:04}" for number in range(1_003)]


def test_a_missing_bucket_is_named(bucket: Bucket) -> None:
    with pytest.raises(ExportError) as raised:
        Bucket("s3://other/x").names()
    assert str(raised.value) == "cannot list s3://other/x: there is no such bucket: check its name"
    with pytest.raises(ExportError, match=r"^cannot write s3://other/x/a: there is no such bucket"):
        write(Bucket("s3://other/x"), "a", b"")


def test_a_bucket_that_can_be_none_is_refused_in_one_line(bucket: Bucket) -> None:
    with pytest.raises(ExportError, match=r"^cannot list s3://a_\*/x: .*Invalid bucket name") as raised:
        Bucket("s3://a_*/x").names()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("AccessDenied", "access is denied: it takes s3:ListBucket and s3:GetObject, and s3:PutObject to write"),
        ("ExpiredToken", "the AWS credentials have expired: sign in again, or set other AWS credentials"),
        ("InvalidObjectState", "it is archived: restore it first"),
        ("SlowDown", "An error occurred (SlowDown) when calling the GetObject operation: two lines"),
    ],
)
def test_what_s3_refuses_is_worded(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, code: str, text: str) -> None:
    """What is not known, in its own words, on one line."""

    def refuse(*arguments: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "two\nlines"}}, "GetObject")

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)
    with pytest.raises(ExportError) as raised:
        read(bucket, "a")
    assert str(raised.value) == f"cannot read s3://nightly-exports/shop/a: {text}"


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is sent."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(ExportError, match=r"^cannot list s3://b/x: there are no AWS credentials: set AWS_PROFILE, or"):
        Bucket("s3://b/x").names()
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(ExportError, match=r"^cannot use s3://b/x: The config profile \(nobody\) could not be found$"):
        Bucket("s3://b/x")


class CutBody:
    """What S3 answers with, where the connection ends after some bytes, in one of the ways that botocore has."""

    def __init__(self, body: Any, size_bytes: int, error: Exception) -> None:
        self._body, self._left_bytes, self._error = body, size_bytes, error

    def read(self, size_bytes: int) -> bytes:
        if not self._left_bytes:
            raise self._error
        data: bytes = self._body.read(min(size_bytes, self._left_bytes))
        self._left_bytes -= len(data)
        return data

    def close(self) -> None:
        self._body.close()


def cut_connections(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, *errors: Exception, after: int) -> list[str]:
    """Ends as many connections as there are errors; the ranges that are asked for."""
    left, asked, get_object = list(errors), [], bucket._client.get_object

    def get(**request: str) -> dict[str, Any]:
        asked.append(request.get("Range", ""))
        answer = get_object(**request)
        return {**answer, "Body": CutBody(answer["Body"], after, left.pop(0))} if left else answer

    monkeypatch.setattr(bucket._client, "get_object", get)
    return asked


def test_reading_goes_on_where_a_connection_ended(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the byte that comes next."""
    write(bucket, "a", b"0123456789")
    errors = (
        ResponseStreamingError(error="reset"),
        IncompleteReadError(actual_bytes=4, expected_bytes=10),
        ConnectionResetError(),
    )
    asked = cut_connections(bucket, monkeypatch, *errors, after=3)
    assert read(bucket, "a") == b"0123456789"
    assert asked == ["", "bytes=3-", "bytes=6-", "bytes=9-"]


def test_reading_that_gets_nowhere_ends(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    write(bucket, "a", b"0123456789")
    asked = cut_connections(bucket, monkeypatch, *[ResponseStreamingError(error="reset")] * 99, after=0)
    with pytest.raises(ExportError, match=r"^cannot read s3://nightly-exports/shop/a: .*reset"):
        read(bucket, "a")
    assert asked == ["", *["bytes=0-"] * 4]


def test_an_object_that_is_replaced_is_not_mixed_with_another(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading goes on in the object in which it began."""
    write(bucket, "a", b"0123456789")
    cut_connections(bucket, monkeypatch, ResponseStreamingError(error="reset"), after=3)
    with bucket.open("a") as file:
        assert file.read(3) == b"012"
        write(bucket, "a", b"abcdefghij")
        with pytest.raises(ExportError, match="it was replaced while it was read: read it again"):
            file.read(3)
