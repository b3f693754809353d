"""Retries: botocore's standard mode, by botocore itself. Without botocore nothing is tried again.

Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

from minidynamo.errors import DynamoError
from minidynamo.values.api_types import Response

# What a call has drawn from the quota, in botocore's own terms.
QuotaContext = dict[str, object]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one attempt: a response or a failure.

    Attributes:
        status: of the HTTP response; None where there was none.
        response: what was answered.
        failure: what the caller is told if this is the last attempt.
        exception: what botocore would raise, where there was no response.
    """

    status: int | None = None
    response: Response | None = None
    failure: DynamoError | None = None
    exception: Exception | None = None


_OPERATION_MODEL = SimpleNamespace(name="", error_shapes=(), service_model=SimpleNamespace(service_name="dynamodb"))


class Retries:
    """Decides whether calls are tried again; one for all calls of an endpoint, since they share a quota."""

    def __init__(self) -> None:
        self._botocore = _botocore()
        if self._botocore is not None:
            standard, quota = self._botocore
            self._policy = standard.RetryPolicy(standard.StandardRetryConditions(), standard.ExponentialBackoff())
            self._quota = standard.RetryQuotaChecker(quota.RetryQuota())

    def delay_after(self, attempt_number: int, attempt: Attempt, request_context: QuotaContext) -> float | None:
        """How many seconds to wait before a call is tried again; None where it is not.

        Parameters:
            attempt_number: counted from 1.
            attempt: what became of it.
            request_context: a dict of the call's own, empty at first, that carries what it has drawn from the quota.
        """
        if self._botocore is None:
            return None
        # What botocore's checks look at; checksums are checked where responses are read.
        response = None if attempt.status is None else SimpleNamespace(status_code=attempt.status, headers={})
        if attempt.status is not None and attempt.status < 300:
            self._quota.release_retry_quota(request_context, response)
            return None
        context = self._botocore[0].RetryContext(
            attempt_number,
            operation_model=_OPERATION_MODEL,
            parsed_response=None if attempt.failure is None else attempt.failure.response,
            http_response=response,
            caught_exception=attempt.exception,
            request_context=request_context,
        )
        if not self._policy.should_retry(context) or not self._quota.acquire_retry_quota(context):
            return None
        return float(self._policy.compute_retry_delay(context))


def _botocore() -> tuple[ModuleType, ModuleType] | None:
    try:
        from botocore.retries import quota, standard
    except ImportError:
        return None
    return standard, quota
