"""What goes wrong with the files of an export, in one line each: of the disk, of S3, of what is configured for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_PERMISSIONS = "it takes s3:ListBucket and s3:GetObject, and s3:PutObject to write"
_RENEW = "sign in again, or set other AWS credentials"
_WHAT_TO_DO = {
    "AccessDenied": f"access is denied: {_PERMISSIONS}",
    "NoSuchBucket": "there is no such bucket: check its name",
    "NoSuchKey": "there is no such object: check its name, or copy it again",
    "InvalidObjectState": "it is archived: restore it first",
    "PreconditionFailed": "it was replaced while it was read: read it again",
    "ExpiredToken": f"the AWS credentials have expired: {_RENEW}",
    "InvalidAccessKeyId": f"S3 does not know the access key: {_RENEW}",
    "SignatureDoesNotMatch": f"the secret access key is not the access key's: {_RENEW}",
}
_NO_CREDENTIALS = "there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_WITHOUT_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError")


class ExportError(Exception):
    """An export that cannot be read or written; the text says in one line what is wrong and what to do."""


@contextmanager
def worded_os_errors(doing: str) -> Iterator[None]:
    """Raises ExportError for an error of the operating system; `doing` says what failed: "cannot read x.json"."""
    try:
        yield
    except OSError as error:
        raise ExportError(f"{doing}: {error.strerror or one_line(error)}") from None


@contextmanager
def worded_aws_errors(doing: str, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Raises ExportError for an error of S3's or of botocore's, `but` for some; botocore is imported by now."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except but:
        raise
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        raise ExportError(f"{doing}: {_WHAT_TO_DO.get(code) or one_line(error)}") from None
    except BotoCoreError as error:
        is_for_credentials = type(error).__name__ in _WITHOUT_CREDENTIALS
        raise ExportError(f"{doing}: {_NO_CREDENTIALS if is_for_credentials else one_line(error)}") from None


def one_line(error: Exception) -> str:
    """The text of an error, whose line breaks are spaces."""
    return " ".join(str(error).split())
