"""Steps by which a process fills the new indexes of a shared store, each a transaction; see `tables/index_filling.py`.

What a step rests on, items and the lack of entries, is compared when it is committed; and what a writer finds in an
index that is being filled is compared too. So a step and a writer of the same item never pass each other by.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from minidynamo.operations.context import OperationContext
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.index_filling import Filling, fillings, stage_entries, stage_filling
from minidynamo.tables.table import Index, Table

# How many items get their entries in one transaction.
STEP_ITEMS = 250


def fill_step(context: OperationContext) -> bool:
    """Fills the first index that is not full by some items more; whether anything is left to do.

    Parameters:
        context: a session, or a fork of the store.
    """
    with context.lock:
        found = next(fillings(context.catalog.system), None)
        if found is None:
            return False
        key, filling = found
        table = context.catalog.find(filling["Table"])
        index = None if table is None else table.indexes.get(filling["Index"])
        batch = WriteBatch()
        if table is None or index is None or not _is_filling(table, index):
            stage_filling(batch, context.catalog.system, key, None)  # It has been deleted meanwhile.
        else:
            _stage_step(context, batch, table, index, key, filling)
        context.commit(batch)
    return True


def _is_filling(table: Table, index: Index) -> bool:
    state = table.state.index(index.name)
    return state is not None and state.is_being_filled


def _stage_step(
    context: OperationContext, batch: WriteBatch, table: Table, index: Index, key: bytes, filling: Filling
) -> None:
    """Stages the entries of some items; behind the last of them, the index is active."""
    keys = [each for each, _ in islice(table.keyspace.range(filling["From"], None), STEP_ITEMS)]
    context.engine.expect((table.keyspace.name, each) for each in keys)
    stage_entries(batch, table, index, keys)
    system = context.catalog.system
    if len(keys) == STEP_ITEMS:
        stage_filling(batch, system, key, {**filling, "From": keys[-1] + b"\x00"})
        return
    stage_filling(batch, system, key, None)
    state = table.state.index(index.name)
    assert state is not None, f"{index.name} is live, and no index of {table.name}"
    full = replace(state, status="ACTIVE", is_backfilling=None)
    context.catalog.stage(batch, table, table.state.with_index(full))
