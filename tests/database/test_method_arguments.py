"""Wrong arguments of what a database has: each is refused at the call, in one line, before anything is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, ManualClock, connect, schema_from
from minidynamo.formats.short_tables import create_table_request
from tests.simulation.test_arguments import told

Call = Callable[[Any], object]
NAN = float("nan")
TEMPLATE = schema_from({"Table": create_table_request("tbl", {"key": ["pk S"]})})


def paginate(database: Database, config: Any) -> object:
    return database.client().get_paginator("list_tables").paginate(PaginationConfig=config)


def wait(database: Database, config: Any) -> object:
    return database.client().get_waiter("table_not_exists").wait(TableName="tbl", WaiterConfig=config)


@pytest.mark.parametrize(
    ("kind", "call", "text"),
    [
        (TypeError, lambda db: db.partitions(5), "table_name takes the name of a table, not 5"),
        (TypeError, lambda db: db.partitions(b"tbl"), "table_name takes the name of a table, not b'tbl'"),
        (TypeError, lambda db: db.Table(5), "Table takes the name of a table, not 5"),
        (TypeError, lambda db: db.resource().Table(["tbl"]), "Table takes the name of a table, not a list"),
        (ValueError, lambda db: db.Table(None), "Required parameter name not set"),
        (TypeError, lambda db: db.backup(5), "path takes the path of a new file, not 5"),
        (TypeError, lambda db: db.backup(None), "path takes the path of a new file, not None"),
        (ValueError, lambda db: db.backup("http://127.0.0.1:1"), "path takes the path of a file, not the address 'h"),
        (TypeError, lambda db: db.backup("copy.db", "640"), "file_mode takes the permissions of a file, such as 0o640"),
        (ValueError, lambda db: db.backup("copy.db", 0o4000), "file_mode takes the permissions of a file, such as"),
        (TypeError, lambda db: db.backup("copy.db", allow_damage="no"), "allow_damage takes True or False, not 'no'"),
        (TypeError, lambda db: db.close(timeout="x"), "timeout takes a number of seconds from 0 on, not 'x'"),
        (TypeError, lambda db: db.close(None), "timeout takes a number of seconds from 0 on, not None"),
        (ValueError, lambda db: db.close(-1), "timeout takes a number of seconds from 0 on, not -1"),
        (ValueError, lambda db: db.close(NAN), "timeout takes a number of seconds from 0 on, not nan"),
        (TypeError, lambda db: db.expire_in_background("x"), "interval_seconds takes a number of seconds, more than 0"),
        (ValueError, lambda db: db.expire_in_background(0), "interval_seconds takes a number of seconds, more than 0"),
        (ValueError, lambda db: db.expire_in_background(1e30), "interval_seconds takes a number of seconds, more than"),
        (TypeError, lambda db: db.restore(5), "restore takes what snapshot() has given, not 5"),
        (TypeError, lambda db: db.fork("clock"), "clock takes a clock, such as ManualClock(), not 'clock'"),
        (TypeError, lambda db: db.drain(True), "until takes a function that tells when to end, or None, not True"),
        (TypeError, lambda db: db.drain(max_batches="9"), "max_batches takes a whole number from 0 on, not '9'"),
        (ValueError, lambda db: db.drain(max_batches=-1), "max_batches takes a whole number from 0 on, not -1"),
        (ValueError, lambda db: db.drain(errors="reprot"), "there is no errors 'reprot': did you mean report?"),
        (TypeError, lambda db: db.drain(errors=["raise"]), "errors takes one of raise, report, not a list"),
        (TypeError, lambda db: db.as_principal(5), "policies takes a policy document, as a text or an object, or seve"),
        (TypeError, lambda db: db.as_principal([], arn=5), "arn takes the ARN of a principal, such as 'arn:aws:iam::"),
        (TypeError, lambda db: db.as_principal([], boundary=5), "boundary takes a policy document, as a text or an ob"),
        (TypeError, lambda db: db.least_privilege(5), "least_privilege takes calls that were made, such as the calls"),
        (TypeError, lambda db: db.least_privilege(["PutItem"]), "of minidynamo.testing.recording, not 'PutItem'"),
        (ValueError, lambda db: db.client().get_paginator("scna"), "scna has no pages; these have: list_tables"),
        (TypeError, lambda db: paginate(db, 5), "PaginationConfig takes a dict, such as {'MaxItems': 10}, not 5"),
        (ValueError, lambda db: paginate(db, {"MaxItems": "x"}), "MaxItems takes a whole number, not 'x'"),
        (TypeError, lambda db: paginate(db, {"PageSize": 1.5}), "PageSize takes a whole number, not 1.5"),
        (TypeError, lambda db: paginate(db, {"StartingToken": 5}), "StartingToken takes a resume_token, not 5"),
        (TypeError, lambda db: wait(db, 5), "WaiterConfig takes a dict, such as {'Delay': 1}, not 5"),
        (TypeError, lambda db: wait(db, {"Delay": "1"}), "Delay takes a number of seconds from 0 on, not '1'"),
        (TypeError, lambda db: wait(db, {"MaxAttempts": "1"}), "MaxAttempts takes a whole number, not '1'"),
        (TypeError, lambda db: db.Table("tbl").batch_writer("pk"), "overwrite_by_pkeys takes names of key attribute"),
        (TypeError, lambda db: TEMPLATE.create("tbl"), "create takes a Database, or a client of boto3 or of this pack"),
        (TypeError, lambda db: TEMPLATE.without("tbl"), "without takes names of tables, such as ['orders'], not 'tbl'"),
        (TypeError, lambda db: schema_from({}, 5), "parameters are names with texts, not 5"),
        (TypeError, lambda db: minidynamo.mock(db)(5), "a mock takes a function or a class to decorate, not 5"),
        (TypeError, lambda db: Database("shop.db"), "an engine; minidynamo.connect(path) opens a file, not 'shop.db'"),
        (TypeError, lambda db: ManualClock("x"), "start takes epoch seconds, such as 1_700_000_000, not 'x'"),
        (TypeError, lambda db: ManualClock("5"), "start takes epoch seconds, such as 1_700_000_000, not '5'"),
        (TypeError, lambda db: ManualClock(None), "start takes epoch seconds, such as 1_700_000_000, not None"),
        (TypeError, lambda db: ManualClock().advance("1"), "seconds takes a number, not '1'"),
    ],
)  # fmt: skip
def test_methods(kind: type[Exception], call: Call, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = connect()
    assert text in told(lambda: call(database), kind)
    assert list(tmp_path.iterdir()) == []
    assert database.tables == []


@pytest.mark.parametrize("call", [lambda db: db.close("x"), lambda db: db.Table(5)])
def test_a_remote_database_refuses_the_same(call: Call) -> None:
    remote = connect("http://127.0.0.1:1", credentials=("any", "any"))
    told(lambda: call(remote), TypeError)


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        (TypeError, {"port": "8000"}, "port takes a number from 0 to 65535, 0 for a free port, not '8000'"),
        (TypeError, {"port": True}, "port takes a number from 0 to 65535, 0 for a free port, not True"),
        (ValueError, {"port": 65536}, "port takes a number from 0 to 65535, 0 for a free port, not 65536"),
        (TypeError, {"host": None}, "host takes an address to listen on, such as '127.0.0.1', not None"),
        (ValueError, {"host": ""}, "host takes an address to listen on, such as '127.0.0.1', not ''"),
        (ValueError, {"host": "0.0.0.0"}, "give credentials={access_key: secret} to check signatures, or allows_anony"),
        (TypeError, {"credentials": "keys.json"}, "credentials takes secrets by access key, such as {'AKIA...': '...'"),
        (ValueError, {"credentials": {"AKIA": 5}}, "credentials holds no credentials for AKIA: "),
        (ValueError, {"credentials": {}}, "credentials holds no credentials: "),
        (TypeError, {"allows_anonymous": "no"}, "allows_anonymous takes True or False, not 'no'"),
        (TypeError, {"allows_origins": 1}, "allows_origins takes True or False, not 1"),
        (TypeError, {"certificate": 5}, "certificate takes the path of a file, not 5"),
        (ValueError, {"certificate": "/nowhere"}, "cannot read the certificate /nowhere: No such file or directory"),
        (ValueError, {"private_key": "/nowhere"}, "private_key is the key of a certificate: give certificate=path as "),
        (TypeError, {"certfile": "x"}, "serve() knows no certfile: did you mean certificate?"),
        (TypeError, {"max_connections": 5}, "serve() knows no max_connections: there are host, port, credentials"),
    ],
)  # fmt: skip
def test_serve(kind: type[Exception], options: dict[str, Any], text: str) -> None:
    with pytest.raises(kind) as raised:
        minidynamo.connect().serve(**options)
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)
