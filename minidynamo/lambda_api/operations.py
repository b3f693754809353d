"""Which of Lambda's operations are carried out here, by what, and with which status."""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.lambda_api.aliases import AliasOperations
from minidynamo.lambda_api.concurrency import ConcurrencyOperations
from minidynamo.lambda_api.deploying import DeploymentOperations
from minidynamo.lambda_api.event_configs import EventConfigOperations
from minidynamo.lambda_api.event_source_mappings import EventSourceMappings
from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambda_api.function_urls import FunctionUrlOperations
from minidynamo.lambda_api.functions import FunctionOperations
from minidynamo.lambda_api.layers import LayerOperations
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.lambda_api.owner import FunctionOwner
from minidynamo.lambda_api.permissions import PermissionOperations
from minidynamo.lambda_api.replies import Reply
from minidynamo.lambda_api.tags import TagOperations
from minidynamo.values.api_types import JsonObject

# Takes the members of a request; what is replied with 204 has no members.
Operation = Callable[[JsonObject], Reply]
Rows = dict[str, tuple[int, Callable[[JsonObject], JsonObject | None]]]


def operations_of(owner: FunctionOwner, notes: ApiNotes) -> dict[str, Operation]:
    """The operations by their names, but for Invoke."""
    finder, mappings = FunctionFinder(owner), EventSourceMappings(owner, notes.mappings)
    rows = {
        **_of_mappings(mappings),
        **_of_tags(TagOperations(finder, mappings, notes)),
        **_of_deploying(DeploymentOperations(finder, notes)),
        **_of_functions(FunctionOperations(finder, notes)),
        **_of_aliases(AliasOperations(finder, notes)),
        **_of_concurrency(ConcurrencyOperations(finder, notes)),
        **_of_events(EventConfigOperations(finder)),
        **_of_permissions(PermissionOperations(finder, notes)),
        **_of_urls(FunctionUrlOperations(finder, notes)),
        **_of_layers(LayerOperations(owner, notes)),
    }
    return {name: _replying(*row) for name, row in rows.items()}


def _of_mappings(mappings: EventSourceMappings) -> Rows:
    return {
        "CreateEventSourceMapping": (202, mappings.create),
        "GetEventSourceMapping": (200, mappings.get),
        "ListEventSourceMappings": (200, mappings.list),
        "UpdateEventSourceMapping": (202, mappings.update),
        "DeleteEventSourceMapping": (202, mappings.delete),
    }


def _of_tags(tags: TagOperations) -> Rows:
    return {
        "ListTags": (200, tags.list),
        "TagResource": (204, tags.add),
        "UntagResource": (204, tags.remove),
    }


def _of_deploying(deploying: DeploymentOperations) -> Rows:
    return {
        "CreateFunction": (201, deploying.create),
        "UpdateFunctionCode": (200, deploying.update_code),
        "UpdateFunctionConfiguration": (200, deploying.update_configuration),
    }


def _of_functions(functions: FunctionOperations) -> Rows:
    return {
        "ListFunctions": (200, functions.list),
        "GetFunction": (200, functions.get),
        "GetFunctionConfiguration": (200, functions.configuration),
        "DeleteFunction": (204, functions.delete),
        "PublishVersion": (201, functions.publish),
        "ListVersionsByFunction": (200, functions.versions),
    }


def _of_aliases(aliases: AliasOperations) -> Rows:
    return {
        "CreateAlias": (201, aliases.create),
        "UpdateAlias": (200, aliases.update),
        "GetAlias": (200, aliases.get),
        "DeleteAlias": (204, aliases.delete),
        "ListAliases": (200, aliases.list),
    }


def _of_concurrency(concurrency: ConcurrencyOperations) -> Rows:
    return {
        "PutFunctionConcurrency": (200, concurrency.reserve),
        "GetFunctionConcurrency": (200, concurrency.reserved),
        "DeleteFunctionConcurrency": (204, concurrency.reserve),
        "PutProvisionedConcurrencyConfig": (202, concurrency.provision),
        "GetProvisionedConcurrencyConfig": (200, concurrency.provisioned),
        "DeleteProvisionedConcurrencyConfig": (204, concurrency.unprovision),
        "ListProvisionedConcurrencyConfigs": (200, concurrency.list_provisioned),
    }


def _of_events(events: EventConfigOperations) -> Rows:
    return {
        "PutFunctionEventInvokeConfig": (200, events.put),
        "UpdateFunctionEventInvokeConfig": (200, events.update),
        "GetFunctionEventInvokeConfig": (200, events.get),
        "DeleteFunctionEventInvokeConfig": (204, events.delete),
        "ListFunctionEventInvokeConfigs": (200, events.list),
    }


def _of_permissions(permissions: PermissionOperations) -> Rows:
    return {
        "AddPermission": (201, permissions.add),
        "RemovePermission": (204, permissions.remove),
        "GetPolicy": (200, permissions.get),
    }


def _of_urls(urls: FunctionUrlOperations) -> Rows:
    return {
        "CreateFunctionUrlConfig": (201, urls.create),
        "UpdateFunctionUrlConfig": (200, urls.update),
        "GetFunctionUrlConfig": (200, urls.get),
        "DeleteFunctionUrlConfig": (204, urls.delete),
        "ListFunctionUrlConfigs": (200, urls.list),
    }


def _of_layers(layers: LayerOperations) -> Rows:
    return {
        "PublishLayerVersion": (201, layers.publish),
        "GetLayerVersion": (200, layers.get),
        "GetLayerVersionByArn": (200, layers.get_by_arn),
        "DeleteLayerVersion": (204, layers.delete),
        "ListLayerVersions": (200, layers.versions),
        "ListLayers": (200, layers.list),
    }


def _replying(status: int, carry_out: Callable[[JsonObject], JsonObject | None]) -> Operation:
    def reply(members: JsonObject) -> Reply:
        answer = carry_out(members)
        return Reply(status, b"") if status == 204 or answer is None else Reply.of(status, answer)

    return reply
