"""What can fail. One class per error type of the service; the words are in `messages.py`, their choice in `wording.py`.

    DynamoError                                  anything the service answers with an error
    ├── ValidationError                          ValidationException (may read differently per generation)
    ├── SerializationError                       SerializationException
    ├── UnknownOperation                         UnknownOperationException
    ├── AccessDenied                             AccessDeniedException
    ├── MissingAuthenticationToken               MissingAuthenticationTokenException: the request is not signed
    ├── IncompleteSignature                      IncompleteSignatureException: the signature lacks parts
    ├── InvalidSignature                         InvalidSignatureException: the signature does not hold
    ├── UnrecognizedClient                       UnrecognizedClientException: there is no such access key
    ├── ResourceNotFound                         ResourceNotFoundException
    ├── ResourceInUse                            ResourceInUseException
    ├── PolicyNotFound                           PolicyNotFoundException: a resource has no policy, or another
    ├── LimitExceeded                            LimitExceededException
    ├── ConditionalCheckFailed                   ConditionalCheckFailedException, with the item if asked for
    ├── DuplicateItem                            DuplicateItemException: INSERT of a key that there is
    ├── ItemCollectionSizeLimitExceeded          ItemCollectionSizeLimitExceededException
    ├── TransactionCanceled                      TransactionCanceledException, with its reasons
    ├── TransactionConflict                      TransactionConflictException
    ├── TransactionInProgress                    TransactionInProgressException
    ├── IdempotentParameterMismatch              IdempotentParameterMismatchException
    ├── Throttling                               ThrottlingException, with its reasons
    ├── ThroughputExceeded                       ProvisionedThroughputExceededException, with its reasons
    ├── TooManyRequests                          TooManyRequestsException (429): a function's concurrency is used up
    ├── ExpiredIterator                          ExpiredIteratorException: a shard iterator is too old
    ├── TrimmedDataAccess                        TrimmedDataAccessException: the records are
    └── InternalServerError                      InternalServerError (500)
        ├── DatabaseClosed                       the same on the wire: the database has been closed
        ├── StorageFailure                       the same on the wire: the disk fails
        └── NoAnswer                                 nothing on the wire: the connection ends; see `simulation`

    StoreError                                   a file that cannot be opened as a database: raised by `connect`
    └── StoreDamaged                             it is one of ours, but not as it was written

A caller's mistake raises one of these; our own mistake is an `assert`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

CORAL_VALIDATE = "com.amazon.coral.validate#"
CORAL_SERVICE = "com.amazon.coral.service#"
DYNAMODB = "com.amazonaws.dynamodb.v20120810#"


class DynamoError(Exception):
    """An error response of the service: its code, its message and further members of its body.

    Attributes:
        code: what SDKs call the error code, such as "ValidationException".
        namespace: what stands before the code in `__type` on the wire.
        status: the HTTP status code.
        message: the text, without its code.
        members: further members of the body, such as `Item` or `CancellationReasons`.
    """

    code = "InternalServerError"
    namespace = DYNAMODB
    status = 400
    message_member = "message"

    def __init__(self, message: str = "", members: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.members: dict[str, Any] = dict(members or {})

    @property
    def response(self) -> dict[str, Any]:
        """The error as botocore presents it: `{"Error": {"Code", "Message"}, ...members}`."""
        return {"Error": {"Code": self.code, "Message": self.message}, **self.members}

    @property
    def body(self) -> dict[str, Any]:
        """The error as it stands on the wire: `{"__type": "<namespace><code>", "message": ..., ...members}`."""
        body: dict[str, Any] = {"__type": self.namespace + self.code}
        if self.message:
            body[self.message_member] = self.message
        return {**body, **self.members}


class ValidationError(DynamoError):
    """A request that the service refuses before or while it performs it.

    The service has two generations of wording. Where they differ, an error carries both texts; which one is answered
    is decided once, in `wording.py`, when the operation is known.

    Parameters:
        message: the current text: that of the newer layer.
        text_2025: the text of the older layer where it differs.
        prefix: the class of errors that the newer layer opens with "1 validation error detected: "; see `wording.py`.
    """

    code = "ValidationException"
    namespace = CORAL_VALIDATE

    def __init__(self, message: str, text_2025: str | None = None, prefix: str | None = None) -> None:
        super().__init__(message)
        self.text_2025 = message if text_2025 is None else text_2025
        self.prefix = prefix


class SerializationError(DynamoError):
    code = "SerializationException"
    namespace = CORAL_SERVICE
    message_member = "Message"


class UnknownOperation(DynamoError):
    code = "UnknownOperationException"
    namespace = CORAL_SERVICE


class AccessDenied(DynamoError):
    code = "AccessDeniedException"
    namespace = CORAL_SERVICE
    message_member = "Message"


class MissingAuthenticationToken(DynamoError):
    code = "MissingAuthenticationTokenException"
    namespace = CORAL_SERVICE


class IncompleteSignature(DynamoError):
    code = "IncompleteSignatureException"
    namespace = CORAL_SERVICE


class InvalidSignature(DynamoError):
    code = "InvalidSignatureException"
    namespace = CORAL_SERVICE


class UnrecognizedClient(DynamoError):
    code = "UnrecognizedClientException"
    namespace = CORAL_SERVICE


class ResourceNotFound(DynamoError):
    code = "ResourceNotFoundException"


class ResourceInUse(DynamoError):
    code = "ResourceInUseException"


class PolicyNotFound(DynamoError):
    code = "PolicyNotFoundException"


class LimitExceeded(DynamoError):
    code = "LimitExceededException"


class ConditionalCheckFailed(DynamoError):
    """A condition was false. `Item` is among the members only if the caller asked for it and there was one."""

    code = "ConditionalCheckFailedException"

    def __init__(self, item: Mapping[str, Any] | None = None) -> None:
        super().__init__("The conditional request failed", {"Item": item} if item else None)


class DuplicateItem(DynamoError):
    """INSERT of an item whose key there is."""

    code = "DuplicateItemException"

    def __init__(self) -> None:
        super().__init__("Duplicate primary key exists in table")


class ItemCollectionSizeLimitExceeded(DynamoError):
    code = "ItemCollectionSizeLimitExceededException"


class TransactionCanceled(DynamoError):
    """A transaction that was not carried out, with one reason per action in the order of the request."""

    code = "TransactionCanceledException"
    message_member = "Message"

    def __init__(self, reasons: Sequence[Mapping[str, Any]]) -> None:
        codes = ", ".join(each["Code"] for each in reasons)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        super().__init__(message, {"CancellationReasons": [dict(each) for each in reasons]})


class TransactionConflict(DynamoError):
    code = "TransactionConflictException"


class TransactionInProgress(DynamoError):
    code = "TransactionInProgressException"
    message_member = "Message"


class IdempotentParameterMismatch(DynamoError):
    code = "IdempotentParameterMismatchException"
    message_member = "Message"


class Throttling(DynamoError):
    """A table or index on demand, or a control operation, is asked for too much; `throttlingReasons` say where."""

    code = "ThrottlingException"

    def __init__(self, message: str = "", reasons: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(message, {"throttlingReasons": list(reasons)} if reasons else None)


class ThroughputExceeded(DynamoError):
    """A table or index is asked for more than is provisioned; `ThrottlingReasons` say where."""

    code = "ProvisionedThroughputExceededException"

    def __init__(self, message: str = "", reasons: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(message, {"ThrottlingReasons": list(reasons)} if reasons else None)


class TooManyRequests(DynamoError):
    code = "TooManyRequestsException"
    status = 429


class ExpiredIterator(DynamoError):
    code = "ExpiredIteratorException"


class TrimmedDataAccess(DynamoError):
    code = "TrimmedDataAccessException"


class InternalServerError(DynamoError):
    status = 500


class DatabaseClosed(InternalServerError):
    """A request to a database that has been closed."""


class StorageFailure(InternalServerError):
    """What holds the data cannot be read or written; the text says why. A write that fails so has changed nothing."""


class NoResponse(InternalServerError):
    """The caller gets no response at all; whether the request took effect it cannot know.

    Every face turns it into what a client sees of that: botocore's ConnectionClosedError or ReadTimeoutError, or a
    connection that is closed.

    Parameters:
        message: what happened.
        is_timeout: whether the client waited too long, rather than seeing the connection end.
        is_unreachable: whether there was no connection at all.
    """

    def __init__(self, message: str, is_timeout: bool = False, is_unreachable: bool = False) -> None:
        super().__init__(message)
        self.is_timeout = is_timeout
        self.is_unreachable = is_unreachable


def error_of(code: str, message: str, members: Mapping[str, Any], status: int) -> DynamoError:
    """The error of a code, as another endpoint has answered it.

    Parameters:
        code: such as "ResourceNotFoundException"; an unknown one makes a plain DynamoError.
        message, members: what it says.
        status: of HTTP.
    """
    known = next((each for each in _classes(DynamoError) if each.code == code), DynamoError)
    error = known.__new__(known)
    DynamoError.__init__(error, message, members)
    error.code, error.status = code, status
    return error


def _classes(base: type[DynamoError]) -> Iterator[type[DynamoError]]:
    yield base
    for each in base.__subclasses__():
        yield from _classes(each)


class StoreError(Exception):
    """A file that cannot be opened as a database of ours; the text says why and what to do."""


class StoreDamaged(StoreError):
    """A file of ours that is not as it was written, or not all of it; the text says what is wrong with it."""
