"""How one operation of one client is carried out, worked out once: which hooks run, and which road the call takes.

The fast path calls hooks on parameters and answers, and skips what botocore does to send a request. Where there are
hooks into that, too, the call takes the full botocore path and is answered where it would reach the network.
"""

from __future__ import annotations

from collections.abc import Set

from botocore.validate import ParamValidationDecorator

from minidynamo.boto.botocore_types import Client, Emitter, Hook, OperationModel
from minidynamo.boto.conversions import quicker
from minidynamo.requests.checker import is_well_formed_request
from minidynamo.values.api_types import Request

# Events of the full botocore path: a foreign hook on any of them makes calls take it.
_LONG_ROAD = (
    "before-call",
    "before-endpoint-resolution",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "response-received",
    "before-parse",
    "needs-retry",
    "after-call-error",
)
# Whose hooks on these events serve the sending of a request alone ...
_SENDING = ("botocore.", "aiobotocore.", "moto.", "minidynamo.", "aws_lambda_powertools.", "ddtrace.")
# ... except these: stubs and rate limiters.
_HEEDED = ("botocore.stub", "aiobotocore.stub", "botocore.retries.adaptive", "aiobotocore.retries.adaptive")
# Hooks on parameters that have no work on any operation of DynamoDB.
_IDLE = frozenset(
    {"_handle_request_validation_mode_member", "block_endpoint_discovery_required_operations", "refuse_outside"}
)
_FILLS_TOKENS = "generate_idempotent_uuid"
# The hook by which calls that succeed give back to the quota of retries: no work before the first retry.
_GIVES_BACK = "release_retry_quota"


class Plan:
    """The plan for one operation of one client, which may have tried calls again before.

    Attributes:
        operation: its API name.
        model: botocore's model of the operation.
        provide, build, after: the hooks on `provide-client-params`, `before-parameter-build` and `after-call`.
        giving_back: those on `after-call` that give back to the quota of retries, where the client has retried.
        tokens: the members that botocore fills with an idempotency token.
        takes_full_path: whether some hook needs all of botocore.
        validates: whether botocore's parameter validation is on.
        registry: the emitter's cache as it was; the emitter makes a new one whenever hooks change.
    """

    __slots__ = (
        "after",
        "build",
        "event",
        "giving_back",
        "model",
        "operation",
        "provide",
        "registry",
        "takes_full_path",
        "tokens",
        "validates",
    )

    def __init__(self, client: Client, operation: str, has_retried: bool = False) -> None:
        model = client.meta.service_model
        emitter = client.meta.events._emitter
        self.operation = operation
        self.model = model.operation_model(operation)
        self.event = f"{model.service_id.hyphenize()}.{operation}"
        self.registry = emitter._lookup_cache
        self.tokens = tuple(self.model.idempotent_members)
        idle = _IDLE if self.tokens else _IDLE | {_FILLS_TOKENS}
        self.provide = _working(emitter, self.model, f"provide-client-params.{self.event}", idle)
        self.build = _working(emitter, self.model, f"before-parameter-build.{self.event}", idle)
        self.after = _working(emitter, self.model, f"after-call.{self.event}", {*idle, _GIVES_BACK})
        every_after = emitter._handlers.prefix_search(f"after-call.{self.event}") if has_retried else ()
        self.giving_back = tuple(hook for hook in every_after if _is_own(hook, {_GIVES_BACK}))
        self.takes_full_path = any(
            _is_heeded(handler)
            for event in _LONG_ROAD
            for handler in emitter._handlers.prefix_search(f"{event}.{self.event}")
        )
        self.validates = isinstance(client._serializer, ParamValidationDecorator)

    def accepts(self, parameters: Request) -> bool:
        """Whether botocore's validation would certainly pass."""
        return is_well_formed_request(self.operation, parameters)


def _working(emitter: Emitter, model: OperationModel, event: str, idle: Set[str]) -> tuple[Hook, ...]:
    """The hooks on an event, without those that would do nothing; boto3's own done faster."""
    hooks = [handler for handler in emitter._handlers.prefix_search(event) if not _is_own(handler, idle)]
    return tuple(quicker(handler, model) for handler in hooks)


def _is_own(handler: Hook, names: Set[str]) -> bool:
    """Whether a hook is one of botocore's own of these names."""
    return _module(handler).startswith(_SENDING) and getattr(handler, "__name__", "") in names


def _is_heeded(handler: Hook) -> bool:
    module = _module(handler)
    return module.startswith(_HEEDED) or not module.startswith(_SENDING)


def _module(handler: Hook) -> str:
    """Where a hook was defined; partial functions and callable objects included."""
    handler = getattr(handler, "func", handler)
    own = getattr(handler, "__module__", None)
    return f"{own if isinstance(own, str) else type(handler).__module__}."
