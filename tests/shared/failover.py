"""Failovers: a primary that is killed or frozen, a standby that takes its place, and writers that notice nothing.

    python -m tests.shared.failover 50

kills the primary in every second round and freezes it in the others, promotes the standby, makes another standby of the
new primary, and says what has been lost, what was done twice, and how long a call took at most.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import sys
import threading
import time
from dataclasses import dataclass, field

from minidynamo.database.shared import SharedDatabase
from minidynamo.errors import DynamoError, NoResponse
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.postgres.link import PostgresLink
from tests.shared.postgres_server import PostgresServer, found_programs

_SETTINGS = {
    "synchronous_commit": "on",
    "wal_level": "replica",
    "max_wal_senders": "8",
    "hot_standby": "on",
    "fsync": "off",
    "tcp_user_timeout": "1500",
}
_WRITERS = 4


@dataclass
class Tally:
    """What writers were told.

    Attributes:
        acknowledged: how often each counter was answered to have been added to.
        unknown: how often nobody could say.
        longest: seconds of the longest call.
        claims: who was told that he owns which job.
    """

    acknowledged: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    longest: float = 0.0
    claims: dict[str, list[str]] = field(default_factory=dict)


def standby_of(primary: PostgresServer) -> PostgresServer:
    """Another server that has all that a primary has, and waits to take its place."""
    programs = found_programs()
    assert programs is not None, "there is no PostgreSQL"
    standby = PostgresServer(programs, _SETTINGS)
    shutil.rmtree(standby.data)
    standby._folder.chmod(0o777)
    standby._run("pg_basebackup", "-d", primary.url, "-D", str(standby.data), "-R", "-X", "stream", "-c", "fast")
    return standby


def write(database: SharedDatabase, name: str, tally: Tally, is_over: threading.Event) -> None:
    """Adds to a counter of its own and to one of all, and claims jobs, until it is over."""
    for number in itertools.count():
        if is_over.is_set():
            return
        for key in (f"own {name}", "shared"):
            begun = time.monotonic()
            request = {
                "TableName": "tbl",
                "Key": {"pk": {"S": key}},
                "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
            try:
                database.execute("UpdateItem", request)
            except NoResponse:
                tally.unknown[key] = tally.unknown.get(key, 0) + 1
            except DynamoError as error:
                tally.errors.append(f"{error.code}: {error.message}")
            else:
                tally.acknowledged[key] = tally.acknowledged.get(key, 0) + 1
            tally.longest = max(tally.longest, time.monotonic() - begun)
        item = {"pk": {"S": f"job {number}"}, "owner": {"S": name}}
        put = {"TableName": "tbl", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        try:
            database.execute("PutItem", put)
        except DynamoError:
            continue
        tally.claims.setdefault(f"job {number}", []).append(name)


def run(rounds: int, seconds: float = 2.0) -> str:
    """So many failovers; what came of them, in words. Raises AssertionError where something was lost or done twice."""
    programs = found_programs()
    assert programs is not None, "there is no PostgreSQL"
    primary = PostgresServer(programs, {**_SETTINGS, "synchronous_standby_names": "*"})
    primary.make()
    (primary.data / "pg_hba.conf").write_text(
        "host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
    )
    primary.start_without_standby()
    tallies, chance = Tally(), random.Random(1)
    for number in range(rounds):
        standby = standby_of(primary)
        standby.start_as_standby()
        primary.require_standby()
        _one_round(number, primary, standby, tallies, chance, seconds)
        primary = standby
    text = _verdict(primary, rounds, tallies)
    primary.stop()
    return text


def _one_round(
    number: int, primary: PostgresServer, standby: PostgresServer, tally: Tally, chance: random.Random, seconds: float
) -> None:
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    url = f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write&tcp_user_timeout=1500"
    databases = [SharedDatabase("failover", lambda: PostgresLink(url)) for _ in range(_WRITERS)]
    if "tbl" not in databases[0].tables:
        databases[0].execute("CreateTable", create_table_request("tbl", {"key": ["pk S"]}))
    is_over = threading.Event()
    threads = [
        threading.Thread(target=write, args=(database, str(index), tally, is_over))
        for index, database in enumerate(databases)
    ]
    for each in threads:
        each.start()
    time.sleep(seconds * chance.uniform(0.2, 0.6))
    os.killpg(primary.pid, signal.SIGKILL if number % 2 == 0 else signal.SIGSTOP)
    standby.promote()
    time.sleep(seconds)
    is_over.set()
    for each in threads:
        each.join()
    os.killpg(primary.pid, signal.SIGKILL)
    for each in databases:
        each.close()
    primary.stop()


def _verdict(primary: PostgresServer, rounds: int, tally: Tally) -> str:
    database = SharedDatabase("verdict", lambda: PostgresLink(primary.url))
    lost = doubled = 0
    for key, acknowledged in tally.acknowledged.items():
        request = {"TableName": "tbl", "Key": {"pk": {"S": key}}, "ConsistentRead": True}
        value = int(database.execute("GetItem", request)["Item"]["n"]["N"])
        lost += max(0, acknowledged - value)
        doubled += max(0, value - acknowledged - tally.unknown.get(key, 0))
    twice = sum(len(owners) > 1 for owners in tally.claims.values())
    database.close()
    total = sum(tally.acknowledged.values()) + len(tally.claims)
    text = (
        f"{rounds} failovers, {total:,} acknowledged writes: {lost} lost, {doubled} done twice, {twice} jobs with two "
        f"owners; {sum(tally.unknown.values())} unknown, {len(tally.errors)} errors, longest call {tally.longest:.1f} s"
    )
    assert lost == doubled == twice == 0, text
    return text


if __name__ == "__main__":
    print(run(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
