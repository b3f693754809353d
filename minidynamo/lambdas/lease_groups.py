"""Groups of leases: what those of a function and a stream are kept under, and how they get another function's name."""

from __future__ import annotations

from minidynamo.consumers.leases import LeaseTable


def lease_group(function_name: str, stream_arn: str) -> str:
    """What the leases of a function and a stream are kept under."""
    table, _, label = stream_arn.partition(":table/")[2].partition("/stream/")
    return f"{function_name}/{table}/{label}"


def copy_leases(old: LeaseTable, new: LeaseTable, owner: str) -> list[str]:
    """Lets a process go on under another name, from where that has come if it has been read already.

    The old name is forgotten unless others still read under it; they go on so.

    Returns:
        The shards that the process held and that others read under the new name.
    """
    assert old.group != new.group, f"{old.group} goes on as itself"
    rows = old.all()
    taken = [row.shard for row in rows if not new.put(row if row.owner == owner else row._replace(owner=""))]
    mine = [row.shard for row in rows if row.owner == owner]
    if all(row.owner in ("", owner) for row in rows):
        old.forget()
    else:
        for shard in mine:
            old.hand_over(shard, owner)
    return [shard for shard in mine if shard in taken]
