"""Mutants whose transactions are wrong."""

from __future__ import annotations

from collections.abc import Callable

from minidynamo import DynamoError
from minidynamo.testing.mutation.mutant import Asked, Mutant, without
from minidynamo.values.api_types import Request, Response

Change = Callable[[Request], Request]

_WRITE = frozenset({"TransactWriteItems"})


def _drops_transaction_condition(asked: Asked) -> Response:
    return _without_conditions(asked, _unconditional)


def _ignores_condition_check(asked: Asked) -> Response:
    return _without_conditions(asked, lambda entry: {} if "ConditionCheck" in entry else entry)


def _without_conditions(asked: Asked, change: Change) -> Response:
    """Carries out a transaction that a condition has stopped, with its actions changed."""
    try:
        return asked.truth()
    except DynamoError as error:
        if "ConditionalCheckFailed" not in error.message:
            raise
        actions = asked.request["TransactItems"]
        kept = [entry for entry in map(change, actions) if entry]
        if kept == actions:
            raise
        response = asked.truth(TransactItems=kept) if kept else {}
        return asked.broken(response)


def _unconditional(entry: Request) -> Response:
    return {kind: without(action, "ConditionExpression") for kind, action in entry.items() if kind != "ConditionCheck"}


def _halves_transaction(asked: Asked) -> Response:
    """Of a transaction only the first write stays."""
    actions = asked.request.get("TransactItems")
    if not isinstance(actions, list):
        return asked.truth()
    writes = [action for entry in actions for kind, action in entry.items() if kind != "ConditionCheck"]
    return asked.truth_but_for([(action.get("TableName", ""), action) for action in writes[1:]])


def _tears_transaction(asked: Asked) -> Response:
    """Of a transaction that is cancelled, the actions that nothing stops are carried out."""
    try:
        return asked.truth()
    except DynamoError as error:
        codes = [reason["Code"] for reason in error.members.get("CancellationReasons", ())]
        if codes and set(codes) <= {"None", "ConditionalCheckFailed"}:  # Else what is wrong is the request.
            for entry, code in zip(asked.request["TransactItems"], codes, strict=True):
                if code == "None" and "ConditionCheck" not in entry:
                    asked.aside("TransactWriteItems", {"TransactItems": [entry]})
                    asked.is_broken = True
        raise


def _ignores_token(asked: Asked) -> Response:
    token = asked.request.get("ClientRequestToken")
    if token in asked.memory:
        return asked.broken(asked.truth_without("ClientRequestToken"))
    response = asked.truth()
    if token is not None:
        asked.memory[token] = True
    return response


def _loses_transaction_item(asked: Asked) -> Response:
    response = asked.truth()
    found = [each for each in response["Responses"] if "Item" in each]
    if found:
        del found[-1]["Item"]
        asked.is_broken = True
    return response


# fmt: off
MUTANTS = (
    Mutant("drops_transaction_condition", "a transaction whose condition is false is refused",
           "let a condition of a transaction fail, and expect TransactionCanceledException", _WRITE,
           _drops_transaction_condition),
    Mutant("ignores_condition_check", "a ConditionCheck that fails stops its transaction",
           "let a ConditionCheck fail, and expect TransactionCanceledException", _WRITE, _ignores_condition_check),
    Mutant("halves_transaction", "a transaction is carried out as a whole",
           "read every item that a transaction has written", _WRITE, _halves_transaction),
    Mutant("tears_transaction", "a transaction that is cancelled changes nothing",
           "read the other items after a transaction that was cancelled", _WRITE, _tears_transaction),
    Mutant("ignores_token", "a transaction repeated with its token is carried out once",
           "send a transaction twice with one ClientRequestToken, and read what it has added to", _WRITE,
           _ignores_token,
           needs=("ClientRequestToken",)),
    Mutant("loses_transaction_item", "TransactGetItems answers every item that there is",
           "assert on all items that TransactGetItems gives", frozenset({"TransactGetItems"}),
           _loses_transaction_item),
)
# fmt: on
