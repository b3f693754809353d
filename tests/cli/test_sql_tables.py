"""What `\\d` shows, whatever may not be asked for, and in every format."""

from __future__ import annotations

import json

import pytest

from minidynamo import Database
from minidynamo.cli.sql.schema import TableNames
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import AccessDenied
from minidynamo.formats.short_tables import create_table_request
from minidynamo.values.api_types import Response
from tests.cli.songs import session_of, songs


class _Forbidden(Middleware):
    """Refuses some operations, or DescribeTable of one table."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def execute(self, call: Call, proceed: Proceed) -> Response:
        if call.operation in self._names or call.request.get("TableName") in self._names:
            raise AccessDenied("not allowed")
        return proceed(call.operation, call.request)


@pytest.fixture
def music() -> Database:
    database = songs(1)
    arn = database.execute("DescribeTable", {"TableName": "Music"})["Table"]["TableArn"]
    database.execute("UpdateTable", {"TableName": "Music", "DeletionProtectionEnabled": True})
    database.execute("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "team", "Value": "blue"}]})
    ttl = {"AttributeName": "ends", "Enabled": True}
    database.execute("UpdateTimeToLive", {"TableName": "Music", "TimeToLiveSpecification": ttl})
    database.execute("CreateTable", create_table_request("Other", {"key": ["pk S"]}))
    return database


def test_settings(music: Database) -> None:
    session, shown, _ = session_of(music)
    for command in ("\\d Music", "\\d Music;", '\\d "Music"', '\\d "Music"."by_genre"', "\\d Music.by_genre"):
        assert session.run(command)
        lines = shown()
        assert lines[0].startswith("Music: ACTIVE, pay per request, 1 item, ")
        assert lines[1] == "stream none, time to live ends, deletion protection on, policy none, tags team=blue"
        assert '"Music"."by_genre"' in "".join(lines[2:])


def test_settings_that_may_not_be_asked_for(music: Database) -> None:
    music.use(_Forbidden("DescribeTimeToLive", "GetResourcePolicy", "ListTagsOfResource"))
    session, shown, _ = session_of(music)
    assert session.run("\\d Music") and shown()[1] == "stream none, deletion protection on"


def test_one_table_that_may_not_be_described(music: Database) -> None:
    """Neither ends the list nor hides other names."""
    music.use(_Forbidden("Music"))
    session, shown, _ = session_of(music)
    assert session.run("\\d")
    lines = shown()
    assert "(AccessDeniedException)" in lines[3] and "pk S" in lines[4] and "Other" in lines[4]
    assert TableNames(music).sources == ["Music", "Other"]


def test_formats(music: Database) -> None:
    session, shown, _ = session_of(music, "json")
    assert session.run("\\d")
    assert [json.loads(line)["table"] for line in shown()] == ["Music", "Other"]
    assert session.run("\\d Music")
    table, index = (json.loads(line) for line in shown())
    assert table["time to live"] == "ends" and table["key"] == "artist S, song S" and index["kind"] == "global"
    assert session.run("\\format csv") and session.run("\\d")
    assert shown()[0] == "table,key,indexes,items,size"


def test_nothing_is_wrapped_letter_by_letter(music: Database) -> None:
    """A narrow terminal has a line for each setting."""
    session, shown, _ = session_of(music, width=30)
    assert session.run("\\d Music")
    lines = shown()
    assert 'name        "Music"."by_genre"' in lines and "key         artist S, song S" in lines


def test_what_is_wrong_with_a_command(music: Database) -> None:
    """It has no caret; nothing is suggested under its own name."""
    session, shown, _ = session_of(music)
    assert not session.run("\\d Musc")
    assert shown()[1:] == ["  did you mean Music?"]
    assert not session.run("\\d (")
    assert "^" not in "".join(shown())
    music.use(_Forbidden())
    assert session.names.tables == ["Music", "Other"]
    session.names.tables.append("Gone")
    assert not session.run("SELECT * FROM Gone") and len(shown()) == 1


def test_hints_ask_for_no_descriptions(music: Database) -> None:
    """Of which there may be many."""
    music.use(_Forbidden("DescribeTable"))
    asked: list[str] = []

    class Counting(Middleware):
        def execute(self, call: Call, proceed: Proceed) -> Response:
            asked.append(call.operation)
            return proceed(call.operation, call.request)

    music.use(Counting())
    session, _, _ = session_of(music)
    assert session.run('SELECT x FROM Music WHERE artist = "x"') and session.run("SELECT x FROM Music")
    assert not session.run("SELECT * FROM Musik")
    assert asked == ["ExecuteStatement"] * 3 + ["ListTables"]
