"""What is replaced in botocore and aiobotocore while a database answers their clients, and put back afterwards.

One method carries every call, `BaseClient._make_api_call`. It is private, so its presence and signature are looked at
first. Where they differ, calls take the full botocore path, and are answered where it would send them.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from minidynamo.boto.botocore_types import AsynchronousMethod, Client, Method, PreparedRequest, Session, Waiter
from minidynamo.boto.calls import answered, answered_through, run
from minidynamo.boto.cloudwatch_calls import lending_metrics
from minidynamo.boto.lambda_calls import lending_functions
from minidynamo.boto.moto_stacks import STACK_OPERATIONS, follow_stacks
from minidynamo.boto.new_clients import guarded, provide_inside
from minidynamo.boto.retry_state import (
    describe_endpoint,
    describe_endpoint_asynchronously,
    fresh_limiter,
    fresh_quota,
    note_missing,
    reading,
    writing,
)
from minidynamo.boto.routes import current_endpoint, endpoint_of, state_of
from minidynamo.boto.sleep import ASYNCIO, RANDOM, TIME, acquiring, delaying, telling_time, waiting_for
from minidynamo.boto.transport import is_asynchronous, is_for_dynamodb, response_to_sender
from minidynamo.boto.wrapped import Slot, innermost, is_botocores_own
from minidynamo.schema.arns import calling_from
from minidynamo.values.api_types import RequestDraft

# How many replacements are known again that others have kept beyond their time.
_LEFT_BEHIND_MAX = 64

# Makes the replacement of something, or None, to leave it as it is; each takes what its row names.
Wrap = Callable[[Any], object]
_AnyMethod = TypeVar("_AnyMethod", Method, AsynchronousMethod)


class _Replaced(NamedTuple):
    """What was put in the place of an attribute, or into what wraps it, and what was there before."""

    owner: object
    name: str
    slot: Slot
    original: object
    new: object


_lock = threading.Lock()
_holders: list[object] = []
_replaced: list[_Replaced] = []
# What could not be taken out, since something that we cannot look into calls it.
_left_behind: deque[_Replaced] = deque(maxlen=_LEFT_BEHIND_MAX)


def hold(holder: object) -> None:
    """Keeps the replacements in place for as long as anybody holds them."""
    with _lock:
        _holders.append(holder)
        _install()


def release(holder: object) -> None:
    """Releases the patches; the last release restores botocore."""
    with _lock:
        _holders.remove(holder)
        if not _holders:
            _restore()


def _install() -> None:
    """Replaces what is not replaced yet, or has been restored meanwhile."""
    for module_name, path, wrap in _REPLACEMENTS:
        # aiobotocore takes long to import: it is left until it has been imported.
        module = sys.modules.get(module_name)
        if module is None and not module_name.startswith("botocore."):
            continue
        *owners, name = path.split(".")
        try:
            owner = functools.reduce(getattr, owners, module or importlib.import_module(module_name))
        except (ImportError, AttributeError):
            note_missing(f"{module_name}.{path.rpartition('.')[0]}")
            continue
        _replace(owner, name, wrap)


def _replace(owner: object, name: str, wrap: Wrap) -> None:
    """Puts the replacement of an attribute inside all that wraps it, unless it is there."""
    slot = innermost(owner, name)
    original = slot.value()
    if original is None or any(each.new is original for each in _replaced):
        return
    for each in _left_behind:  # Of an earlier time, which somebody has laid bare since.
        if each.new is original:
            original = each.original
    replacement = wrap(original)
    if replacement is not None:
        slot.fill(replacement)
        _replaced.append(_Replaced(owner, name, slot, original, replacement))


def _restore() -> None:
    while _replaced:
        each = _replaced.pop()
        slots = [slot for slot in (each.slot, innermost(each.owner, each.name)) if slot.value() is each.new]
        for slot in slots:
            slot.fill(each.original)
        # Whoever has replaced it since may keep their replacement; ours does nothing without a database.
        if not slots:
            _left_behind.append(each)


def _make_api_call(original: Method) -> Method | None:
    if not _can_be_replaced(original):
        return None
    answer = answered if is_botocores_own(original) else answered_through

    @functools.wraps(original)
    def make_api_call(self: Client, operation_name: str, api_params: RequestDraft) -> object:
        endpoint = endpoint_of(self)
        if endpoint is None:
            with lending_functions(self), lending_metrics(self, operation_name, api_params):
                result = original(self, operation_name, api_params)
            if operation_name in STACK_OPERATIONS:
                follow_stacks(self)
            return result
        region = self.meta.region_name
        if region == endpoint.scope.own_region:
            return run(answer(self, operation_name, endpoint, api_params, original))
        with calling_from(region):
            return run(answer(self, operation_name, endpoint, api_params, original))

    return _as_wrapped_as(original, make_api_call)


def _make_api_call_asynchronously(original: AsynchronousMethod) -> AsynchronousMethod | None:
    if not _can_be_replaced(original):
        return None
    answer = answered if is_botocores_own(original) else answered_through

    @functools.wraps(original)
    async def make_api_call(self: Client, operation_name: str, api_params: RequestDraft) -> object:
        endpoint = endpoint_of(self)
        if endpoint is None:
            with lending_functions(self), lending_metrics(self, operation_name, api_params):
                return await original(self, operation_name, api_params)
        with calling_from(self.meta.region_name):
            return await answer(self, operation_name, endpoint, api_params, original)

    return _as_wrapped_as(original, make_api_call)


def _as_wrapped_as(original: Method, replacement: _AnyMethod) -> _AnyMethod:
    """The replacement, showing what the original wraps, for whoever takes that out by setting what it wraps."""
    if not is_botocores_own(original) and hasattr(original, "__wrapped__"):
        vars(replacement)["__wrapped__"] = original.__wrapped__
    return replacement


def _can_be_replaced(make_api_call: Method) -> bool:
    """Whether it is as the fast path needs it, and the hooks of a client can be listed without calling them."""
    from botocore.hooks import EventAliaser, HierarchicalEmitter

    emitter = HierarchicalEmitter()
    has_parts = hasattr(emitter, "_lookup_cache") and hasattr(getattr(emitter, "_handlers", None), "prefix_search")
    is_as_expected = tuple(inspect.signature(make_api_call).parameters) == ("self", "operation_name", "api_params")
    return is_as_expected and has_parts and hasattr(EventAliaser(emitter), "_emitter")


def _send(original: Method) -> Method:
    @functools.wraps(original)
    def send(self: object, request: PreparedRequest, *rest: object, **options: object) -> object:
        if not is_for_dynamodb(request) or current_endpoint() is None:
            return original(self, request, *rest, **options)
        return response_to_sender(request, asynchronous=False)

    return send


def _send_asynchronously(original: AsynchronousMethod) -> AsynchronousMethod:
    @functools.wraps(original)
    async def send(self: object, request: PreparedRequest, *rest: object, **options: object) -> object:
        if not is_for_dynamodb(request) or current_endpoint() is None:
            return await original(self, request, *rest, **options)
        return response_to_sender(request, asynchronous=True)

    return send


def _new_session(original: Method) -> Method:
    @functools.wraps(original)
    def new_session(self: object, *rest: object, **options: object) -> None:
        with _lock:  # It may be aiobotocore's first one.
            if _holders:
                _install()
        original(self, *rest, **options)

    return new_session


def _create_client(original: Callable[..., Client]) -> Callable[..., Client]:
    @functools.wraps(original)
    def create_client(self: Session, service_name: str, *rest: object, **options: object) -> Client:
        provide_inside(self, service_name, rest, options)
        return guarded(original(self, service_name, *rest, **options), service_name)

    return create_client


def _create_client_asynchronously(original: Callable[..., Awaitable[Client]]) -> Callable[..., Awaitable[Client]]:
    @functools.wraps(original)
    async def create_client(self: Session, service_name: str, *rest: object, **options: object) -> Client:
        provide_inside(self, service_name, rest, options)
        return guarded(await original(self, service_name, *rest, **options), service_name)

    return create_client


def _get_waiter(original: Callable[..., Waiter]) -> Callable[..., Waiter]:
    @functools.wraps(original)
    def get_waiter(self: Client, waiter_name: str) -> Waiter:
        waiter = original(self, waiter_name)
        if state_of(self).is_dynamodb:
            waiter.wait = _waiting_by_the_clock(self, waiter.wait)
        return waiter

    return get_waiter


def _waiting_by_the_clock(client: Client, wait: Callable[..., Any]) -> Method:
    if is_asynchronous(client):

        @functools.wraps(wait)
        async def wait_asynchronously(**options: object) -> object:
            with waiting_for(endpoint_of(client)):
                return await wait(**options)

        return wait_asynchronously

    @functools.wraps(wait)
    def wait_here(**options: object) -> object:
        with waiting_for(endpoint_of(client)):
            return wait(**options)

    return wait_here


# Modules, what in them is replaced, and what makes the replacement (or None, to leave it as it is).
_REPLACEMENTS: tuple[tuple[str, str, Wrap], ...] = (
    ("botocore.client", "BaseClient._make_api_call", _make_api_call),
    ("botocore.client", "BaseClient.get_waiter", _get_waiter),
    ("botocore.session", "Session.__init__", _new_session),
    ("botocore.session", "Session.create_client", _create_client),
    ("botocore.httpsession", "URLLib3Session.send", _send),
    ("botocore.endpoint", "time", lambda original: TIME),
    ("botocore.waiter", "time", lambda original: TIME),
    ("botocore.retryhandler", "random", lambda original: RANDOM),
    ("botocore.retries.standard", "ExponentialBackoff.delay_amount", delaying),
    ("botocore.retries.bucket", "Clock.current_time", telling_time),
    ("botocore.retries.bucket", "TokenBucket._acquire", acquiring),
    ("botocore.retries.quota", "RetryQuota.__getattribute__", reading(fresh_quota)),
    ("botocore.retries.quota", "RetryQuota.__setattr__", writing(fresh_quota)),
    ("botocore.retries.adaptive", "ClientRateLimiter.__getattribute__", reading(fresh_limiter)),
    ("botocore.retries.adaptive", "ClientRateLimiter.__setattr__", writing(fresh_limiter)),
    ("botocore.discovery", "EndpointDiscoveryManager.describe_endpoint", describe_endpoint),
    ("aiobotocore.client", "AioBaseClient._make_api_call", _make_api_call_asynchronously),
    ("aiobotocore.client", "AioBaseClient.get_waiter", _get_waiter),
    ("aiobotocore.session", "AioSession._create_client", _create_client_asynchronously),
    ("aiobotocore.httpsession", "AIOHTTPSession.send", _send_asynchronously),
    ("aiobotocore.httpxsession", "HttpxSession.send", _send_asynchronously),
    ("aiobotocore.endpoint", "asyncio", lambda original: ASYNCIO),
    ("aiobotocore.waiter", "asyncio", lambda original: ASYNCIO),
    ("aiobotocore.retries.bucket", "AsyncTokenBucket._acquire", acquiring),
    ("aiobotocore.retries.adaptive", "AsyncClientRateLimiter.__getattribute__", reading(fresh_limiter)),
    ("aiobotocore.retries.adaptive", "AsyncClientRateLimiter.__setattr__", writing(fresh_limiter)),
    ("aiobotocore.discovery", "AioEndpointDiscoveryManager.describe_endpoint", describe_endpoint_asynchronously),
)
