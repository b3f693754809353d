"""Where a group begins to read a stream: once, for all processes of it, and without a shard being anybody's yet.

A group that begins with the latest change notes for each shard that there is where its end is (`latest_position`), in
rows that nobody owns; whoever takes a shard first goes on there. Shards that are closed already are done. The time is
noted as well, some minutes early, since clocks differ: it counts for a shard where that iterator has expired before
anything was read. Then, what was changed in those minutes may be handed over too.
"""

from __future__ import annotations

from minidynamo.consumers.cursor import OLDEST, latest_position, since_now
from minidynamo.consumers.leases import Lease, LeaseTable
from minidynamo.consumers.shards import Execute, listed_shards


def begun(execute: Execute, leases: LeaseTable, stream_arn: str, is_latest: bool) -> str:
    """The position at which shards begin that have no row and come from none that has.

    Parameters:
        execute: carries out requests.
        leases: the rows of the group.
        stream_arn: of the stream.
        is_latest: whether it begins with what is changed from now on, unless it has begun already.
    """
    known = leases.start()
    if known is not None:
        return known
    if not is_latest:
        return leases.begin(OLDEST)[0]
    begin = since_now()
    shards = listed_shards(execute, stream_arn)
    ends = {each.id: latest_position(execute, stream_arn, each.id, begin) for each in shards if each.is_open}
    start, is_first = leases.begin(begin)
    if is_first:  # Before anybody else's `begun` returns, all ends have been found.
        for shard in shards:
            leases.put(Lease(shard.id, "", 1, "", [ends.get(shard.id, begin)], not shard.is_open))
    return start
