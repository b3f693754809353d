"""What CreateTable and UpdateTable answer: the description of the table, as the change that is under way lets it look.

Source: DynamoDB API reference, CreateTable and UpdateTable; observed responses.
"""

from __future__ import annotations

from minidynamo.schema.arns import ArnScope
from minidynamo.schema.table_forms import Sizes, encryption_to_api, throughput_to_api, to_api
from minidynamo.schema.table_state import IndexKind, TableState
from minidynamo.schema.update_rules import index_actions
from minidynamo.values.api_types import Request, Response


def answer_to_creation(request: Request, state: TableState, scope: ArnScope) -> Response:
    """The description of a table that is being created.

    It has no date of a change to on demand yet, and warm throughput only where that was asked for, as UPDATING.
    """
    sizes: Sizes = dict.fromkeys((None, *(index.name for index in state.indexes)), (0, 0))
    description = to_api(state, scope, sizes)
    description.get("BillingModeSummary", {}).pop("LastUpdateToPayPerRequestDateTime", None)
    _show_wanted_warmth(description, request)
    wanted = {index["IndexName"]: index for index in request.get(IndexKind.GLOBAL.value, ())}
    for shown in description.get(IndexKind.GLOBAL.value, ()):
        _show_wanted_warmth(shown, wanted[shown["IndexName"]])
    return description


def _show_wanted_warmth(shown: Response, wanted: Request) -> None:
    if wanted.get("WarmThroughput"):
        shown["WarmThroughput"]["Status"] = "UPDATING"
    else:
        shown.pop("WarmThroughput", None)


def answer_to_update(request: Request, old: TableState, new: TableState, scope: ArnScope, sizes: Sizes) -> Response:
    """The description of a table that is being changed.

    It shows the throughput of updated indexes from before, -1 for a bound that is taken away, and encryption by a key
    that ends as UPDATING.
    """
    description = to_api(new, scope, sizes)
    if new.encryption_key is None and old.encryption_key is not None:
        description["SSEDescription"] = {**(encryption_to_api(old, scope) or {}), "Status": "UPDATING"}
    _show_wanted_bounds(description, request)
    updated = {parameters["IndexName"]: parameters for kind, parameters in index_actions(request) if kind == "Update"}
    for shown in description.get(IndexKind.GLOBAL.value, ()):
        index = old.index(shown["IndexName"])
        if index is not None and index.throughput is not None and index.name in updated:
            shown["ProvisionedThroughput"] = throughput_to_api(index.throughput)
            _show_wanted_bounds(shown, updated[index.name])
    return description


def _show_wanted_bounds(shown: Response, wanted: Request) -> None:
    bounds = {**shown.get("OnDemandThroughput", {}), **wanted.get("OnDemandThroughput", {})}
    if bounds:
        shown["OnDemandThroughput"] = bounds
