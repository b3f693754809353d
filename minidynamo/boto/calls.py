"""One call of a client, carried out by a database: the fast path, and where it turns into the full one.

Both paths must be indistinguishable to the caller.

    fast path    parameters' hooks -> `Endpoint.execute` -> response with ResponseMetadata -> response's hooks. Nothing
                 is serialised, signed, sent or parsed. `Plan` decides once per client and operation whether it may be
                 taken: not where foreign hooks watch steps that it leaves out.
    full path    all of botocore, up to the moment of sending; there `transport.py` answers the built request through
                 the HTTP protocol, and botocore parses the response.

On the fast path botocore's validator is asked only about parameters that are not certain to pass it (malformed values,
unknown members). A call turns to the full path with an error that could be retried, since retry modes, quotas and
delays are botocore's: there the first attempt is answered with that error, so that nothing is done twice.

Written once, as a coroutine, for synchronous and asynchronous clients: hooks of the former never wait, so that `run`
carries it out at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from inspect import isawaitable
from typing import Any, TypeVar
from uuid import uuid4

from minidynamo.boto.botocore_types import Client, Hook, Method
from minidynamo.boto.plans import Plan
from minidynamo.boto.results import Answered, error_results, results, validate
from minidynamo.boto.retry_state import give_back, note_retries
from minidynamo.boto.routes import state_of
from minidynamo.boto.transport import travelling
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DatabaseClosed, DynamoError, StorageFailure
from minidynamo.values.api_types import RequestDraft, Response
from minidynamo.values.wire_types import REFUSES_MALFORMED_VALUES, MalformedValue

# Errors that botocore may answer by trying again; it decides on the full botocore path.
_RETRIED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ReplicatedWriteConflictException",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


Outcome = TypeVar("Outcome")
# What botocore hands to all hooks of one call.
Context = dict[str, object]


def plan_of(client: Client, operation: str) -> Plan:
    """The plan for an operation, made anew when hooks have changed since."""
    state = state_of(client)
    plan = state.plans.get(operation)
    if plan is None or plan.registry is not client.meta.events._emitter._lookup_cache:
        plan = state.plans[operation] = Plan(client, operation, state.retried is not None)
    return plan


def run(steps: Coroutine[object, None, Outcome]) -> Outcome:
    """Carries out a coroutine that never waits."""
    try:
        steps.send(None)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    steps.close()
    raise TypeError("a hook of a synchronous client returned something to wait for")


async def answered(
    client: Client, operation: str, endpoint: Endpoint, parameters: RequestDraft, original: Method
) -> object:
    """What the client's method returns, or raises."""
    plan = plan_of(client, operation)
    if plan.takes_full_path:
        return await _full_path(client, plan, endpoint, parameters, original)
    for name in plan.tokens:  # Chosen here, so that a retry on the full botocore path carries the same ones.
        parameters.setdefault(name, str(uuid4()))
    context: Context = {}
    sent = parameters
    if plan.provide or plan.build or plan.after:
        context |= {"client_region": client.meta.region_name, "client_config": client.meta.config}
        sent = await _prepared(plan, parameters, context)
    try:
        parsed = _performed(plan, endpoint, sent)
    except DynamoError as error:
        if plan.validates:  # What botocore finds wrong, it says before anything is sent.
            validate(plan.model, sent)
        if _may_be_retried(error):
            return await _full_path(client, plan, endpoint, parameters, original, error)
        parsed = error_results(client, endpoint, error)
        for handler in plan.after:
            await _maybe_await(_after(handler, plan, Answered(error.status), parsed, context))
        raise client.exceptions.from_code(error.code)(parsed, plan.operation) from None
    if plan.giving_back:
        give_back(client, endpoint, plan, _SUCCESS, parsed)
    for handler in plan.after:
        outcome = _after(handler, plan, _SUCCESS, parsed, context)
        if outcome is not None:
            await _maybe_await(outcome)
    return parsed


async def answered_through(
    client: Client, operation: str, endpoint: Endpoint, parameters: RequestDraft, watcher: Method
) -> object:
    """The same where somebody else's method stands before botocore's: it sees the call, and may answer it itself."""
    return await _full_path(client, plan_of(client, operation), endpoint, parameters, watcher)


_SUCCESS = Answered(200)


def _may_be_retried(error: DynamoError) -> bool:
    return (error.status >= 500 or error.code in _RETRIED) and not isinstance(error, DatabaseClosed | StorageFailure)


def _performed(plan: Plan, endpoint: Endpoint, sent: RequestDraft) -> Response:
    """Carries out the operation, unless botocore's validation has something against the parameters.

    Our own checks stand in for it: it is asked only where something is malformed.
    """
    if not plan.validates:
        return results(endpoint, plan.operation, sent)
    if not plan.accepts(sent):
        validate(plan.model, sent)
    token = REFUSES_MALFORMED_VALUES.set(True)
    try:
        return results(endpoint, plan.operation, sent)
    except MalformedValue:
        validate(plan.model, sent)
    finally:
        REFUSES_MALFORMED_VALUES.reset(token)
    return results(endpoint, plan.operation, sent)


async def _prepared(plan: Plan, parameters: RequestDraft, context: Context) -> RequestDraft:
    """The parameters as hooks have made them. They may replace them first, and change them in place then."""
    replaced: RequestDraft | None = None
    for handler in plan.provide:
        event = f"provide-client-params.{plan.event}"
        outcome = await _maybe_await(handler(params=parameters, model=plan.model, context=context, event_name=event))
        replaced = outcome if replaced is None else replaced
    sent: RequestDraft = parameters if replaced is None else replaced
    for handler in plan.build:
        event = f"before-parameter-build.{plan.event}"
        await _maybe_await(handler(params=sent, model=plan.model, context=context, event_name=event))
    return sent


def _after(handler: Hook, plan: Plan, http: Answered, parsed: Response, context: Context) -> object:
    return handler(
        http_response=http, parsed=parsed, model=plan.model, context=context, event_name=f"after-call.{plan.event}"
    )


async def _full_path(
    client: Client,
    plan: Plan,
    endpoint: Endpoint,
    parameters: RequestDraft,
    original: Method,
    first: DynamoError | None = None,
) -> object:
    """The call through all of botocore, retries included; its first attempt gets the response `first`, if given."""
    note_retries(client, endpoint)
    with travelling(client, endpoint, first):
        return await _maybe_await(original(client, plan.operation, parameters))


async def _maybe_await(outcome: object) -> Any:
    if isawaitable(outcome):
        waiting: Awaitable[object] = outcome
        return await waiting
    return outcome
